"""Messages made of any frame, read as their users read them.

Law: reading never raises, however wrong the values are; the fast way and the exact way to read
a frame agree; and what goes out as JSON is text that any system can store.
"""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime
from typing import Any

import attrs

from amitrio.models import Event, Message, Reply, event_from, reply_class_of
from amitrio.models.config import ConfigReply
from amitrio.models.layout import layout_of
from amitrio.models.replies import CommandReply
from amitrio.models.typed import _NARROW, Typed, _names

__all__ = ["check_event", "check_reply", "forget_shapes"]


def forget_shapes() -> None:
    """Let no input's outcome depend on those before it."""
    _NARROW.clear()


def check_event(frame: bytes, kind: str) -> None:
    """Read an event in every way there is."""
    event = event_from(frame, None, kind)
    _check(event)
    assert event.kind.lower() == kind.lower()
    for text in (event.privilege, event.action_id, event.system_name):
        assert text is None or isinstance(text, str)
    assert event.timestamp is None or isinstance(event.timestamp, datetime)


def check_reply(frame: bytes, action: str) -> None:
    """Read the answer to an action in every way there is."""
    reply = reply_class_of(action).from_frame(frame)
    _check(reply)
    assert isinstance(reply.message, str)
    assert isinstance(reply.succeeded, bool)
    if isinstance(reply, CommandReply):
        assert all(isinstance(line, str) for line in reply.lines)
    if isinstance(reply, ConfigReply):
        assert all(isinstance(category.name, str) for category in reply.categories)


def _check(message: Event | Reply) -> None:
    _check_headers(message)
    if isinstance(message, Typed):
        _check_fields(message)
    said = message.to_json()
    assert json.dumps(json.loads(said), ensure_ascii=False) == said
    said.encode("utf-8")
    assert repr(message).isprintable()
    twin = copy.copy(message)
    assert message == twin == pickle.loads(pickle.dumps(message))  # noqa: S301 - just pickled
    assert hash(message) == hash(twin)


def _check_headers(message: Message) -> None:
    """Looked up alone or among all, a header has the same value."""
    for name in message.headers:
        assert name in message
        assert message[name] == message.headers[name] == message.headers.getall(name)[0]


def _check_fields(message: Typed) -> None:
    """A frame that a shape has cut has the fields that reading header by header gives."""
    fields = {name: getattr(message, name) for name in _names(type(message))}
    exact = layout_of(type(message)).read(message.headers.pairs[1:], message._clean())
    assert list(message.problems) == exact.problems
    for name, value in exact.values.items():
        assert _same(fields[name], value), (name, fields[name], value)


def _same(one: Any, other: Any) -> bool:
    """Equal, and of one type: True is not 1."""
    if type(one) is not type(other):
        return False
    if attrs.has(type(one)):
        names = [field.name for field in attrs.fields(type(one))]
        return all(_same(getattr(one, name), getattr(other, name)) for name in names)
    return bool(one == other)
