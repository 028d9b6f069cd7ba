"""How actions are read: Asterisk's own odd rules, answer by answer."""

from __future__ import annotations

import pytest

from tests.simulator.talk import talking

pytestmark = pytest.mark.virtual_time

MISSING = "Response: Error\n{}Message: Missing action in request\n\n"
PONG = "Ping: Pong"


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"\r\n", MISSING.format("")),
        (b"ActionID: a\r\n\r\n", MISSING.format("ActionID: a\n")),
        (b"Action:\r\nActionID: a\r\n\r\n", MISSING.format("ActionID: a\n")),
        (b"Action : Ping\r\nActionID: a\r\n\r\n", MISSING.format("ActionID: a\n")),
        (b" Action: Ping\r\n\r\n", MISSING.format("")),
        (
            b"Action: Ping \r\n\r\n",
            (
                "Response: Error\nMessage: Invalid/unknown command: Ping . Use Action: ListCommands"
                " to show available commands.\n\n"
            ),
        ),
        (
            b"Action: Ping\r\nActionID: long\r\nX: " + 3000 * b"a" + b"\r\n\r\n",
            "Response: Error\nActionID: long\nMessage: Failed to parse message: line too long\n\n",
        ),
        (
            b"Action: Ping\r\nActionID: many\r\n" + 127 * b"X: y\r\n" + b"\r\n",
            (
                "Response: Error\nActionID: many\nMessage: Too many lines in message or allocation"
                " failure\n\n"
            ),
        ),
        (
            b"Action: Ping\r\n" + 128 * b"X: y\r\n" + b"ActionID: late\r\n\r\n",
            "Response: Error\nMessage: Too many lines in message or allocation failure\n\n",
        ),
        (
            # The splitting fault: one action, two answers (WIRE: lines of exactly 1,023 bytes).
            b"Action: Ping\r\nX: " + 1020 * b"a" + b"\r\nActionID: orig\r\n\r\n",
            "Response: Error\nMessage: Failed to parse message: line too long\n\n"
            + MISSING.format("ActionID: orig\n"),
        ),
    ],
)
async def test_what_cannot_be_read_is_said_and_the_session_lives(sent: bytes, answer: str) -> None:
    async with talking() as (_, talk):
        await talk.stream.send(sent)
        assert await talk.hear() == answer
        assert PONG in await talk.ask("Action: Ping")


@pytest.mark.parametrize(
    "sent",
    [
        b"ACTION: pInG\r\nactionid: a\r\n\r\n",
        b"Action:Ping\r\nActionID:a\r\n\r\n",
        b"Action: Ping\nActionID: a\n\n",
        b"Action: Ping\r\nActionID: a\0b\r\n\r\n",
        b"Action: Ping\r\nActionID:  \t a\r\nActionID: second\r\n\r\n",
        b"Action: Ping\r\nActionID: a\r\n" + 126 * b"X: y\r\n" + b"\r\n",
        b"Action: Ping\r\nno colon\r\nActionID: a\r\n\r\n",
    ],
)
async def test_what_asterisk_can_read_is_read(sent: bytes) -> None:
    async with talking() as (_, talk):
        await talk.stream.send(sent)
        assert await talk.hear() == (
            "Response: Success\nActionID: a\nPing: Pong\nTimestamp: 1700000000.020000\n\n"
        )


async def test_the_name_of_an_unknown_action_is_cut_where_asterisks_buffer_ends() -> None:
    async with talking() as (_, talk):
        answer = await talk.ask(f"Action: {600 * 'n'}\nActionID: a")
        message = answer.split("Message: ")[1].rstrip("\n")
        assert message == ("Invalid/unknown command: " + 600 * "n")[:511]


async def test_bytes_that_are_no_text_come_back_as_they_went() -> None:
    async with talking() as (_, talk):
        await talk.stream.send(b"Action: Ping\r\nActionID: \xe9\xff\xf0\x9f\x98\x80\r\n\r\n")
        assert (
            (await talk.hear())
            .encode("utf-8", "surrogateescape")
            .startswith(b"Response: Success\nActionID: \xe9\xff\xf0\x9f\x98\x80\n")
        )


async def test_actions_that_come_together_are_answered_in_order() -> None:
    async with talking() as (_, talk):
        await talk.say(*(f"Action: Ping\nActionID: {number}" for number in range(500)))
        heard = await talk.hear()
        ids = [line.removeprefix("ActionID: ") for line in heard.split("\n") if "ActionID" in line]
        assert ids == [str(number) for number in range(500)]


async def test_an_action_may_come_byte_by_byte() -> None:
    async with talking() as (_, talk):
        for byte in b"Action: Ping\r\nActionID: slow\r\n\r\n":
            assert await talk.hear() == ""
            await talk.stream.send(bytes([byte]))
        assert PONG in await talk.hear()


async def test_events_come_in_the_middle_of_a_half_sent_action() -> None:
    async with talking(events="user") as (simulator, talk):
        await talk.stream.send(b"Action: Ping\r\nActionID: h")
        assert await talk.hear() == ""
        simulator.publish("UserEvent", [("UserEvent", "Now")], privilege="user")
        assert await talk.hear() == "Event: UserEvent\nPrivilege: user,all\nUserEvent: Now\n\n"
        await talk.stream.send(b"alf\r\n\r\n")
        assert "ActionID: half" in await talk.hear()
