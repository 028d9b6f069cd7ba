"""Script: what a seed decides, and nothing else does.

Law: pure. `written(seed)` is the same on every machine and for every backend.
"""

from __future__ import annotations

import random
from typing import Literal

from tests.chaos.deeds import (
    Ask,
    Burst,
    ClientDeed,
    Cut,
    Hole,
    Listen,
    Manner,
    Noise,
    Restart,
    Script,
    ServerDeed,
    Stall,
    Times,
    WaitFor,
    Wire,
)

__all__ = ["NOISES", "SLOW", "written"]

NOISES = (
    "no ActionID",
    "unknown ActionID",
    "answered ActionID",
    "an event with a pending ActionID",
    "an event that ends the list",
    "a report for nobody",
    "text",
    "empty lines",
    "text that the next frame hangs on",
)
# Seconds that the slow action may take by its nature.
SLOW = 6.0

_SLOWEST_LOGIN = 6.0
_GRID = 4
_KINDS = ("Newexten", "UserEvent")
_WANTED: tuple[tuple[str, ...], ...] = (
    ("Newexten",),
    ("UserEvent",),
    ("newexten", "USEREVENT"),
    ("User*",),
    ("*",),
    ("*",),
    ("CoreShowChannel", "Newexten"),
)


def written(seed: int) -> Script:
    """The script of this seed."""
    return _Author(seed).script()


class _Author:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.supervised = self.likely(0.65)
        self.length = self.chance.choice((12.0, 24.0, 40.0) if self.supervised else (8.0, 16.0))
        self.times = self._times()
        self.groups = tuple(self.moment(self.length) for _ in range(2))

    def likely(self, share: float) -> bool:
        return self.chance.random() < share

    def moment(self, until: float, since: float = 0.0) -> float:
        """An instant on the grid."""
        return self.chance.randint(int(since * _GRID), int(until * _GRID)) / _GRID

    def script(self) -> Script:
        faults = self._faults()
        calm = self.supervised and self.likely(0.5)
        times = self.times
        leave = self.length
        if calm:
            # Detection, a try that hangs, the longest wait, and a login in good time.
            found = times.ping_interval + times.ping_timeout + SLOW
            again = 3 * times.connect_timeout + times.response_timeout + times.backoff_most
            leave += self._worst(faults) + found + again + 1
        return Script(
            seed=self.seed,
            supervised=self.supervised,
            starts_at_once=self.supervised and self.likely(0.3),
            times=times,
            wire=self._wire(),
            pending=self.chance.choice((1, 3, 64)),
            list_items=self.chance.choice((4, 1000)),
            server=tuple(sorted([*faults, *self._bursts(leave), *self._noises()], key=_at)),
            manners=tuple(self._manner() for _ in range(24)),
            logins=(0.0, *(self._login() for _ in range(5)), 0.0),
            client=tuple(sorted([*self._asks(), *self._streams(leave), *self._waits()], key=_at)),
            groups=self.groups,
            leave=leave,
            calm=calm,
        )

    # The frame ------------------------------------------------------------------------------------

    def _times(self) -> Times:
        pick = self.chance.choice
        return Times(
            ping_interval=pick((2.0, 4.0, 8.0)),
            ping_timeout=pick((2.0, 3.0)),
            response_timeout=pick((3.0, 5.0)),
            connect_timeout=2.0,
            backoff_first=pick((0.25, 0.5)),
            backoff_most=pick((1.0, 4.0)),
        )

    def _wire(self) -> Wire:
        most = self.chance.choice((40, 400, 4000))
        sizes = [self.chance.randint(1, most) for _ in range(30)] + [65536]
        slowest = self.chance.choice((0, 0, 1))
        delays = [self.chance.randint(0, slowest) / _GRID for _ in range(7)]
        room = self.chance.choice((60, 300, 100_000))
        return Wire(tuple(sizes), tuple(delays), room, self.likely(0.5))

    def _login(self) -> float:
        return self.moment(_SLOWEST_LOGIN) if self.likely(0.2) else 0.0

    # The server -----------------------------------------------------------------------------------

    def _faults(self) -> list[ServerDeed]:
        most = 4 if self.supervised else 2
        count = self.chance.randint(0, most)
        return [self._fault(self.moment(self.length, 1.0)) for _ in range(count)]

    def _fault(self, at: float) -> ServerDeed:
        which = self.chance.randrange(10)
        if which < 4:
            torn = self.chance.randint(1, 50) if self.likely(0.6) else 0
            return Cut(at, torn, reset=self.likely(0.3))
        if which < 7:
            return Stall(at, self.moment(12.0, 1.0))
        if which < 8:
            return Hole(at)
        refusing, down, booting = (self.moment(top) for top in (2.0, 6.0, 3.0))
        return Restart(at, refusing, down, booting, says_so=self.likely(0.7))

    def _worst(self, faults: list[ServerDeed]) -> float:
        """Seconds after the last fault until the server is itself again, at most."""
        stalls = [fault.seconds for fault in faults if isinstance(fault, Stall)]
        restarts = [f.refusing + f.down + f.booting for f in faults if isinstance(f, Restart)]
        return sum(stalls) + sum(restarts) + _SLOWEST_LOGIN

    def _bursts(self, leave: float) -> list[ServerDeed]:
        sizes = [1, 2, 5, 9, *([self.chance.randint(30, 60)] if self.likely(0.6) else [])]
        return [self._burst(size, leave) for size in sizes]

    def _burst(self, size: int, leave: float) -> Burst:
        kinds = tuple(self.chance.choice(_KINDS) for _ in range(size))
        gap = self.chance.choice((0.0, 0.25)) if size < 10 else 0.0
        return Burst(self.moment(leave), kinds, gap)

    def _noises(self) -> list[ServerDeed]:
        count = self.chance.randint(0, 6)
        return [Noise(self.moment(self.length), self.chance.choice(NOISES)) for _ in range(count)]

    def _manner(self) -> Manner:
        if self.likely(0.4):
            return Manner()
        late = self.times.response_timeout + 0.25
        delay = self.chance.choice((0.25, 1.0, late, late, 6.5))
        hows: tuple[Literal["answer", "silent", "twice", "postponed", "refuse", "cut"], ...]
        hows = ("answer", "answer", "twice", "postponed", "refuse", "silent")
        return Manner(
            how="cut" if self.likely(0.03) else self.chance.choice(hows),
            delay=delay if self.likely(0.5) else 0.0,
            items=self.chance.choice((0, 1, 4, 5, 40)),
            pace=self.chance.choice((0.0, 0.0, 0.25)),
            end=self.chance.choice(("complete", "complete", "error", "never", "miscounted")),
            report=None if self.likely(0.3) else self.moment(4.0),
        )

    # The program ----------------------------------------------------------------------------------

    def _asks(self) -> list[ClientDeed]:
        starts = [self.moment(self.length) for _ in range(self.chance.randint(3, 8))]
        # Several at once, now and then.
        starts += [self.chance.choice(starts)] * self.chance.randint(0, 5)
        return [self._ask(number, at) for number, at in enumerate(starts, 1)]

    def _ask(self, number: int, at: float) -> Ask:
        hows: tuple[Literal["plain", "slow", "list", "items", "originate"], ...]
        hows = ("plain", "plain", "plain", "slow", "list", "list", "items", "originate")
        takes = self.chance.randint(0, 4) if self.likely(0.3) else None
        return Ask(at, number, self.chance.choice(hows), self._patience(), self._group(), takes)

    def _patience(self) -> float | None:
        return self.moment(3.0) if self.likely(0.4) else None

    def _group(self) -> int | None:
        return self.chance.randrange(len(self.groups)) if self.likely(0.2) else None

    def _streams(self, leave: float) -> list[ClientDeed]:
        count = self.chance.randint(2, 4)
        return [self._stream(number, leave) for number in range(1, count + 1)]

    def _stream(self, number: int, leave: float) -> Listen:
        return Listen(
            at=0.0 if self.likely(0.6) else self.moment(self.length),
            number=number,
            kinds=self.chance.choice(_WANTED),
            overflow=self.chance.choice(("fail", "drop_oldest", "drop_oldest")),
            buffer=self.chance.choice((1, 2, 5, 16, 200, 200)),
            how=self.chance.choice(("receive", "receive", "batch", "nowait")),
            every=self.chance.choice((1, 3, 40)),
            nap=self.chance.choice((0.0, 0.0, 0.25, 1.0)),
            patience=self.moment(2.0, 0.25) if self.likely(0.2) else None,
            stays=self.moment(leave) if self.likely(0.2) else None,
            group=self._group() if self.likely(0.3) else None,
        )

    def _waits(self) -> list[ClientDeed]:
        count = self.chance.randint(0, 2)
        return [
            WaitFor(
                self.moment(self.length),
                number,
                self.chance.choice(_KINDS),
                self._patience(),
                self._group(),
            )
            for number in range(1, count + 1)
        ]


def _at(deed: ServerDeed | ClientDeed) -> float:
    return deed.at
