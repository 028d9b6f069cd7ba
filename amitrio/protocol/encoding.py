"""Encoding: an action as the bytes that Asterisk reads back as exactly that action.

Law: what is sent is checked first. Whatever Asterisk's own reader (get_input and do_message in
manager.c) would split, cut, strip or merge is refused here with a ValueError, before a byte
leaves. Each rule below names what it prevents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import cast

from amitrio.credentials import HiddenBytes, Secret
from amitrio.protocol.framing import CRLF
from amitrio.protocol.message import ID, IdLine
from amitrio.text import encode, excerpt

__all__ = [
    "MAX_ACTION_ID",
    "MAX_LINE",
    "MAX_LINES",
    "HeaderValue",
    "action_id_line",
    "encode_action",
    "encode_frame",
    "encode_identified",
    "id_lines",
]

HeaderValue = str | Secret

# A line of 1,023 bytes leaves its CR in get_input's buffer of 1,024, the LF then reads as an
# empty line, and the rest of the action runs as a message of its own: request splitting.
MAX_LINE = 1022
# do_message() refuses a message with more lines than it has room for (AST_MAX_MANHEADERS).
MAX_LINES = 128
# confbridge copies "ActionID: %s\r\n" into 80 bytes: from 68 on the line end is cut off.
MAX_ACTION_ID = 64

_RESERVED = frozenset({"action", "actionid"})
_BREAK = re.compile(r"[\r\n\0]")
_NO_NAME = re.compile(r"[\0- :]")


def encode_action(
    name: str, action_id: str, headers: Iterable[tuple[str, HeaderValue]] = ()
) -> bytes:
    """The bytes of an action, Action and ActionID first: a refusal of a later line names them."""
    return encode_identified(name, action_id_line(action_id), headers)


def encode_identified(
    name: str, id_line: IdLine, headers: Iterable[tuple[str, HeaderValue]]
) -> bytes:
    """The bytes of an action whose ActionID is a line already."""
    if not headers:
        return _action_line(name) + id_line + CRLF
    lines = [_action_line(name), id_line]
    for header, value in headers:
        if header.lower() in _RESERVED:
            raise ValueError(f"{header} is set by amitrio and cannot be given again")
        lines.append(_line(header, value))
    if len(lines) > MAX_LINES:
        raise ValueError(f"{name} has {len(lines)} lines; Asterisk takes at most {MAX_LINES}")
    return _joined(lines)


def encode_frame(headers: Iterable[tuple[str, str]]) -> bytes:
    """What a server sends: no rules, as Asterisk has none for what it sends."""
    lines = [f"{name}: {value}\r\n" if name else f"{value}\r\n" for name, value in headers]
    return encode("".join(lines)) + b"\r\n"


@lru_cache(maxsize=1024)
def _action_line(name: str) -> bytes:
    """A program asks for few actions, again and again."""
    if not name:
        raise ValueError("an action needs a name")
    return _line("Action", name)


def action_id_line(action_id: str) -> IdLine:
    """The line that names the action in its answer, too."""
    encoded = encode(action_id)
    if not 0 < len(encoded) <= MAX_ACTION_ID:
        raise ValueError(f"an ActionID has 1 to {MAX_ACTION_ID} bytes")
    if encoded.isalnum():  # no rule has anything against it
        return IdLine(ID + encoded + CRLF)
    return IdLine(_line("ActionID", action_id))


def id_lines(ids: Iterable[bytes]) -> list[IdLine]:
    """The lines of ActionIDs that are letters and digits, which no rule has anything against.

    Many at a time cost little each; what else they are is not looked at.
    """
    lines = (ID + (CRLF + ID).join(ids) + CRLF).splitlines(keepends=True)
    return cast("list[IdLine]", lines)


def _joined(lines: list[bytes]) -> bytes:
    body = b"".join([*lines, b"\r\n"])
    return HiddenBytes(body) if HiddenBytes in map(type, lines) else body


def _line(name: str, value: HeaderValue) -> bytes:
    _check_name(name)
    if isinstance(value, Secret):  # checked when it was wrapped; never bound to a variable here
        line: bytes = HiddenBytes(encode(f"{name}: {value.reveal()}\r\n"))
    else:
        _check_value(name, value)
        line = encode(f"{name}: {value}\r\n")
    if len(line) > MAX_LINE + 2:
        raise ValueError(f"{name} is {len(line) - 2} bytes long; Asterisk takes {MAX_LINE} a line")
    return line


def _check_name(name: str) -> None:
    if not name:
        raise ValueError("a header needs a name")
    # Asterisk takes the name up to the first colon, and finds no name with a blank before it.
    if _NO_NAME.search(name) is not None:
        raise ValueError(
            f"a header's name holds a colon, a blank or a control character: {excerpt(name)}"
        )


def _check_value(name: str, value: str) -> None:
    if _BREAK.search(value) is not None:
        # A line break would start another header or another action; a NUL ends the line.
        raise ValueError(f"the value of {name} holds a line break or a NUL: {excerpt(value)}")
    if value[:1] and value[0] <= " ":
        # get_input() skips every byte up to 0x20 in front of a value.
        raise ValueError(
            f"the value of {name} begins with a blank or a control character, which Asterisk"
            f" would strip: {excerpt(value)}"
        )
