"""Replies as values: lists, commands, configurations."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Sequence

import pytest

from amitrio import (
    Category,
    CommandReply,
    ConfigReply,
    CoreShowChannel,
    CoreShowChannelsComplete,
    Event,
    ListReply,
    QueueEntry,
    QueueMember,
    QueueParams,
    Reply,
)

ITEMS = tuple(CoreShowChannel(channel=name) for name in "abc")
COMPLETE = CoreShowChannelsComplete.from_frame(
    b"Event: CoreShowChannelsComplete\r\nActionID: 1\r\nEventList: Complete\r\nListItems: 3"
)
OPENING = b"Response: Success\r\nActionID: 1\r\nEventList: start\r\nMessage: Channels will follow"


def channels() -> ListReply[CoreShowChannel, CoreShowChannelsComplete]:
    return ListReply.gathered(Reply.from_frame(OPENING), ITEMS, COMPLETE)


# Lists -------------------------------------------------------------------------------------------


def test_a_list_is_a_sequence() -> None:
    reply = channels()
    assert isinstance(reply, Sequence)
    assert len(reply) == 3
    assert list(reply) == list(ITEMS)
    assert list(reversed(reply)) == list(ITEMS[::-1])
    assert reply[0] is ITEMS[0]
    assert reply[-1] is ITEMS[2]
    assert reply[1:] == ITEMS[1:]
    assert ITEMS[1] in reply
    assert Event("Other") not in reply
    assert reply.index(ITEMS[2]) == 2
    assert reply.count(ITEMS[0]) == 1
    with pytest.raises(IndexError):
        reply[3]


def test_a_list_is_a_reply() -> None:
    reply = channels()
    assert reply["actionid"] == "1"
    assert "EventList" in reply
    assert reply.message == "Channels will follow"
    assert reply.response == Reply.from_frame(OPENING)
    assert type(reply.response) is Reply


def test_an_empty_list_is_false_and_a_full_one_true() -> None:
    assert channels()
    assert not ListReply.gathered(Reply.from_frame(OPENING))


@pytest.mark.parametrize(
    ("count", "announced"), [("3", 3), ("0", 0), ("-1", None), ("x", None), ("", None)]
)
def test_what_asterisk_announced(count: str, announced: int | None) -> None:
    complete = Event("Complete", {"ListItems": count})
    assert ListReply.gathered(Reply.from_frame(OPENING), (), complete).announced == announced


@pytest.mark.parametrize(
    ("count", "missing"), [("0", 0), ("1", 0), ("2", 0), ("3", 1), ("x", 0), ("9" * 9, 10**9 - 3)]
)
def test_what_is_missing_of_a_list(count: str, missing: int) -> None:
    items = (Event("A"), Event("B"))
    complete = Event("Complete", {"ListItems": count})
    assert ListReply.gathered(Reply.from_frame(OPENING), items, complete).missing == missing
    assert ListReply.gathered(Reply.from_frame(OPENING), items).missing == 0


def test_what_asterisk_did_not_announce() -> None:
    assert ListReply.gathered(Reply.from_frame(OPENING)).announced is None
    assert ListReply.gathered(Reply.from_frame(OPENING), (), Event("X")).announced is None


def test_items_of_one_kind() -> None:
    params, member = QueueParams(queue="support"), QueueMember(queue="support")
    novel = Event("Novel", {"A": "1"})
    mixed: ListReply[Event, Event] = ListReply.gathered(
        Reply.from_frame(OPENING), (params, member, novel)
    )
    assert mixed.of("QueueMember") == mixed.of(QueueMember) == [member]
    assert mixed.of("Novel") == [novel]
    assert mixed.of(Event) == list(mixed)
    assert mixed.of("Other") == mixed.of(QueueEntry) == []


def test_items_of_one_class_have_its_fields() -> None:
    mixed: ListReply[QueueParams | QueueMember, Event] = ListReply.gathered(
        Reply.from_frame(OPENING), (QueueParams(calls=2), QueueMember(calls_taken=3))
    )
    (params,), (member,) = mixed.of(QueueParams), mixed.of(QueueMember)
    assert (params.calls, member.calls_taken) == (2, 3)


def test_a_list_is_a_value() -> None:
    reply = channels()
    assert reply == channels()
    assert hash(reply) == hash(channels())
    assert reply != ListReply.gathered(reply.response, ITEMS[:2], COMPLETE)
    assert reply != ListReply.gathered(reply.response, ITEMS)
    assert reply != reply.response
    assert reply.response != reply
    for copied in (
        copy.copy(reply),
        copy.deepcopy(reply),
        pickle.loads(pickle.dumps(reply)),
    ):
        assert copied == reply
        assert type(copied) is ListReply
        assert copied.complete == COMPLETE


def test_a_list_shows_its_items() -> None:
    assert repr(channels()).startswith("<ListReply of 3: [CoreShowChannel(channel='a'), ")


# Simple replies ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "succeeded", "message"),
    [
        (b"Response: Success", True, ""),
        (b"Response: Success\r\nMessage: Fine", True, "Fine"),
        (b"Response: Error\r\nMessage: No Contacts found\n", False, "No Contacts found"),
        (b"Response: Goodbye\r\nMessage: Bye", True, "Bye"),
        (b"Response: Success\r\nMessage: one\r\nMessage: other", True, "one"),
    ],
)
def test_a_reply_says_whether_it_succeeded(frame: bytes, succeeded: object, message: str) -> None:
    reply = Reply.from_frame(frame)
    assert (reply.succeeded, reply.message) == (succeeded, message)


# Commands ----------------------------------------------------------------------------------------

# Before Asterisk 14.
HEAD = b"Response: Follows\r\nPrivilege: Command\r\nActionID: 1\r\n"


@pytest.mark.parametrize(
    ("frame", "lines"),
    [
        (b"Response: Success\r\nMessage: x\r\nOutput: a\r\nOutput:   b: c", ["a", "  b: c"]),
        (b"Response: Success\r\nOutput: a\r\nOutput: \r\nOutput: b", ["a", "", "b"]),
        (b"Response: Success\r\nOutput: ", []),
        (b"Response: Success", []),
        (b"Response: Success\r\nOutput: a\r\r\nOutput: \xff", ["a\r", "\udcff"]),
        (HEAD + b"a\nb\n--END COMMAND--", ["a", "b"]),
        (HEAD + b"a--END COMMAND--", ["a"]),
        (HEAD + b"--END COMMAND--", []),
        (HEAD + b"\n\na\n--END COMMAND--", ["", "", "a"]),
        (HEAD + b"a: b\r\n\r\nc\n--END COMMAND--", ["a: b\r", "\r", "c"]),
        (b"Response: Follows\r\nPrivilege: Command\r\n--END COMMAND--", []),
        (b"Response: Follows\r\n--END COMMAND--", []),
        (b"Response: Follows\r\nPrivilege: Command\r\na\nb\n--END COMMAND--", ["a", "b"]),
    ],
)
def test_the_lines_of_a_command(frame: bytes, lines: list[str]) -> None:
    reply = CommandReply.from_frame(frame)
    assert reply.lines == lines
    assert reply.succeeded
    assert pickle.loads(pickle.dumps(reply)).lines == lines


# Configurations ----------------------------------------------------------------------------------


def test_a_configuration_merges_nothing_and_reorders_nothing() -> None:
    reply = ConfigReply.from_frame(
        b"Response: Success\r\nCategory-000000: general\r\nLine-000000-000000: a=1\r\n"
        b"Line-000000-000001: a=2\r\nLine-000000-000002: b=c=d\r\nLine-000000-000003: flag\r\n"
        b"Category-000001: general\r\nCategory-000002: a(template)\r\nLine-000002-000000: x=\r\n"
        b"Category: not one\r\nLine-000009-000000: nobody=1"
    )
    assert reply.categories == [
        Category("general", (("a", "1"), ("a", "2"), ("b", "c=d"), ("flag", ""))),
        Category("general"),
        Category("a(template)", (("x", ""),)),
    ]
    assert reply.categories[0].getall("a") == ["1", "2"]
    assert reply.categories[0].getall("A") == []


def test_an_unknown_category_is_an_empty_configuration() -> None:
    assert ConfigReply.from_frame(b"Response: Success\r\nNo categories found").categories == []
