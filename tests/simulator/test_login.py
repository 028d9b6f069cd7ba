"""How sessions begin and end, byte for byte."""

from __future__ import annotations

import hashlib

import anyio
import pytest

from amitrio.simulator import Simulator
from tests.simulator.talk import Talk, events, names, talking

pytestmark = pytest.mark.virtual_time


@pytest.mark.parametrize(("release", "version"), [("22", "11.0.0"), ("16", "5.0.4")])
async def test_the_banner_tells_the_release(release: str, version: str) -> None:
    async with Simulator(release=release) as simulator:
        assert await Talk(simulator.connect()).hear() == f"Asterisk Call Manager/{version}\n"


async def test_a_plain_login() -> None:
    async with talking("") as (_, talk):
        assert await talk.ask("Action: Login\nUsername: admin\nSecret: mysecret\nActionID: L1") == (
            "Response: Success\nActionID: L1\nMessage: Authentication accepted\n\n"
            "Event: FullyBooted\nPrivilege: system,all\nUptime: 0\nLastReload: 0\n"
            "Status: Fully Booted\n\n"
            "Event: SuccessfulAuth\nPrivilege: security,all\n"
            "EventTV: 2023-11-14T22:13:20.010+0000\nSeverity: Informational\nService: AMI\n"
            "EventVersion: 1\nAccountID: admin\nSessionID: 0x7f0000000001\n"
            "LocalAddress: IPV4/TCP/127.0.0.1/0\nRemoteAddress: IPV4/TCP/127.0.0.1/0\n"
            "UsingPassword: 0\nSessionTV: 2023-11-14T22:13:20.010+0000\n\n"
        )
        assert await talk.ask("Action: Login\nUsername: x\nActionID: L2") == (
            "Response: Success\nActionID: L2\nMessage: Already authenticated\n\n"
        )
        assert await talk.ask("Action: Logoff\nActionID: bye") == (
            "Response: Goodbye\nActionID: bye\nMessage: Thanks for all the fish.\n\n"
        )
        assert talk.over


async def test_an_md5_login() -> None:
    async with talking("") as (_, talk):
        answer = await talk.ask("Action: Challenge\nAuthType: MD5\nActionID: C")
        challenge = answer.split("Challenge: ")[1].strip()
        assert answer == f"Response: Success\nActionID: C\nChallenge: {challenge}\n\n"
        assert challenge.isdecimal()
        again = await talk.ask("Action: Challenge\nAuthType: md5\nActionID: C")
        assert again == answer
        key = hashlib.md5(f"{challenge}mysecret".encode(), usedforsecurity=False).hexdigest()
        login = f"Action: Login\nAuthType: MD5\nUsername: ADMIN\nKey: {key}\nEvents: off"
        assert await talk.ask(login) == ("Response: Success\nMessage: Authentication accepted\n\n")


async def test_challenge_knows_one_type() -> None:
    async with talking("") as (_, talk):
        assert await talk.ask("Action: Challenge\nAuthType: plain") == (
            "Response: Error\nMessage: Must specify AuthType\n\n"
        )


@pytest.mark.parametrize(
    ("login", "told"),
    [
        ("Username: admin\nSecret: wrong", "InvalidPassword"),
        ("Username: nobody\nSecret: mysecret", "InvalidAccountID"),
        ("Username: acl\nSecret: acl", "FailedACL"),
        ("Secret: mysecret", None),
        ("Username: admin\nAuthType: MD5\nKey: 00", None),
    ],
)
async def test_every_refusal_says_the_same_a_second_later(login: str, told: str | None) -> None:
    async with talking(events="security") as (simulator, monitor):
        await monitor.hear()
        talk = Talk(simulator.connect())
        await talk.hear()
        assert await talk.ask(f"Action: Login\nActionID: L\n{login}", 0.99) == ""
        assert await talk.hear(0.02) == (
            "Response: Error\nActionID: L\nMessage: Authentication failed\n\n"
        )
        assert talk.over
        assert names(await monitor.hear()) == ([told] if told else [])


async def test_a_wrong_answer_to_a_challenge_is_told_to_others() -> None:
    async with talking(events="security") as (simulator, monitor):
        await monitor.hear()
        talk = Talk(simulator.connect())
        await talk.say(
            "Action: Challenge\nAuthType: MD5",
            "Action: Login\nUsername: admin\nAuthType: MD5\nKey: 00",
        )
        await talk.hear(1.1)
        (event,) = events(await monitor.hear())
        assert event["Event"] == "ChallengeResponseFailed"
        assert (event["AccountID"], event["Response"]) == ("", "00")
        assert list(event)[-4:] == ["Challenge", "Response", "ExpectedResponse", "SessionTV"]


async def test_a_second_login_of_a_user_who_may_log_in_once() -> None:
    async with talking("single", "one") as (simulator, first):
        second = Talk(simulator.connect())
        await second.hear()
        answer = await second.ask("Action: Login\nUsername: single\nSecret: one\nActionID: x", 1.1)
        assert answer == "Response: Error\nActionID: x\nMessage: Login Already In Use\n\n"
        assert second.over
        assert "Pong" in await first.ask("Action: Ping")
        await first.ask("Action: Logoff")
        third = Talk(simulator.connect())
        await third.hear()
        assert "Authentication accepted" in await third.log_in("single", "one")


async def test_before_the_login_little_is_allowed() -> None:
    async with talking("") as (_, talk):
        assert await talk.ask("Action: Ping\nActionID: p") == (
            "Response: Error\nActionID: p\nMessage: Permission denied\n\n"
        )
        assert await talk.ask("Action: Bogus") == (
            "Response: Error\nMessage: Permission denied\n\n"
        )
        assert "Thanks for all the fish." in await talk.ask("Action: Logoff")
        assert talk.over


async def test_a_login_with_events_off_hears_nothing_more() -> None:
    async with talking("") as (_, talk):
        assert await talk.log_in(events="off") == (
            "Response: Success\nMessage: Authentication accepted\n\n"
        )


@pytest.mark.parametrize("user", ["nosystem", "writeonly"])
async def test_fully_booted_is_for_those_who_may_read_system(user: str) -> None:
    secret = {"nosystem": "nosys", "writeonly": "wo"}[user]
    async with talking("") as (_, talk):
        assert "FullyBooted" not in names(await talk.log_in(user, secret, "on"))


async def test_who_does_not_log_in_is_cut_silently() -> None:
    async with talking("") as (simulator, talk):
        for _ in range(29):
            await talk.ask("Action: Ping", 1)
        assert len(simulator.sessions) == 1
        assert await talk.hear(1.1) == ""
        assert talk.over
        await anyio.sleep(0.01)
        assert simulator.sessions == []


async def test_too_many_that_are_not_logged_in_get_no_banner() -> None:
    async with talking() as (simulator, talk):
        waiting = [Talk(simulator.connect()) for _ in range(50)]
        assert all([await each.hear() for each in waiting])
        late = Talk(simulator.connect())
        assert await late.hear() == ""
        assert late.over
        assert "Pong" in await talk.ask("Action: Ping")
