"""Fuzz one target: `python -m fuzz client [libFuzzer's options] [folder for its corpus]`.

Law: this is the one module that needs atheris; what is checked is plain Python.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["amitrio"]):
    from fuzz.seeds import TOKENS
    from fuzz.targets import TARGETS


def main(arguments: Sequence[str]) -> None:
    """Run a target. libFuzzer ends the process, with 0 when nothing was found."""
    if not arguments or arguments[0] not in TARGETS:
        sys.exit(f"usage: python -m fuzz {'|'.join(TARGETS)} [-runs=N] [folder]")
    name, *options = arguments
    target = TARGETS[name]
    with tempfile.TemporaryDirectory() as folder:
        usual = [f"-dict={_dictionary(Path(folder))}", f"-max_len={target.longest}"]
        if not any(Path(option).is_file() for option in options):  # else these alone are run
            # The seeds come last: what is found is kept in the first folder.
            options.append(str(_written(Path(folder), target.seeds())))
        atheris.Setup([sys.argv[0], *usual, *options], target.check)
        atheris.Fuzz()


def _written(folder: Path, seeds: Sequence[bytes]) -> Path:
    made = folder / "seeds"
    made.mkdir()
    for number, seed in enumerate(seeds):
        (made / f"{number:04}").write_bytes(seed)
    return made


def _dictionary(folder: Path) -> Path:
    """The tokens as libFuzzer reads them: one a line, every byte escaped."""
    path = folder / "tokens"
    escaped = ("".join(f"\\x{byte:02x}" for byte in token) for token in TOKENS)
    path.write_text("".join(f'"{token}"\n' for token in escaped), "ascii")
    return path


if __name__ == "__main__":
    main(sys.argv[1:])
