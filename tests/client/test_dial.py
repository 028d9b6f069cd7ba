"""Dialing: each way to get through, and one plain line for each way to fail."""

from __future__ import annotations

import errno
import gc
import math
import os
import socket
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute

from amitrio import CleartextWarning, Connection, ConnectionFailed, State, connect, connect_over
from amitrio.client.dial import _open, dial
from amitrio.client.transport import SocketStream
from tests.client.cancelling import WAYS, How, When, cuts
from tests.client.peer import SECRET, USERNAME, Peer
from tests.client.sockets import (
    LOOPBACK,
    black_hole,
    closed_port,
    listening,
    reset,
    resolve,
    tcp_pair,
)
from tests.client.streams import MemoryStream, memory_pair
from tests.client.waiting import Beside, until


def dialing(port: int, host: str = LOOPBACK, **settings: Any) -> Connection:
    return connect(host, port, username=USERNAME, secret=SECRET, **settings)


def serve_ami(beside: Beside) -> Callable[[ByteStream], Any]:
    async def serve(stream: ByteStream) -> None:
        await Peer(beside, (stream, stream)).serve()

    return serve


# Getting through ---------------------------------------------------------------------------------


async def test_a_whole_connection_over_tcp(beside: Beside) -> None:
    async with listening(beside, serve_ami(beside)) as port:
        async with dialing(port) as client:
            assert (await client.send("Echo", Text="x"))["Text"] == "x"
            assert repr(client.login_reply.server) == repr(client.login_reply.server)
            assert client.login_reply.server is not None
            assert client.login_reply.server.name == f"{LOOPBACK}:{port}"
        assert client.state is State.CLOSED


async def test_many_actions_at_once_over_tcp(beside: Beside) -> None:
    async with listening(beside, serve_ami(beside)) as port, dialing(port) as client:
        asked = [beside(client.send("Echo", Text=str(n))) for n in range(300)]
        assert [(await one)["Text"] for one in asked] == [str(n) for n in range(300)]


async def test_a_refused_address_gives_way_to_the_next(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listening(beside, serve_ami(beside)) as port:
        resolve(monkeypatch, (LOOPBACK, closed_port()), (LOOPBACK, closed_port()), (LOOPBACK, port))
        monkeypatch.setattr("amitrio.client.dial._STAGGER", 3600)  # a refusal is not waited out
        async with dialing(1, "pbx.example.com") as client:
            assert client.connected


async def test_a_silent_address_does_not_hold_up_the_next(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    with black_hole() as hole:
        async with listening(beside, serve_ami(beside)) as port:
            resolve(monkeypatch, (LOOPBACK, hole), (LOOPBACK, port))
            monkeypatch.setattr("amitrio.client.dial._STAGGER", 0.01)
            async with dialing(1, "pbx.example.com") as client:
                assert client.connected


async def test_the_losers_of_the_race_are_closed(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def open_together(address: Any) -> socket.socket:
        sock = await _open(address)
        opened.append(sock)
        if len(opened) < 3:
            try:
                await all_open.wait()
            except BaseException:
                sock.close()
                raise
        all_open.set()
        return sock

    async def serve(stream: ByteStream) -> None:
        await stream.receive()

    opened: list[socket.socket] = []
    all_open = anyio.Event()
    monkeypatch.setattr("amitrio.client.dial._STAGGER", 0)
    monkeypatch.setattr("amitrio.client.dial._open", open_together)
    async with listening(beside, serve) as port:
        resolve(monkeypatch, *[(LOOPBACK, port)] * 3)
        stream = await dial("pbx.example.com", port, None)
        assert sorted(sock.fileno() == -1 for sock in opened) == [False, True, True]
        await stream.aclose()
        assert [sock.fileno() for sock in opened] == [-1] * 3


# Failing -----------------------------------------------------------------------------------------


async def test_a_closed_port() -> None:
    port = closed_port()
    connection = dialing(port)
    assert connection.state.name == "NEW"
    with pytest.raises(
        ConnectionFailed, match="nothing listens there: is Asterisk running"
    ) as caught:
        async with connection:
            pass
    assert f"{LOOPBACK}:{port}" in str(caught.value)
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)
    assert connection.state is State.CLOSED


async def test_a_host_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    with pytest.raises(ConnectionFailed, match=r"cannot find the host 'pbx\.example\.com'"):
        async with dialing(5038, "pbx.example.com"):
            pass


@pytest.mark.parametrize("host", ["a..b", ".", "ä..b", "x" * 70, "ä" * 70])
async def test_what_is_no_host_name(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    with pytest.raises(ConnectionFailed, match="host"):
        async with dialing(5038, host):
            pass


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ECONNREFUSED, "nothing listens there"),
        (errno.ETIMEDOUT, "is a firewall in between"),
        (errno.EHOSTUNREACH, "no route to the host"),
        (errno.ENETUNREACH, "no route to the network"),
        (errno.EACCES, "Permission denied"),
    ],
)
async def test_the_reason_of_the_first_address_is_told(
    monkeypatch: pytest.MonkeyPatch, number: int, message: str
) -> None:
    async def fail(_address: object) -> socket.socket:
        raise errors.pop(0)

    errors = [OSError(number, os.strerror(number)), OSError(errno.EPERM, "another")]
    resolve(monkeypatch, (LOOPBACK, 1), (LOOPBACK, 2))
    monkeypatch.setattr("amitrio.client.dial._open", fail)
    with pytest.raises(ConnectionFailed, match=message):
        async with dialing(5038, "pbx.example.com"):
            pass


async def test_a_host_that_never_answers() -> None:
    with (
        black_hole() as port,
        pytest.raises(ConnectionFailed, match=r"within 0\.1 s: is the address right"),
    ):
        async with dialing(port, connect_timeout=0.1):
            pass


async def test_a_server_that_waits_to_be_spoken_to(beside: Beside) -> None:
    async def serve_http(stream: ByteStream) -> None:
        await stream.receive()
        await stream.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with listening(beside, serve_http) as port:
        with pytest.raises(ConnectionFailed, match=r"no AMI banner within 0\.2 s: is it the HTTP"):
            async with dialing(port, connect_timeout=0.2):
                pass


async def test_a_peer_that_hangs_up_at_once(beside: Beside) -> None:
    async def hang_up(stream: ByteStream) -> None:
        reset(stream.extra(SocketAttribute.raw_socket).dup())

    async with listening(beside, hang_up) as port:
        for _ in range(20):
            with pytest.raises(ConnectionFailed):
                async with dialing(port):
                    pass


async def test_a_peer_that_is_gone_before_it_was_looked_at() -> None:
    one, other = tcp_pair()
    reset(other)
    await anyio.wait_readable(one)
    with pytest.raises(ConnectionFailed, match="before the login was done"):
        async with connect_over(SocketStream(one), username=USERNAME, secret=SECRET):
            pass
    assert one.fileno() == -1


# Cancelled ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("anyio_backend", "how", "when"), WAYS, indirect=["anyio_backend"])
async def test_dialing_may_be_cancelled_anywhere_and_leaves_nothing_open(
    beside: Beside, how: How, when: When
) -> None:
    async def serve(stream: ByteStream) -> None:
        accepted.append(True)
        with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
            await stream.receive()
        ended.append(True)

    async def come_and_go() -> None:
        stream = await dial(LOOPBACK, port, None)
        await stream.aclose()

    accepted: list[bool] = []
    ended: list[bool] = []
    async with listening(beside, serve) as port:
        async for cut in cuts(how, when):
            await cut(come_and_go())
        await come_and_go()
        await until(lambda: len(ended) == len(accepted) > 0)
    gc.collect()


@pytest.mark.parametrize(("anyio_backend", "how", "when"), WAYS, indirect=["anyio_backend"])
async def test_connecting_over_tcp_may_be_cancelled_anywhere(
    beside: Beside, how: How, when: When
) -> None:
    async def serve(stream: ByteStream) -> None:
        open_now.append(stream)
        try:
            await Peer(beside, (stream, stream)).serve()
        finally:
            open_now.remove(stream)

    async def come_and_go(connection: Connection) -> None:
        async with connection as client:
            await client.ping()

    open_now: list[ByteStream] = []
    async with listening(beside, serve) as port:
        async for cut in cuts(how, when):
            connection = dialing(port)
            await cut(come_and_go(connection))
            await until(lambda: not open_now)
    gc.collect()


@pytest.mark.parametrize(("anyio_backend", "how", "when"), WAYS, indirect=["anyio_backend"])
async def test_a_race_may_be_cancelled_anywhere(
    beside: Beside, monkeypatch: pytest.MonkeyPatch, how: How, when: When
) -> None:
    async def serve(stream: ByteStream) -> None:
        open_now.append(stream)
        try:
            await stream.receive()
        finally:
            open_now.remove(stream)

    async def come_and_go() -> None:
        stream = await dial("pbx.example.com", port, None)
        await stream.aclose()

    open_now: list[ByteStream] = []
    monkeypatch.setattr("amitrio.client.dial._STAGGER", 0)
    async with listening(beside, serve) as port:
        resolve(monkeypatch, (LOOPBACK, closed_port()), *[(LOOPBACK, port)] * 3)
        async for cut in cuts(how, when):
            await cut(come_and_go())
            await until(lambda: not open_now)
    gc.collect()


# In clear ----------------------------------------------------------------------------------------


class Elsewhere(MemoryStream):
    """A stream to another machine, as far as it says."""

    address: object = ("192.0.2.1", 5038)

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return {SocketAttribute.remote_address: lambda: self.address}


def elsewhere(beside: Beside, address: object) -> Peer:
    one, other = memory_pair()
    stream = Elsewhere(one.chunks)
    stream.address = address
    return Peer(beside, (stream, other))


@pytest.mark.parametrize(
    ("address", "count"),
    [
        (("192.0.2.1", 5038), 1),
        (("2001:db8::1", 5038), 1),
        (("fe80::1%eth0", 5038), 1),
        (("127.0.0.1", 5038), 0),
        (("127.1.2.3", 5038), 0),
        (("::1", 5038), 0),
        ("/run/asterisk.sock", 0),
    ],
)
async def test_cleartext_to_another_machine_warns_once(
    beside: Beside, monkeypatch: pytest.MonkeyPatch, address: object, count: int
) -> None:
    monkeypatch.setattr(import_module("amitrio.client.opening"), "_warned", set())
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(2):
            peer = elsewhere(beside, address)
            beside.go(peer.serve())
            async with peer.dial():
                pass
    assert [one.category for one in told] == [CleartextWarning] * count


async def test_a_warning_that_is_an_error_leaves_nothing_open(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("amitrio.client.opening"), "_warned", set())
    peer = elsewhere(beside, ("192.0.2.1", 5038))
    connection = peer.dial()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(CleartextWarning, match="tls=True"):
            async with connection:
                pass
    assert isinstance(peer.stream, MemoryStream)
    assert peer.left
    assert connection.state is State.CLOSED


def test_connect_timeout_may_be_switched_off() -> None:
    assert dialing(1, connect_timeout=math.inf).state is State.NEW
