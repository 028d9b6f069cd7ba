"""Laws 8 and 9: what is sent is checked before a byte leaves; what is received is bounded."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from amitrio import Action, ConnectionLost, Limits, ProtocolError
from amitrio.limits import DEFAULT_LIMITS
from amitrio.models import FieldValue
from tests.client.peer import Peer
from tests.client.waiting import Beside

BAD_SENDS: dict[str, tuple[Any, ...]] = {
    "a line break in a value": ("Ping", {"X": "a\r\nAction: Reboot"}),
    "a bare line feed": ("Ping", {"X": "a\nb"}),
    "a bare carriage return": ("Ping", {"X": "a\rb"}),
    "a NUL": ("Ping", {"X": "a\0b"}),
    "a leading blank": ("Ping", {"X": " a"}),
    "a leading tab": ("Ping", {"X": "\ta"}),
    "a colon in a name": ("Ping", {"X:Y": "a"}),
    "a blank in a name": ("Ping", {"X Y": "a"}),
    "a line break in a name": ("Ping", {"X\r\nY": "a"}),
    "no name": ("Ping", {"": "a"}),
    "a second Action": ("Ping", {"action": "Reboot"}),
    "a second ActionID": ("Ping", {"ACTIONID": "1"}),
    "a line break in the action": ("Ping\r\nX: y", {}),
    "no action": ("", {}),
    "a line too long": ("Ping", {"X": "a" * 1020}),
    "a line too long in bytes": ("Ping", {"X": "ä" * 510}),
    "too many lines": ("Ping", {"X": ["a"] * 127}),
    "a lone surrogate": ("Ping", {"X": "\ud800"}),
    "an object": (Action("Ping", (("X", "a\nb"),)), {}),
}


@pytest.mark.parametrize(("action", "headers"), BAD_SENDS.values(), ids=BAD_SENDS)
async def test_what_asterisk_would_misread_is_refused_before_a_byte_leaves(
    peer: Peer, beside: Beside, action: str | Action, headers: dict[str, Any]
) -> None:
    async with peer.accept(limits=Limits(pending_actions=1)) as client:
        for _ in range(3):  # a refusal keeps no room
            with pytest.raises(ValueError):  # noqa: PT011 - each has its own words
                await client.send(action, headers)
            with pytest.raises(ValueError):  # noqa: PT011 - each has its own words
                async with client.items(action, headers):
                    pass
        asked = beside(client.ping())
        await peer.answer(await peer.expect("Ping"))
        await asked
        assert len(client._session.ledger) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"channel": "PJSIP/1\r\nAction: x"}, "Channel"),
        ({"caller_id": "\n"}, "CallerID"),
        ({"variables": {"A": "1\n2"}}, "Variable"),
        ({"variables": {"A=B": "1"}}, "no name of a channel variable"),
        ({"variables": {"A": "x" * 2000}}, "bytes long"),
        ({"variables": {f"A{n}": "1" for n in range(130)}}, "lines"),
    ],
)
async def test_a_call_is_checked_too(peer: Peer, call: dict[str, Any], message: str) -> None:
    async with peer.accept() as client:
        call = {"channel": "PJSIP/1", **call}
        with pytest.raises(ValueError, match=message):
            await client.originate(call.pop("channel"), context="a", exten="1", **call)
        assert len(client._session.ledger) == 0


async def test_a_command_is_checked_too(peer: Peer) -> None:
    async with peer.accept() as client:
        with pytest.raises(ValueError, match="Command"):
            await client.command("core show\nuptime")


async def test_headers_come_in_every_shape(peer: Peer, beside: Beside) -> None:
    mixed: dict[str, FieldValue] = {"Variable": ["A=1", "B"], "N": 3, "F": 1.5}
    async with peer.accept() as client:
        asked = [
            beside(client.send("X", [("Cause-txt", "y"), ("Variable", "A=1"), ("Variable", "B")])),
            beside(client.send("X", mixed)),
            beside(client.send("X", Async=True, EarlyMedia=False, Left=None, Empty="")),
            beside(client.send(Action("X", (("A", "1"),)))),
        ]
        heard = []
        for _ in asked:
            request = await peer.expect("X")
            heard.append(request.pairs[2:])
            await peer.answer(request)
        for one in asked:
            await one
        assert sorted(heard) == sorted(
            [
                [("Cause-txt", "y"), ("Variable", "A=1"), ("Variable", "B")],
                [("Variable", "A=1"), ("Variable", "B"), ("N", "3"), ("F", "1.5")],
                [("Async", "true"), ("EarlyMedia", "false"), ("Empty", "")],
                [("A", "1")],
            ]
        )


async def test_an_action_object_brings_its_own_headers(peer: Peer) -> None:
    async with peer.accept() as client:
        with pytest.raises(TypeError, match="its own headers"):
            await client.send(Action("X"), A="1")


@pytest.mark.parametrize("text", ["ö", "\N{BELL}", "\udcff", "trailing ", "a:b", "a=b"])
async def test_every_other_text_arrives_as_it_is(peer: Peer, beside: Beside, text: str) -> None:
    async with peer.accept() as client:
        asked = beside(client.send("Echo", Text=text))
        await peer.answer(await peer.expect("Echo", Text=text), Text=text)
        assert (await asked)["Text"] == text


# Bounds ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "flood", "bound"),
    [
        (Limits(line=1000), b"Event: X\r\nA: " + b"a" * 1100, "limits.line"),
        (Limits(frame=1000), b"Event: X\r\n" + b"A: a\r\n" * 250, "limits.frame"),
        (Limits(line=1000), b"a" * 1100 + b"\r\n\r\n", "limits.line"),
        (
            Limits(frame=1000),
            b"Response: Success\r\n" + b"A: a\r\n" * 250 + b"\r\n",
            "limits.frame",
        ),
    ],
)
async def test_what_is_past_the_bounds_ends_the_connection(
    peer: Peer, limits: Limits, flood: bytes, bound: str
) -> None:
    async with peer.accept(limits=limits) as client:
        await peer.send(flood)
        reason = await client.wait_closed()
        assert type(reason) is ConnectionLost
        assert isinstance(reason.__cause__, ProtocolError)
        assert bound in str(reason)


@pytest.mark.parametrize("field", attrs.fields_dict(Limits))
@pytest.mark.parametrize("value", [0, -1, 1.5, "1", None])
def test_a_bound_is_a_positive_number(field: str, value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        Limits(**{field: value})  # type: ignore[arg-type] # that is the point


def test_limits_are_one_value() -> None:
    assert Limits() == DEFAULT_LIMITS
    assert len(attrs.fields(Limits)) == 6
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        DEFAULT_LIMITS.line = 1  # type: ignore[misc] # that is the point
