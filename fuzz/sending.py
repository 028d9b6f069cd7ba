"""The other direction: what a server reads, and what a client may send.

Law: a request reads the same however it is cut; and an action is refused, or is read back by
Asterisk's rules as exactly that action, with nothing left over.
"""

from __future__ import annotations

import random

from amitrio.protocol import Request, encode_action
from amitrio.protocol.encoding import MAX_LINES
from amitrio.protocol.requests import RequestReader
from amitrio.text import decode, encode

__all__ = ["actions", "requests"]

_PING = b"Action: Ping\r\nActionID: next\r\n\r\n"
# get_input()'s buffer.
_BUFFER = 1024
# No line break: those are among what is tried.
_RECORD = "\x1e"
_FIELD = "\x1f"


def requests(data: bytes) -> None:
    """The target: a server's reader. The first byte says how the rest is cut."""
    seed, stream = data[:1], data[1:]
    rng = random.Random(seed)
    largest = rng.choice((2, 30, 1023, 1500))
    whole = _read([stream])
    assert whole == _read([stream[at : at + 1] for at in range(len(stream))])
    assert whole == _read(_pieces(stream, largest, rng))
    for request in whole:
        for name in (request.action, request.action_id):
            assert name == "" or name[0] > " "


def actions(data: bytes) -> None:
    """The target: a client's encoder. Records are an action's name, its id, and its headers."""
    action, _, rest = decode(data).partition(_RECORD)
    action_id, *records = rest.split(_RECORD)
    headers = [(name, value) for name, _, value in (one.partition(_FIELD) for one in records)]
    try:
        sent = encode_action(action, action_id, headers)
    except ValueError:
        return
    read = _read([sent + _PING])
    assert len(read) == 2, "Asterisk would see another request"
    request, following = read
    assert request.fault is None
    assert request.pairs == [("Action", action), ("ActionID", action_id), *headers]
    assert (request.action, request.action_id) == (action, action_id)
    assert (following.action, following.action_id) == ("Ping", "next")
    for name, _ in headers:
        assert request.get(name) == next(v for n, v in headers if _folded(n) == _folded(name))


def _folded(name: str) -> bytes:
    return encode(name).lower()


def _pieces(stream: bytes, largest: int, rng: random.Random) -> list[bytes]:
    pieces = []
    while stream:
        size = rng.randint(1, largest)
        pieces.append(stream[:size])
        stream = stream[size:]
    return pieces


def _read(pieces: list[bytes]) -> list[Request]:
    reader = RequestReader()
    found = []
    for piece in pieces:
        found += reader.feed(piece)
        assert len(reader._buffer) < _BUFFER
        assert len(reader._lines) <= MAX_LINES
    return found
