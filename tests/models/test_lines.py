"""Lines: a line is passed over unless its name is one that somebody reads."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from amitrio.models.lines import LINE_END, VALUE, named, passed_over

KELVIN = "\N{KELVIN SIGN}"  # in lower case the letter k
DOTTED = "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"  # in lower case two letters


def takes(expression: str, line: str) -> bool:
    """Whether the expression takes a line up to its end."""
    return re.compile(expression + LINE_END).match(line) is not None


def spellings(name: str) -> set[str]:
    """A name in lower case, in other letters that mean it too."""
    others = {name.replace("k", KELVIN), name.replace(DOTTED.lower(), DOTTED)}
    others |= {name, name.upper(), name.title(), name.swapcase(), name.capitalize()}
    return {one for one in others if one.lower() == name}


# One name ----------------------------------------------------------------------------------------


def test_a_named_line_has_exactly_that_name() -> None:
    for line in ("Exten: 5", "Exten: ", "Exten:  5", "Exten: a: b"):
        assert takes(named("Exten"), line)
    for line in ("exten: 5", "Extension: 5", "Exte: 5", "Exten : 5", " Exten: 5", "Exten:5", ""):
        assert not takes(named("Exten"), line)


@pytest.mark.parametrize(
    "name", ["A.b", "A*", "(", "[x", "a|b", "\\d", "^", "$", "a b", "#", "{2}"]
)
def test_signs_in_a_name_mean_themselves(name: str) -> None:
    for expression in (named(name), passed_over(name, ()), passed_over(name, [name.lower() + "x"])):
        assert takes(expression, f"{name}: x")
        assert not takes(expression, f"B{name[1:]}: x")


def test_the_value_of_a_named_line_may_be_a_group() -> None:
    found = re.match(named("Exten", f"({VALUE})") + LINE_END, "Exten: 5\r\nPriority: 1")
    assert found is not None
    assert found[1] == "5"
    number = named("Exten", "([0-9]+)")
    assert takes(number, "Exten: 5")
    for line in ("Exten: 5\n", "Exten: 5\r", "Exten: 5\n\r\n", "Exten: 5 ", "Exten: five"):
        assert not takes(number, line)


# Passed over -------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["channel", "cause", "uniqueid", "p", "privileges", "privilegf"])
def test_what_is_wanted_is_declined_in_any_letters(wanted: str) -> None:
    expression = passed_over("Privilege", [wanted])
    assert takes(expression, "Privilege: call,all")
    for name in spellings(wanted):
        assert not takes(expression, f"{name}: x")


def test_it_is_told_from_the_one_that_is_most_like_it() -> None:
    for wanted in (["priority", "channel"], ["channel", "priority"]):
        expression = passed_over("Privilege", wanted)
        assert takes(expression, "Privilege: x")
        assert not takes(expression, "Priority: x")
        assert not takes(expression, "Pri: x")


def test_only_so_much_of_the_name_is_looked_at_as_tells_it() -> None:
    assert takes(passed_over("Privilege", ["priority"]), "Priv: x")
    assert takes(passed_over("Privilege", ["channel"]), "Priority: x")
    assert takes(passed_over("Privilege", []), "Priority: x")
    assert not takes(passed_over("Privilege", []), "Channel: x")


def test_a_name_that_begins_a_wanted_one_is_looked_at_whole() -> None:
    expression = passed_over("Exten", ["extension"])
    assert takes(expression, "Exten: 5")
    for line in ("Extension: 5", "EXTENSION: 5", "extension: 5", "Exte: 5", "Exten:5"):
        assert not takes(expression, line)


def test_a_name_that_a_wanted_one_begins_is_told_by_its_next_letter() -> None:
    expression = passed_over("Extension", ["exten"])
    assert takes(expression, "Extension: 5")
    for line in ("Exten: 5", "EXTEN: 5", "exten: 5", "Exten: sion", "Exten:sion"):
        assert not takes(expression, line)


def test_a_name_is_told_from_wanted_ones_in_other_letters() -> None:
    expression = passed_over("EXTENSION", ["extent"])
    assert takes(expression, "EXTENSION: 5")
    for name in spellings("extent"):
        assert not takes(expression, f"{name}: 5")


def test_a_name_without_letters_is_looked_at_whole() -> None:
    for wanted in ([], ["channel"]):
        assert takes(passed_over("", wanted), ": x")
        assert not takes(passed_over("", wanted), "Channel: x")


@pytest.mark.parametrize("name", ["Caf\xe9", KELVIN + "ey", DOTTED, "\udcff", "\xdf"])
def test_a_name_that_is_not_ascii_is_looked_at_whole(name: str) -> None:
    for wanted in ([], ["x"], [name.lower()[:-1]], [name.lower() + "x"]):
        expression = passed_over(name, wanted)
        assert expression == named(name)
        assert takes(expression, f"{name}: 5")
        assert not takes(expression, f"{name}x: 5")
        assert not takes(expression, f"{name[:-1]}: 5")


def test_what_is_wanted_need_not_be_ascii() -> None:
    expression = passed_over("Keyed", ["key", "k\xe9", DOTTED.lower()])
    assert takes(expression, "Keyed: 5")
    for name in ("Key", "KEY", KELVIN + "ey", "K\xe9", "K\xc9", KELVIN + "\xc9", DOTTED):
        assert not takes(expression, f"{name}: 5")


# Values ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression",
    [named("Channel"), passed_over("Channel", []), passed_over("Channel", ["channels"])],
)
def test_a_value_ends_at_the_carriage_return(expression: str) -> None:
    for value in ("", "x", "a\nb", "\n", "\n\n", " x ", "a: b", "\0", "\x0b\x0c\x1c\x85\u2028"):
        assert takes(expression, f"Channel: {value}")
        assert takes(expression, f"Channel: {value}\r\nCause: 16")
    for value in ("a\rb", "\r", "a\r", "\rb", "\n\r", "a\r\rb", "\r\r\n"):
        assert not takes(expression, f"Channel: {value}")


def test_a_line_is_not_the_next_one_too() -> None:
    frame = "\r\n".join([passed_over("Event", ["cause"]), named("Cause", f"({VALUE})")])
    assert takes(frame, "Event: Hangup\r\nCause: 16")
    assert takes(frame, "Event: a\nb\r\nCause: 16\r\nCause-txt: x")
    assert not takes(frame, "Event: Hangup\r\nChannel: x\r\nCause: 16")


def test_a_value_gives_nothing_back() -> None:
    assert re.match(VALUE, "aab") is not None
    assert re.match(VALUE + "b", "aab") is None


# Any ---------------------------------------------------------------------------------------------

letters = st.sampled_from([*"aAbkKiIsS", " ", "(", ".", "\n", KELVIN, DOTTED, "\xdf", "\u0307"])
names = st.text(letters, max_size=6) | st.sampled_from(["Channel", "ChannelState", "CHAN", "Cha"])
values = st.text(st.sampled_from([*"ab: \n\0\xe9", "\u2028"]), max_size=5)


@given(names, st.lists(names.map(str.lower), max_size=4), values)
def test_any_line_is_passed_over_and_none_that_is_wanted(
    name: str, wanted: Sequence[str], value: str
) -> None:
    assume(name.lower() not in wanted)
    expression = passed_over(name, wanted)
    assert takes(expression, f"{name}: {value}")
    assert takes(expression, f"{name}: {value}\r\n{name}: \r")
    assert not takes(expression, f"{name}: {value}\r.{value}")
    for one in wanted:
        for spelled in spellings(one):
            assert not takes(expression, f"{spelled}: {value}")
            assert not takes(expression, f"{spelled}:{value}")


@given(names, st.lists(names.map(str.lower), min_size=1, max_size=4), st.data())
def test_the_begin_of_a_wanted_name_makes_no_difference(
    begin: str, ends: Sequence[str], data: st.DataObject
) -> None:
    wanted = [begin.lower() + end for end in ends]
    name = begin + data.draw(names)
    assume(name.lower() not in wanted)
    expression = passed_over(name, wanted)
    assert takes(expression, f"{name}: x")
    for one in wanted:
        assert not any(takes(expression, f"{spelled}: x") for spelled in spellings(one))
