"""The shapes of list replies, from the facts that were measured (tests/wire)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from amitrio.protocol import ReplyShape

_FACTS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "wire" / "list-actions.json").read_text("utf-8")
)
_LISTS = {
    name: entry
    for name, entry in {**_FACTS, **_FACTS["_16_only"]}.items()
    if not name.startswith("_")
}

ANONYMOUS = {"IAXpeers"}
GLUED = {"SKINNYdevices", "SKINNYlines"}
LISTS: dict[str, ReplyShape] = {
    name: ReplyShape(
        items=frozenset(entry["items"]),
        complete=entry["complete"],
        empty=("No ",) if entry.get("empty") == "error" else (),
        anonymous=name in ANONYMOUS,
        glued=name in GLUED,
    )
    for name, entry in sorted(_LISTS.items())
}
STARTS = {name: entry.get("start", "start") for name, entry in _LISTS.items()}

WAIT_EVENT = ReplyShape(complete="WaitEventComplete", opening="completed.")
FAX_STATS = ReplyShape(complete="FAXStats")
ORIGINATE = ReplyShape(report="OriginateResponse")


def _by_complete() -> dict[str, ReplyShape]:
    """Several actions end their lists with the same event: one shape that serves them all."""
    shapes = {"WaitEventComplete": WAIT_EVENT, "FAXStats": FAX_STATS}
    for shape in LISTS.values():
        assert shape.complete is not None
        known = shapes.get(shape.complete, ReplyShape())
        shapes[shape.complete] = ReplyShape(
            items=known.items | shape.items,
            complete=shape.complete,
            anonymous=known.anonymous or shape.anonymous,
        )
    return shapes


BY_COMPLETE = _by_complete()
