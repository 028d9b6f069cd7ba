"""The command that writes the typed models.

    python -m tools.generate_models              write them
    python -m tools.generate_models --check      are they what would be written?

With `--facts 22=core-en_US.xml` the extract of that release is made anew first; with `--check`
too, it is compared.

Law: exit 0 when all is well, 1 with one line for each thing that is not. What is missing in the
overrides never keeps the rest from being written.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from .models.documentation import read_documentation
from .models.extracts import FACTS, dumped
from .models.facts import RELEASES
from .models.generated import PROJECT, generated, stale


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks, and return the exit code."""
    options = _parser().parse_args(arguments)
    extracts = dict(_extract(*given) for given in options.facts)
    if not options.check:
        _write(extracts)
    problems: list[str] = []
    files = generated(problems)
    if options.check:
        problems += _differences({**extracts, **files})
    else:
        _write(files)
    gone = (path.relative_to(PROJECT) for path in stale(files, PROJECT))
    problems += [f"{path.as_posix()}: not generated any more" for path in gone]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.generate_models", description="Write the typed models."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; tell what differs")
    parser.add_argument(
        "--facts",
        action="append",
        default=[],
        type=_given,
        metavar="RELEASE=XML",
        help="extract the documentation of a release from its core-en_US.xml",
    )
    return parser


def _given(text: str) -> tuple[int, Path]:
    release, _, path = text.partition("=")
    if release not in map(str, RELEASES) or not Path(path).is_file():
        raise argparse.ArgumentTypeError(f"{text}: wanted is RELEASE=XML, as 22=core-en_US.xml")
    return int(release), Path(path)


def _extract(release: int, path: Path) -> tuple[str, str]:
    target = (FACTS / f"documented-{release}.json").relative_to(PROJECT)
    return target.as_posix(), dumped(read_documentation(path))


def _write(files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = PROJECT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _differences(files: Mapping[str, str]) -> Iterable[str]:
    for name, text in files.items():
        path = PROJECT / name
        if not path.exists():
            yield f"{name}: not written yet"
        elif path.read_text(encoding="utf-8") != text:
            yield f"{name}: differs from what would be written"


if __name__ == "__main__":
    sys.exit(main())
