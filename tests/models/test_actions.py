"""Actions as values, and what is known of them by name."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from amitrio import Action, CommandReply, ConfigReply, Reply, Secret
from amitrio.models import (
    ListAction,
    action_of,
    allowance_of,
    privileges_of,
    reply_class_of,
    shape_of,
)
from amitrio.models.catalogue import _EMPTY, _LISTS, _NEEDS, _SHAPES


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


def test_the_type_of_list_actions_and_the_table_name_the_same() -> None:
    assert set(get_args(ListAction)) <= set(_LISTS) | {"FAXSession"}
    assert list(get_args(ListAction)) == sorted(get_args(ListAction))


def test_every_list_has_a_name_for_its_end() -> None:
    for action, (complete, items) in _LISTS.items():
        shape = shape_of(action.upper())
        assert shape.complete == complete
        assert shape.items == set(items.split())


def test_every_empty_message_belongs_to_a_list() -> None:
    for action, messages in _EMPTY.items():
        assert action in _LISTS
        for message in messages:
            assert shape_of(action).means_empty(message + " and more\n")
            assert not shape_of(action).means_empty("Permission denied")


def test_names_are_known_in_any_case_and_others_are_plain() -> None:
    assert shape_of("coreSHOWchannels") is shape_of("CoreShowChannels")
    assert shape_of("Novel").complete is None
    assert reply_class_of("COMMAND") is CommandReply
    assert reply_class_of("getconfig") is ConfigReply
    assert reply_class_of("Novel") is Reply
    assert privileges_of("ORIGINATE") == {"originate"}
    assert privileges_of("Novel") == frozenset()
    assert len(_SHAPES) == len(_LISTS)
    assert all(_NEEDS.values())


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
