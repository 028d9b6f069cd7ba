"""The corpus: what real servers sent, byte for byte.

Law: a test reads exactly what was captured, so size and digest are checked with each first read.
"""

from __future__ import annotations

import functools
import hashlib
import json
import lzma
from collections.abc import Mapping
from pathlib import Path

import attrs

__all__ = ["CAPTURES", "HTTP", "STREAMS", "Capture", "capture"]

_HERE = Path(__file__).parent


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Capture:
    """One captured session and what its manifest says of it."""

    name: str
    what: str
    version: str
    size: int
    sha256: str
    banner: str
    frames: int | None
    """None for what is no AMI stream."""
    empty_frames: int
    responses: Mapping[str, int]
    events: Mapping[str, int]
    odd_frames: list[str]
    tail: list[int | str]

    def __repr__(self) -> str:
        return self.name

    @property
    def release(self) -> int:
        """The release line of the server."""
        return int(self.name.partition("-")[0])

    @property
    def hostile(self) -> bool:
        """Whether somebody's text forges frames in it."""
        return self.what.startswith("HOSTILE")

    def read(self) -> bytes:
        """The bytes. Raises ValueError when they are not those that were captured."""
        return _read(self.name, self.size, self.sha256)


@functools.cache
def _read(name: str, size: int, sha256: str) -> bytes:
    plain, packed = _HERE / name, _HERE / f"{name}.xz"
    data = plain.read_bytes() if plain.exists() else lzma.decompress(packed.read_bytes())
    if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"{name} is not what was captured")
    return data


def _manifest() -> list[Capture]:
    facts = json.loads((_HERE / "MANIFEST.json").read_text("utf-8"))
    known = [field.name for field in attrs.fields(Capture) if field.name != "name"]
    return [
        Capture(name=name, **{key: entry.get(key) for key in known})
        for name, entry in sorted(facts.items())
    ]


CAPTURES = _manifest()
STREAMS = [one for one in CAPTURES if one.frames is not None]
HTTP = [one for one in CAPTURES if one.frames is None]


def capture(name: str) -> Capture:
    """The capture of that name, without its ending."""
    return next(one for one in CAPTURES if one.name == f"{name}.bin")
