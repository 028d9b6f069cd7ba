"""The command line: `amitrio demo`, and what is to come.

Law: no traceback for what can go wrong outside: one line to standard error, and an exit code.
Ctrl-C ends with 130 after everything was closed.
"""

from __future__ import annotations

from amitrio.cli.app import app

__all__ = ["app"]
