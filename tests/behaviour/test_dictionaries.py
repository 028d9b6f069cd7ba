"""Any dictionary of headers that is let through is read as it was given, by the real servers too.

UserEvent sends the headers of its action back as an event, letter for letter (action_userevent in
manager.c), and Setvar keeps a value that Getvar shows. The dictionaries are made by chance, always
the same; those that are refused here are not counted, those that are sent must come back.
"""

from __future__ import annotations

import random

import amitrio as ami
from amitrio.protocol import encode_action
from amitrio.text import encode
from tests.behaviour.pbx import Pbx

ASCII = "abcXYZ019-_.()/%&;=+*~^$!?@#<>|\\\"'`{}[],:\x7f"
LETTERS = ASCII + "\u00fc\u20ac\U0001f600\u2028\x85\udce9\udcff"
NASTY = " \t\x01\x0b\x1f\x1b"
BREAKS = "\r\n\0"
COUNT = 300


def dictionaries() -> list[dict[str, str]]:
    """As many as are let through, the longest line and the most lines first."""
    rng = random.Random(16)
    made = [{"Limit": "v" * 1015}, {f"Name{number}": str(number) for number in range(125)}]
    assert all(map(is_sendable, made))
    while len(made) < COUNT:
        headers = {name(rng): value(rng) for _ in range(rng.choice((1, 3, 8, 40, 120)))}
        if is_sendable(headers):
            made.append(headers)
    return made


def name(rng: random.Random) -> str:
    letters = LETTERS + (NASTY + BREAKS if rng.random() < 0.005 else "")
    size = rng.choice((1, 3, 8, 30))
    return "".join(rng.choices(letters.replace(":", ""), k=size))


def value(rng: random.Random) -> str:
    letters = LETTERS + NASTY + (BREAKS if rng.random() < 0.005 else "")
    size = rng.choice((0, 1, 5, 5, 30, 30, 200, 900))
    return rng.choice(LETTERS) + "".join(rng.choices(letters, k=size)) if size else ""


def is_sendable(headers: dict[str, str]) -> bool:
    try:
        encode_action("UserEvent", "x" * 22, [("UserEvent", "x"), *headers.items()])
    except ValueError:
        return False
    return True


async def test_headers_come_back_as_they_were_given(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with client.events("UserEvent") as events:
            for number, headers in enumerate(dictionaries()):
                label = f"amitrio-{number}"
                await client.send("UserEvent", {"UserEvent": label, **headers})
                event = await events.receive()
                while event["UserEvent"] != label:
                    event = await events.receive()
                assert raw(echoed(event)) == raw(list(headers.items()))


def echoed(event: ami.Event) -> list[tuple[str, str]]:
    """What stands behind the headers that Asterisk puts there, the action's own id left out."""
    pairs = event.headers.pairs
    assert [known for known, _ in pairs[:3]] == ["Event", "Privilege", "UserEvent"]
    return [pair for pair in pairs[3:] if pair[0] != "ActionID"]


def raw(pairs: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """As bytes: two surrogate escapes can stand for one letter."""
    return [(encode(one), encode(other)) for one, other in pairs]


async def test_values_are_kept_as_they_were_given(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        for headers in dictionaries()[:100]:
            given = max(headers.values(), key=len)
            await client.send("Setvar", Variable="AMITRIO_VALUE", Value=given)
            reply = await client.send("Getvar", Variable="AMITRIO_VALUE")
            assert encode(reply["Value"]) == encode(given)
