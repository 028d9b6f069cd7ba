"""Streams in memory: order, room, and ends like those of sockets."""

from __future__ import annotations

import anyio
import pytest

from amitrio.simulator.pipes import memory_pipe

pytestmark = pytest.mark.virtual_time


async def test_bytes_come_in_order_and_in_the_pieces_that_were_asked_for() -> None:
    one, other = memory_pipe()
    await one.send(b"abc")
    await one.send(b"def")
    assert await other.receive() == b"abc"
    assert await other.receive(1) == b"d"
    assert await other.receive() == b"ef"
    await other.send(b"back")
    assert await one.receive() == b"back"


async def test_a_sender_waits_for_room() -> None:
    one, other = memory_pipe(room=4)
    with anyio.move_on_after(1) as scope:
        await one.send(b"abcdef")
    assert scope.cancelled_caught
    assert await other.receive() == b"abcd"
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one.send, b"0123456789")
        heard = b""
        while len(heard) < 10:
            heard += await other.receive()
    assert heard == b"0123456789"


async def test_the_end_comes_behind_what_was_sent() -> None:
    one, other = memory_pipe()
    await one.send(b"last")
    await one.aclose()
    assert await other.receive() == b"last"
    with pytest.raises(anyio.EndOfStream):
        await other.receive()
    with pytest.raises(anyio.BrokenResourceError):
        await other.send(b"x")
    for use in (one.receive, lambda: one.send(b"x")):
        with pytest.raises(anyio.ClosedResourceError):
            await use()


async def test_half_an_end() -> None:
    one, other = memory_pipe()
    await one.send_eof()
    with pytest.raises(anyio.EndOfStream):
        await other.receive()
    await other.send(b"still")
    assert await one.receive() == b"still"


async def test_whoever_waits_is_told() -> None:
    one, other = memory_pipe(room=1)
    idle, _ = memory_pipe()
    async with anyio.create_task_group() as tasks:

        async def receives() -> None:
            with pytest.raises(anyio.ClosedResourceError):
                await idle.receive()

        async def sends() -> None:
            with pytest.raises(anyio.BrokenResourceError):
                await other.send(b"too much")

        tasks.start_soon(receives)
        tasks.start_soon(sends)
        await anyio.sleep(1)
        await idle.aclose()
        await one.aclose()


async def test_one_at_a_time() -> None:
    one, other = memory_pipe(room=1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one.receive)
        tasks.start_soon(other.send, b"xy")
        await anyio.sleep(1)
        tasks.start_soon(one.receive)
        tasks.start_soon(one.receive)
        await anyio.sleep(1)
        with pytest.raises(anyio.BusyResourceError):
            await one.receive()
        tasks.cancel_scope.cancel()
