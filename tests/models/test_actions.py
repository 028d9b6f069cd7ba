"""Actions as values, and what is known of them by name."""

from __future__ import annotations

from typing import Any

import pytest

from amitrio import Action, CommandReply, ConfigReply, Reply, Secret, actions
from amitrio.models import (
    action_of,
    allowance_of,
    is_known,
    privileges_of,
    reply_class_of,
    shape_of,
)
from amitrio.models.generated import index
from amitrio.protocol.privileges import PRIVILEGES


@pytest.mark.parametrize(
    ("headers", "fields", "pairs"),
    [
        ((), {}, ()),
        ((), {"A": "1", "B": 2, "C": 1.5}, (("A", "1"), ("B", "2"), ("C", "1.5"))),
        ((), {"A": True, "B": False, "C": None}, (("A", "true"), ("B", "false"))),
        ({"A-b": "1"}, {"C": "2"}, (("A-b", "1"), ("C", "2"))),
        ([("A", "1"), ("A", "2")], {}, (("A", "1"), ("A", "2"))),
        ([("A", ["1", 2, True])], {}, (("A", "1"), ("A", "2"), ("A", "true"))),
        ([("A", ())], {"B": []}, ()),
        ({"A": (str(n) for n in range(2))}, {}, (("A", "0"), ("A", "1"))),
        ((), {"A": ""}, (("A", ""),)),
    ],
)
def test_headers_may_be_given_in_many_shapes(
    headers: Any, fields: dict[str, Any], pairs: tuple[tuple[str, str], ...]
) -> None:
    assert action_of("X", headers, fields) == Action("X", pairs)


def test_a_secret_stays_wrapped() -> None:
    action = action_of("X", {"Secret": Secret("s")}, {})
    assert isinstance(action.get("secret"), Secret)


def test_an_object_is_taken_as_it_is() -> None:
    action = Action("X", (("A", "1"),))
    assert action_of(action, (), {}) is action
    with pytest.raises(TypeError, match="its own headers"):
        action_of(action, {"B": "1"}, {})
    with pytest.raises(TypeError, match="its own headers"):
        action_of(action, (), {"B": "1"})


def test_an_action_finds_its_headers_in_any_case() -> None:
    action = Action("X", (("Timeout", "1"), ("timeout", "2")))
    assert action.get("TIMEOUT") == "1"
    assert action.get("Other") is None


# The catalogue -----------------------------------------------------------------------------------


def test_the_keys_of_every_table_are_in_lower_case() -> None:
    tables = (index.ACTIONS, index.LISTS, index.EMPTY, index.OPENING, index.REPLIES)
    for table in (*tables, index.ANONYMOUS, index.SOMETIMES, index.PRIVILEGES):
        assert [name for name in table if name != name.lower()] == []


def test_every_list_is_of_an_action_and_of_events_that_are_known() -> None:
    assert set(index.LISTS) <= set(index.ACTIONS)
    for items, complete in index.LISTS.values():
        assert [kind for kind in (*items, complete) if not is_known(kind)] == []
        assert complete not in items


def test_every_list_has_a_name_for_its_end() -> None:
    assert len(index.LISTS) > 50
    for action, (items, complete) in index.LISTS.items():
        shape = shape_of(action.upper())
        assert shape.complete == complete
        assert shape.items == set(items)
        assert shape.opening == index.OPENING.get(action, "will follow")
        assert shape.anonymous is (action in index.ANONYMOUS)
        assert shape.sometimes is (action in index.SOMETIMES)


def test_every_empty_message_belongs_to_a_list() -> None:
    for action, messages in index.EMPTY.items():
        assert action in index.LISTS
        for message in messages:
            assert shape_of(action).means_empty(message + " and more\n")
            assert not shape_of(action).means_empty("Permission denied")


def test_what_is_odd_of_a_list_is_said_of_lists_only() -> None:
    assert {*index.OPENING, *index.ANONYMOUS, *index.SOMETIMES} <= set(index.LISTS)


def test_a_reply_of_its_own_is_of_an_action_that_is_no_list() -> None:
    assert set(index.REPLIES) <= set(index.ACTIONS)
    assert set(index.REPLIES) & set(index.LISTS) == set()
    for action, (_, name) in index.REPLIES.items():
        assert reply_class_of(action.upper()) is getattr(actions, name)


def test_every_privilege_is_one_that_asterisk_has() -> None:
    for action, privileges in index.PRIVILEGES.items():
        assert privileges_of(action.upper()) == set(privileges.split()) <= set(PRIVILEGES)
        assert privileges.split()


def test_an_action_wants_what_its_class_says() -> None:
    for action, (_, name) in index.ACTIONS.items():
        about = getattr(actions, name).about
        assert about.name.lower() == action
        assert about.privileges == privileges_of(action)


def test_names_are_known_in_any_case_and_others_are_plain() -> None:
    assert shape_of("coreSHOWchannels") is shape_of("CoreShowChannels")
    assert shape_of("Novel").complete is None
    assert reply_class_of("COMMAND") is CommandReply
    assert reply_class_of("getconfig") is ConfigReply
    assert reply_class_of("mailboxcount") is actions.MailboxCountReply
    assert reply_class_of("Novel") is Reply
    assert privileges_of("ORIGINATE") == {"originate"}
    assert privileges_of("Novel") == frozenset()


@pytest.mark.parametrize(
    ("name", "headers", "seconds"),
    [
        ("Ping", {}, 0),
        ("Command", {}, 300),
        ("RELOAD", {}, 300),
        ("ModuleLoad", {}, 300),
        ("Originate", {}, 30),
        ("Originate", {"Timeout": "1500"}, 1.5),
        ("Originate", {"Timeout": "-5"}, 0),
        ("Originate", {"Timeout": "x"}, 30),
        ("Originate", {"Timeout": "nan"}, 30),
        ("Originate", {"Timeout": "inf"}, 30),
        ("Originate", {"Timeout": "9000", "Async": "yes"}, 0),
        ("Originate", {"Timeout": "9000", "Async": "TRUE"}, 0),
        ("Originate", {"Timeout": "9000", "Async": "0"}, 9),
        ("WaitEvent", {"Timeout": "60"}, 60),
        ("WaitEvent", {"Timeout": "x"}, 0),
        ("WaitEvent", {}, 0),
    ],
)
def test_how_long_an_action_may_take(name: str, headers: dict[str, str], seconds: float) -> None:
    assert allowance_of(Action(name, tuple(headers.items()))) == seconds
