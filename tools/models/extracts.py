"""The extracts: facts as files, small and sorted, one entry on each line.

    tools/facts/documented-22.json   what Asterisk 22 documents; -16 likewise
    tools/facts/observed.json        the headers that captures of both releases show
    tools/facts/sent.json            which release can send which event, by its source
    tools/facts/privileges.json      what each action asks of its user
    tools/facts/versions.json        of which Asterisk the documentation was read
    tools/facts/history.json         since when, and until when, a thing has been there

Law: writing what was read gives the same bytes; a change of one entry changes one line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["FACTS", "dumped", "load"]

FACTS = Path(__file__).resolve().parent.parent / "facts"


def load(name: str, directory: Path = FACTS) -> dict[str, Any]:
    """The extract of that name; empty where there is none."""
    path = directory / f"{name}.json"
    if not path.exists():
        return {}
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def dumped(facts: Mapping[str, Any]) -> str:
    """The text of an extract: sections of entries."""
    sections = [f"{json.dumps(name)}: {_section(facts[name])}" for name in sorted(facts)]
    return "{\n" + ",\n".join(sections) + "\n}\n"


def _section(entries: Mapping[str, object]) -> str:
    lines = [
        f"  {json.dumps(name)}: {json.dumps(entries[name], sort_keys=True, ensure_ascii=False)}"
        for name in sorted(entries)
    ]
    return "{\n" + ",\n".join(lines) + "\n}"
