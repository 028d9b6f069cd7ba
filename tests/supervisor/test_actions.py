"""Actions: over the connection that there is, or not at all; never twice, and never later."""

from __future__ import annotations

import anyio
import pytest

from amitrio import ActionError, ConnectionClosed, ConnectionLost, Link
from tests.client.waiting import Beside, quiet
from tests.supervisor.site import Site, booted

pytestmark = pytest.mark.virtual_time


async def test_actions_go_over_the_connection_that_there_is(site: Site, beside: Beside) -> None:
    async with site.client() as client:
        for n in range(3):
            asked = beside(client.send("Echo", N=n))
            request = await site.peer.expect("Echo", N=str(n))
            await site.peer.answer(request, N=f"answer {n}")
            assert (await asked)["N"] == f"answer {n}"
            await site.lose()
            await site.restore()


async def test_while_down_an_action_fails_at_once_and_is_not_sent_later(site: Site) -> None:
    async with site.client() as client:
        site.close_port()
        await site.lose()
        began = anyio.current_time()
        for _ in range(3):
            with pytest.raises(ConnectionLost, match="not connected to pbx") as caught:
                await client.send("Never")
            assert caught.value.executed == "no"
        with pytest.raises(ConnectionLost):
            await client.originate("PJSIP/1", context="x", exten="1")
        with pytest.raises(ConnectionLost):
            async with client.items("CoreShowChannels"):
                pass
        assert anyio.current_time() == began
        site.open_port()
        peer = await site.restore()
        assert [request.action for request in peer.heard] == ["Challenge", "Login", "Ping"]


async def test_the_error_says_why_there_is_no_connection(site: Site) -> None:
    async with site.client() as client:
        await site.peer.event("Shutdown")
        await site.lose()
        with pytest.raises(ConnectionLost, match="pbx shut down"):
            await client.ping()
        site.close_port()
        await anyio.sleep(1)
        with pytest.raises(ConnectionLost, match="nothing listens there"):
            await client.ping()


async def test_an_unanswered_action_may_have_run_and_is_never_sent_again(
    site: Site, beside: Beside
) -> None:
    async with site.client() as client:
        asked = [beside(client.send("Originate", Channel="x")), beside(client.send("Echo"))]
        assert {(await site.peer.hear()).action for _ in asked} == {"Originate", "Echo"}
        await site.lose()
        for one in asked:
            error = await one.error()
            assert isinstance(error, ConnectionLost)
            assert error.executed == "maybe"
        peer = await site.restore()
        assert [request.action for request in peer.heard] == ["Challenge", "Login", "Ping"]


async def test_a_list_that_was_cut_off_is_not_begun_again(site: Site, beside: Beside) -> None:
    async def read() -> None:
        async with client.items("CoreShowChannels") as items:
            async for _ in items:
                pass

    async with site.client() as client:
        reading = beside(read())
        request = await site.peer.expect("CoreShowChannels")
        await site.peer.answer(request, EventList="start")
        await site.lose()
        assert isinstance(await reading.error(), ConnectionLost)
        peer = await site.restore()
        assert [request.action for request in peer.heard] == ["Challenge", "Login", "Ping"]


async def test_a_call_that_was_placed_before_the_loss_is_told_of_it(
    site: Site, beside: Beside
) -> None:
    async with site.client() as client:
        placing = beside(client.originate("PJSIP/1", context="x", exten="1"))
        await site.peer.answer(await site.peer.expect("Originate"))
        call = await placing
        waiting = beside(call.wait_answered())
        await quiet()
        await site.lose()
        assert isinstance(await waiting.error(), ConnectionLost)


async def test_waiting_for_a_connection(site: Site, beside: Beside) -> None:
    async with site.client() as client:
        await client.wait_connected()
        await site.lose()
        waiting = beside(client.wait_connected())
        await quiet()
        assert not waiting.over
        await site.restore()
        await waiting
        assert client.connected


async def test_waiting_for_a_connection_that_is_there_is_a_checkpoint(site: Site) -> None:
    async with site.client() as client:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await client.wait_connected()
        assert scope.cancelled_caught


async def test_one_that_is_lost_as_it_comes_was_none(site: Site) -> None:
    """The loss is found out before the keeper, whose login is through, has had its turn."""
    async with site.client() as client:
        site.hurries = True
        await site.lose()
        peer = await site.come()
        request = await site.greet(peer)
        peer.connection.logged_in()
        await peer.answer(request, Message="Authentication accepted")
        await peer.send(booted(107))
        await peer.answer(await peer.expect("Ping"))
        await peer.cut()
        states = client.states()
        while (state := await anext(states)) is not Link.CONNECTED:
            if state is Link.WAITING:
                site.hurries = False
                site.beside.go(site.let_in())
        assert client.connected
        await quiet()
        assert client.connected
        assert len(site.peers) == 3


async def test_who_was_told_of_a_loss_finds_it_everywhere(site: Site, beside: Beside) -> None:
    """The very task that an action fails in may ask for the state, or wait for the next one."""

    async def ask_and_wait() -> list[object]:
        with pytest.raises(ConnectionLost):
            await client.send("Echo")
        seen: list[object] = [client.connected, client.state]
        await client.wait_connected()
        return [*seen, len(site.peers)]

    async with site.client() as client:
        asking = beside(ask_and_wait())
        await site.peer.expect("Echo")
        await site.peer.cut()
        await site.let_in()
        assert await asking == [False, Link.WAITING, 2]


async def test_the_states_follow_each_other(site: Site, beside: Beside) -> None:
    seen: list[Link] = []

    async def watch() -> None:
        async for state in client.states():
            seen.append(state)  # noqa: PERF401 - it is looked at meanwhile

    beside.go(site.serve_all())
    async with site.supervise() as client:
        watching = beside(watch())
        await quiet()
        assert seen == [Link.CONNECTED]
        site.hangs = True
        await site.lose()
        assert seen[1:] == [Link.WAITING]
        await anyio.sleep(0.6)
        assert seen[2:] == [Link.CONNECTING]
        await anyio.sleep(10)
        assert seen[3:] == [Link.WAITING]
        site.hangs = False
        await client.wait_connected()
        await quiet()
        assert seen[4:] == [Link.CONNECTING, Link.CONNECTED]
    await watching
    assert seen[6:] == [Link.CLOSED]


async def test_the_states_end_when_nothing_is_tried_any_more(site: Site, beside: Beside) -> None:
    async def watch() -> list[Link]:
        return [state async for state in client.states()]

    async with site.client() as client:
        watching = beside(watch())
        await quiet()
        await site.lose()
        await site.refuse()
        seen = await watching
        assert (seen[0], seen[-1]) == (Link.CONNECTED, Link.FAILED)


async def test_the_states_may_be_left_early_by_anybody(site: Site) -> None:
    async with site.client() as client:
        for _ in range(3):
            async for state in client.states():
                assert state is Link.CONNECTED
                break


async def test_a_slow_watcher_of_states_sees_the_last(site: Site) -> None:
    async with site.client() as client:
        states = client.states()
        assert await anext(states) is Link.CONNECTED
        for _ in range(3):
            await site.lose()
            await site.restore()
        await site.lose()
        assert await anext(states) is Link.WAITING


async def test_a_logoff_is_a_loss_like_any_other(site: Site, beside: Beside) -> None:
    """Nobody wants that of a client that stays connected, but it must not confuse it."""
    async with site.client() as client:
        first = site.peer
        beside.go(first.see_off())
        reply = await client.send("Logoff")
        assert reply.message == "Thanks for all the fish."
        await site.restore()
        await client.wait_connected()
        assert site.peer is not first


async def test_a_refused_action_changes_nothing(site: Site, beside: Beside) -> None:
    async with site.client() as client:
        asked = beside(client.send("Reload"))
        await site.peer.refuse(await site.peer.expect("Reload"), "Permission denied")
        assert isinstance(await asked.error(), ActionError)
        assert client.connected


async def test_after_leaving_nothing_can_be_sent(site: Site, beside: Beside) -> None:
    beside.go(site.serve_all())
    async with site.supervise() as client:
        asked = beside(client.wait_for("Hangup"))
        await quiet()
    assert isinstance(await asked.error(), ConnectionClosed)
    with pytest.raises(ConnectionClosed) as caught:
        await client.ping()
    assert caught.value.executed == "no"
