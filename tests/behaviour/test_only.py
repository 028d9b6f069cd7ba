"""only=: the server sends what was asked for, and spares itself the rest."""

from __future__ import annotations

from collections import Counter
from contextlib import AsyncExitStack

import anyio
import pytest

import amitrio as ami
from amitrio.models import read_class
from tests.behaviour.pbx import Pbx, hang_up_all


async def place_calls(pbx: Pbx) -> None:
    """A call that is answered, and an event of a user."""
    async with pbx.connect(event_mask="off") as client:
        await client.send("UserEvent", UserEvent="OnlyOurs")
    async with pbx.connect() as client:
        call = await client.originate("Local/answer@h2", application="Wait", data="0.1")
        await call.wait_answered()
        await hang_up_all(client)


def kinds_in(stream: ami.EventStream[ami.Event]) -> Counter[str]:
    """What the stream holds, by kind."""
    counts = Counter[str]()
    while True:
        try:
            counts[stream.receive_nowait().kind] += 1
        except anyio.WouldBlock:
            return counts


async def hear_the_calls(client: ami.Client, stream: ami.EventStream[ami.Event]) -> Counter[str]:
    """What a stream of the client brings of the calls, by kind.

    No channel is listed any more when its Hangup is still on its way, in a thread of Asterisk's.
    """
    heard = Counter[str]()
    with anyio.fail_after(10):
        while heard["Hangup"] < 2:  # a Local channel has two halves
            heard[(await stream.receive()).kind] += 1
        await client.ping()
    return heard + kinds_in(stream)


async def test_one_kind_comes_as_often_as_without_it(pbx: Pbx) -> None:
    """For each kind of event that a call brings: no more classes than its own, none missing."""
    async with pbx.connect() as everything:
        with everything.events() as stream:
            await place_calls(pbx)
            heard = await hear_the_calls(everything, stream)
        kinds = sorted(kind for kind in heard if read_class(kind) is not None)
        assert {"Newchannel", "UserEvent", "Newexten", "SuccessfulAuth"} <= {*kinds}
    async with AsyncExitStack() as stack:
        clients = {
            kind: await stack.enter_async_context(pbx.connect(only=[kind])) for kind in kinds
        }
        witness = await stack.enter_async_context(pbx.connect())
        for client in clients.values():
            await client.ping()  # the logins' own events have come
        streams = {kind: stack.enter_context(one.events()) for kind, one in clients.items()}
        whole = stack.enter_context(witness.events())
        await place_calls(pbx)
        heard, came = Counter[str](), {kind: Counter[str]() for kind in kinds}
        with anyio.fail_after(20):
            # Some are sent by other threads of Asterisk, behind the call that they tell of.
            while not heard or any(came[kind][kind] != heard[kind] for kind in kinds):
                heard += kinds_in(whole)
                for kind, stream in streams.items():
                    came[kind] += kinds_in(stream)
                await witness.ping()
    for kind in kinds:
        strange = {one for one in came[kind] if not one.startswith((kind, "FullyBooted"))}
        assert strange <= {"OriginateResponse"}, kind


async def test_patterns_and_names_in_any_case(pbx: Pbx) -> None:
    async with pbx.connect(only=["new*", "HANGUP"]) as client:
        with client.events() as stream:
            await place_calls(pbx)
            came = await hear_the_calls(client, stream)
        assert {"Newchannel", "Newstate", "Newexten"} <= {*came}
        assert {one for one in came if not one.startswith(("New", "Hangup"))} <= {
            "OriginateResponse"
        }


async def test_a_user_who_may_not_filter_has_the_mask(pbx: Pbx) -> None:
    async with pbx.connect() as admin:
        with admin.events("RequestNotAllowed") as refusals:
            async with pbx.connect("limited", only=["Hangup"]) as client:
                assert client.line.event_mask == "system,call"
                with client.events() as stream:
                    await place_calls(pbx)
                    came = await hear_the_calls(client, stream)
            await admin.ping()
            with pytest.raises(anyio.WouldBlock):
                refusals.receive_nowait()
    assert "Newchannel" in came  # more than asked for, and not what other classes have
    assert not {"UserEvent", "Newexten", "SuccessfulAuth"} & {*came}


async def test_the_report_of_a_call_comes_all_the_same(pbx: Pbx) -> None:
    async with pbx.connect(only=["Hangup"]) as client:
        call = await client.originate("Local/answer@h2", application="Wait", data="0.1")
        assert (await call.wait_answered())["Reason"] == "4"
