"""The generator: names, extracts, and that what is committed is what it writes."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path

import pytest

from amitrio.models import requests, typed
from amitrio.models.generated import index
from amitrio.models.registry import event_class
from tools import generate_models
from tools.models import generated as files
from tools.models.catalogue import _versions
from tools.models.documentation import read_documentation
from tools.models.extracts import FACTS, dumped
from tools.models.facts import load_facts
from tools.models.families import guessed
from tools.models.naming import (
    ACTION_RESERVED,
    EVENT_RESERVED,
    REPLY_RESERVED,
    class_name,
    snake_case,
)
from tools.models.snapshots import Part, base_of
from tools.models.source import bracketed, docstring, imports, literal
from tools.models.words import OVERRIDES, load_families

# Names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Channel", "channel"),
        ("CallerIDNum", "caller_id_num"),
        ("CallerIDnum", "caller_id_num"),
        ("CallerIDani", "caller_id_ani"),
        ("Uniqueid", "uniqueid"),
        ("UniqueID", "uniqueid"),
        ("DestUniqueId", "dest_uniqueid"),
        ("LinkedID", "linkedid"),
        ("BridgeID", "bridge_id"),
        ("BridgeId", "bridge_id"),
        ("Cause-txt", "cause_txt"),
        ("CID-CallingPres", "cid_calling_pres"),
        ("SourceSSRC", "source_ssrc"),
        ("IAJitter", "ia_jitter"),
        ("DAHDIChannel", "dahdi_channel"),
        ("IPaddress", "ip_address"),
        ("FailedFAXes", "failed_faxes"),
        ("T38UdptlEc", "t38_udptl_ec"),
        ("SuppressQ850ReasonHeaders", "suppress_q850_reason_headers"),
        ("100rel", "rel100"),
        ("UnitAmount(0)", "unit_amount_0"),
        ("From", "from_"),
        ("Async", "async_"),
        ("Class", "class_"),
    ],
)
def test_headers_become_fields(header: str, name: str) -> None:
    assert snake_case(header) == name
    assert name.isidentifier()


def test_what_is_taken_gets_an_underscore() -> None:
    assert snake_case("Headers", EVENT_RESERVED) == "headers_"
    assert snake_case("Message", EVENT_RESERVED) == "message"
    assert snake_case("Message", REPLY_RESERVED) == "message_"
    assert snake_case("Name", ACTION_RESERVED) == "name_"


@pytest.mark.parametrize(
    ("base", "reserved"),
    [
        (typed.TypedEvent, EVENT_RESERVED),
        (typed.TypedReply, REPLY_RESERVED),
        (requests.TypedAction, ACTION_RESERVED),
    ],
)
def test_every_public_name_of_a_base_is_reserved(base: type, reserved: frozenset[str]) -> None:
    public = {name for name in dir(base) if not name.startswith("_")}
    assert public <= reserved


def test_events_become_classes() -> None:
    assert class_name("Hangup") == "Hangup"
    assert class_name("AOC-D") == "AOCD"


def test_a_name_of_which_nobody_spoke_has_a_home() -> None:
    assert guessed("events", "ConfbridgeSomethingNew") == "conferences"
    assert guessed("actions", "QueueSomethingNew") == "queues"
    assert guessed("events", "Xyzzy") is None


@pytest.mark.parametrize("section", ["events", "actions"])
def test_most_names_would_have_been_guessed(section: str) -> None:
    homes = index.EVENTS if section == "events" else index.ACTIONS
    right = [name for family, name in homes.values() if guessed(section, name) == family]
    assert len(right) > 0.9 * len(homes)


def test_snapshots_give_base_parts_and_headers() -> None:
    base = base_of(["channel", "bridge", "channel:Dest", "bridge:From"])
    assert base.class_name == "BridgedChannelEvent"
    assert base.parts == (Part("channel", "Dest"), Part("bridge", "From"))
    assert [part.name for part in base.parts] == ["dest", "from_"]
    assert {"calleridnum", "destcalleridnum", "frombridgename"} <= base.headers
    assert "caller_id_num" in base.names
    assert base_of([]).class_name == "TypedEvent"


# Documentation -----------------------------------------------------------------------------------

XML = """<?xml version="1.0" encoding="UTF-8"?>
<docs xmlns:xi="http://www.w3.org/2001/XInclude">
  <manager name="Login" language="en_US" module="builtin">
    <since><version>0.2.0</version></since>
    <synopsis>Prose.</synopsis>
    <syntax>
      <parameter name="ActionID"><para>Prose.</para></parameter>
      <parameter name="AuthType" required="true">
        <enumlist><enum name="plain"/><enum name="MD5"><para>Prose.</para></enum></enumlist>
      </parameter>
    </syntax>
  </manager>
  <manager name="Show" language="en_US" module="app_one">
    <syntax>
      <xi:include
        xpointer="xpointer(/docs/manager[@name='Login']/syntax/parameter[@name='ActionID'])"/>
      <parameter name="Channel" required="false"/>
    </syntax>
    <responses>
      <list-elements>
        <xi:include xpointer="xpointer(/docs/managerEvent[@name='Item'])"/>
      </list-elements>
      <managerEvent name="ShowComplete" language="en_US">
        <managerEventInstance class="EVENT_FLAG_COMMAND">
          <syntax><parameter name="ListItems"/></syntax>
        </managerEventInstance>
      </managerEvent>
    </responses>
  </manager>
  <manager name="Show" language="en_US" module="app_two">
    <syntax><parameter name="Channel" required="true"/><parameter name="Further"/></syntax>
  </manager>
  <managerEvent name="Item" language="en_US" module="app_one">
    <managerEventInstance class="EVENT_FLAG_CALL" module="app_one">
      <since><version>18.10.0</version><version>16.24.0</version></since>
      <syntax>
        <channel_snapshot/>
        <channel_snapshot prefix="Dest"/>
        <bridge_snapshot/>
        <parameter name="Reason"/>
        <parameter name="ReportXLost"/>
        <parameter name="ReportXDelay"/>
      </syntax>
    </managerEventInstance>
    <managerEventInstance class="EVENT_FLAG_CALL">
      <syntax><parameter name="Reason" required="true"/><parameter name="Other"/></syntax>
    </managerEventInstance>
  </managerEvent>
  <managerEvent name="Copy" language="en_US">
    <managerEventInstance class="EVENT_FLAG_AGENT">
      <syntax>
        <xi:include xpointer="xpointer(docs/ITEM/parameter[@name='Other'])"/>
        <xi:include xpointer="xpointer(/docs/ITEM/parameter[contains(@name, 'ReportX')])"/>
      </syntax>
    </managerEventInstance>
  </managerEvent>
</docs>
""".replace("ITEM", "managerEvent[@name='Item']/managerEventInstance/syntax")


@pytest.fixture
def xml(tmp_path: Path) -> Path:
    path = tmp_path / "core-en_US.xml"
    path.write_text(XML, encoding="utf-8")
    return path


def test_actions_are_read_and_copies_are_merged(xml: Path) -> None:
    assert read_documentation(xml)["actions"] == {
        "Login": {
            "enums": {"AuthType": ["plain", "MD5"]},
            "modules": ["builtin"],
            "params": ["ActionID", "AuthType"],
            "required": ["AuthType"],
            "since": ["0.2.0"],
        },
        "Show": {
            "modules": ["app_one", "app_two"],
            "params": ["ActionID", "Channel", "Further"],
            "required": ["Channel"],
        },
    }


def test_events_are_read_with_their_snapshots_and_includes(xml: Path) -> None:
    assert read_documentation(xml)["events"] == {
        "Item": {
            "classes": ["call"],
            "modules": ["app_one"],
            "params": ["Reason", "ReportXLost", "ReportXDelay", "Other"],
            "required": ["Reason"],
            "since": ["18.10.0", "16.24.0"],
            "snapshots": ["channel", "channel:Dest", "bridge"],
        },
        "Copy": {"classes": ["agent"], "params": ["Other", "ReportXLost", "ReportXDelay"]},
        "ShowComplete": {"classes": ["command"], "nested": True, "params": ["ListItems"]},
    }


def test_no_prose_is_extracted(xml: Path) -> None:
    assert "Prose" not in dumped(read_documentation(xml))


def test_an_include_that_leads_nowhere_is_an_error(xml: Path) -> None:
    xml.write_text(XML.replace("[@name='Other'])", "[@name='Gone'])"), encoding="utf-8")
    with pytest.raises(ValueError, match="leads nowhere"):
        read_documentation(xml)


def test_an_extract_has_one_line_for_each_entry(xml: Path) -> None:
    text = dumped(read_documentation(xml))
    assert json.loads(text) == read_documentation(xml)
    lines = [line for line in text.splitlines() if line.startswith("  ")]
    assert [line.split('"')[1] for line in lines] == [
        "Login",
        "Show",
        "Copy",
        "Item",
        "ShowComplete",
    ]


@pytest.mark.parametrize("path", sorted(FACTS.glob("*.json")), ids=lambda path: path.stem)
def test_the_committed_extracts_are_sorted(path: Path) -> None:
    for name, section in json.loads(path.read_text(encoding="utf-8")).items():
        assert list(section) == sorted(section), name


# Words -------------------------------------------------------------------------------------------


def test_a_key_that_is_not_known_is_reported(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(
        'about = "X."\n[events.A]\ntext = "A."\ntxt = "B."\n'
        '[events.A.fields]\nB = { type = "text", colour = "red" }\n'
    )
    problems: list[str] = []
    words = load_families(problems, tmp_path)["x"]
    assert words.events["A"].text == "A."
    assert problems == [
        "x.toml: events.A.B: nothing is known of 'colour'",
        "x.toml: events.A: nothing is known of 'txt'",
    ]


# Source ------------------------------------------------------------------------------------------


def test_a_call_is_broken_as_ruff_breaks_it() -> None:
    assert bracketed("f(", ["a", "b"], ")") == ["f(a, b)"]
    long = "x" * 60
    assert bracketed(f"{long}(", ["a" * 40, "b"], ") + 1") == [
        f"{long}(",
        f"    {'a' * 40}, b",
        ") + 1",
    ]
    assert bracketed("f(", [long, long], ")") == ["f(", f"    {long},", f"    {long},", ")"]


def test_a_tuple_is_broken_item_by_item() -> None:
    assert literal("x = ", ("a",)) == ['x = ("a",)']
    long = "b" * 85
    assert literal("x = ", (("a", long), "c")) == [
        "x = (",
        f'    ("a", "{long}"),',
        '    "c",',
        ")",
    ]


def test_imports_are_ordered_as_isort_orders_them() -> None:
    given = {
        "amitrio.b": {"z", "B", "CEL", "a10", "a2"},
        "typing": {"ClassVar", "TYPE_CHECKING"},
        "attrs": set[str](),
    }
    assert imports(given) == [
        "from typing import TYPE_CHECKING, ClassVar",
        "",
        "import attrs",
        "",
        "from amitrio.b import CEL, B, a2, a10, z",
        "",
    ]


def test_a_docstring_keeps_to_its_lines() -> None:
    assert docstring("Short.") == ['"""Short."""']
    assert docstring(r"A \n.") == [r'r"""A \n."""']
    lines = docstring("word " * 40, "more", indent=4)
    assert all(len(line) <= 96 for line in lines)
    assert lines[-3:] == ["", "more", '"""']


# What is committed -------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what is generated."""
    problems: list[str] = []
    for name in files.generated(problems):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(files.PROJECT / name, target)
    monkeypatch.setattr(generate_models, "PROJECT", tmp_path)
    return tmp_path


def test_what_is_committed_is_what_would_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate_models.main(["--check"]) == 0, capsys.readouterr().err


def test_one_byte_is_noticed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate_models.main(["--check"]) == 0
    path = project / "amitrio/models/generated/events/agi.py"
    path.write_text(path.read_text(encoding="utf-8").replace("agi", "agI", 1), encoding="utf-8")
    assert generate_models.main(["--check"]) == 1
    name = "amitrio/models/generated/events/agi.py"
    assert capsys.readouterr().err == f"{name}: differs from what would be written\n"


def test_a_module_too_many_is_noticed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "amitrio/models/generated/events/gone.py").touch()
    assert generate_models.main(["--check"]) == 1
    name = "amitrio/models/generated/events/gone.py"
    assert capsys.readouterr().err == f"{name}: not generated any more\n"


def test_an_extract_is_compared_with_its_xml(xml: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate_models.main(["--check", "--facts", f"22={xml}"]) == 1
    assert "tools/facts/documented-22.json: differs" in capsys.readouterr().err


def test_the_same_facts_and_words_give_the_same_bytes() -> None:
    problems: list[str] = []
    assert files.generated(problems) == files.generated(problems)


def test_what_lacks_words_is_made_and_reported(tmp_path: Path) -> None:
    words = tmp_path / "overrides"
    shutil.copytree(OVERRIDES, words)
    shutil.copyfile(OVERRIDES.with_suffix(".toml"), words.with_suffix(".toml"))
    (words / "agi.toml").unlink()
    problems: list[str] = []
    made = files.generated(problems, overrides=words)
    assert "class AsyncAGIStart(" in made["amitrio/models/generated/events/agi.py"]
    assert "agi.toml: events.AsyncAGIStart: there is no text" in problems


def test_every_class_is_in_the_index() -> None:
    problems: list[str] = []
    for name, text in files.generated(problems).items():
        if "/events/" not in name or name.endswith("__init__.py"):
            continue
        family = Path(name).stem
        classes = {node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}
        listed = {cls for home, cls in index.EVENTS.values() if home == family}
        assert classes == listed


@pytest.mark.parametrize(
    ("known", "said", "versions"),
    [
        (("16.24.0", "18.10.0"), None, ("16.24.0", "18.10.0")),
        (("16.24.0", "18.10.0"), "16.24.0", ("16.24.0", "18.10.0")),
        (("16.24.0",), "12.0.0", ("12.0.0",)),
        ((), "12.0.0", ("12.0.0",)),
    ],
)
def test_what_is_said_of_versions_goes_before_what_is_known(
    known: tuple[str, ...], said: str | None, versions: tuple[str, ...]
) -> None:
    assert _versions(known, said) == versions


def test_a_younger_since_than_the_oldest_release_that_has_it_is_not_believed() -> None:
    status = load_facts({}).event("Status")  # documented since 18.26, and 16 sends it
    assert status.releases == (16, 22)
    assert status.since == ()
    assert load_facts({}).event("BridgeMerge").since == ("16.24.0", "18.10.0", "19.2.0")


def test_the_wire_decides_how_a_header_is_spelled() -> None:
    headers = [field.header for field in load_facts({}).event("CEL").fields]
    assert "Userfield" in headers
    assert "UserField" not in headers


def test_every_event_can_be_made_without_a_field_and_written() -> None:
    for kind in index.EVENT_KINDS:
        cls = event_class(kind)
        assert issubclass(cls, typed.TypedEvent)
        made = cls()
        assert made.kind == kind
        assert made.headers.pairs == (("Event", kind),)
