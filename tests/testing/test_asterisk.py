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
        with pytest.raises(KeyError):
            asterisk.client("nobody")
