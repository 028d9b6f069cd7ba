"""Laws 3 and 4: every wait ends, and a loss is told where one waits."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable

import anyio
import pytest

from amitrio import Client, ConnectionClosed, ConnectionLost, ProtocolError, State
from amitrio.limits import Limits
from tests.client.peer import Peer
from tests.client.streams import MemoryStream, memory_pair
from tests.client.waiting import Begun, Beside, quiet


async def first_item(client: Client) -> object:
    async with client.items("CoreShowChannels") as items:
        return await anext(items)


async def next_event(client: Client) -> object:
    return await client.events("Hangup").receive()


async def next_batch(client: Client) -> object:
    return await client.events("Hangup").receive_batch(5, within=60)


WAITS: dict[str, Callable[[Client], Awaitable[object]]] = {
    "send": lambda client: client.send("MailboxCount"),
    "a list": lambda client: client.send("CoreShowChannels"),
    "command": lambda client: client.command("core show uptime"),
    "ping": Client.ping,
    "originate": lambda client: client.originate("PJSIP/1", context="default", exten="1"),
    "items": first_item,
    "wait_for": lambda client: client.wait_for("Hangup"),
    "events": next_event,
    "a batch": next_batch,
}


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
async def test_every_wait_ends_with_the_loss(
    peer: Peer, beside: Beside, wait: Callable[[Client], Awaitable[object]]
) -> None:
    async with peer.accept() as client:
        waiting = beside(wait(client))
        await quiet()
        await peer.cut()
        error = await waiting.error()
        assert type(error) is ConnectionLost
        assert "pbx closed the connection" in str(error)


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
async def test_nothing_can_be_begun_after_the_loss(
    peer: Peer, beside: Beside, wait: Callable[[Client], Awaitable[object]]
) -> None:
    async with peer.accept() as client:
        await peer.cut()
        await client.wait_closed()
        error = await beside(wait(client)).error()
        assert type(error) is ConnectionLost
        assert error.executed == "no"


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
async def test_nothing_can_be_begun_after_our_own_close(
    peer: Peer, beside: Beside, wait: Callable[[Client], Awaitable[object]]
) -> None:
    async with peer.accept() as client:
        pass
    error = await beside(wait(client)).error()
    assert type(error) is ConnectionClosed
    assert error.executed == "no"


async def test_each_who_waits_gets_an_error_of_its_own(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        waiting = [beside(wait(client)) for wait in WAITS.values() for _ in range(2)]
        await quiet()
        await peer.cut()
        errors = [await one.error() for one in waiting]
        assert len(set(map(id, errors))) == len(errors) == 2 * len(WAITS)


async def test_what_was_sent_may_have_been_executed_and_what_was_queued_was_not(
    beside: Beside,
) -> None:
    peer = Peer(beside, memory_pair(room=0))
    async with peer.accept() as client:
        sent = beside(client.send("Reload"))
        await peer.expect("Reload")
        writing = beside(client.send("QueuePause"))  # the peer takes this one off the wire never
        await quiet()
        queued = beside(client.send("QueueAdd"))
        await quiet()
        await peer.cut()
        outcomes = [await one.error() for one in (sent, writing, queued)]
        assert [getattr(error, "executed", None) for error in outcomes] == ["maybe", "maybe", "no"]


async def test_a_stream_yields_what_it_has_buffered_and_then_raises(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events("Hangup") as stream:
            for n in range(40):  # more than one batch
                await peer.event("Hangup", N=str(n))
            await peer.cut()
            await client.wait_closed()
            received = []
            with pytest.raises(ConnectionLost):  # noqa: PT012 - the loop ends so
                async for event in stream:
                    received.append(event["N"])  # noqa: PERF401
            assert received == [str(n) for n in range(40)]


async def test_a_list_yields_what_has_come_and_then_raises(peer: Peer, beside: Beside) -> None:
    async def read() -> None:
        async with client.items("CoreShowChannels") as items:
            async for item in items:
                channels.append(item["Channel"])  # noqa: PERF401 - the loop raises

    channels: list[str] = []
    async with peer.accept() as client:
        reading = beside(read())
        request = await peer.expect("CoreShowChannels")
        await peer.answer(request, "Event: CoreShowChannel / Channel: a", EventList="start")
        await peer.cut()
        error = await reading.error()
        assert type(error) is ConnectionLost
        assert (error.executed, channels) == ("maybe", ["a"])


async def test_the_body_goes_on_after_a_loss_and_leaving_raises_nothing(peer: Peer) -> None:
    async with peer.accept() as client:
        await peer.cut()
        await client.wait_closed()
        await anyio.lowlevel.checkpoint()
        survived = True
    assert survived
    assert client.state is State.CLOSED


async def test_leaving_right_at_the_loss_raises_nothing(peer: Peer) -> None:
    async with peer.accept():
        await peer.cut()


async def test_wait_closed_gives_the_reason_of_a_loss_to_each_who_asks(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept() as client:
        asked = [beside(client.wait_closed()) for _ in range(2)]
        await quiet()
        assert not any(one.over for one in asked)
        await peer.cut()
        one, other = [await reason for reason in asked]
        assert type(one) is type(other) is ConnectionLost
        assert str(one) == str(other) == "pbx closed the connection"
        assert one is not other


async def test_wait_closed_tells_our_own_close(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.wait_closed())
        await quiet()
    assert type(await asked) is ConnectionClosed
    assert type(await client.wait_closed()) is ConnectionClosed


async def test_after_our_own_close_streams_end_plainly(peer: Peer, beside: Beside) -> None:
    async def collect() -> list[str]:
        return [event["N"] async for event in client.events("Hangup")]

    async with peer.accept() as client:
        collecting = beside(collect())
        await quiet()
        await peer.event("Hangup", N="0")
        await quiet()
    assert await collecting == ["0"]


async def test_what_waits_while_we_close_is_told_that_we_did(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        sent: Begun[object] = beside(client.send("Reload"))
        waiting: Begun[object] = beside(client.wait_for("Hangup"))
        await peer.expect("Reload")
        closing = beside(client.aclose())
        await peer.expect("Logoff")
        await peer.cut()
        await closing
    errors = [await sent.error(), await waiting.error()]
    assert [type(error) for error in errors] == [ConnectionClosed] * 2
    assert getattr(errors[0], "executed", None) == "maybe"


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (b"", "pbx closed the connection"),
        (b"Event: Shutdown\r\nShutdown: Cleanly\r\n\r\n", "pbx shut down"),
        (b"Event: Hangup\r\nChan", "inside a frame"),
        (b"Event: Hangup\r\n\r\n\r\n", "pbx closed the connection"),
    ],
)
async def test_the_reason_tells_how_it_ended(peer: Peer, last: bytes, reason: str) -> None:
    async with peer.accept() as client:
        if last:
            await peer.send(last)
        await peer.cut()
        assert reason in str(await client.wait_closed())


async def test_a_peer_that_breaks_the_protocol_is_left_and_the_cause_is_told(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept(limits=Limits(line=100)) as client:
        asked = beside(client.ping())
        await peer.expect("Ping")
        await peer.send(b"Event: Hangup\r\nX: " + b"x" * 200)
        error = await asked.error()
        assert type(error) is ConnectionLost
        assert isinstance(error.__cause__, ProtocolError)
        assert "limits.line" in str(error)
        await peer.expect_end()


async def test_what_was_whole_before_the_protocol_broke_is_told(peer: Peer, beside: Beside) -> None:
    async with peer.accept(limits=Limits(line=100)) as client:
        stream = client.events("Hangup")
        asked = beside(client.ping())
        request = await peer.expect("Ping")
        answer = peer.connection.respond(request, "Success")
        await peer.send(
            answer
            + b"Event: Hangup\r\nX: 1\r\n\r\n"
            + b"Event: Hangup\r\nX: "
            + b"x" * 200
            + b"\r\n\r\n"
        )
        assert await asked > 0
        assert (await stream.receive())["X"] == "1"
        with pytest.raises(ConnectionLost):
            await stream.receive()


BREAKS = [
    anyio.BrokenResourceError("it broke"),
    anyio.ClosedResourceError(),
    ssl.SSLError(1, "[SSL: DECRYPTION_FAILED] it broke"),
    ConnectionResetError("it broke"),
]


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: type(broken).__name__)
async def test_a_stream_that_breaks_is_a_loss(
    peer: Peer, beside: Beside, monkeypatch: pytest.MonkeyPatch, broken: Exception
) -> None:
    async def breaks(_max_bytes: int = 0) -> bytes:
        raise broken

    async with peer.accept() as client:
        waiting = beside(client.wait_for("Hangup"))
        await quiet()
        monkeypatch.setattr(peer.stream, "receive", breaks)
        await peer.send(b"\r\n")
        error = await waiting.error()
        assert type(error) is ConnectionLost
        assert error.__cause__ is broken
        assert str(error).startswith("the connection to pbx broke")


class TooLate(MemoryStream):
    """Its reader had bytes in hand when it was closed."""

    async def receive(self, max_bytes: int = 65536) -> bytes:
        try:
            return await super().receive(max_bytes)
        except anyio.ClosedResourceError:
            return b"Event: Hangup\r\n\r\nResponse: Success\r\n\r\n"


@pytest.mark.virtual_time
async def test_bytes_that_come_in_the_moment_of_closing_harm_nothing(beside: Beside) -> None:
    client_end, peer_end = memory_pair()
    peer = Peer(beside, (TooLate(client_end.chunks), peer_end))
    async with peer.accept() as client:
        await client.aclose()  # the peer says nothing: closed after two seconds
    assert type(await client.wait_closed()) is ConnectionClosed
