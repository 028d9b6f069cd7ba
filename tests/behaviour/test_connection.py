"""Connecting, logging in, closing."""

from __future__ import annotations

import anyio
import pytest

import amitrio as ami
from tests.behaviour.pbx import Pbx


async def test_the_state_is_told_before_during_and_after(pbx: Pbx) -> None:
    connection = pbx.connect()
    states = [connection.state]
    async with connection as client:
        states += [connection.state, client.state]
        assert client.connected
    states += [connection.state, client.state]
    assert [state.name for state in states] == ["NEW", "READY", "READY", "CLOSED", "CLOSED"]
    assert not client.connected


async def test_the_state_after_a_failed_login_is_closed(pbx: Pbx) -> None:
    connection = pbx.connect(secret="wrong")
    with pytest.raises(ami.AuthenticationFailed):
        await connection.__aenter__()
    assert connection.state is ami.State.CLOSED


async def test_the_login_reply_and_fully_booted_are_there_after_connect(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        assert client.login_reply.message == "Authentication accepted"
        assert client.fully_booted is not None
        assert client.fully_booted["Status"] == "Fully Booted"


async def test_the_banner_tells_the_release(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        assert client.asterisk.release == pbx.release
        assert client.asterisk.line.startswith("Asterisk Call Manager/")


@pytest.mark.parametrize("auth", ["md5", "plain"])
async def test_both_ways_to_log_in(pbx: Pbx, auth: str) -> None:
    async with pbx.connect(auth=auth) as client:
        assert await client.ping() > 0


async def test_a_user_name_is_found_in_any_case(pbx: Pbx) -> None:
    async with pbx.connect("ADMIN", secret=pbx.users["admin"]) as client:
        assert client.connected


async def test_a_login_that_never_hears_fully_booted_does_not_hang(pbx: Pbx) -> None:
    with anyio.fail_after(5):
        async with pbx.connect("nosystem") as client:
            assert client.fully_booted is None
            assert await client.ping() > 0


@pytest.mark.parametrize(
    ("user", "secret"), [("admin", "wrong"), ("nobody", "wrong"), ("acl", None)]
)
async def test_a_refused_login_says_what_to_check(pbx: Pbx, user: str, secret: str | None) -> None:
    with pytest.raises(ami.AuthenticationFailed) as caught:
        async with pbx.connect(user, secret=secret or pbx.users[user]):
            pass
    assert caught.value.message == "Authentication failed"
    for thing in ("username", "secret", "permit/deny"):
        assert thing in str(caught.value)


async def test_a_wrong_secret_is_tried_once(pbx: Pbx) -> None:
    async with pbx.connect() as watcher:
        with watcher.events("ChallengeResponseFailed", "InvalidPassword") as seen:
            with pytest.raises(ami.AuthenticationFailed):
                async with pbx.connect(secret="wrong"):
                    pass
            assert (await seen.receive()).kind == "ChallengeResponseFailed"
            await watcher.ping()  # whatever else was sent before has come by now
            with pytest.raises(anyio.WouldBlock):
                seen.receive_nowait()


async def test_a_second_login_of_a_user_who_may_have_one(pbx: Pbx) -> None:
    async with pbx.connect("single"):
        with pytest.raises(ami.ActionError, match="Login Already In Use"):
            async with pbx.connect("single"):
                pass


async def test_closing_twice_is_fine(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        await client.aclose()
        await client.aclose()
        assert client.state is ami.State.CLOSED


async def test_sending_after_close_says_so(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        await client.aclose()
        with pytest.raises(ami.ConnectionClosed) as caught:
            await client.ping()
        assert caught.value.executed == "no"
        with pytest.raises(ami.ConnectionClosed):
            client.events("Hangup")


async def test_our_own_close_ends_streams_plainly(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with client.events("NoSuchThing") as stream:
            await client.aclose()
            assert [event async for event in stream] == []
        assert isinstance(await client.wait_closed(), ami.ConnectionClosed)


async def test_a_server_that_dies_is_noticed_at_once(mortal_pbx: Pbx) -> None:
    assert mortal_pbx.die is not None
    async with mortal_pbx.connect() as client:
        stream = client.events("Hangup")
        mortal_pbx.die()
        with anyio.fail_after(2):
            with pytest.raises(ami.ConnectionLost):
                await stream.receive()
            assert isinstance(await client.wait_closed(), ami.ConnectionLost)
        with pytest.raises(ami.ConnectionLost) as caught:
            await client.ping()
        assert caught.value.executed == "no"
    # Leaving after the loss raised nothing.


async def test_a_session_that_the_server_ends_is_lost(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        reply = await client.send("Logoff")
        assert reply.message == "Thanks for all the fish."
        with anyio.fail_after(2):
            assert isinstance(await client.wait_closed(), ami.AMIError)


async def test_tls(pbx: Pbx) -> None:
    async with pbx.connect_tls() as client:
        assert await client.ping() > 0
        assert await client.command("core show uptime")


async def test_tls_with_a_certificate_that_is_not_trusted(pbx: Pbx) -> None:
    with pytest.raises(ami.ConnectionFailed, match="certificate"):
        async with ami.connect(pbx.host, pbx.tls_port, username="admin", secret="x", tls=True):
            pass


async def test_tls_to_a_plain_port(pbx: Pbx) -> None:
    with pytest.raises(ami.ConnectionFailed, match="does not speak TLS"):
        async with pbx.connect(tls=True):
            pass


async def test_plain_to_a_tls_port(pbx: Pbx) -> None:
    with pytest.raises(ami.ConnectionFailed, match="needs tls=True"):
        async with ami.connect(
            pbx.host, pbx.tls_port, username="admin", secret="x", connect_timeout=0.3
        ):
            pass
