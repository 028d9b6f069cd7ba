"""A slot: one server's directory inside the tree, its range of ports, and the lock on both.

Law: whoever holds a slot's lock owns its directory, its ports and its processes. The kernel drops
the lock with its last holder, so a slot with something in it and a free lock belongs to the dead,
and is swept.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from .errors import Unavailable
from .processes import end_all
from .release import Release

HOST = "127.0.0.1"
SLOTS = 40
PORTS = 100  # per slot

_INSIDE = PurePosixPath("/srv/amitrio")


class Ports(NamedTuple):
    """The ports of one server, all on 127.0.0.1."""

    ami: int
    ami_tls: int
    http: int
    https: int
    pjsip: int  # UDP, as all below
    sip: int
    iax: int
    nobody: int  # nothing listens here: for peers that must be unreachable
    rtp_first: int
    rtp_last: int

    @classmethod
    def starting_at(cls, base: int) -> Ports:
        """The ports of the slot whose range begins at `base`."""
        return cls._make((*range(base, base + 8), base + 20, base + PORTS - 1))

    @property
    def taken(self) -> list[int]:
        """Those that another program listens on."""
        tcp = [port for port in (self.ami, self.ami_tls, self.http, self.https) if _taken(port)]
        udp = (self.pjsip, self.sip, self.iax, self.nobody)
        return tcp + [port for port in udp if _taken(port, socket.SOCK_DGRAM)]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place to run one server in; `home` as we see it, `inside` as the server sees it."""

    home: Path
    inside: PurePosixPath
    ports: Ports
    lock: int

    def release(self) -> None:
        """Give the slot up. Its lock lives on while another process holds it, too."""
        os.close(self.lock)


def claim(tree: Path, release: Release) -> Slot:
    """Sweep what dead owners left in `tree`, then take the first free slot.

    Raises `Unavailable` when there is none.
    """
    parent = tree / _INSIDE.relative_to("/")
    parent.mkdir(parents=True, exist_ok=True)
    _sweep(parent)
    for number in range(SLOTS):
        home = parent / str(number)
        ports = Ports.starting_at(release.first_port + number * PORTS)
        if (lock := _try_lock(parent, number)) is None:
            continue
        if not ports.taken and not home.exists():
            home.mkdir()
            return Slot(home, _INSIDE / str(number), ports, lock)
        os.close(lock)
    raise Unavailable(f"all {SLOTS} places for an Asterisk {release.major} are taken")


def clear(home: Path) -> None:
    """End every process of the server in `home`, then remove its directory.

    What cannot be removed keeps the slot from being used.
    """
    if end_all(home):
        shutil.rmtree(home, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Clear every slot whose owner is dead."""
    for home in _homes(parent):
        if (lock := _try_lock(parent, int(home.name))) is not None:
            clear(home)
            os.close(lock)


def _homes(parent: Path) -> Iterator[Path]:
    return (path for path in parent.iterdir() if path.name.isdecimal())


def _try_lock(parent: Path, number: int) -> int | None:
    """Lock slot `number`, or return None when somebody has it.

    The file is never removed: a lock on a removed file would exclude nobody.
    """
    lock = os.open(parent / f"{number}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return lock
    os.close(lock)
    return None


def _taken(port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> bool:
    """Whether `port` cannot be listened on; connections left over from before do not count."""
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False
