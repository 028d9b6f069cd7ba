"""Faults that a server itself can show, as far as no other file of these tests shows them."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

import amitrio as ami
from tests.behaviour.conftest import Boot
from tests.behaviour.pbx import SERVERS, Pbx, hang_up_all
from tests.behaviour.test_supervision import SECONDS, Scene, mortals, say, scene

__all__ = ["mortals", "scene"]

REAL = SERVERS[1:]


async def spoken(stream: ami.EventStream[Any]) -> str:
    """The word of the next event that `say` has brought about."""
    word: str = (await stream.receive())["Word"]
    return word


@pytest.mark.parametrize("name", ["Word\r\nUserEvent", "Word: x\nUserEvent", "A:B", "A B"])
async def test_no_part_of_a_refused_action_arrives(pbx: Pbx, name: str) -> None:
    async with pbx.connect() as client, pbx.connect() as other:
        with other.events("UserEvent") as stream:
            with pytest.raises(ValueError, match="a colon, a blank or a control character"):
                await client.send("UserEvent", {"UserEvent": "Said", name: "injected"})
            await client.send("UserEvent", UserEvent="Said", Word="the next")
            assert await spoken(stream) == "the next"


async def test_the_longest_that_may_be_sent_arrives_whole(pbx: Pbx) -> None:
    line = "Pad: " + "x" * (1022 - len("Pad: "))
    many = {f"N{n}": str(n) for n in range(128 - len(["Action", "ActionID", "UserEvent"]))}
    async with pbx.connect() as client:
        with client.events("UserEvent") as stream:
            for headers in ({"Pad": line.removeprefix("Pad: ")}, many):
                await client.send("UserEvent", {"UserEvent": "Long", **headers})
                event = await stream.receive()
                assert {name: event[name] for name in headers} == headers
                with pytest.raises(ValueError, match="Asterisk takes"):
                    await client.send(
                        "UserEvent", {"UserEvent": "Long", **headers, "Pad": "x" * 1018}
                    )
        assert await client.ping() > 0


async def test_a_consumer_that_takes_nothing_of_a_flood_costs_nobody_the_connection(
    pbx: Pbx,
) -> None:
    """More than the kernel holds for a client that does not read, which Asterisk cuts off."""
    count, pad = 6_000, "x" * 900

    async def shout() -> None:
        for n in range(count // 100):
            async with anyio.create_task_group() as tasks:
                for _ in range(100):
                    tasks.start_soon(one, n)

    async def one(n: int) -> None:
        await shouter.send("UserEvent", UserEvent="Flood", N=n, Pad=pad)

    async with pbx.connect() as client, pbx.connect(event_mask="off") as shouter:
        with (
            anyio.fail_after(SECONDS),
            client.events("UserEvent", buffer=100) as stream,
            client.events("UserEvent", buffer=1, overflow="drop_oldest") as latest,
        ):
            await shout()
            await shouter.send("UserEvent", UserEvent="Last")
            async for event in latest:
                if isinstance(event, ami.Event) and event["UserEvent"] == "Last":
                    break
            for _ in range(100):
                await stream.receive()
            with pytest.raises(ami.SubscriberTooSlow):
                await stream.receive()
        assert client.statistics().bytes > count * len(pad)
        assert await client.ping() > 0


@pytest.mark.parametrize("mortal_pbx", REAL, indirect=True)
async def test_a_server_that_is_not_there_any_more(mortal_pbx: Pbx) -> None:
    assert mortal_pbx.die is not None
    mortal_pbx.die()
    with pytest.raises(ami.ConnectionFailed, match="nothing listens there"):
        async with mortal_pbx.connect():
            pass


@pytest.mark.parametrize("pbx", REAL, indirect=True)
async def test_the_port_of_its_web_server(pbx: Pbx, asterisks: Boot) -> None:
    port = asterisks(pbx.name).http_port
    with pytest.raises(ami.ConnectionFailed, match=r"is it the HTTP port \(8088\)"):
        async with ami.connect(pbx.host, port, username="admin", secret="x", connect_timeout=0.3):
            pass


async def test_a_session_that_an_operator_kicks(scene: Scene) -> None:
    if scene.kick is None:
        pytest.skip(f"{scene.pbx.name} has no `manager kick session`")
    with anyio.fail_after(SECONDS):
        async with scene.pbx.connect() as client, anyio.create_task_group() as tasks:
            with client.events("UserEvent") as stream:
                await client.send("UserEvent", UserEvent="Said", Word="before")
                tasks.start_soon(scene.kick)
                assert await spoken(stream) == "before"
                with pytest.raises(ami.ConnectionLost, match="closed the connection"):
                    await stream.receive()


async def test_a_server_that_shuts_down_refuses_and_then_goes(scene: Scene) -> None:
    with anyio.fail_after(SECONDS):
        async with scene.pbx.connect() as client, anyio.create_task_group() as tasks:
            tasks.start_soon(scene.stop_gracefully)
            with pytest.raises((ami.ActionError, ami.ConnectionLost)) as caught:  # noqa: PT012
                while True:  # it takes its time, or is gone before it can refuse
                    await client.ping()
            if isinstance(caught.value, ami.ActionError):
                assert caught.value.message == "Asterisk is shutting down"
            assert isinstance(await client.wait_closed(), ami.ConnectionLost)


async def until_frozen(client: ami.SupervisedClient) -> None:
    """Return when the server does not answer any more."""
    while True:
        with anyio.move_on_after(0.2) as patience:
            await client.ping()
        if patience.cancelled_caught:
            return


async def test_an_originate_that_was_in_flight_is_executed_once_at_most(scene: Scene) -> None:
    """The server is frozen with the action in its socket; real ones find the link gone first."""
    call = {"Channel": "Local/wait@h2", "Application": "Wait", "Data": "60", "Async": "true"}
    with anyio.fail_after(SECONDS):
        async with (
            scene.pbx.connect(ping_interval=60) as watcher,
            scene.supervise() as client,
            anyio.create_task_group() as tasks,
        ):
            with watcher.events("Newchannel", "UserEvent") as stream:
                tasks.start_soon(scene.freeze)
                await until_frozen(client)
                with pytest.raises(ami.ConnectionLost) as caught:
                    await client.send("Originate", call)
                assert caught.value.executed == "maybe"
                await client.wait_connected()
                await say(client, "the end")
                channels: list[str] = []
                while (event := await stream.receive()).kind != "UserEvent":
                    channels.append(event["Channel"][-2:])
                assert channels in ([], [";1", ";2"])
                await hang_up_all(watcher)
