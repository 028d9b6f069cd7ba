"""Which events reach a session: rights, mask, filters, and when."""

from __future__ import annotations

import pytest

from tests.simulator.talk import events, names, talking

pytestmark = pytest.mark.virtual_time

HELLO = "Action: UserEvent\nUserEvent: Hello\nActionID: u"


async def test_a_user_event_of_an_action_is_what_was_sent() -> None:
    async with talking(events="user") as (_, talk):
        assert await talk.ask(
            "Action: UserEvent\nUserEvent: X\nActionID: u\nH:v\nNo colon\nEvent: Fake\nACTION: no"
        ) == (
            "Response: Success\nActionID: u\nMessage: Event Sent\n\n"
            "Event: UserEvent\nPrivilege: user,all\nUserEvent: X\nActionID: u\nH:v\nNo colon\n"
            "Event: Fake\n\n"
        )


@pytest.mark.parametrize(
    ("mask", "state", "hears"),
    [
        ("on", "On", True),
        ("yes", "On", True),
        ("all", "On", True),
        ("user", "On", True),
        ("call,user", "On", True),
        ("64", "On", True),
        ("63", "On", False),
        ("1", "On", False),
        ("system,call", "On", False),
        ("off", "Off", False),
        ("none", "Off", False),
        ("no", "Off", False),
        ("0", "Off", False),
        ("User", "Off", False),
        ("system call user", "Off", False),
        ("bogus", "Off", False),
    ],
)
async def test_a_mask_is_read_as_asterisk_reads_it(mask: str, state: str, *, hears: bool) -> None:
    async with talking() as (_, talk):
        assert await talk.ask(f"Action: Events\nEventMask: {mask}\nActionID: e") == (
            f"Response: Success\nActionID: e\nEvents: {state}\n\n"
        )
        assert ("UserEvent" in names(await talk.ask(HELLO))) is hears


async def test_an_empty_mask_is_an_error_and_changes_nothing() -> None:
    async with talking(events="user") as (_, talk):
        assert await talk.ask("Action: Events\nEventMask: \nActionID: e") == (
            "Response: Error\nActionID: e\nMessage: Invalid event mask\n\n"
        )
        assert names(await talk.ask(HELLO)) == ["UserEvent"]


@pytest.mark.parametrize(
    ("user", "secret", "hears"),
    [
        ("admin", "mysecret", True),
        ("limited", "lim", False),
        ("readonly", "ro", True),
        ("writeonly", "wo", False),
    ],
)
async def test_a_user_hears_only_what_it_may_read(user: str, secret: str, *, hears: bool) -> None:
    async with talking(user, secret, "on") as (simulator, talk):
        await talk.hear()
        simulator.publish("UserEvent", [("UserEvent", "X")], privilege="user")
        assert (names(await talk.hear()) == ["UserEvent"]) is hears


async def test_an_event_of_two_classes_wants_both() -> None:
    async with talking(events="call") as (simulator, talk):
        simulator.publish("Both", [], privilege="call,user")
        assert await talk.hear() == ""
        await talk.ask("Action: Events\nEventMask: call,user")
        simulator.publish("Both", [], privilege="call,user")
        assert await talk.hear() == "Event: Both\nPrivilege: call,user,all\n\n"


async def test_answers_come_before_the_events_of_the_same_action() -> None:
    async with talking(events="user") as (_, talk):
        await talk.say(HELLO, "Action: Ping\nActionID: p")
        firsts = [part.split("\n")[0] for part in (await talk.hear()).split("\n\n") if part]
        assert firsts == ["Response: Success", "Event: UserEvent", "Response: Success"]


async def test_an_action_may_ask_that_events_wait_for_the_next() -> None:
    async with talking(events="user") as (_, talk):
        await talk.say(f"{HELLO}\nSuppressEvents: yes", "Action: Ping\nActionID: p")
        heard = await talk.hear()
        # They are only not sent with the answer; the session's next round sends them.
        assert names(heard) == ["UserEvent"]


@pytest.mark.parametrize(
    ("filters", "heard"),
    [
        (["UserEvent: B"], ["Bar", "Baz"]),
        (["!UserEvent: B"], ["Foo"]),
        (["UserEvent: B", "!Baz"], ["Bar"]),
        (["Foo", "Baz"], ["Foo", "Baz"]),
        (["^Event: UserEvent.*Foo"], []),
        (["!ActionID: no"], ["Foo", "Bar", "Baz"]),
    ],
)
async def test_legacy_filters_are_expressions_on_the_whole_event(
    filters: list[str], heard: list[str]
) -> None:
    async with talking(events="user", release="16") as (_, talk):
        for each in filters:
            answer = await talk.ask(f"Action: Filter\nOperation: Add\nFilter: {each}")
            assert answer == "Response: Success\nMessage: Success\n\n"
        for name in ("Foo", "Bar", "Baz"):
            await talk.say(f"Action: UserEvent\nUserEvent: {name}")
        assert [event["UserEvent"] for event in events(await talk.hear())] == heard


@pytest.mark.parametrize(
    ("criteria", "pattern", "heard"),
    [
        ("name(UserEvent),header(UserEvent),method(exact)", "Bar", ["Bar"]),
        ("header(UserEvent),method(starts_with)", "Ba", ["Bar", "Baz"]),
        ("header(UserEvent),method(ends_with)", "z", ["Baz"]),
        ("header(UserEvent:),method(contains)", "o", ["Foo"]),
        ("header(UserEvent),method(regex)", "^B", ["Bar", "Baz"]),
        ("name(Other)", "", []),
        ("name(UserEvent)", "", ["Foo", "Bar", "Baz"]),
        ("action(exclude),header(UserEvent),method(exact)", "Foo", ["Bar", "Baz"]),
        ("method(contains)", "Baz", ["Baz"]),
    ],
)
async def test_criteria_are_for_22(criteria: str, pattern: str, heard: list[str]) -> None:
    async with talking(events="user") as (_, talk):
        answer = await talk.ask(
            f"Action: Filter\nOperation: Add\nMatchCriteria: {criteria}\nFilter: {pattern}"
        )
        assert answer == "Response: Success\nMessage: Success\n\n"
        for name in ("Foo", "Bar", "Baz"):
            await talk.say(f"Action: UserEvent\nUserEvent: {name}")
        assert [event["UserEvent"] for event in events(await talk.hear())] == heard


async def test_16_takes_criteria_for_nothing_and_says_success() -> None:
    async with talking(events="user", release="16") as (_, talk):
        answer = await talk.ask("Action: Filter\nOperation: Add\nMatchCriteria: name(Other)")
        assert answer == "Response: Success\nMessage: Success\n\n"
        assert names(await talk.ask(HELLO)) == ["UserEvent"]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("Filter: x", "Unknown operation"),
        ("Operation: Delete\nFilter: x", "Unknown operation"),
        ("Operation: Add", "Filter was formatted incorrectly"),
        ("Operation: Add\nFilter: (", "Filter did not compile"),
        ("Operation: Add\nMatchCriteria: foo(x)\nFilter: x", "Filter was formatted incorrectly"),
        ("Operation: Add\nMatchCriteria: name(x)\nFilter: x", "Filter was formatted incorrectly"),
        ("Operation: Add\nMatchCriteria: name(x),method(exact)", "Filter was formatted"),
        ("Operation: Add\nMatchCriteria: action(keep)\nFilter: x", "Filter was formatted"),
        ("Operation: Add\nMatchCriteria: action(include)", "Filter was formatted incorrectly"),
    ],
)
async def test_filters_that_are_none(wanted: str, message: str) -> None:
    async with talking() as (_, talk):
        answer = await talk.ask(f"Action: Filter\n{wanted}")
        assert answer.startswith(f"Response: Error\nMessage: {message}")


async def test_a_user_brings_filters_along() -> None:
    async with talking("filtered", "filt", "on") as (simulator, talk):
        await talk.hear()
        simulator.publish("Newchannel", [("Channel", "Local/a")])
        simulator.publish("Newchannel", [("Channel", "Local/excluded")])
        simulator.publish("Newstate", [("Channel", "Local/a")])
        assert [event["Channel"] for event in events(await talk.hear())] == ["Local/a"]


async def test_filters_touch_no_reply() -> None:
    async with talking(events="on") as (_, talk):
        await talk.ask("Action: Filter\nOperation: Add\nFilter: nothing like this")
        assert "QueueStatusComplete" in await talk.ask("Action: QueueStatus")


async def test_timestamps_are_for_those_who_want_them() -> None:
    async with talking(events="user", timestamp_events=True, start=1000.5) as (simulator, talk):
        simulator.publish("UserEvent", [("UserEvent", "X")], privilege="user")
        assert await talk.hear() == (
            "Event: UserEvent\nPrivilege: user,all\nTimestamp: 1000.520000\nUserEvent: X\n\n"
        )


async def test_wait_event_answers_when_something_comes() -> None:
    async with talking(events="user") as (simulator, talk):
        assert await talk.ask("Action: WaitEvent\nTimeout: 5\nActionID: w", 1) == ""
        simulator.publish("UserEvent", [("UserEvent", "Wake")], privilege="user")
        assert await talk.hear() == (
            "Response: Success\nActionID: w\nMessage: Waiting for Event completed.\n\n"
            "Event: UserEvent\nPrivilege: user,all\nUserEvent: Wake\n\n"
            "Event: WaitEventComplete\nActionID: w\n\n"
        )


async def test_wait_event_ends_by_itself_or_with_the_next_action() -> None:
    async with talking() as (_, talk):
        done = (
            "Response: Success\nMessage: Waiting for Event completed.\n\n"
            "Event: WaitEventComplete\n\n"
        )
        assert await talk.ask("Action: WaitEvent\nTimeout: 3", 2.9) == ""
        assert await talk.hear(0.2) == done
        assert await talk.ask("Action: WaitEvent\nTimeout: -1", 100) == ""
        assert (await talk.ask("Action: Ping")).startswith(done + "Response: Success\nPing: Pong")


async def test_rights_to_write_are_asked_for() -> None:
    async with talking("limited", "lim") as (_, talk):
        assert await talk.ask("Action: Originate\nActionID: o") == (
            "Response: Error\nActionID: o\nMessage: Permission denied\n\n"
        )
        assert "Permission denied" in await talk.ask("Action: Command\nCommand: core show uptime")
        assert "Channel status will follow" in await talk.ask("Action: Status")
        assert "Access Forbidden" in await talk.ask("Action: Getvar\nVariable: SHELL(ls)")
        commands = await talk.ask("Action: ListCommands")
        assert "\nStatus: " in commands
        assert "\nOriginate: " not in commands


async def test_refusals_are_told_to_security() -> None:
    async with talking(events="security") as (simulator, monitor):
        await monitor.hear()
        await monitor.say("Action: Bogus")
        (event,) = events(await monitor.hear())
        assert list(event) == [
            "Event",
            "Privilege",
            "EventTV",
            "Severity",
            "Service",
            "EventVersion",
            "SessionID",
            "LocalAddress",
            "RemoteAddress",
            "RequestType",
            "SessionTV",
            "AccountID",
        ]
        assert simulator.sessions[0].identity == event["SessionID"]
