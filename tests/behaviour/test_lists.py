"""Actions that answer with a list."""

from __future__ import annotations

import anyio
import pytest

import amitrio as ami
from tests.behaviour.pbx import Pbx, hang_up_all


async def test_a_list_has_all_its_items(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with client.events("OriginateResponse") as answered:
            for _ in range(3):
                await client.originate("Local/wait@h2", application="Wait", data="60")
            for _ in range(3):
                await answered.receive()
        channels = await client.send("CoreShowChannels")
        try:
            assert len(channels) == 6  # each Local channel has two halves
            assert channels.announced == 6
            assert {channel.kind for channel in channels} == {"CoreShowChannel"}
            assert channels.response.message == "Channels will follow"
            assert channels.complete is not None
            assert channels.complete.kind == "CoreShowChannelsComplete"
            assert len({channel["Uniqueid"] for channel in channels}) == 6
        finally:
            await hang_up_all(client)


async def test_an_empty_list_is_empty(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        await hang_up_all(client)
        channels = await client.send("CoreShowChannels")
        assert list(channels) == []
        assert channels.announced == 0


async def test_an_empty_list_is_empty_where_asterisk_says_error(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        entries = await client.send("DBGet", Family="amitrio", Key="never")
        assert list(entries) == []
        assert entries.response.message == "Database entry not found"
        assert entries.complete is None


async def test_a_list_of_several_kinds(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        status = await client.send("QueueStatus", Queue="h2q")
        assert [queue["Queue"] for queue in status.of("QueueParams")] == ["h2q"]
        assert {member["Name"] for member in status.of("QueueMember")} == {
            "Agent One",
            "Agent Two: x",  # Asterisk drops the quotes of queues.conf
        }


async def test_a_list_item_by_item(pbx: Pbx) -> None:
    async with (
        pbx.connect() as client,
        client.items("QueueStatus", Queue="h2q") as items,
    ):
        assert items.response.message == "Queue status will follow"
        kinds = [item.kind async for item in items]
        assert kinds == ["QueueParams", "QueueMember", "QueueMember"]
        assert items.complete is not None
        assert items.complete["ListItems"] == "3"


async def test_a_list_left_early_leaves_a_working_connection(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        async with client.items("QueueStatus") as items:
            async for _ in items:
                break
        assert await client.ping() > 0


async def test_a_refused_list_raises_on_entering(pbx: Pbx) -> None:
    async with pbx.connect("limited") as client:
        with pytest.raises(ami.PermissionDenied):
            async with client.items("DBGetTree"):
                pass


async def test_events_that_arrive_during_a_list_reach_their_listeners(pbx: Pbx) -> None:
    async with pbx.connect() as client, pbx.connect() as other:
        with client.events("UserEvent") as stream:
            async with anyio.create_task_group() as tasks:
                for number in range(20):
                    tasks.start_soon(_send_event, other, number)
                    tasks.start_soon(_list_queues, client)
            seen = {(await stream.receive())["Number"] for _ in range(20)}
        assert seen == {str(number) for number in range(20)}


async def _send_event(client: ami.Client, number: int) -> None:
    await client.send("UserEvent", UserEvent="DuringList", Number=number)


async def _list_queues(client: ami.Client) -> None:
    status = await client.send("QueueStatus", Queue="h2q")
    assert len(status) == status.announced == 3


async def test_items_of_a_list_are_no_events_that_happened(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        # A state may change meanwhile; what changes by itself is not of the list.
        with client.events("DeviceStateChange", where=lambda event: "ActionID" in event) as stream:
            states = await client.send("DeviceStateList")
            assert all("ActionID" in state for state in states)
            assert len(states) > 0 or pbx.name == "simulator"  # it has no devices of its own
            await client.ping()
            with pytest.raises(anyio.WouldBlock):
                stream.receive_nowait()
