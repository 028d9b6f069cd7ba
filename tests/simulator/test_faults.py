"""What servers and networks do wrong, on demand."""

from __future__ import annotations

import anyio
import pytest

from amitrio.models import Event
from amitrio.simulator import ActionCall, Simulator, faults
from amitrio.simulator.calls import Handler
from tests.simulator.talk import Talk, events, names, talking

pytestmark = pytest.mark.virtual_time

PING = "Action: Ping\nActionID: p"
PONG = "Response: Success\nActionID: p\nPing: Pong\n"


async def test_a_delay_holds_up_the_session() -> None:
    async with talking() as (simulator, talk):
        simulator.on("Ping", faults.delay(2.0), times=1)
        await talk.say(PING, "Action: Ping\nActionID: q")
        assert await talk.hear(1.9) == ""
        heard = await talk.hear(0.2)
        assert heard.index("ActionID: p") < heard.index("ActionID: q")
        assert (await talk.ask(PING)).startswith(PONG)


async def test_an_answer_is_dropped_and_the_action_was_run() -> None:
    async with talking() as (simulator, talk):
        simulator.on("Setvar", faults.drop())
        assert await talk.ask("Action: Setvar\nVariable: X\nValue: 1") == ""
        assert "Value: 1\n" in await talk.ask("Action: Getvar\nVariable: X")


async def test_an_answer_comes_twice() -> None:
    async with talking() as (simulator, talk):
        simulator.on("Ping", faults.duplicate())
        heard = await talk.ask(PING)
        assert heard[: len(heard) // 2] * 2 == heard
        assert heard.count("Pong") == 2


async def test_an_answer_bears_another_action_id() -> None:
    async with talking() as (simulator, talk):
        simulator.on("QueueStatus", faults.misaddress("other"))
        heard = await talk.ask("Action: QueueStatus\nActionID: mine")
        assert "ActionID: mine" not in heard
        assert heard.count("ActionID: other\n") == len(heard.split("\n\n")) - 1


async def test_garbage_comes_before_an_answer() -> None:
    async with talking() as (simulator, talk):
        simulator.on("Ping", faults.garble(b"\x00\xff no frame\r\n\r\n"))
        assert (await talk.ask(PING)).startswith("\x00\udcff no frame\n\n" + PONG)


@pytest.mark.parametrize("after", [0, 1, 25])
async def test_a_session_is_cut_in_the_middle_of_an_answer(after: int) -> None:
    async with talking() as (simulator, talk):
        simulator.on("Ping", faults.cut(after))
        await talk.say(PING)
        heard = await talk.hear()
        assert heard.replace("\n", "\r\n") == PONG.replace("\n", "\r\n")[:after]
        assert talk.over


async def test_an_action_is_refused_without_being_run() -> None:
    async with talking() as (simulator, talk):
        simulator.on("Setvar", faults.refuse("Not today"))
        assert "Message: Not today" in await talk.ask("Action: Setvar\nVariable: X\nValue: 1")
        assert "Value: \n" in await talk.ask("Action: Getvar\nVariable: X")


async def test_logins_are_refused_for_a_while() -> None:
    async with talking("") as (simulator, talk):
        simulator.on("Login", faults.refuse_login(), times=1)
        await talk.say("Action: Login\nUsername: admin\nSecret: mysecret")
        assert await talk.hear(0.9) == ""
        assert "Authentication failed" in await talk.hear(0.2)
        assert talk.over
        again = Talk(simulator.connect())
        await again.hear()
        assert "Authentication accepted" in await again.log_in()


async def test_the_newest_handler_comes_first_and_may_pass_on() -> None:
    order: list[str] = []

    def note(name: str) -> Handler:
        async def handler(call: ActionCall) -> None:
            order.append(name)
            await call.usual()

        return handler

    async with talking() as (simulator, talk):
        simulator.on("*", note("all"))
        script = simulator.on("Ping", note("ping"))
        assert (await talk.ask(PING)).startswith(PONG)
        assert order == ["ping", "all"]
        script.remove()
        script.remove()
        await talk.ask(PING)
        assert order == ["ping", "all", "all"]


async def test_an_action_of_a_tests_own() -> None:
    def greet(call: ActionCall) -> None:
        call.respond([("Greeting", f"Hello {call.get('Name')}")])
        call.list_start("Greetings follow")
        call.item(Event("Greeting", {"To": call.get("Name")}))
        call.list_end(Event("GreetingComplete", {"Extra": "yes"}), 1)

    async with talking() as (simulator, talk):
        simulator.on("Greet", greet)
        assert await talk.ask("Action: Greet\nName: you\nActionID: g") == (
            "Response: Success\nActionID: g\nGreeting: Hello you\n\n"
            "Response: Success\nActionID: g\nEventList: start\nMessage: Greetings follow\n\n"
            "Event: Greeting\nActionID: g\nTo: you\n\n"
            "Event: GreetingComplete\nActionID: g\nEventList: Complete\nListItems: 1\n"
            "Extra: yes\n\n"
        )


async def test_a_handler_does_not_give_rights() -> None:
    async with talking("readonly", "ro") as (simulator, talk):
        simulator.on("Originate", faults.delay(0))
        assert "Permission denied" in await talk.ask("Action: Originate\nChannel: Local/a@b")


async def test_raw_bytes_reach_every_session() -> None:
    async with talking("") as (simulator, talk):
        simulator.send_raw(b"Event: Half")
        assert await talk.hear() == "Event: Half"


async def test_a_session_hangs_and_goes_on() -> None:
    async with talking(events="user") as (simulator, talk):
        (session,) = simulator.sessions
        session.stall()
        simulator.publish("UserEvent", [("UserEvent", "X")], privilege="user")
        assert await talk.ask(PING, 3600) == ""
        session.resume()
        heard = await talk.hear()
        assert names(heard) == ["UserEvent"]
        assert "Pong" in heard


async def test_a_session_that_does_not_read_still_writes() -> None:
    async with talking(events="user") as (simulator, talk):
        (session,) = simulator.sessions
        session.stall(writing=False)
        # One read is under way already; what comes behind it is not read.
        await talk.ask(PING)
        assert await talk.ask(PING, 5) == ""
        simulator.publish("UserEvent", [("UserEvent", "X")], privilege="user")
        assert names(await talk.hear()) == ["UserEvent"]


async def test_a_session_is_cut_with_half_a_frame() -> None:
    async with talking() as (simulator, talk):
        simulator.sessions[0].cut(b"Event: Torn\r\nPriv")
        assert await talk.hear() == "Event: Torn\nPriv"
        assert talk.over
        assert simulator.sessions == []


async def test_a_client_that_takes_nothing_is_cut_in_mid_frame() -> None:
    async with Simulator() as simulator:
        slow = Talk(simulator.connect(room=10_000))
        await slow.hear()
        await slow.log_in(events="user")
        for number in range(100):
            pad = ("Pad", 1000 * "x")
            simulator.publish("UserEvent", [("UserEvent", str(number)), pad], privilege="user")
        await anyio.sleep(0.09)
        assert len(simulator.sessions) == 1
        await anyio.sleep(0.02)
        assert simulator.sessions == []
        heard = await slow.hear()
        assert slow.over
        assert len(heard.replace("\n", "\r\n")) == 10_000
        assert not heard.endswith("\n\n")


async def test_a_user_may_be_given_more_time() -> None:
    async with Simulator() as simulator:
        slow = Talk(simulator.connect(room=10_000))
        await slow.hear()
        await slow.log_in("slow", "slow", "user")
        for _ in range(100):
            simulator.publish("UserEvent", [("Pad", 1000 * "x")], privilege="user")
        await anyio.sleep(0.9)
        assert names(await slow.hear()) == 100 * ["UserEvent"]
        assert not slow.over


async def test_a_backlog_of_events_is_bounded() -> None:
    async with talking(events="user", event_backlog=100) as (simulator, talk):
        await talk.say("Action: Originate\nChannel: Local/noanswer@h2\nApplication: Wait")
        await talk.hear(1)
        for _ in range(50):
            simulator.publish("UserEvent", [], privilege="user")
        await anyio.sleep(1)
        assert len(simulator.sessions) == 1
        for _ in range(50):
            simulator.publish("UserEvent", [], privilege="user")
        await talk.hear()
        assert talk.over


async def test_kicked_sessions_hear_nothing() -> None:
    async with talking() as (simulator, talk):
        simulator.kick()
        assert await talk.hear() == ""
        assert talk.over
        again = Talk(simulator.connect())
        assert "Asterisk Call Manager" in await again.hear()


async def test_a_server_that_stops_says_so() -> None:
    async with talking(events="system") as (simulator, talk):
        simulator.stop()
        assert await talk.hear() == (
            "Event: Shutdown\nPrivilege: system,all\nShutdown: Cleanly\nRestart: False\n\n"
        )
        assert talk.over
        with pytest.raises(ConnectionRefusedError):
            simulator.connect()


async def test_a_server_that_stops_gracefully_waits_for_the_last_call() -> None:
    async with talking(events="system") as (simulator, talk):
        await talk.ask("Action: Originate\nAsync: 1\nChannel: Local/answer@h2\nApplication: Echo")
        simulator.stop_gracefully()
        assert await talk.ask(PING) == (
            "Response: Error\nActionID: p\nMessage: Asterisk is shutting down\n\n"
        )
        late = Talk(simulator.connect())
        assert "Asterisk Call Manager" in await late.hear()
        assert "Asterisk is shutting down" in await late.log_in()
        assert not talk.over
        assert names(await talk.hear(5)) == ["Shutdown"]
        assert talk.over


async def test_a_restart_forgets_and_boots() -> None:
    async with talking() as (simulator, talk):
        await talk.ask("Action: Originate\nAsync: 1\nChannel: Local/wait@h2\nApplication: Echo")
        await talk.ask("Action: DBPut\nFamily: f\nKey: k\nVal: v")
        async with anyio.create_task_group() as tasks:

            async def restart() -> None:
                await simulator.restart(down_for=3, boot_time=2)

            tasks.start_soon(restart)
            assert await talk.hear() == ""
            assert talk.over
            await anyio.sleep(2)
            with pytest.raises(ConnectionRefusedError):
                simulator.connect()
        again = Talk(simulator.connect())
        await again.hear()
        login = await again.log_in(events="system")
        assert names(login) == []  # it is not booted, so FullyBooted comes later
        assert "Invalid/unknown command: QueueStatus." in await again.ask("Action: QueueStatus")
        assert "Pong" in await again.ask("Action: Ping")
        assert await again.hear(2) == (
            "Event: FullyBooted\nPrivilege: system,all\nStatus: Fully Booted\nUptime: 2\n"
            "LastReload: 2\n\n"
        )
        assert "QueueStatusComplete" in await again.ask("Action: QueueStatus")
        assert "Database entry not found" in await again.ask("Action: DBGet\nFamily: f\nKey: k")
        assert "ListItems: 0" in await again.ask("Action: CoreShowChannels")
        pong = await again.ask("Action: Ping")
        assert float(pong.split("Timestamp: ")[1]) > simulator.pbx.started > 1_700_000_003


async def test_a_server_that_is_down_comes_up_with_its_calls() -> None:
    async with talking() as (simulator, talk):
        await talk.ask("Action: Originate\nAsync: 1\nChannel: Local/wait@h2\nApplication: Echo")
        simulator.go_down()
        assert await talk.hear(100) == ""
        assert talk.over
        simulator.come_up()
        again = Talk(simulator.connect())
        await again.hear()
        await again.log_in(events="off")
        shown = events(await again.ask("Action: CoreShowChannels"))
        assert shown[-1]["ListItems"] == "2"


async def test_a_bug_in_a_handler_ends_the_simulator_with_that_very_error() -> None:
    bug = LookupError("mine")

    def handler(call: ActionCall) -> None:
        raise bug

    async def use() -> None:
        async with talking() as (simulator, talk):
            simulator.on("Ping", handler)
            await talk.ask(PING)
            await anyio.sleep_forever()

    with pytest.raises(LookupError) as caught:
        await use()
    assert caught.value is bug


async def test_a_bug_in_the_dialplan_ends_the_simulator() -> None:
    async def use() -> None:
        async with talking() as (simulator, talk):
            simulator.pbx.dialplan.load("[loop]\nexten => s,1,Goto(s,1)\n")
            await talk.ask(
                "Action: Originate\nAsync: 1\nChannel: Local/s@loop\nApplication: Wait", 1
            )

    with pytest.raises(RuntimeError, match="loops without waiting"):
        await use()


async def test_what_the_body_raises_comes_out_bare() -> None:
    error = ValueError("body")
    with pytest.raises(ValueError, match="body") as caught:
        async with Simulator():
            raise error
    assert caught.value is error


async def test_a_simulator_that_is_not_entered_serves_nobody() -> None:
    with pytest.raises(RuntimeError, match="async with"):
        Simulator().connect()


async def test_more_sessions_than_are_allowed_get_no_banner() -> None:
    async with talking(session_limit=1) as (simulator, talk):
        late = Talk(simulator.connect())
        assert await late.hear() == ""
        assert late.over
        assert "Pong" in await talk.ask(PING)
