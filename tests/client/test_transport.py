"""SocketStream: a socket that can also send at once, and never tears or loses anything."""

from __future__ import annotations

import asyncio
import inspect
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

import anyio
import pytest
from anyio.abc import SocketAttribute

from amitrio import Client
from amitrio.client import transport
from amitrio.client.transport import SocketStream
from tests.client.cancelling import WAYS, How, When, cuts
from tests.client.sockets import reset, tcp_pair
from tests.client.waiting import Beside, quiet

PAIRS = [pytest.param(socket.socketpair, id="unix"), pytest.param(tcp_pair, id="tcp")]
Ends = tuple[SocketStream, socket.socket]


@pytest.fixture(params=PAIRS)
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    make: Callable[[], tuple[socket.socket, socket.socket]] = request.param
    one, other = make()
    other.setblocking(False)  # noqa: FBT003 - the standard library's signature
    yield SocketStream(one), other
    one.close()
    other.close()


async def read(sock: socket.socket, size: int) -> bytes:
    """So many bytes from the other end."""
    data = b""
    while len(data) < size:
        await anyio.wait_readable(sock)
        data += sock.recv(1 << 20)
    return data


# Receiving ---------------------------------------------------------------------------------------


async def test_it_receives_what_has_come(ends: Ends) -> None:
    stream, other = ends
    other.send(b"one")
    assert await stream.receive() == b"one"
    other.send(b"two")
    assert await stream.receive(2) == b"tw"
    assert await stream.receive(2) == b"o"


async def test_the_end_is_told_after_the_last_bytes(ends: Ends) -> None:
    stream, other = ends
    other.send(b"last")
    other.close()
    assert await stream.receive() == b"last"
    for _ in range(2):
        with pytest.raises(anyio.EndOfStream):
            await stream.receive()


async def test_a_reset_is_a_broken_stream() -> None:
    one, other = tcp_pair()
    stream = SocketStream(one)
    reset(other)
    with pytest.raises(anyio.BrokenResourceError, match="reset"):
        await stream.receive()
    await stream.aclose()


async def test_a_second_reader_is_refused(ends: Ends, beside: Beside) -> None:
    stream, other = ends
    first = beside(stream.receive())
    await quiet()
    with pytest.raises(anyio.BusyResourceError):
        await stream.receive()
    other.send(b"one")
    assert await first == b"one"
    other.send(b"two")
    assert await stream.receive() == b"two"


async def received(stream: SocketStream, taken: list[bytes]) -> None:
    taken.append(await stream.receive())


async def handed_on(stream: SocketStream, taken: list[bytes]) -> None:
    await stream.pump(keeping(taken, enough=True))


def keeping(taken: list[bytes], *, enough: bool) -> Callable[[bytes], bool]:
    def take(data: bytes) -> bool:
        taken.append(data)
        return enough

    return take


@pytest.mark.parametrize("once", [received, handed_on])
@pytest.mark.parametrize(("anyio_backend", "how", "when"), WAYS, indirect=["anyio_backend"])
async def test_who_is_cancelled_while_he_reads_loses_nothing(
    ends: Ends,
    beside: Beside,
    how: How,
    when: When,
    once: Callable[[SocketStream, list[bytes]], Awaitable[None]],
) -> None:
    async def feed() -> None:
        for _ in range(3):
            await anyio.lowlevel.checkpoint()
            other.send(b"<%d>" % len(sent))
            sent.append(b"<%d>" % len(sent))

    async def read_until(size: int) -> None:
        while len(b"".join(taken)) < size:
            await once(stream, taken)

    stream, other = ends
    sent: list[bytes] = []
    taken: list[bytes] = []
    async for cut in cuts(how, when):
        feeding = beside(feed())
        size = len(b"".join(sent)) + sum(len(b"<%d>" % (len(sent) + n)) for n in range(3))
        await cut(read_until(size))
        await feeding
        await read_until(size)
        assert b"".join(taken) == b"".join(sent)


async def test_what_a_cancelled_reader_left_is_one_readers_alone(
    ends: Ends, beside: Beside
) -> None:
    stream, other = ends
    stream._kept = b"ab"  # as the tick of a cancellation leaves it
    taken: list[bytes] = []
    refused: list[BaseException] = []
    for reading in [beside(received(stream, taken)) for _ in range(2)]:  # whoever runs first
        try:
            await reading
        except anyio.BusyResourceError as exc:
            refused.append(exc)
    assert taken == [b"ab"]
    assert len(refused) == 1
    stream._kept = b"cd"
    await stream.aclose()
    for read in (stream.receive, lambda: stream.pump(keeping([], enough=True))):
        with pytest.raises(anyio.ClosedResourceError):
            await read()
    other.close()


# Handing on --------------------------------------------------------------------------------------


async def test_it_hands_on_what_comes_until_that_is_enough(ends: Ends) -> None:
    stream, other = ends
    taken: list[bytes] = []

    def take(data: bytes) -> bool:
        taken.append(data)
        if len(taken) < 3:
            other.send(b"<%d>" % len(taken))
        return len(taken) == 3

    other.send(b"<0>")
    await stream.pump(take)
    assert taken == [b"<0>", b"<1>", b"<2>"]
    other.send(b"later")
    assert await stream.receive() == b"later"


async def test_what_the_taker_raises_comes_out(ends: Ends) -> None:
    stream, other = ends
    bug = RuntimeError("a bug")

    def take(_: bytes) -> bool:
        raise bug

    other.send(b"x")
    with pytest.raises(RuntimeError) as raised:
        await stream.pump(take)
    assert raised.value is bug
    other.send(b"y")
    assert await stream.receive() == b"y"


async def test_the_end_is_told_to_who_hands_on(ends: Ends) -> None:
    stream, other = ends
    taken: list[bytes] = []
    other.send(b"last")
    other.close()
    with pytest.raises(anyio.EndOfStream):
        await stream.pump(keeping(taken, enough=False))
    assert b"".join(taken) == b"last"


async def test_closing_ends_the_handing_on(ends: Ends, beside: Beside) -> None:
    stream, other = ends
    handing_on = beside(stream.pump(lambda _: False))
    await quiet()
    with pytest.raises(anyio.BusyResourceError):
        await stream.receive()
    await stream.aclose()
    assert isinstance(await handing_on.error(), anyio.ClosedResourceError)
    with suppress(OSError):
        other.send(b"too late")
    with pytest.raises(anyio.ClosedResourceError):
        await stream.pump(lambda _: False)


async def test_large_chunks_are_taken_in_one_go(ends: Ends, beside: Beside) -> None:
    stream, other = ends
    size = 3_000_000
    sizes: list[int] = []

    def take(data: bytes) -> bool:
        sizes.append(len(data))
        return sum(sizes) == size

    sending = beside(SocketStream(other).send(b"x" * size))
    await stream.pump(take)
    await sending
    assert max(sizes) <= transport._MOST


def test_what_one_read_brings_fits_into_a_stream() -> None:
    """Else a burst would overflow a consumer who had no chance to take any of it."""
    small = b"Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: Paged\r\nX: 1\r\n\r\n"
    buffer = inspect.signature(Client.events).parameters["buffer"].default
    assert transport._MOST // len(small) < buffer


@pytest.fixture
def watches_no_sockets(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Windows has such a loop; anyio watches them in a thread of its own then."""

    def refuse(*_: object) -> None:
        raise NotImplementedError

    def now() -> None:
        for name in ("add_reader", "remove_reader"):
            monkeypatch.setattr(asyncio.get_running_loop(), name, refuse)

    return now


@pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)
async def test_a_loop_that_watches_no_sockets_is_no_hindrance(
    ends: Ends, beside: Beside, watches_no_sockets: Callable[[], None]
) -> None:
    watches_no_sockets()
    stream, other = ends
    taken: list[bytes] = []
    other.send(b"one")
    await stream.pump(keeping(taken, enough=True))
    assert taken == [b"one"]
    reading = beside(stream.receive())
    await quiet()
    await stream.aclose()
    assert isinstance(await reading.error(), anyio.ClosedResourceError)


@pytest.mark.parametrize("how", ["scope", "native", "stubborn"])
@pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)
async def test_who_is_cancelled_there_loses_nothing_either(
    ends: Ends, how: How, watches_no_sockets: Callable[[], None]
) -> None:
    watches_no_sockets()
    stream, other = ends
    taken: list[bytes] = []
    rounds = 0
    async for cut in cuts(how, "suspension"):
        other.send(b"<%d>" % rounds)
        rounds += 1
        await cut(handed_on(stream, taken))
        if len(taken) < rounds:
            await handed_on(stream, taken)
        assert b"".join(taken) == b"".join(b"<%d>" % number for number in range(rounds))
    assert rounds > 1


def test_a_taker_knows_its_event_loop_where_no_task_runs() -> None:
    """asyncio.run sets no name for the loop, and a callback of the loop is no task."""

    async def main() -> tuple[float, float]:
        one, other = socket.socketpair()
        stream = SocketStream(one)
        told: list[float] = []

        def take(_: bytes) -> bool:
            told.append(anyio.current_time())
            return True

        other.send(b"x")
        await stream.pump(take)
        await stream.aclose()
        other.close()
        return told[0], anyio.current_time()

    told, after = asyncio.run(main())
    assert told <= after


@pytest.mark.parametrize(("anyio_backend", "how", "when"), WAYS, indirect=["anyio_backend"])
async def test_what_a_cancelled_taker_left_is_handed_on_first(
    ends: Ends, how: How, when: When
) -> None:
    stream, other = ends
    sent, got = b"", b""

    def take(data: bytes) -> bool:
        nonlocal got
        got += data
        return got == sent

    async def receive() -> None:
        nonlocal got
        got += await stream.receive(2)

    async for cut in cuts(how, when):
        other.send(b"abcde")
        sent += b"abcde"
        await cut(receive())
        if got != sent:
            await stream.pump(take)
        assert got == sent


# Sending -----------------------------------------------------------------------------------------


async def test_it_sends_all_however_much(ends: Ends, beside: Beside) -> None:
    stream, other = ends
    data = bytes(range(256)) * 40_000  # ten megabytes: more than any socket holds
    sending = beside(stream.send(data))
    assert await read(other, len(data)) == data
    await sending


async def test_send_nowait_sends_what_the_kernel_takes(ends: Ends) -> None:
    stream, other = ends
    data = bytes(range(256)) * 40_000
    taken = stream.send_nowait(data)
    assert 0 < taken < len(data)
    assert stream.send_nowait(data[taken:]) < len(data) - taken
    while stream.send_nowait(b"x" * 65536):
        pass
    assert stream.send_nowait(b"x") == 0
    assert (await read(other, taken))[:taken] == data[:taken]


async def test_send_nowait_does_not_cut_in(ends: Ends, beside: Beside) -> None:
    stream, other = ends
    data = b"a" * 10_000_000
    sending = beside(stream.send(data))
    await quiet()
    heard = drain(other)
    assert not sending.over
    assert stream.send_nowait(b"b") == 0  # there is room now, but it is not our turn
    assert heard + await read(other, len(data) - len(heard)) == data
    await sending
    assert stream.send_nowait(b"b") == 1


def drain(sock: socket.socket) -> bytes:
    """All that is there, without letting anybody else run."""
    data = b""
    with suppress(BlockingIOError):
        while True:
            data += sock.recv(1 << 20)
    return data


async def test_a_second_writer_is_refused(ends: Ends, beside: Beside) -> None:
    stream, other = ends
    sending = beside(stream.send(b"a" * 10_000_000))
    await anyio.wait_readable(other)
    with pytest.raises(anyio.BusyResourceError):
        await stream.send(b"b")
    sending.scope.cancel()


async def test_a_peer_that_is_gone_breaks_the_stream() -> None:
    one, other = tcp_pair()
    stream = SocketStream(one)
    reset(other)
    await anyio.wait_readable(one)
    with pytest.raises(anyio.BrokenResourceError):
        stream.send_nowait(b"one")
    with pytest.raises(anyio.BrokenResourceError):
        await stream.send(b"one")
    await stream.aclose()


async def test_a_peer_that_leaves_while_we_send_breaks_the_stream(beside: Beside) -> None:
    one, other = tcp_pair()
    stream = SocketStream(one)
    sending = beside(stream.send(b"a" * 50_000_000))
    await anyio.wait_readable(other)
    reset(other)
    assert isinstance(await sending.error(), anyio.BrokenResourceError)
    await stream.aclose()


async def test_send_eof_closes_one_way(ends: Ends) -> None:
    stream, other = ends
    await stream.send(b"last")
    await stream.send_eof()
    assert await read(other, 4) == b"last"
    await anyio.wait_readable(other)
    assert other.recv(10) == b""
    other.send(b"answer")
    assert await stream.receive() == b"answer"
    with pytest.raises(anyio.BrokenResourceError):
        await stream.send(b"more")


# Closing -----------------------------------------------------------------------------------------


async def test_closing_wakes_the_reader(ends: Ends, beside: Beside) -> None:
    stream, _ = ends
    reading = beside(stream.receive())
    await quiet()
    await stream.aclose()
    assert isinstance(await reading.error(), anyio.ClosedResourceError)


async def test_closing_wakes_the_writer(ends: Ends, beside: Beside) -> None:
    stream, other = ends
    writing = beside(stream.send(b"a" * 10_000_000))
    await anyio.wait_readable(other)
    await quiet()
    await stream.aclose()
    assert isinstance(await writing.error(), anyio.ClosedResourceError)


async def test_a_closed_stream_says_so(ends: Ends) -> None:
    stream, other = ends
    other.send(b"unread")
    await stream.aclose()
    await stream.aclose()
    with pytest.raises(anyio.ClosedResourceError):
        await stream.receive()
    with pytest.raises(anyio.ClosedResourceError):
        await stream.send(b"x")
    with pytest.raises(anyio.ClosedResourceError):
        stream.send_nowait(b"x")
    with pytest.raises(anyio.ClosedResourceError):
        await stream.send_eof()


async def test_closing_is_done_even_when_cancelled(ends: Ends) -> None:
    stream, _ = ends
    with anyio.CancelScope() as scope:
        scope.cancel()
        await stream.aclose()
    assert scope.cancelled_caught
    assert stream._sock.fileno() == -1


# What it is --------------------------------------------------------------------------------------


def test_it_tells_both_addresses() -> None:
    one, other = tcp_pair()
    stream = SocketStream(one)
    assert stream.extra(SocketAttribute.raw_socket) is one
    assert stream.extra(SocketAttribute.family) is socket.AF_INET
    assert stream.extra(SocketAttribute.local_address) == other.getpeername()
    assert stream.extra(SocketAttribute.remote_address) == other.getsockname()
    one.close()
    other.close()


def test_dead_peers_are_looked_for_by_the_kernel_too() -> None:
    one, other = tcp_pair()
    SocketStream(one)
    options = {
        (socket.IPPROTO_TCP, "TCP_NODELAY"): 1,
        (socket.SOL_SOCKET, "SO_KEEPALIVE"): 1,
        (socket.IPPROTO_TCP, "TCP_KEEPIDLE"): 30,
        (socket.IPPROTO_TCP, "TCP_KEEPINTVL"): 10,
        (socket.IPPROTO_TCP, "TCP_KEEPCNT"): 3,
        (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT"): 30_000,
    }
    for (level, option), value in options.items():
        if hasattr(socket, option):
            assert one.getsockopt(level, getattr(socket, option)) == value, option
    assert not one.getblocking()
    one.close()
    other.close()
