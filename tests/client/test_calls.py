"""Outbound calls: what is asked for, and what becomes of it."""

from __future__ import annotations

import math

import anyio
import pytest

from amitrio import (
    ActionError,
    Client,
    ConnectionClosed,
    ConnectionLost,
    OriginateFailed,
    OutboundCall,
    PermissionDenied,
    ResponseMissing,
    ResponseTimeout,
)
from amitrio.limits import Limits
from amitrio.models.assignments import assignment
from amitrio.protocol import Request
from tests.client.peer import Peer
from tests.client.waiting import Beside, quiet


async def placed(
    client: Client, peer: Peer, beside: Beside, **given: object
) -> tuple[OutboundCall, Request]:
    """A call that Asterisk has queued, and the request for it."""
    given = {"context": "internal", "exten": "200", **given}
    calling = beside(client.originate("PJSIP/100", **given))  # type: ignore[arg-type] # a table
    request = await peer.expect("Originate")
    await peer.answer(request, Message="Originate successfully queued")
    return await calling, request


def report(request: Request, response: str = "Success", **headers: str) -> str:
    lines = "".join(f" / {name}: {value}" for name, value in headers.items())
    return f"Event: OriginateResponse / ActionID: {request.action_id} / Response: {response}{lines}"


# What is asked for -------------------------------------------------------------------------------


async def test_a_call_is_asked_for_asynchronously(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        call, request = await placed(client, peer, beside)
        assert request.pairs[2:] == [
            ("Channel", "PJSIP/100"),
            ("Context", "internal"),
            ("Exten", "200"),
            ("Priority", "1"),
            ("Async", "true"),
            ("Timeout", "30000"),
            ("ChannelId", call.channel_id),
        ]
        assert (call.channel, call.timeout, call.report) == ("PJSIP/100", 30.0, None)
        assert call.reply.message == "Originate successfully queued"


async def test_all_that_may_be_given(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        _, request = await placed(
            client,
            peer,
            beside,
            priority="start",
            timeout=2.5,
            caller_id='"Ann" <100>',
            account="acc",
            variables={"A": "1,2", "B": 'say "hi" \\ there', "CDR(x)": ""},
            channel_id="mine-1",
            other_channel_id="mine-2",
            early_media=True,
            codecs=["ulaw", "alaw"],
        )
        assert dict(request.pairs[5:-3]) == {
            "Priority": "start",
            "Async": "true",
            "Timeout": "2500",
            "ChannelId": "mine-1",
            "CallerID": '"Ann" <100>',
            "Account": "acc",
            "OtherChannelId": "mine-2",
            "EarlyMedia": "true",
            "Codecs": "ulaw,alaw",
        }
        assert request.getall("Variable") == [
            "A=1\\,2",
            'B=say \\"hi\\" \\\\ there',
            "CDR(x)=",
        ]


async def test_a_call_may_run_an_application(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        _, request = await placed(
            client, peer, beside, context=None, exten=None, application="Playback", data="hello"
        )
        assert request.get("Application") == "Playback"
        assert request.get("Data") == "hello"
        assert not request.get("Exten")


@pytest.mark.parametrize("given", [{}, {"exten": "1", "application": "Playback"}])
async def test_a_call_goes_to_an_extension_or_an_application(
    peer: Peer, given: dict[str, str]
) -> None:
    async with peer.accept() as client:
        with pytest.raises(TypeError, match="either"):
            await client.originate("PJSIP/100", **given)  # type: ignore[arg-type] # a table


@pytest.mark.parametrize("timeout", [0, -1, math.inf, math.nan, 2_147_484])
async def test_a_call_rings_for_a_time_that_asterisk_can_read(peer: Peer, timeout: float) -> None:
    async with peer.accept() as client:
        with pytest.raises(ValueError, match="positive number of seconds"):
            await client.originate("PJSIP/100", context="x", exten="1", timeout=timeout)
        assert client.statistics().pending == 0


async def test_each_channel_has_an_id_of_its_own(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        ids = {(await placed(client, peer, beside))[0].channel_id for _ in range(5)}
        assert len(ids) == 5


@pytest.mark.parametrize("name", ["", "A=B", "A,B", 'A"', "A\\", " A", "A "])
def test_a_variable_needs_a_name_that_asterisk_can_read(name: str) -> None:
    with pytest.raises(ValueError, match="no name of a channel variable"):
        assignment(name, "x")


# What becomes of it ------------------------------------------------------------------------------


async def test_an_answered_call(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        call, request = await placed(client, peer, beside)
        waiting = [beside(call.wait_answered()) for _ in range(2)]
        await quiet()
        await peer.say(report(request, Reason="4", Uniqueid=call.channel_id))
        one, other = [await event for event in waiting]
        assert one is other is call.report
        assert one["Uniqueid"] == call.channel_id
        assert await call.wait_answered() is one  # may be asked again


@pytest.mark.parametrize(
    ("reason", "number", "meaning"),
    [
        ("0", 0, "no such channel"),
        ("1", 1, "nobody answered"),
        ("3", 3, "nobody answered in time"),
        ("5", 5, "busy"),
        ("8", 8, "congestion"),
        ("42", 42, "the call failed"),
        ("odd", None, "the call failed"),
        ("", None, "the call failed"),
    ],
)
async def test_a_call_that_was_not_answered(
    peer: Peer, beside: Beside, reason: str, number: int | None, meaning: str
) -> None:
    async with peer.accept() as client:
        call, request = await placed(client, peer, beside)
        await peer.say(report(request, "Failure", Reason=reason))
        for _ in range(2):
            with pytest.raises(OriginateFailed, match=meaning) as caught:
                await call.wait_answered()
            assert caught.value.reason == number
            assert caught.value.headers["Response"] == "Failure"
        assert client.connected


async def test_a_report_without_a_response_is_a_failure(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        call, request = await placed(client, peer, beside)
        await peer.say(f"Event: OriginateResponse / ActionID: {request.action_id}")
        with pytest.raises(OriginateFailed):
            await call.wait_answered()


async def test_a_reason_that_is_no_number_of_asterisks(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        call, request = await placed(client, peer, beside)
        await peer.say(report(request, "Failure", Reason="9" * 5000))
        with pytest.raises(OriginateFailed) as caught:
            await call.wait_answered()
        assert caught.value.reason is None


async def test_a_report_in_the_same_write_as_the_reply(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        calling = beside(client.originate("PJSIP/1", context="a", exten="1"))
        await peer.respond(await peer.expect("Originate"))
        assert (await (await calling).wait_answered())["Reason"] == "4"
        assert len(client._session.ledger) == 0


async def test_a_report_reaches_its_call_and_its_listeners(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        with client.events("OriginateResponse") as stream:
            call, request = await placed(client, peer, beside)
            await peer.say("Event: OriginateResponse / ActionID: another / Response: Failure")
            await peer.say("Event: OriginateResponse / Response: Failure")
            await peer.say(report(request, N="mine"))
            assert (await call.wait_answered())["N"] == "mine"
            assert [(await stream.receive())["Response"] for _ in range(3)] == [
                "Failure", "Failure", "Success",
            ]  # fmt: skip


async def test_a_refused_originate_is_an_error_at_once(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        calling = beside(client.originate("PJSIP/1", context="a", exten="1"))
        await peer.refuse(await peer.expect("Originate"), "Extension does not exist.")
        error = await calling.error()
        assert type(error) is ActionError
        assert str(error) == "Originate: Extension does not exist."
        assert len(client._session.ledger) == 0


async def test_a_call_that_may_not_be_made(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        calling = beside(client.originate("PJSIP/1", context="a", exten="1"))
        await peer.refuse(await peer.expect("Originate"), "Permission denied")
        error = await calling.error()
        assert isinstance(error, PermissionDenied)
        assert error.needs == {"originate"}
        assert "write=originate" in str(error)


@pytest.mark.parametrize(
    ("mask", "heard"),
    [
        ("on", True),
        ("call", True),
        ("agent,call", True),
        ("all", True),
        ("65535", True),
        ("", True),
        ("off", False),
        ("agent", False),
        ("none", False),
    ],
)
async def test_a_mask_that_keeps_the_report_away_is_told_at_once(
    peer: Peer, beside: Beside, mask: str, *, heard: bool
) -> None:
    async with peer.accept(event_mask=mask) as client:
        call, request = await placed(client, peer, beside)
        waiting = beside(call.wait_answered())
        await quiet()
        if heard:
            await peer.say(report(request))
            await waiting
        else:
            error = await waiting.error()
            assert isinstance(error, PermissionDenied)
            assert error.needs == {"call"}
        assert len(client._session.ledger) == 0


@pytest.mark.parametrize(
    ("answer", "heard"), [({"Events": "Off"}, False), ({"Events": "On"}, True), ({}, True)]
)
async def test_the_mask_that_holds_is_the_one_that_was_set_last(
    peer: Peer, beside: Beside, answer: dict[str, str], *, heard: bool
) -> None:
    async with peer.accept(event_mask="agent") as client:
        asked = beside(client.send("Events", EventMask="call"))
        await peer.answer(await peer.expect("Events"), **answer)
        await asked
        call, request = await placed(client, peer, beside)
        waiting = beside(call.wait_answered())
        await quiet()
        assert waiting.over is not heard
        if heard:
            await peer.say(report(request))
            await waiting
        else:
            assert isinstance(await waiting.error(), PermissionDenied)


@pytest.mark.virtual_time
async def test_a_report_that_never_comes(peer: Peer, beside: Beside) -> None:
    async with peer.accept(ping_interval=1e6) as client:
        call, _ = await placed(client, peer, beside, timeout=60)
        began = anyio.current_time()
        for _ in range(2):
            with pytest.raises(ResponseTimeout, match=r"read=call in manager\.conf, and no Filter"):
                await call.wait_answered()
        assert anyio.current_time() - began == pytest.approx(180)
        assert len(client._session.ledger) == 0


async def test_cancelling_the_wait_leaves_the_call(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        call, request = await placed(client, peer, beside)
        waiting = beside(call.wait_answered())
        await quiet()
        waiting.scope.cancel()
        await quiet()
        await peer.say(report(request))
        assert (await call.wait_answered())["Response"] == "Success"


async def test_a_loss_ends_the_wait(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        call, _ = await placed(client, peer, beside)
        waiting = [beside(call.wait_answered()) for _ in range(2)]
        await quiet()
        await peer.cut()
        errors = [await one.error() for one in waiting]
        assert [type(error) for error in errors] == [ConnectionLost] * 2
        assert errors[0] is not errors[1]
        with pytest.raises(ConnectionLost):
            await call.wait_answered()


async def test_our_own_close_ends_the_wait(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        call, _ = await placed(client, peer, beside)
    with pytest.raises(ConnectionClosed):
        await call.wait_answered()


async def test_a_report_outlives_a_later_answer(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        call, request = await placed(client, peer, beside)
        asked = beside(client.ping())
        await peer.answer(await peer.expect("Ping"))
        await asked
        await peer.say(report(request))
        await call.wait_answered()


async def test_the_oldest_of_too_many_calls_gives_way_and_is_told(
    peer: Peer, beside: Beside
) -> None:
    async with peer.accept(limits=Limits(outbound_calls=2)) as client:
        calls = [await placed(client, peer, beside) for _ in range(3)]
        with pytest.raises(ResponseMissing, match="too many"):
            await calls[0][0].wait_answered()
        for call, request in calls[1:]:
            await peer.say(report(request))
            await call.wait_answered()
        assert len(client._session.ledger) == 0
