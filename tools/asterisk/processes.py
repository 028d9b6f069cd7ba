"""Find and end every process of one server, whoever started it.

Law: a server and all that it forks carry a mark in their environment, which no fork, new session
or new process group takes away; so what carries the mark is the server's, and nothing else is.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

_VARIABLE = "AMITRIO_ASTERISK"
_LOOKS = 2  # a process is unmarked for the moment between fork and exec
_PAUSE = 0.05  # seconds between two looks


def mark(home: Path) -> dict[str, str]:
    """The environment variable that marks the processes of the server that lives in `home`."""
    return {_VARIABLE: str(home)}


def marked(home: Path) -> list[int]:
    """The ids of all living processes of the server that lives in `home`."""
    wanted = os.fsencode(f"{_VARIABLE}={home}")
    return [pid for pid in _all_processes() if wanted in _environment(pid)]


def end_all(home: Path, timeout: float = 10.0) -> bool:
    """Kill the server in `home` with all it started; tell whether all of it is gone."""
    deadline = time.monotonic() + timeout
    clear = 0
    while clear < _LOOKS and time.monotonic() < deadline:
        found = marked(home)
        clear = 0 if found else clear + 1
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_PAUSE)
    return clear == _LOOKS


def _all_processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def _environment(pid: int) -> list[bytes]:
    """What `pid` was started with; empty for a zombie and for one that is gone."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
