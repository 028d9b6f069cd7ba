"""Traffic: a block of events as a busy PBX sends them, made from what real servers sent.

The mixture is that of calls which are dialed, bridged and hung up; every event is about a channel,
so that every client can read the same three headers of each. Names, numbers and times in the
frames are the captured ones; into 2 of 100 a name that is not ASCII is written.

The frames are Asterisk 22's: a server has one release, and with it one order of headers.

Law: the same block in every process and every run; one in twenty is a Hangup, and the last is one.
"""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Iterator

import attrs

from tests.corpus import STREAMS

__all__ = ["BLOCK", "WANTED", "Block", "block", "list_items"]

BLOCK = 2000
"""Events in the block; a flood sends it over and over, so counts are multiples of this."""

WANTED = "Hangup"
"""The event of which there is one in twenty."""

_EVERY = 20
_FOREIGN_EVERY = 50
_FOREIGN = "Jürgen Müller ☎ 東京".encode()
_SEED = 5038
_ITEMS = 500

# How many of 95: what the calls of a PBX with queues and bridges are made of.
_MIXTURE = {
    "Newexten": 24,
    "VarSet": 14,
    "Newstate": 9,
    "Newchannel": 8,
    "DialBegin": 7,
    "DialEnd": 7,
    "NewConnectedLine": 7,
    "DialState": 5,
    "BridgeEnter": 4,
    "BridgeLeave": 4,
    "NewCallerid": 3,
    "HangupRequest": 2,
    "SoftHangupRequest": 1,
}

# Whoever reads traffic that lacks these measures how a client fails.
_NEEDED = {b"Channel", b"ChannelState", b"Priority", b"Uniqueid", b"Privilege"}
_END = b"\r\n\r\n"

# What a channel in a list says of itself, and what only events say.
_ODD = (b"Dest", b"Bridge", b"Variable", b"Value", b"Extension", b"App", b"Dial", b"Cause")
_ITEM = (
    b"BridgeId: ",
    b"Application: Dial",
    b"ApplicationData: PJSIP/200,30",
    b"Duration: 00:00:42",
)


@attrs.frozen
class Block:
    """Frames without their ends, and what they are as one run of bytes."""

    frames: tuple[bytes, ...]
    data: bytes

    @property
    def bytes_a_frame(self) -> float:
        """Mean size of a frame, its end included."""
        return len(self.data) / len(self.frames)

    @property
    def headers_a_frame(self) -> float:
        """Mean number of headers of a frame."""
        return sum(frame.count(b"\r\n") + 1 for frame in self.frames) / len(self.frames)


@functools.cache
def block() -> Block:
    """The block of events."""
    chance = random.Random(_SEED)
    captured = _captured()
    kinds = [kind for kind, share in _MIXTURE.items() for _ in range(share)]
    frames = [
        chance.choice(captured[WANTED if number % _EVERY == 0 else chance.choice(kinds)])
        for number in range(1, BLOCK + 1)
    ]
    for number in range(0, BLOCK, _FOREIGN_EVERY):
        frames[number] = _with_foreign_name(frames[number])
    return Block(tuple(frames), b"".join(frame + _END for frame in frames))


def _captured() -> dict[str, list[bytes]]:
    captured: dict[str, list[bytes]] = {}
    for frame in _captured_frames():
        kind = frame[len(b"Event: ") :].split(b"\r\n", 1)[0].decode()
        captured.setdefault(kind, []).append(frame)
    return captured


def _captured_frames() -> Iterator[bytes]:
    streams = (one.read() for one in STREAMS if not one.hostile and one.release == 22)
    frames = itertools.chain.from_iterable(data.split(_END) for data in streams)
    return (frame for frame in frames if frame.startswith(b"Event: ") and _is_regular(frame))


def _is_regular(frame: bytes) -> bool:
    """Whether the least of the clients can read it: each header once, on one line."""
    lines = frame.split(b"\r\n")
    names = {line.partition(b": ")[0] for line in lines}
    return (
        len(names) == len(lines)
        and all(b": " in line for line in lines)
        and not any(b"\n" in line or b"\r" in line for line in lines)
        and names >= _NEEDED
        and b"ActionID" not in frame
    )


def _with_foreign_name(frame: bytes) -> bytes:
    lines = frame.split(b"\r\n")
    name = b"CallerIDName: "
    return b"\r\n".join(name + _FOREIGN if line.startswith(name) else line for line in lines)


@functools.cache
def list_items() -> tuple[bytes, ...]:
    """Items of a list of channels; `@` stands for the ActionID."""
    return tuple(_list_item(frame) for frame in block().frames[:_ITEMS])


def _list_item(frame: bytes) -> bytes:
    lines = [line for line in frame.split(b"\r\n")[2:] if not line.startswith(_ODD)]
    return b"\r\n".join([b"Event: CoreShowChannel", b"ActionID: @", *lines, *_ITEM])
