"""Closing: a polite goodbye, two seconds at most, done whatever happens."""

from __future__ import annotations

import ssl

import anyio
import pytest

from amitrio import AuthenticationFailed, Client, ConnectionClosed, ConnectionLost, State
from amitrio.limits import Limits
from tests.client.peer import Peer
from tests.client.streams import memory_pair
from tests.client.waiting import Beside, quiet

pytestmark = pytest.mark.virtual_time


class Stopwatch:
    def __init__(self) -> None:
        self.began = anyio.current_time()

    @property
    def seconds(self) -> float:
        return round(anyio.current_time() - self.began, 3)


class DeadPeer(Peer):
    """Hears the goodbye and says nothing."""

    async def see_off(self) -> None:
        pass


@pytest.fixture
def dead_peer(beside: Beside) -> Peer:
    return DeadPeer(beside)


async def test_leaving_says_goodbye_and_waits_for_the_answer(peer: Peer) -> None:
    async with peer.accept() as client:
        watch = Stopwatch()
    assert peer.heard[-1].action == "Logoff"
    assert watch.seconds == 0
    assert client.state is State.CLOSED
    assert not client.connected
    assert peer.left


async def test_a_dead_peer_holds_us_up_for_two_seconds(dead_peer: Peer) -> None:
    async with dead_peer.accept():
        watch = Stopwatch()
    assert watch.seconds == 2
    assert dead_peer.left


async def test_a_peer_that_does_not_even_read_holds_us_up_for_two_seconds(beside: Beside) -> None:
    peer = DeadPeer(beside, memory_pair(room=0))
    async with peer.accept():
        watch = Stopwatch()
    assert watch.seconds == 2


async def test_closing_in_the_body_leaves_nothing_for_the_end(dead_peer: Peer) -> None:
    async with dead_peer.accept() as client:
        watch = Stopwatch()
        await client.aclose()
        assert watch.seconds == 2
        await client.aclose()
        await client.aclose()
    assert watch.seconds == 2
    assert [request.action for request in dead_peer.heard].count("Logoff") == 0
    with pytest.raises(anyio.EndOfStream):  # noqa: PT012 - it hears all there is
        while True:
            await dead_peer.hear()
    assert [request.action for request in dead_peer.heard].count("Logoff") == 1


async def test_two_may_close_at_once(dead_peer: Peer, beside: Beside) -> None:
    async with dead_peer.accept() as client:
        watch = Stopwatch()
        closing = [beside(client.aclose()) for _ in range(3)]
        for one in closing:
            await one
        assert watch.seconds == 2


async def test_closing_goes_on_when_it_is_cancelled(dead_peer: Peer) -> None:
    async with dead_peer.accept() as client:
        watch = Stopwatch()
        with anyio.move_on_after(0.5):
            await client.aclose()
        assert watch.seconds == 2
        assert client.state is State.CLOSED


async def test_leaving_by_cancellation_says_goodbye_too(peer: Peer) -> None:
    with anyio.CancelScope() as scope:
        async with peer.accept():
            watch = Stopwatch()
            scope.cancel()
            await anyio.sleep_forever()
    assert peer.heard[-1].action == "Logoff"
    assert watch.seconds == 0


async def test_leaving_by_an_error_says_goodbye_too(peer: Peer) -> None:
    with pytest.raises(ValueError, match="mine"):
        async with peer.accept():
            raise ValueError("mine")
    assert peer.heard[-1].action == "Logoff"


async def test_after_a_loss_there_is_nobody_to_say_goodbye_to(dead_peer: Peer) -> None:
    async with dead_peer.accept() as client:
        await dead_peer.cut()
        await client.wait_closed()
        watch = Stopwatch()
    assert watch.seconds == 0
    assert dead_peer.left


async def test_a_loss_during_the_goodbye_is_our_close(dead_peer: Peer, beside: Beside) -> None:
    async with dead_peer.accept() as client:
        closing = beside(client.aclose())
        await dead_peer.expect("Logoff")
        await anyio.sleep(1)
        await dead_peer.send(b"Response: Goo")
        await dead_peer.cut()
        await closing
        assert type(await client.wait_closed()) is ConnectionClosed


async def test_closing_does_not_cancel_the_body(dead_peer: Peer, beside: Beside) -> None:
    async with dead_peer.accept() as client:
        waiting = beside(client.wait_closed())
        await client.aclose()
        await anyio.sleep(5)
        assert type(await waiting) is ConnectionClosed


async def test_nothing_is_sent_while_we_close(dead_peer: Peer, beside: Beside) -> None:
    async with dead_peer.accept() as client:
        closing = beside(client.aclose())
        await quiet()
        with pytest.raises(ConnectionClosed) as caught:
            await client.ping()
        assert caught.value.executed == "no"
        with pytest.raises(ConnectionClosed):
            client.events("Hangup")
        await closing


async def test_what_waits_for_room_is_told_of_the_close(dead_peer: Peer, beside: Beside) -> None:
    async with dead_peer.accept(limits=Limits(pending_actions=1)) as client:
        first = beside(client.send("First"))
        await dead_peer.expect("First")
        waiting = [beside(client.send("NoRoom")) for _ in range(5)]
        await quiet()
        await client.aclose()
        errors = [await one.error() for one in waiting]
        assert {type(error) for error in errors} == {ConnectionClosed}
        assert {getattr(error, "executed", None) for error in errors} == {"no"}
        assert getattr(await first.error(), "executed", None) == "maybe"


async def test_what_would_have_to_wait_for_room_is_told_at_once(
    dead_peer: Peer, beside: Beside
) -> None:
    async with dead_peer.accept(limits=Limits(pending_actions=1)) as client:
        beside.go(client.send("Ask"))
        await quiet()
        beside.go(client.aclose())
        await quiet()
        watch = Stopwatch()
        with pytest.raises(ConnectionClosed):
            async with client.items("CoreShowChannels"):
                pass
        assert watch.seconds == 0


async def test_an_answer_that_is_under_way_is_still_given(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("Reload"))
        request = await peer.expect("Reload")
        closing = beside(client.aclose())
        logoff = await peer.expect("Logoff")
        await peer.answer(request, Message="Module Reloaded")
        await peer.answer(logoff, Response="Goodbye")
        await peer.cut()
        await closing
        assert (await asked).message == "Module Reloaded"


async def test_a_refused_login_ends_without_a_goodbye(peer: Peer, beside: Beside) -> None:
    async def refuse() -> None:
        await peer.greet()
        await peer.answer(await peer.expect("Challenge"), Challenge="1")
        await peer.refuse(await peer.expect("Login"), "Authentication failed")

    beside.go(refuse())
    watch = Stopwatch()
    with pytest.raises(AuthenticationFailed):
        async with peer.dial():
            pass
    assert watch.seconds == 0
    assert peer.left
    await peer.expect_end()


async def test_a_logoff_of_the_callers_own_ends_the_connection(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("Logoff"))
        await peer.answer(await peer.expect("Logoff"), Response="Goodbye")
        await peer.cut()
        assert (await asked)["Response"] == "Goodbye"
        assert type(await client.wait_closed()) is ConnectionLost
        watch = Stopwatch()
    assert watch.seconds == 0


@pytest.mark.parametrize("use", ["connected", "state"])
async def test_what_a_closed_client_says_of_itself(peer: Peer, use: str) -> None:
    async with peer.accept() as client:
        assert isinstance(client, Client)
        before = getattr(client, use)
    assert before != getattr(client, use)
    assert client.statistics().frames > 0
    assert client.asterisk.release == 22
    assert client.login_reply.succeeded


@pytest.mark.parametrize(
    "broken", [anyio.BrokenResourceError(), ssl.SSLError(1, "x"), anyio.EndOfStream()]
)
async def test_a_stream_that_cannot_even_be_closed_raises_nothing(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, broken: Exception
) -> None:
    async def aclose() -> None:
        raise broken

    with monkeypatch.context() as patched:
        async with peer.accept() as client:
            patched.setattr(peer.stream, "aclose", aclose)
    assert client.state is State.CLOSED


async def test_a_dead_peers_stream_that_cannot_be_closed_raises_nothing(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def aclose() -> None:
        raise anyio.BrokenResourceError

    with monkeypatch.context() as patched:
        async with peer.accept() as client:
            patched.setattr(peer.stream, "aclose", aclose)
            assert "no sign of life" in str(await client.wait_closed())
    assert client.state is State.CLOSED
