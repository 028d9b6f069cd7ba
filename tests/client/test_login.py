"""Connecting and logging in: the banner, both kinds of login, and every refusal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from amitrio import (
    ActionError,
    AuthenticationFailed,
    ConnectionFailed,
    Limits,
    ProtocolError,
    State,
    connect,
)
from tests.client.peer import BOOTED, SECRET, USERNAME, Peer
from tests.client.waiting import Beside

Script = Callable[[Peer], Awaitable[None]]


async def test_a_challenge_is_answered_and_the_secret_stays_here(peer: Peer) -> None:
    async with peer.accept() as client:
        assert client.state is State.READY
        assert client.connected
        assert client.login_reply.message == "Authentication accepted"
    assert [request.action for request in peer.heard[:3]] == ["Challenge", "Login", "Ping"]
    assert SECRET not in repr(peer.heard)


async def test_plain_is_for_who_asks_for_it(peer: Peer) -> None:
    async with peer.accept(auth="plain"):
        pass
    assert [request.action for request in peer.heard[:2]] == ["Login", "Ping"]
    assert peer.heard[0].get("Secret") == SECRET


@pytest.mark.parametrize("mask", ["on", "off", "call,agent", "all"])
async def test_the_event_mask_is_asked_for_at_the_login(peer: Peer, mask: str) -> None:
    async with peer.accept(event_mask=mask):
        assert peer.heard[1].get("Events") == mask


@pytest.mark.parametrize(
    ("version", "release"), [("11.0.0", 22), ("5.0.4", 16), ("2.10.6", 13), ("99.0", None)]
)
async def test_the_banner_tells_the_release(
    peer: Peer, beside: Beside, version: str, release: int | None
) -> None:
    async def serve() -> None:
        await peer.greet(version)
        await peer.attend()

    beside.go(serve())
    async with peer.dial() as client:
        assert client.asterisk.release == release
        assert client.asterisk.line == f"Asterisk Call Manager/{version}"


async def test_fully_booted_is_known_once_we_are_in(peer: Peer) -> None:
    async with peer.accept() as client:
        assert client.fully_booted is not None
        assert client.fully_booted["Uptime"] == "107"


async def test_a_server_that_boots_says_so_later(peer: Peer, beside: Beside) -> None:
    beside.go(peer.serve())
    async with peer.dial() as client:
        assert client.fully_booted is None
        with client.events("FullyBooted") as stream:
            await peer.send(BOOTED)
            assert await stream.receive() == client.fully_booted


async def test_messages_know_their_server_and_their_time(peer: Peer, beside: Beside) -> None:
    async with peer.accept(name="west") as client:
        with client.events("Hangup") as stream:
            asked = beside(client.send("Echo"))
            await peer.respond(await peer.hear())
            await peer.event("Hangup")
            event, reply = await stream.receive(), await asked
            for message in (event, reply):
                assert message.server is not None
                assert message.server.name == "west"
                assert message.server.banner == client.asterisk
                assert message.received is not None
                assert message.received.tzinfo is not None


# Refusals ----------------------------------------------------------------------------------------


async def say_http(peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


async def say_ssh(peer: Peer) -> None:
    await peer.send(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2\r\n")


async def say_garbage(peer: Peer) -> None:
    await peer.send(bytes(range(1, 256)).replace(b"\n", b"") * 8)


async def say_no_end(peer: Peer) -> None:
    await peer.send(b"Asterisk Call Manager/11.0.0" * 100)


async def hang_up(peer: Peer) -> None:
    await peer.cut()


async def greet_and_hang_up(peer: Peer) -> None:
    await peer.greet()
    await peer.cut()


async def hang_up_at_the_login(peer: Peer) -> None:
    await peer.greet()
    await peer.hear()
    await peer.cut()


async def challenge_nothing(peer: Peer) -> None:
    await peer.greet()
    await peer.answer(await peer.expect("Challenge"), Message="no challenge in here")


async def refuse_the_challenge(peer: Peer) -> None:
    await peer.greet()
    await peer.refuse(await peer.expect("Challenge"), "Must specify AuthType")


async def refuse_the_login(peer: Peer) -> None:
    await peer.greet()
    await peer.answer(await peer.expect("Challenge"), Challenge="1")
    await peer.refuse(await peer.expect("Login"), "Authentication failed")


async def be_shutting_down(peer: Peer) -> None:
    await peer.greet()
    await peer.refuse(await peer.expect("Challenge"), "Asterisk is shutting down")


async def be_in_use(peer: Peer) -> None:
    await peer.greet()
    await peer.answer(await peer.expect("Challenge"), Challenge="1")
    await peer.refuse(await peer.expect("Login"), "Login Already In Use")


async def break_the_protocol(peer: Peer) -> None:
    await peer.greet()
    await peer.hear()
    await peer.send(b"x" * 5000)


@pytest.mark.parametrize(
    ("script", "error", "message"),
    [
        (say_http, ProtocolError, "this is no AMI server; it answered: HTTP/1.1 400"),
        (say_ssh, ProtocolError, "it answered: SSH-2.0"),
        (say_garbage, ProtocolError, "no AMI server"),
        (say_no_end, ProtocolError, "no AMI server"),
        (hang_up, ConnectionFailed, "pbx closed the connection, before the login was done"),
        (greet_and_hang_up, ConnectionFailed, "before the login was done"),
        (hang_up_at_the_login, ConnectionFailed, "before the login was done"),
        (challenge_nothing, ProtocolError, "challenge"),
        (refuse_the_challenge, ActionError, "Must specify AuthType"),
        (refuse_the_login, AuthenticationFailed, "check the username, the secret"),
        (be_shutting_down, ActionError, "Asterisk is shutting down"),
        (be_in_use, ActionError, "Login Already In Use"),
        (break_the_protocol, ProtocolError, "limits.line"),
    ],
)
async def test_what_keeps_us_out_is_told(
    peer: Peer, beside: Beside, script: Script, error: type[Exception], message: str
) -> None:
    beside.go(script(peer))
    connection = peer.dial(limits=Limits(line=1000))
    with pytest.raises(error, match=message) as caught:
        async with connection:
            pytest.fail("it let us in")
    assert type(caught.value) is error
    assert connection.state is State.CLOSED
    assert peer.left


async def test_there_is_no_falling_back_from_md5_to_plain(peer: Peer, beside: Beside) -> None:
    beside.go(refuse_the_challenge(peer))
    with pytest.raises(ActionError):
        async with peer.dial():
            pass
    await peer.expect_end()
    assert [request.action for request in peer.heard] == ["Challenge"]


async def test_where_a_connection_stands(peer: Peer, beside: Beside) -> None:
    connection = peer.dial()
    assert connection.state.name == "NEW"
    assert repr(connection) == "<Connection to pbx: new>"
    beside.go(peer.serve())
    async with connection:
        assert connection.state.name == "READY"
        assert repr(connection) == "<Connection to pbx: ready>"
    assert connection.state.name == "CLOSED"


# Wrong settings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"port": 0}, "no port"),
        ({"port": 65536}, "no port"),
        ({"auth": "md4"}, "auth"),
        ({"connect_timeout": 0}, "connect_timeout"),
        ({"response_timeout": -1}, "response_timeout"),
        ({"ping_interval": float("nan")}, "ping_interval"),
        ({"ping_timeout": 0}, "ping_timeout"),
        ({"tls_insecure_skip_verify": True}, "tls=True"),
        ({"secret": "a\r\nb"}, "line break"),
        ({"secret": "a\0b"}, "NUL"),
        ({"secret": " a"}, "blank"),
        ({"secret": "\ud800"}, "surrogate"),
    ],
)
def test_wrong_settings_are_refused_at_once(wrong: dict[str, object], message: str) -> None:
    settings = {"username": USERNAME, "secret": SECRET, **wrong}
    with pytest.raises(ValueError, match=message):
        connect("127.0.0.1", **settings)  # type: ignore[arg-type] # that is the point


@pytest.mark.parametrize(
    ("settings", "label"),
    [
        ({}, "pbx.example.com:5038"),
        ({"tls": True}, "pbx.example.com:5039"),
        ({"port": 1234}, "pbx.example.com:1234"),
        ({"name": "west"}, "west"),
    ],
)
def test_the_port_is_asterisks_own_unless_given(settings: dict[str, object], label: str) -> None:
    connection = connect("pbx.example.com", username=USERNAME, secret=SECRET, **settings)  # type: ignore[arg-type] # a table
    assert repr(connection) == f"<Connection to {label}: new>"


@pytest.mark.parametrize(
    "wrong", [{"username": "a\r\nAction: Ping"}, {"event_mask": "on\r\nX: y"}, {"username": " a"}]
)
async def test_what_asterisk_would_misread_at_the_login_is_refused(
    peer: Peer, wrong: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="the value of"):
        peer.dial(**wrong)  # before anything is connected
    assert peer.heard == []


@pytest.mark.parametrize("mask", ["Call,Agent", "call, agent", "cal", "ALL", "on,call"])
async def test_a_mask_that_asterisk_would_take_for_none_is_refused(peer: Peer, mask: str) -> None:
    with pytest.raises(ValueError, match="names no class"):
        peer.dial(event_mask=mask)
