"""Events and those who listen to them."""

from __future__ import annotations

import anyio
import pytest
from anyio.abc import ByteStream

import amitrio as ami
from tests.behaviour.pbx import Pbx


async def test_events_by_name(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with client.events("UserEvent") as stream:
            await client.send("UserEvent", [("Some-Header", "a: b")], UserEvent="ByName")
            event = await stream.receive()
            assert event.kind == "UserEvent"
            assert event["UserEvent"] == "ByName"
            assert event["some-header"] == "a: b"


async def test_several_listeners_for_one_name(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with client.events("UserEvent") as one, client.events("userevent") as two:
            await client.send("UserEvent", UserEvent="Both")
            assert (await one.receive())["UserEvent"] == "Both"
            assert (await two.receive())["UserEvent"] == "Both"


async def test_removing_one_listener_leaves_the_other(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with client.events("UserEvent") as stays:
            with client.events("UserEvent") as goes:
                await client.send("UserEvent", UserEvent="First")
                assert (await goes.receive())["UserEvent"] == "First"
            await client.send("UserEvent", UserEvent="Second")
            assert [(await stays.receive())["UserEvent"] for _ in range(2)] == ["First", "Second"]
            with pytest.raises(anyio.ClosedResourceError):
                await goes.receive()


async def test_all_events(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with client.events(where=lambda e: e.kind != "SuccessfulAuth") as stream:
            await client.send("UserEvent", UserEvent="Any")
            async for event in stream:
                if event.kind == "UserEvent":
                    break


async def test_waiting_for_one_event(pbx: Pbx) -> None:
    async with pbx.connect() as client, anyio.create_task_group() as tasks:
        found: list[ami.Event] = []

        async def wait() -> None:
            found.append(await client.wait_for("UserEvent", where=lambda e: e["N"] == "3"))
            tasks.cancel_scope.cancel()

        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        for number in range(5):
            await client.send("UserEvent", UserEvent="Waited", N=number)
        await anyio.sleep_forever()
    assert [event["N"] for event in found] == ["3"]


async def test_an_event_mask_keeps_events_away(pbx: Pbx) -> None:
    async with pbx.connect(event_mask="call") as client:
        with client.events() as stream:
            await client.send("UserEvent", UserEvent="Unheard")
            await client.ping()
            with pytest.raises(anyio.WouldBlock):
                stream.receive_nowait()
        assert client.fully_booted is None


async def test_the_event_mask_can_be_changed(pbx: Pbx) -> None:
    async with pbx.connect(event_mask="off") as client:
        reply = await client.send("Events", EventMask="user")
        assert reply["Events"] == "On"
        with client.events("UserEvent") as stream:
            await client.send("UserEvent", UserEvent="Heard")
            assert (await stream.receive())["UserEvent"] == "Heard"


async def test_a_user_event_cannot_answer_or_end_anything(pbx: Pbx) -> None:
    async with pbx.connect() as client, pbx.connect() as other:
        with client.events("UserEvent") as stream:
            await other.send(
                "UserEvent",
                [("EventList", "Complete"), ("Event", "CoreShowChannelsComplete")],
                UserEvent="Forger",
                Response="Success",
            )
            event = await stream.receive()
            assert event.kind == "UserEvent"
            assert event["Event"] == "UserEvent"
        assert len(await client.send("QueueStatus", Queue="h2q")) == 3


class Trickle(ByteStream):
    """A stream that gives one byte at a time."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    async def receive(self, max_bytes: int = 65536) -> bytes:
        return await self._stream.receive(min(max_bytes, 1))

    async def send(self, item: bytes) -> None:
        await self._stream.send(item)

    async def send_eof(self) -> None:
        await self._stream.send_eof()

    async def aclose(self) -> None:
        await self._stream.aclose()


async def test_one_message_in_many_reads(pbx: Pbx) -> None:
    stream = Trickle(await anyio.connect_tcp(pbx.host, pbx.port))
    secret = pbx.users["admin"]
    async with ami.connect_over(stream, username="admin", secret=secret) as client:
        with client.events("UserEvent") as events:
            await client.send("UserEvent", UserEvent="Slowly", Text="ü 📞")
            assert (await events.receive())["Text"] == "ü 📞"
        assert len(await client.send("QueueStatus", Queue="h2q")) == 3


async def test_many_messages_in_one_read(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with client.events("UserEvent") as stream:
            async with anyio.create_task_group() as tasks:
                for number in range(100):
                    tasks.start_soon(_publish, client, number)
            numbers = [int((await stream.receive())["Number"]) for _ in range(100)]
        assert sorted(numbers) == list(range(100))


async def _publish(client: ami.Client, number: int) -> None:
    await client.send("UserEvent", UserEvent="Many", Number=number)


async def test_a_slow_listener_fails_alone(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with client.events("UserEvent", buffer=3) as slow, client.events("UserEvent") as fast:
            for number in range(5):
                await client.send("UserEvent", UserEvent="Flood", N=number)
            assert [(await fast.receive())["N"] for _ in range(5)] == list("01234")
            assert [(await slow.receive())["N"] for _ in range(3)] == list("012")
            with pytest.raises(ami.SubscriberTooSlow):
                await slow.receive()
        assert await client.ping() > 0


async def test_a_gap_is_told_in_its_place(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with (
            client.events("UserEvent", buffer=3, overflow="drop_oldest") as stream,
            client.events("UserEvent") as whole,
        ):
            for number in range(5):
                await client.send("UserEvent", UserEvent="Flood", N=number)
            # An event may come behind the answer to the action that brought it about.
            assert [(await whole.receive())["N"] for _ in range(5)] == list("01234")
            gap = await stream.receive()
            assert gap == ami.EventsDropped(2)
            rest = [await stream.receive() for _ in range(3)]
            assert [event["N"] for event in rest if isinstance(event, ami.Event)] == list("234")
