"""The error tree: as its docstring draws it, with data, and printable."""

from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

from amitrio import errors
from amitrio.errors import (
    ActionError,
    AMIError,
    ConnectionClosed,
    ConnectionLost,
    ListTooLong,
    OriginateFailed,
    PermissionDenied,
    ProtocolError,
    ResponseMissing,
    ResponseTimeout,
    SubscriberTooSlow,
)
from amitrio.headers import Headers

LINE = re.compile(r"^    (?P<branches>[│├└─ ]*)(?P<name>[A-Z]\w+)")


def drawn() -> dict[str, str]:
    """Each class of the docstring's tree and the one that it hangs on."""
    above: list[str] = []
    parents: dict[str, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        match = LINE.match(line)
        if match:
            depth = len(match["branches"]) // 4
            above[depth:] = [match["name"]]
            parents[match["name"]] = above[depth - 1] if depth else "Exception"
    return parents


def defined() -> dict[str, str]:
    classes = [one for _, one in inspect.getmembers(errors, inspect.isclass)]
    ours = [one for one in classes if issubclass(one, BaseException)]
    return {one.__name__: one.__bases__[0].__name__ for one in ours}


def test_the_tree_is_the_one_that_is_drawn() -> None:
    assert len(drawn()) > 10
    assert drawn() == defined()


def test_every_error_is_public_and_says_what_it_means() -> None:
    assert set(defined()) | {"Executed"} == set(errors.__all__)
    for name in defined():
        assert inspect.getdoc(getattr(errors, name))


def test_one_root_catches_all() -> None:
    assert all(issubclass(getattr(errors, name), AMIError) for name in defined())
    assert not issubclass(AMIError, (OSError, ValueError))


@pytest.mark.parametrize("kind", [ConnectionLost, ResponseTimeout, ResponseMissing])
def test_what_was_lost_may_have_been_executed(
    kind: type[ConnectionLost | ResponseTimeout | ResponseMissing],
) -> None:
    assert kind("gone").executed == "maybe"
    assert kind("gone", executed="no").executed == "no"
    assert str(kind("gone")) == "gone"


def test_what_we_closed_ourselves_was_not_executed_unless_said() -> None:
    assert ConnectionClosed("closed").executed == "no"
    assert ConnectionClosed("closed", executed="maybe").executed == "maybe"


def test_an_action_error_carries_the_answer() -> None:
    headers = Headers([("Response", "Error"), ("Message", "No such channel")])
    error = ActionError("No such channel", action="Hangup", headers=headers, hint="is it gone?")
    assert (error.message, error.action, error.headers) == ("No such channel", "Hangup", headers)
    assert str(error) == "Hangup: No such channel (is it gone?)"
    assert str(ActionError("No such channel")) == "No such channel"
    assert ActionError("x").headers == Headers()


def test_permission_denied_names_what_is_missing() -> None:
    error = PermissionDenied("Permission denied", needs=["system", "call"], action="Reload")
    assert error.needs == {"system", "call"}
    assert str(error) == "Reload: Permission denied"
    assert PermissionDenied("Permission denied").needs == frozenset()


def test_originate_failed_has_asterisks_reason() -> None:
    error = OriginateFailed("busy", reason=5)
    assert (error.reason, error.action, str(error)) == (5, "Originate", "Originate: busy")
    assert OriginateFailed("x", reason=None).reason is None


def test_the_consumers_errors_carry_their_bounds() -> None:
    assert SubscriberTooSlow("too slow", buffer=4096).buffer == 4096
    assert ListTooLong("too long", limit=10).limit == 10


def test_a_protocol_error_quotes_the_peer() -> None:
    error = ProtocolError("this is no AMI server; it answered", data=b"SSH-2.0\r\n\x1b[31m\xff")
    assert str(error) == "this is no AMI server; it answered: SSH-2.0\\r\\n\\x1b[31m\u00ff"
    assert error.data == b"SSH-2.0\r\n\x1b[31m\xff"
    assert str(ProtocolError("x")) == "x"
    long = ProtocolError("x", data=b"a" * 5000)
    assert (len(long.data), len(str(long))) == (200, 203)


# Asterisk repeats what it was sent, so its messages hold other people's text.
def test_what_asterisk_said_is_kept_raw_and_shown_escaped() -> None:
    said = "Invalid/unknown command: \x1b[2J\r\nPing. " + "x" * 500
    error = ActionError(said, action="Ping")
    assert error.message == said
    assert str(error).startswith("Ping: Invalid/unknown command: \\x1b[2J\\r\\nPing. x")
    assert str(error).isprintable()
    assert len(str(error)) < 220


@pytest.mark.parametrize(
    "error",
    [
        errors.ActionError("no", action="X", headers=Headers([("Response", "Error")])),
        errors.PermissionDenied("no", needs={"call"}, hint="h"),
        errors.OriginateFailed("busy", reason=5),
        errors.ConnectionLost("gone", executed="no"),
        errors.SubscriberTooSlow("slow", buffer=3),
        errors.ListTooLong("long", limit=7),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_survives_being_copied_and_pickled(error: errors.AMIError) -> None:
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert twin.__dict__ == error.__dict__
