"""Encodings: how text that is not UTF-8 reads, once it is a field."""

from __future__ import annotations

import json
from typing import Any

import pytest

import amitrio as ami
from amitrio import actions
from amitrio.testing import SimulatedAsterisk
from tests.client.peer import Peer
from tests.client.waiting import Beside

# "Иван" in Windows' Cyrillic, and how others would read these bytes.
IVAN = b"\xc8\xe2\xe0\xed"
READINGS = [("cp1251", "Иван"), ("latin-1", "Èâàí"), ("koi8-r", "хБЮМ"), ("ascii", "\ufffd" * 4)]

CALLERID = b"Event: NewCallerid\r\nChannel: PJSIP/1\r\nCallerIDName: %b\r\nX: %b\r\n\r\n"


def raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(("encoding", "name"), READINGS)
async def test_the_fields_of_an_event(peer: Peer, encoding: str, name: str) -> None:
    async with peer.accept(fallback_encoding=encoding) as client:
        with client.events(ami.NewCallerid) as stream:
            for _ in range(4):  # the first are read otherwise than the later ones
                await peer.send(CALLERID % (IVAN, IVAN))
                event = await stream.receive()
                assert event.caller_id_name == name
                assert event.channel == "PJSIP/1"
                assert raw(event["CallerIDName"]) == IVAN
                assert raw(event.other_headers["X"]) == IVAN
                assert json.loads(event.to_json())["caller_id_name"] == name


@pytest.mark.parametrize("encoding", ["cp1251", "latin-1", "ascii"])
async def test_what_is_utf_8_reads_as_it_is(peer: Peer, encoding: str) -> None:
    async with peer.accept(fallback_encoding=encoding) as client:
        with client.events(ami.NewCallerid) as stream:
            for _ in range(4):
                await peer.send(CALLERID % ("Иван 📞".encode(), b"x"))
                assert (await stream.receive()).caller_id_name == "Иван 📞"


async def test_it_is_latin_1_unless_something_else_is_said(peer: Peer) -> None:
    async with peer.accept() as client:
        with client.events(ami.NewCallerid) as stream:
            await peer.send(CALLERID % (b"caf\xe9", b"x"))
            assert (await stream.receive()).caller_id_name == "café"


async def test_each_header_is_read_for_itself(peer: Peer) -> None:
    async with peer.accept(fallback_encoding="cp1251") as client:
        with client.events(ami.NewConnectedLine) as stream:
            await peer.send(
                b"Event: NewConnectedLine\r\nCallerIDName: caf\xc3\xa9\r\n"
                b"ConnectedLineName: " + IVAN + b"\r\n\r\n"
            )
            event = await stream.receive()
            assert (event.caller_id_name, event.connected_line_name) == ("café", "Иван")


async def test_the_fields_of_a_reply_and_of_items(peer: Peer, beside: Beside) -> None:
    async with peer.accept(fallback_encoding="cp1251") as client:
        asked = beside(client.send(actions.Getvar(variable="NAME")))
        request = await peer.expect("Getvar")
        await peer.send(
            b"Response: Success\r\nActionID: %b\r\nVariable: NAME\r\nValue: %b\r\n\r\n"
            % (request.action_id.encode(), IVAN)
        )
        reply = await asked
        assert reply.value == "Иван"
        assert raw(reply["Value"]) == IVAN
        listed = beside(client.send(actions.QueueStatus()))
        name = IVAN.decode("utf-8", "surrogateescape")
        await peer.answer_list(
            await peer.expect("QueueStatus"),
            "QueueStatusComplete",
            f"Event: QueueMember / Name: {name}",
        )
        assert [member.name for member in (await listed).of(ami.QueueMember)] == ["Иван"]


async def test_the_plain_form_of_an_unknown_event(peer: Peer) -> None:
    async with peer.accept(fallback_encoding="cp1251") as client:
        with client.events() as stream:
            await peer.send(b"Event: Novel\r\nName: " + IVAN + b"\r\n\r\n")
            event = await stream.receive()
            assert raw(event["Name"]) == IVAN
            assert event.to_dict() == {
                "kind": "Novel",
                "headers": {"Event": "Novel", "Name": "Иван"},
            }


# Where it is said --------------------------------------------------------------------------------


async def test_it_is_said_to_connect(asterisk: SimulatedAsterisk) -> None:
    secret = asterisk.users["admin"].secret
    async with asterisk.serve_tcp() as (host, port):
        connection = ami.connect(
            host, port, username="admin", secret=secret, fallback_encoding="cp1251"
        )
        async with connection as client:
            with client.events(ami.NewCallerid) as stream:
                asterisk.send_raw(CALLERID % (IVAN, b"x"))
                event = await stream.receive()
                assert event.caller_id_name == "Иван"
                assert event.server is not None
                assert event.server.fallback_encoding == "cp1251"


async def test_two_connections_read_each_in_its_own(asterisk: SimulatedAsterisk) -> None:
    async with asterisk:
        connections = [asterisk.client(fallback_encoding=one) for one, _ in READINGS[:2]]
        async with connections[0] as east, connections[1] as west:
            with east.events(ami.NewCallerid) as one, west.events(ami.NewCallerid) as other:
                asterisk.send_raw(CALLERID % (IVAN, b"x"))
                names = [(await stream.receive()).caller_id_name for stream in (one, other)]
                assert names == ["Иван", "Èâàí"]


@pytest.mark.parametrize("encoding", ["", "klingon", "rot13", "hex", "utf 8 or so", "a\0b"])
async def test_an_unknown_encoding_is_refused_at_once(peer: Peer, encoding: str) -> None:
    given: dict[str, Any] = {"username": "crm", "secret": "x", "fallback_encoding": encoding}
    with pytest.raises(ValueError, match=r"no encoding|embedded null"):
        ami.connect("pbx.example.com", **given)
    with pytest.raises(ValueError, match=r"no encoding|embedded null"):
        ami.connect_over(peer.stream, **given)
