"""The kernel alone: time goes in, steps come out, always in the same order."""

from __future__ import annotations

import pytest

from amitrio.simulator.kernel import FOREVER, Kernel, Steps


def test_what_is_due_together_happens_in_the_order_of_the_calls() -> None:
    kernel, done = Kernel(), list[str]()
    kernel.call_at(2.0, lambda: done.append("late"))
    kernel.call_at(1.0, lambda: done.append("one"))
    kernel.call_at(1.0, lambda: done.append("two"))
    kernel.run(1.5)
    assert done == ["one", "two"]
    assert kernel.now == 1.5
    kernel.run(2.0)
    assert done == ["one", "two", "late"]


def test_each_step_sees_its_own_time() -> None:
    kernel, seen = Kernel(), list[float]()
    for due in (1.0, 2.0, 3.0):
        kernel.call_at(due, lambda: seen.append(kernel.now))
    kernel.run(10.0)
    assert seen == [1.0, 2.0, 3.0]


def test_a_timer_can_be_cancelled() -> None:
    kernel, done = Kernel(), list[str]()
    timer = kernel.call_at(1.0, lambda: done.append("no"))
    timer.cancel()
    timer.cancel()
    assert kernel.next_due == FOREVER
    kernel.run(2.0)
    assert done == []


def test_the_past_is_now() -> None:
    kernel, done = Kernel(), list[float]()
    kernel.run(5.0)
    kernel.call_at(1.0, lambda: done.append(kernel.now))
    kernel.run(5.0)
    assert done == [5.0]


def test_a_process_waits_and_is_woken() -> None:
    kernel, seen = Kernel(), list[float]()

    def steps() -> Steps[None]:
        seen.append(kernel.now)
        yield 10.0
        seen.append(kernel.now)
        yield FOREVER
        seen.append(kernel.now)

    process = kernel.spawn(steps())
    kernel.run(1.0)
    process.wake()
    kernel.run(2.0)
    kernel.run(100.0)
    assert seen == [0.0, 1.0]
    process.wake()
    kernel.run(100.0)
    assert seen == [0.0, 1.0, 100.0]
    assert process.done
    process.wake()
    assert kernel.next_due == FOREVER


def test_a_process_that_is_closed_cleans_up() -> None:
    kernel, done = Kernel(), list[str]()

    def steps() -> Steps[None]:
        try:
            yield 1.0
        finally:
            done.append("closed")

    process = kernel.spawn(steps())
    kernel.run(0.5)
    process.close()
    kernel.run(2.0)
    assert done == ["closed"]


def test_a_process_that_spins_is_told() -> None:
    kernel = Kernel()

    def steps() -> Steps[None]:
        while True:
            yield kernel.now

    kernel.spawn(steps())
    with pytest.raises(RuntimeError, match="spins"):
        kernel.run(1.0)


def test_whoever_sleeps_is_told_of_an_earlier_due_time() -> None:
    kernel, told = Kernel(), list[float]()
    kernel.on_earlier = lambda: told.append(kernel.next_due)
    kernel.call_at(5.0, lambda: None)
    kernel.call_at(6.0, lambda: None)
    kernel.call_at(4.0, lambda: None)
    assert len(told) == 2


def test_outside_of_run_the_clock_is_right() -> None:
    kernel, seen = Kernel(), list[float]()
    kernel.clock = lambda: 7.0
    assert kernel.now == 7.0
    kernel.call_at(8.0, lambda: seen.append(kernel.now))
    kernel.run(8.0)
    assert seen == [8.0]


def test_the_last_digits_of_a_clock_do_not_matter() -> None:
    kernel, done = Kernel(), list[str]()
    kernel.call_at(0.1 + 0.2, lambda: done.append("due"))
    kernel.run(0.3)
    assert done == ["due"]
