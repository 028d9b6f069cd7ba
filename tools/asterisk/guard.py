"""The guard: a small process that clears a server away when its owner ends, however it ends.

Law: the guard waits for the end of a link whose other end only the owner holds. The kernel closes
that for an owner that is killed just as the owner does in good order, so there is one way to clean
up and it is taken every time. The guard holds the slot's lock until it has finished.

(What the owner forks without an exec holds the link too, and so counts as the owner.)
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from .errors import AsteriskFailed
from .slots import Slot, clear

READY_SECONDS = 20.0
CLEAR_SECONDS = 20.0

_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = f"from {__name__} import main; main()"


class Guard:
    """The owner's end of the link. Raises `AsteriskFailed` when there is nobody at the other."""

    def __init__(self, slot: Slot) -> None:
        """Start the guard of `slot`; from here on its server is cleared away in any case."""
        self._home = slot.home
        self._link, other_end = socket.socketpair()
        with other_end:
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-c", _PROGRAM, str(slot.home)],
                stdin=other_end.fileno(),
                stdout=other_end.fileno(),
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PYTHONPATH": str(_ROOT)},
                pass_fds=(slot.lock,),
                start_new_session=True,  # a Ctrl-C at the terminal is for the owner alone
            )
        if not self._is_ready():
            self._process.kill()
            self.clear()
            slot.release()
            raise AsteriskFailed("the guard that would clear the server away did not start")

    def clear(self) -> None:
        """Have the server killed and its directory removed; returns when that is done."""
        self._link.close()
        try:
            self._process.wait(CLEAR_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._home.exists():  # somebody killed the guard
            clear(self._home)

    def _is_ready(self) -> bool:
        """Whether the guard says within its time that it waits."""
        self._link.settimeout(READY_SECONDS)
        with suppress(OSError):
            return bool(self._link.recv(1))
        return False


def main() -> None:
    """Be the guard: wait for the link to end, then clear `argv[1]`."""
    with suppress(ConnectionError):  # an owner that ended before it read this is dead all the same
        os.write(sys.stdout.fileno(), b".")
        sys.stdin.buffer.read()
    clear(Path(sys.argv[1]))
