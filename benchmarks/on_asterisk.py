"""A real Asterisk to be pinged: the flood server answers sooner than any real one does.

Who is ready to sleep before the answer is there is put to sleep and woken, which takes as long as
the rest. With a server that answers at once nobody sleeps, and the figures say nothing of that.

Law: the same clients, the same work and the same tables; only the server is another.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

import attrs

from benchmarks.report import tables
from benchmarks.rounds import Plan, run_rounds
from benchmarks.server import SECRET, USERNAME
from benchmarks.workloads import WORKLOADS
from tools.asterisk import Asterisk, Major

__all__ = ["on_asterisk"]

# It hears no events, and may do nothing; a Ping is answered all the same.
_USER = f"\n[{USERNAME}]\nsecret = {SECRET}\nread =\nwrite =\n"
(_PING,) = (one for one in WORKLOADS if one.latency)


def on_asterisk(release: Major, plan: Plan, tell: Callable[[str], None]) -> str:
    """The table of one ping after another.

    Raises Unavailable where none can be had here, AsteriskFailed, and what `run_rounds` raises.
    """
    with Asterisk(release) as pbx:
        title = f"{_PING.title}, to Asterisk {_upstream(pbx.version)}"
        plan = attrs.evolve(plan, workloads=[attrs.evolve(_PING, title=title, goal="")])
        return tables(plan, run_rounds(plan, tell, lambda: _serving(pbx)))


def _upstream(version: str) -> str:
    """Without what Debian adds to it: 22.10.1+dfsg..., 16.28.0~dfsg..."""
    return version.replace("~", "+").partition("+")[0]


@contextmanager
def _serving(pbx: Asterisk) -> Generator[int]:
    """Its port, while it runs."""
    with (pbx.etc / "manager.conf").open("a", encoding="utf-8") as file:
        file.write(_USER)
    pbx.start()
    pbx.wait_booted()
    yield pbx.port
