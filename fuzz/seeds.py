"""Where fuzzing starts: pieces of what real servers sent, and actions that programs send.

Law: always the same seeds, and each short, so that a mutation hits something.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from fuzz.hearing import ACTIONS
from tests.corpus import STREAMS

__all__ = ["TOKENS", "action_seeds", "client_seeds", "request_seeds"]

_LONGEST = 3000
_END = b"\r\n\r\n"

TOKENS = (
    b"\r\n",
    b"\r\n\r\n",
    b"\r",
    b"\n",
    b"\0",
    b": ",
    b":",
    b"\r\nEvent: ",
    b"\r\nResponse: ",
    b"Response: Success\r\n",
    b"Response: Error\r\n",
    b"Response: Goodbye\r\n",
    b"Response: Follows\r\n",
    b"--END COMMAND--",
    b"\r\nActionID: a1\r\n",
    b"\r\nActionID: a2\r\n",
    b"\r\nEventList: start\r\n",
    b"\r\nEventList: Complete\r\n",
    b"\r\nListItems: 1\r\n",
    b"\r\nMessage: things will follow\r\n",
    b"Event: OriginateResponse\r\n",
    b"Event: UserEvent\r\n",
    b"Event: StatusComplete\r\n",
    b"Event: PeerEntry\r\n",
    b"ChanVariable(a:b): ",
    b"Line-000000-000000: ",
    b"Report0SourceSSRC: ",
    b"<unknown>",
    b"(null)",
    b"4294967295",
    b"-1",
    b"1e308",
    b"99999999999",
    b"0x",
    b"[::1]:",
    b"%ff",
    b"\\",
    b"\xff",
    b"\xed\xb2\x80",
    b"\xe2\x84\xaaey: ",
    b"\xc2\x85",
    b"Action: Ping\r\n",
    b"Asterisk Call Manager/",
)


def client_seeds() -> list[bytes]:
    """One frame of each kind, whole exchanges of lists, and what is hostile, behind a scene."""
    pieces = list(dict.fromkeys([*_first_of_each_kind(), *_beginnings(), *_lists()]))
    modes = count(step=7)
    return [bytes((next(modes) & 255, len(one) & 255)) + one[:_LONGEST] for one in pieces]


def request_seeds() -> list[bytes]:
    """Actions as bytes, around the limits of Asterisk's reader."""
    line = b"Action: Ping\r\nActionID: a1\r\n"
    return [
        b"\0" + line + b"\r\n",
        b"\1Action:Ping\nactionid: 2\n\n",
        *(b"\2" + line + b"X: " + size * b"a" + b"\r\n\r\n" for size in (1019, 1020, 1021, 2043)),
        *(b"\3" + line + lines * b"X: 1\r\n" + b"\r\n" for lines in (125, 126, 127, 128)),
        b"\4Action: A\r\n\0X: 1\r\nAction: B\r\n\r\n",
    ]


def action_seeds() -> list[bytes]:
    """Actions as records: the name, the id, and headers."""
    values = (b"A=1,B=2", b"caf\xe9", b"x: y\x0b", "\u2028".encode(), b"v" * 1015, b"v" * 1016)
    return [
        *(name.encode() + b"\x1ek2\x1eVariable\x1f1" for name in ACTIONS),
        *(b"Setvar\x1ek2\x1eVariable\x1fX\x1eValue\x1f" + value for value in values),
        b"Originate\x1ek2" + b"\x1eVariable\x1fA=1" * 126,
        b"Ping\x1e" + b"i" * 64,
    ]


def _frames() -> Iterator[bytes]:
    for captured in STREAMS:
        yield from captured.read().split(_END)


def _first_of_each_kind() -> Iterator[bytes]:
    """The first frame under each first line."""
    found: dict[bytes, bytes] = {}
    for frame in _frames():
        found.setdefault(frame.partition(b"\r\n")[0], frame + _END)
    return iter(found.values())


def _beginnings() -> Iterator[bytes]:
    """The beginning of each stream, with its banner and without."""
    for captured in STREAMS:
        data = captured.read()
        yield data[:1000]
        yield data.partition(b"\r\n")[2][:_LONGEST]


def _lists() -> Iterator[bytes]:
    """The responses that open lists, with what follows them."""
    for captured in STREAMS:
        data = captured.read()
        at = data.find(b"EventList: start")
        while at >= 0:
            begin = data.rfind(_END, 0, at) + len(_END)
            end = data.find(b"EventList: Complete", at)
            if begin < end < begin + _LONGEST:
                yield data[begin : data.find(_END, end) + len(_END)]
            at = data.find(b"EventList: start", at + 1)
