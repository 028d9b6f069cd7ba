"""What people test their own programs with."""

from __future__ import annotations

import anyio
import pytest

import amitrio as ami
from amitrio.testing import SimulatedAsterisk


@pytest.mark.virtual_time
async def test_a_program_is_tested_through_memory_in_no_time(asterisk: SimulatedAsterisk) -> None:
    async with asterisk, asterisk.client() as client:
        call = await client.originate("Local/noanswer@h2", application="Wait", data="1")
        with pytest.raises(ami.OriginateFailed, match="in time"):
            await call.wait_answered()  # thirty seconds, on a clock that jumps


async def test_an_event_can_be_published(asterisk: SimulatedAsterisk) -> None:
    async with asterisk, asterisk.client() as client:
        with client.events("Newstate") as stream:
            asterisk.publish("Newstate", [("Channel", "PJSIP/100-1")], privilege="call")
            assert (await stream.receive())["Channel"] == "PJSIP/100-1"


async def test_several_clients_of_several_users(asterisk: SimulatedAsterisk) -> None:
    async with asterisk, asterisk.client() as one, asterisk.client("limited") as two:
        with two.events("UserEvent") as unheard, one.events("UserEvent") as heard:
            await one.send("UserEvent", UserEvent="X")
            assert (await heard.receive())["UserEvent"] == "X"
            await two.ping()
            with pytest.raises(anyio.WouldBlock):
                unheard.receive_nowait()  # read=system,call does not hear the class user


async def test_a_user_that_does_not_exist_is_a_mistake_of_the_test(
    asterisk: SimulatedAsterisk,
) -> None:
    async with asterisk:
        for door in (asterisk.client, asterisk.supervised):
            with pytest.raises(KeyError):
                door("nobody")
        assert asterisk.sessions == []


# A client that stays connected -------------------------------------------------------------------


async def count_calls(supervision: ami.Supervision, counted: list[object]) -> None:
    """A daemon, as its author would write it: it is told what to enter."""
    async with supervision as client:
        async for event in client.events(ami.Newchannel):
            if isinstance(event, ami.Gap):
                counted.append("gap")
            else:
                counted.append(event.channel)


@pytest.mark.virtual_time
async def test_a_daemon_is_tested_through_an_outage(asterisk: SimulatedAsterisk) -> None:
    counted: list[object] = []
    async with asterisk, anyio.create_task_group() as tasks:
        tasks.start_soon(count_calls, asterisk.supervised(), counted)
        await anyio.sleep(1)
        asterisk.publish(ami.Newchannel(channel="PJSIP/1"))
        await anyio.sleep(1)
        await asterisk.restart(down_for=60)
        await anyio.sleep(60)
        asterisk.publish(ami.Newchannel(channel="PJSIP/2"))
        await anyio.sleep(1)
        tasks.cancel_scope.cancel()
    assert counted == ["PJSIP/1", "gap", "gap", "PJSIP/2"]


@pytest.mark.virtual_time
async def test_it_is_told_of_a_restart(asterisk: SimulatedAsterisk) -> None:
    async with asterisk, asterisk.supervised() as client:
        assert client.connected
        with client.events("Newstate") as stream:
            asterisk.kick()
            lost, back = await stream.receive(), await stream.receive()
            assert isinstance(lost, ami.Disconnected)
            assert isinstance(back, ami.Reconnected)
            await anyio.sleep(20)
            await asterisk.restart(boot_time=10)
            lost, back = await stream.receive(), await stream.receive()
            assert isinstance(lost, ami.Disconnected)
            assert isinstance(back, ami.Reconnected)
            assert back.restarted


@pytest.mark.virtual_time
async def test_it_may_be_entered_before_the_server_is_up(asterisk: SimulatedAsterisk) -> None:
    async with asterisk:
        asterisk.go_down()
        async with asterisk.supervised(start="at_once") as client:
            await anyio.sleep(100)
            with pytest.raises(ami.ConnectionLost, match="the simulated server is down"):
                await client.ping()
            asterisk.come_up()
            await client.wait_connected()
            await client.ping()


@pytest.mark.virtual_time
async def test_a_user_who_is_refused_is_told(asterisk: SimulatedAsterisk) -> None:
    async with asterisk:
        with pytest.raises(ami.AuthenticationFailed):
            async with asterisk.supervised(secret="wrong"):
                pass
