"""What a program sends: Asterisk would misread it, so it does not leave."""

from __future__ import annotations

import pytest

from tests.client.peer import Peer
from tests.client.waiting import Beside
from tests.faults.living import outlived


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CallerID", "x\r\n\r\nAction: Originate\r\nApplication: System"),
        ("CallerID", "x\nAsync: true"),
        ("CallerID", "x\rAsync: true"),
        ("CallerID", "x\0y"),
        ("Caller\r\nAsync: true\r\nID", "x"),
        ("Async: true\nID", "x"),
        ("Caller:ID", "x"),
        ("Caller ID", "x"),
    ],
)
async def test_injection(peer: Peer, beside: Beside, name: str, value: str) -> None:
    async with outlived(peer, beside) as client:
        before = len(peer.heard)
        with pytest.raises(ValueError, match=r"holds a (line break|colon)"):
            await client.send("Originate", {name: value})
        with pytest.raises(ValueError, match="holds a line break"):
            await client.originate("PJSIP/1", context="x", exten="1", caller_id="a\r\nb")
        with pytest.raises(ValueError, match="holds a line break"):
            await client.command("core show uptime\nmanager kick session 1")
    assert [request.action for request in peer.heard[before:]] == ["Echo", "Logoff"]


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Data": "x" * (1022 - len("Data: ") + 1)}, "is 1023 bytes long; Asterisk takes 1022"),
        ({"Data": "ä" * 509}, "Asterisk takes 1022"),
        ({"Variable": ["A=1"] * 127}, "has 129 lines; Asterisk takes at most 128"),
    ],
)
async def test_too_long_to_send(
    peer: Peer, beside: Beside, headers: dict[str, str | list[str]], words: str
) -> None:
    async with outlived(peer, beside) as client:
        with pytest.raises(ValueError, match=words):
            await client.send("Setvar", headers)
        # One byte, one line less is taken, and read back as one action with all that is in it.
        shorter = {name: value[1:] for name, value in headers.items()}
        asked = beside(client.send("Setvar", shorter))
        request = await peer.expect("Setvar")
        for name, value in shorter.items():
            assert request.getall(name) == (value if isinstance(value, list) else [value])
        await peer.answer(request)
        await asked
