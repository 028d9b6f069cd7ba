"""Gaps: they have room always, never give way, and become one where nothing lies between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio import (
    ConnectionLost,
    Disconnected,
    EventsDropped,
    Gap,
    Reconnected,
    SubscriberTooSlow,
)
from amitrio.client.gaps import coalesced, error_of
from amitrio.client.inbox import Inbox

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
LIMIT = 4


def moment(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def lost(seconds: float, reason: str = "cut") -> Disconnected:
    return Disconnected(moment(seconds), reason, since=seconds)


def back(seconds: float, since: float, *, restarted: bool | None = False) -> Reconnected:
    return Reconnected(moment(seconds), seconds - since, restarted)


def told(*gaps: Gap) -> tuple[Gap, ...]:
    """What becomes of gaps that come one after the other."""
    return reduce(coalesced, gaps, ())


# Coalescing --------------------------------------------------------------------------------------


def test_a_loss_and_its_end_stay_as_they_are() -> None:
    assert told(lost(0), back(5, 0)) == (lost(0), back(5, 0))


def test_several_losses_become_one_that_lasts_from_the_first_to_the_last() -> None:
    gaps = told(lost(0, "kicked"), back(5, 0), lost(6), back(8, 6), lost(9, "killed"), back(20, 9))
    assert gaps == (lost(0, "killed"), back(20, 0))


def test_a_loss_that_is_not_over_stays_open() -> None:
    assert told(lost(0, "kicked"), back(5, 0), lost(6, "killed")) == (lost(0, "killed"),)


@pytest.mark.parametrize(
    "restarts", [(True, False, False), (False, True, False), (False, False, True)]
)
def test_a_restart_between_is_not_forgotten(restarts: tuple[bool, ...]) -> None:
    gaps: list[Gap] = []
    for n, restarted in enumerate(restarts):
        gaps += [lost(10 * n), back(10 * n + 5, 10 * n, restarted=restarted)]
    assert told(*gaps) == (lost(0), back(25, 0, restarted=True))


def test_what_is_not_known_of_the_last_loss_is_not_known_of_all() -> None:
    gaps = told(lost(0), back(5, 0), lost(6), back(8, 6, restarted=None))
    assert gaps == (lost(0), back(8, 0, restarted=None))


def test_the_time_between_losses_counts_and_a_clock_that_was_set_does_not() -> None:
    early = Reconnected(moment(-3600), 5.0, restarted=False)
    assert told(lost(0), early) == (lost(0), early)
    again = Disconnected(moment(-3500), "killed", since=100.0)
    end = Reconnected(moment(-3490), 10.0, restarted=False)
    first, last = told(lost(0), early, again, end)
    assert first == lost(0, "killed")
    assert last == Reconnected(moment(-3490), 110.0, restarted=False)


def test_the_end_of_a_loss_that_was_told_already_stays_with_its_restart() -> None:
    end = back(5, 0, restarted=True)
    assert told(end, lost(6), back(8, 6)) == (end, lost(6), back(8, 6))
    assert told(end, lost(6), back(8, 6), lost(9), back(10, 9)) == (end, lost(6), back(10, 6))


def test_a_merged_loss_looks_like_any_other() -> None:
    merged = told(lost(0), back(5, 0, restarted=True), lost(6))[0]
    assert merged == lost(0)
    assert repr(merged) == repr(lost(0))


def test_a_gap_as_an_error() -> None:
    disconnected = error_of(lost(0, "pbx shut down"))
    assert isinstance(disconnected, ConnectionLost)
    assert (str(disconnected), disconnected.executed) == ("pbx shut down", "no")
    assert isinstance(error_of(back(5, 0)), ConnectionLost)
    dropped = error_of(EventsDropped(3), buffer=7)
    assert isinstance(dropped, SubscriberTooSlow)
    assert dropped.buffer == 7
    assert "3 events" in str(dropped)


# In the inbox ------------------------------------------------------------------------------------

Item = int | Gap

# A number puts so many items, None takes, a loss begins and ends.
steps = st.lists(
    st.one_of(st.none(), st.integers(1, 7), st.sampled_from(["lose", "restore"])), max_size=60
)


class Played:
    """An inbox, what was put into it, and what came out."""

    def __init__(self, *, drops: bool) -> None:
        self.box = Inbox[Item](LIMIT, overflowed=too_slow, gap=EventsDropped if drops else None)
        self.put = 0
        self.losses = 0
        self.taken: list[Item] = []
        self.most_held = 0
        self.is_down = False
        self._now = self._since = 0.0

    def play(self, script: list[int | str | None], most: int) -> None:
        for step in script:
            self._now += 1
            if step is None:
                self.take(most)
            elif isinstance(step, int):
                self._fill(0 if self.is_down else step)  # no events while there is no connection
            elif (step == "lose") is not self.is_down:
                self._change()
            self.most_held = max(self.most_held, len(self.box._items) + len(self.box._first))

    def _fill(self, count: int) -> None:
        for _ in range(count):
            self.box.put(self.put)
            self.put += 1

    def _change(self) -> None:
        if self.is_down:
            self.box.put_gap(back(self._now, self._since))
        else:
            self.losses += 1
            self._since = self._now
            self.box.put_gap(lost(self._now))
        self.is_down = not self.is_down

    def take(self, most: int) -> bool:
        try:
            batch = self.box.take_nowait(most)
        except (anyio.WouldBlock, anyio.EndOfStream, SubscriberTooSlow):
            return False
        self.taken += batch
        return bool(batch)

    def finish(self, most: int) -> None:
        while self.take(most):
            pass


def too_slow() -> SubscriberTooSlow:
    return SubscriberTooSlow("too slow", buffer=LIMIT)


def played(script: list[int | str | None], most: int, *, drops: bool) -> Played:
    one = Played(drops=drops)
    one.play(script, most)
    one.finish(most)
    return one


@given(steps, st.integers(1, 5))
def test_no_event_and_no_loss_is_unaccounted_for(script: list[int | str | None], most: int) -> None:
    one = played(script, most, drops=True)
    expected = 0
    is_down = False
    for item in one.taken:
        if isinstance(item, int):
            assert not is_down
            assert item == expected
        if isinstance(item, Disconnected | Reconnected):
            is_down = isinstance(item, Disconnected)
        expected += 1 if isinstance(item, int) else getattr(item, "count", 0)
    assert expected == one.put
    assert is_down == one.is_down
    assert any(isinstance(item, Disconnected) for item in one.taken) == (one.losses > 0)
    one.box.close()


@given(steps, st.integers(1, 5))
def test_a_loss_that_was_read_of_is_followed_by_its_end(
    script: list[int | str | None], most: int
) -> None:
    """Where the consumer takes everything after each step, nothing is merged or moved."""
    one = Played(drops=True)
    for step in script:
        one.play([step], most)
        one.finish(most)
    names = [
        type(item).__name__ for item in one.taken if isinstance(item, Disconnected | Reconnected)
    ]
    assert names == (["Disconnected", "Reconnected"] * one.losses)[: len(names)]
    assert len(names) == 2 * one.losses - one.is_down
    one.box.close()


@given(steps, st.integers(1, 5))
def test_the_room_for_gaps_is_bounded_however_many_losses(
    script: list[int | str | None], most: int
) -> None:
    one = played(script, most, drops=True)
    # Between and around the events up to three, and as many before them.
    assert one.most_held <= LIMIT + 3 * (LIMIT + 2)
    one.box.close()


def test_losses_without_end_take_no_room() -> None:
    one = Played(drops=True)
    one.play([3, *["lose", "restore"] * 1000], most=1)
    assert one.most_held == 5
    one.finish(32)
    assert [type(item).__name__ for item in one.taken] == [
        *["int"] * 3, "Disconnected", "Reconnected",
    ]  # fmt: skip
    end = one.taken[-1]
    assert isinstance(end, Reconnected)
    assert end.down_for == 1999
    one.box.close()


def test_slow_and_lost_again_and_again_takes_no_room() -> None:
    one = Played(drops=True)
    one.play([3, "lose", "restore"] * 1000, most=1)
    assert one.most_held < 20
    one.finish(32)
    first, *others = one.taken
    assert first == EventsDropped(3000 - LIMIT)
    assert [item for item in others if isinstance(item, int)] == [2996, 2997, 2998, 2999]
    one.box.close()


@pytest.mark.parametrize("drops", [False, True])
def test_gaps_take_no_room_from_events(drops: bool) -> None:  # noqa: FBT001
    one = Played(drops=drops)
    one.play([2, "lose", "restore", 2, "lose", "restore"], most=1)
    assert len(one.box) == LIMIT
    assert one.box.dropped == 0
    one.finish(32)
    assert [item if isinstance(item, int) else type(item).__name__ for item in one.taken] == [
        0, 1, "Disconnected", "Reconnected", 2, 3, "Disconnected", "Reconnected",
    ]  # fmt: skip
    assert one.box.delivered == LIMIT
    one.box.close()


def test_a_stream_that_failed_for_slowness_is_told_of_no_loss() -> None:
    one = Played(drops=False)
    one.play([LIMIT, "lose", "restore", 1, "lose"], most=1)
    one.finish(32)
    assert [item if isinstance(item, int) else type(item).__name__ for item in one.taken] == [
        0, 1, 2, 3, "Disconnected", "Reconnected",
    ]  # fmt: skip
    with pytest.raises(SubscriberTooSlow):
        one.box.take_nowait(1)
    one.box.close()


async def test_a_gap_wakes_who_waits() -> None:
    box = Inbox[Item](LIMIT, overflowed=too_slow)
    taken: list[Item] = []

    async def take() -> None:
        taken.extend(await box.take())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(take)
        await anyio.wait_all_tasks_blocked()
        box.put_gap(lost(0))
    assert taken == [lost(0)]
    box.close()
