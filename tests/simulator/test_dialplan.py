"""The dialplan and what is worked out in it."""

from __future__ import annotations

import pytest

from amitrio.simulator import Channel, Dialplan, Party, Pbx
from amitrio.simulator.actions.originating import parse_caller, split_arguments
from amitrio.simulator.configfiles import ConfigFile
from amitrio.simulator.dialplan import Step, arguments
from amitrio.simulator.substitution import read_variable, substitute, write_variable


def test_extensions_conf_is_read() -> None:
    dialplan = Dialplan()
    dialplan.load(
        "; a comment\n[one]\nexten => 1,1,Answer() ; behind\n same => n,Wait(1)\n"
        "exten => 1,hint,PJSIP/1&PJSIP/2\nexten=>2,5,Set(A=b=c)\n[two]\nexten => s,1,NoOp"
    )
    assert dialplan.contexts == ["one", "two"]
    assert dialplan.step("one", "1", 2) == Step("Wait", "1")
    assert dialplan.step("one", "2", 5) == Step("Set", "A=b=c")
    assert dialplan.step("two", "s", 1) == Step("NoOp")
    assert not dialplan.exists("one", "2", 1)
    assert not dialplan.exists("none", "s", 1)
    assert list(dialplan.hints()) == [("one", "1", "PJSIP/1&PJSIP/2")]


@pytest.mark.parametrize(
    "text",
    [
        "exten => 1,1,NoOp()",
        "[a]\nnonsense",
        "[a]\nexten => 1,x,NoOp()",
        "[a]\nexten => 1,1,Wait(1",
    ],
)
def test_what_is_no_dialplan_is_told_with_its_line(text: str) -> None:
    with pytest.raises(ValueError, match=text.rsplit("\n", maxsplit=1)[-1][:6]):
        Dialplan().load(text)


@pytest.mark.parametrize(
    ("exten", "found"),
    [
        ("100", "exact"),
        ("101", "_10X"),
        ("110", "_1XX"),
        ("199", "_1[89]X"),
        ("2", "_N"),
        ("1234567", "_X."),
        ("_X.", None),
        ("abc", "_[a-c]!"),
        ("0", None),
    ],
)
def test_the_narrowest_pattern_is_taken(exten: str, found: str | None) -> None:
    dialplan = Dialplan()
    for pattern in ("_X.", "_1XX", "_10X", "_1[89]X", "_N", "_[a-c]!"):
        dialplan.add("c", pattern, f"NoOp({pattern})")
    dialplan.add("c", "100", "NoOp(exact)")
    step = dialplan.step("c", exten, 1)
    assert (step.data if step else None) == found


def test_arguments_are_filled_up() -> None:
    assert arguments("a,,c,d", 3) == ["a", "", "c,d"]
    assert arguments("", 2) == ["", ""]


@pytest.fixture
def channel() -> Channel:
    pbx = Pbx()
    pbx.variables["GLOB"] = "g"
    made = Channel(pbx, "Test/1-00000001", "1.1")
    made.exten, made.caller = "200", Party("100", "Ann")
    for name, value in {"A": "alpha", "N": "5", "__INH": "i"}.items():
        made.set_variable(name, value)
    return made


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain", "plain"),
        ("${A}", "alpha"),
        ("x${A}y${NOPE}z", "xalphayz"),
        ("${GLOB} ${INH} ${EXTEN} ${CHANNEL}", "g i 200 Test/1-00000001"),
        ("${A:1}", "lpha"),
        ("${A:1:2}", "lp"),
        ("${A:-2}", "ha"),
        ("${${X}A}", "alpha"),
        ("$[1 + 2]", "3"),
        ("$[${N} > 4]", "1"),
        ('$["${NOPE}"=""]', "1"),
        ('$["a"!="a"]', "0"),
        ("${IF($[${N}=5]?yes:no)}", "yes"),
        ("${IF(0?yes:no)}", "no"),
        ("${CALLERID(num)}/${CALLERID(name)}", "100/Ann"),
        ("${CALLERID(all)}", '"Ann" <100>'),
        ("${LEN(${A})}", "5"),
        ("${CHANNEL(state)}", "Down"),
        ("${SHELL(printf 'a\\nb')}", "a\nb"),
        ("${SHELL(rm -rf /)}", ""),
        ("${NOFUNC(x)}", ""),
        ("${A", "alpha"),
    ],
)
def test_substitution(channel: Channel, text: str, result: str) -> None:
    assert substitute(text, channel) == result


def test_functions_are_written(channel: Channel) -> None:
    pbx = channel.pbx
    assert write_variable("CALLERID(num)", "7", channel, pbx)
    assert channel.caller == Party("7", "Ann")
    assert write_variable("DB(f/k)", "v", channel, pbx)
    assert read_variable("DB(f/k)", None, pbx) == "v"
    assert write_variable("ARRAY(P,Q)", "1", channel, pbx)
    assert (channel.variable("P"), channel.variable("Q")) == ("1", "")
    assert write_variable("GLOBAL(X)", "1", None, pbx)
    assert read_variable("X", None, pbx) == "1"
    assert write_variable("HASH(h)", "1", channel, pbx)
    assert read_variable("HASH(h)", channel, pbx) == "1"
    assert write_variable("DEVICE_STATE(Custom:x)", "BUSY", None, pbx)
    assert read_variable("DEVICE_STATE(Custom:x)", None, pbx) == "BUSY"
    assert not write_variable("DEVICE_STATE(PJSIP/x)", "BUSY", None, pbx)
    assert not write_variable("CHANNEL(nothing)", "x", channel, pbx)
    assert not write_variable("CHANNEL(language)", "x", None, pbx)


def test_a_variable_is_set_anew_and_not_twice(channel: Channel) -> None:
    channel.set_variable("_A", "new")
    assert channel.variable("A") == "new"
    assert list(channel.variables) == ["N", "__INH", "_A"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("A=1,B=2", ["A=1", "B=2"]),
        ('A="x,y",B', ["A=x,y", "B"]),
        ("A=a\\,b\\\\,C", ["A=a,b\\", "C"]),
        ("A=f(1,2),B=[3,4],C", ["A=f(1,2)", "B=[3,4]", "C"]),
        ("A=),B", ["A=)", "B"]),
        ("", [""]),
        ("A=1,", ["A=1", ""]),
        ('A=\\"q\\"', ['A="q"']),
    ],
)
def test_lists_of_variables(text: str, parts: list[str]) -> None:
    assert split_arguments(text) == parts


@pytest.mark.parametrize(
    ("text", "party"),
    [
        ('"Alice A" <100>', Party("100", "Alice A")),
        ("Alice <100>", Party("100", "Alice")),
        ("<100>", Party("100", "")),
        ("100", Party("100", "")),
        ("+1 (555) 12-34", Party("+15551234", "")),
        ("Alice", Party("", "Alice")),
        ('"100"', Party("", "100")),
        ('"A \\"q\\"" <1.2.3>', Party("123", 'A "q"')),
        ("", Party()),
        ("A: B <1", Party("1", "A: B")),
    ],
)
def test_caller_ids(text: str, party: Party) -> None:
    assert parse_caller(text) == party


def test_configuration_files() -> None:
    found = ConfigFile.parse("x = lost\n[a](!)\n; c\nk = v ; c\nk => w\\;x\n\n[b]\nn=")
    assert [(each.name, each.lines) for each in found.categories] == [
        ("a", (("k", "v"), ("k", "w;x"))),
        ("b", (("n", ""),)),
    ]
