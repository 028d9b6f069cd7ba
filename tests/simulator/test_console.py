"""Commands of the console."""

from __future__ import annotations

import pytest

from tests.simulator.talk import frames, talking

pytestmark = pytest.mark.virtual_time


async def _output(command: str, *before: str, seconds: float = 0.01) -> tuple[str, list[str]]:
    """What the answer says of itself, and the lines that the console printed."""
    async with talking(start=0.0) as (_, talk):
        for action in before:
            await talk.ask(action, 1)
        heard = frames(await talk.ask(f"Action: Command\nCommand: {command}", seconds))
        (frame,) = [each for each in heard if ("Message", "Command output follows") in each]
        return frame[0][1], [value for name, value in frame if name == "Output"]


@pytest.mark.parametrize(
    ("command", "kind", "lines"),
    [
        (
            "core show version",
            "Success",
            ["Asterisk 22.10.1 built by amitrio @ simulator on a x86_64 running Linux"],
        ),
        ("core show uptime seconds", "Success", ["System uptime: 0 ", "Last reload: 0 "]),
        ("database put f k a b", "Success", ["Updated database successfully"]),
        ("database put f", "Error", ["Usage: database put <family> <key> <value>"]),
        (
            "dialplan show answer@h2",
            "Success",
            [
                "[ Context 'h2' created by 'pbx_config' ]",
                "  'answer' =>       1. Answer()                                   [pbx_config]",
                "                    2. Wait(1)                                    [pbx_config]",
                "                    3. Hangup()                                   [pbx_config]",
                "",
                "-= 1 extension (3 priorities) in 1 context. =-",
            ],
        ),
        (
            "dialplan show nope@h2",
            "Error",
            [
                "There is no existence of nope@h2 extension",
                "Command 'dialplan show nope@h2' failed.",
            ],
        ),
        (
            "devstate change PJSIP/x BUSY",
            "Error",
            [
                "The devstate command can only be used to set 'Custom:' device state!",
                "Command 'devstate change PJSIP/x BUSY' failed.",
            ],
        ),
        (
            "devstate change Custom:x NOPE",
            "Error",
            ["Usage: devstate change <device> <state>"],
        ),
        (
            "presencestate change CustomPresence:x two words",
            "Error",
            ["Usage: presencestate change <entity> <state>[,<subtype>[,message[,options]]]"],
        ),
        (
            "presencestate change CustomPresence:x nope",
            "Error",
            ["Usage: presencestate change <entity> <state>[,<subtype>[,message[,options]]]"],
        ),
    ],
)
async def test_a_command(command: str, kind: str, lines: list[str]) -> None:
    assert await _output(command) == (kind, lines)


async def test_the_database_is_shown_as_a_table() -> None:
    _, lines = await _output("database show f", "Action: DBPut\nFamily: f\nKey: k\nVal: v")
    assert lines == [f"{'/f/k':<50}: {'v':<25}", "1 results found."]


async def test_channels_are_shown_in_one_line_each() -> None:
    originate = (
        "Action: Originate\nAsync: 1\nChannel: Local/wait@h2/n\nContext: h2\nExten: echo\n"
        "Priority: 1\nCallerID: <70>\nAccount: acc"
    )
    _, lines = await _output("core show channels concise", originate)
    assert lines == [
        "Local/wait@h2-00000000;1!h2!echo!2!Up!Echo!!70!acc!acc!3!1!!0.0",
        "Local/wait@h2-00000000;2!h2!wait!2!Up!Wait!3600!70!acc!acc!3!1!!0.1",
    ]
    _, lines = await _output("core show channels count", originate)
    assert lines == ["2 active channels", "2 active calls", "2 calls processed"]


async def test_a_long_uptime_in_words() -> None:
    async with talking() as (_, talk):
        await talk.hear(2 * 604800 + 86400 + 3600 + 61)
        heard = await talk.ask("Action: Command\nCommand: core show uptime")
        assert "System uptime: 2 weeks, 1 day, 1 hour, 1 minute, 1 second\n" in heard
