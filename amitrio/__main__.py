"""`amitrio` and `python -m amitrio`: the way into the command line.

Law: without the extra that it needs, one clear line says what to install.
"""

from __future__ import annotations

import sys

__all__ = ["main"]

_EXTRA = frozenset({"cyclopts", "rich"})


def main() -> None:
    """Run the command line; ends by SystemExit."""
    try:
        from amitrio.cli import app  # noqa: PLC0415 - the extra may not be there
    except ModuleNotFoundError as exc:
        if exc.name not in _EXTRA:
            raise
        sys.exit(
            f"amitrio: the command line needs {exc.name}; install it with:"
            " python -m pip install 'amitrio[cli]'"
        )
    app()


if __name__ == "__main__":
    main()
