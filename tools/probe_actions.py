"""The command that asks real servers for everything.

    python -m tools.probe_actions 22 16             say what they answered
    python -m tools.probe_actions 22 16 --write     and write docs/actions-table.md

Law: exit 0 when every message that came was explained by its model, 1 when not, 2 when a server
cannot be had here.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .asterisk import Unavailable
from .asterisk.release import RELEASES
from .probe import Probed, probe
from .probe.table import page

__all__ = ["PAGE", "main"]

PAGE = Path(__file__).resolve().parent.parent / "docs" / "actions-table.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks, and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        probed = {int(name): probe(name) for name in RELEASES if name in options.release}
    except Unavailable as error:
        print(f"unavailable: {error.reason}", file=sys.stderr)
        return 2
    text = page(probed)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    else:
        print(text)
    return _complain(probed)


def _complain(probed: dict[int, Probed]) -> int:
    for release, one in probed.items():
        for what in one.unexplained:
            print(f"{release}: {what.message}: {what.header}: {what.text!r}", file=sys.stderr)
    return 1 if any(one.unexplained for one in probed.values()) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.probe_actions", description="Send every action to real servers."
    )
    parser.add_argument("release", nargs="+", choices=sorted(RELEASES), help="22 or 16")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name} of the docs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
