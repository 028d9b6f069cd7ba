"""The command line: `python -m tools.coverage [--asterisk 22 16]`.

Law: exit 0 when the models hold all that came, 1 when they do not or an act broke off, 2 when a
real Asterisk is wanted and cannot be had here.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from tests.corpus import STREAMS
from tools.asterisk import AsteriskFailed, Unavailable

from .census import take
from .live import played
from .play import Performance
from .report import acts, lines, unused, verdict


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks, and return the exit code."""
    options = _parser().parse_args(arguments)
    corpus = [take(one.name.removesuffix(".bin"), one.read()) for one in STREAMS]
    _say([*lines(corpus), *unused(corpus), *verdict(corpus)])
    good = not any(census.findings for census in corpus)
    try:
        for release in options.asterisk:
            good &= _judged(f"asterisk-{release}", played(release))
    except Unavailable as error:
        print(f"unavailable: {error.reason}", file=sys.stderr)
        return 2
    except AsteriskFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.coverage",
        description="Do the typed models hold everything that Asterisk sends?",
    )
    parser.add_argument(
        "--asterisk",
        nargs="+",
        default=[],
        choices=["22", "16"],
        help="play the scenario on these releases too (Debian, root)",
    )
    return parser


def _judged(name: str, performance: Performance) -> bool:
    census = take(name, bytes(performance.tape.heard), performance.tape.actions)
    _say(["", *acts(performance), *lines([census]), *verdict([census])])
    return not census.findings and not performance.broken


def _say(text: Sequence[str] | Iterator[str]) -> None:
    for line in text:
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
