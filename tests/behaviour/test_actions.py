"""Actions and their replies."""

from __future__ import annotations

import anyio
import pytest

import amitrio as ami
from amitrio import actions
from tests.behaviour.pbx import Pbx


async def test_ping(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        assert 0 < await client.ping() < 5
        reply = await client.send("Ping")
        assert reply["Ping"] == "Pong"
        assert float(reply["Timestamp"]) > 0


async def test_a_refused_action_raises_with_asterisks_own_message(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with pytest.raises(ami.ActionError, match="Filename not specified") as caught:
            await client.send("GetConfig")
        assert caught.value.message == "Filename not specified"
        assert caught.value.action == "GetConfig"
        assert caught.value.headers["Response"] == "Error"
        assert client.connected


async def test_a_configuration_file_is_an_ordered_structure(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        reply = await client.send("GetConfig", Filename="queues.conf")
    general, h2q, emptyq = reply.categories
    assert [category.name for category in (general, h2q, emptyq)] == ["general", "h2q", "emptyq"]
    assert h2q.variables[0] == ("strategy", "ringall")
    assert h2q.getall("member") == [
        "Local/member@h2/n,0,Agent One,Custom:h2a1",
        'Local/memberbusy@h2/n,1,Agent "Two": x',
    ]
    assert emptyq.variables == (("strategy", "linear"),)


async def test_a_configuration_file_that_is_not_there(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with pytest.raises(ami.ActionError, match="Config file not found"):
            await client.send("GetConfig", Filename="no-such.conf")


async def test_command_output_keeps_lines_blanks_and_colons(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        uptime = await client.command("core show uptime")
        assert uptime[0].startswith("System uptime: ")
        queue = await client.command("queue show h2q")
        assert queue[0].startswith("h2q has 0 calls (max unlimited) in 'ringall' strategy")
        assert "   Members: " in queue
        assert any(line.startswith("      Agent One (Local/member@h2/n") for line in queue)
        assert queue[-1] == ""


async def test_many_actions_have_each_their_own_answer(pbx: Pbx) -> None:
    names = [f"AMITRIO_MANY_{number}" for number in range(300)]
    settings = [actions.Setvar(variable=name, value=f"is {name}") for name in names]
    questions = [actions.Getvar(variable=name) for name in names]
    async with pbx.connect() as client:
        async for done in client.send_many(settings, at_once=50):
            assert done.error is None
        values = [answer.reply["Value"] async for answer in client.send_many(questions)]
    assert values == [f"is {name}" for name in names]


async def test_of_many_actions_one_is_refused_and_one_is_a_list(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        wanted = [
            ami.Action("Ping"),
            ami.Action("GetConfig"),
            ami.Action("QueueStatus", {"Queue": "h2q"}),
            ami.Action("NoSuchAction"),
            ami.Action("Ping", {"X": "a\nb"}),
            ami.Action("Ping"),
        ]
        answers = [answer async for answer in client.send_many(wanted)]
        assert [type(answer.error) for answer in answers] == [
            type(None),
            ami.ActionError,
            type(None),
            ami.UnknownAction,
            ValueError,
            type(None),
        ]
        assert isinstance(answers[2].reply, ami.ListReply)
        assert [event.queue for event in answers[2].reply.of(ami.QueueParams)] == ["h2q"]
        assert answers[5].reply["Ping"] == "Pong"


async def test_who_leaves_many_actions_is_not_answered_by_their_rest(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        async for answer in client.send_many(ami.Action("Ping") for _ in range(500)):
            assert answer.reply["Ping"] == "Pong"
            break
        reply = await client.send("Getvar", Variable="AMITRIO_NOT_SET")
        assert reply["Variable"] == "AMITRIO_NOT_SET"
        assert client.statistics().unmatched == 0


async def test_a_command_that_does_not_exist(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with pytest.raises(ami.ActionError, match="No such command"):
            await client.command("no such thing")


async def test_an_unknown_action_names_the_likely_causes(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        with pytest.raises(ami.UnknownAction, match="module") as caught:
            await client.send("NoSuchAction")
        assert "booting" in str(caught.value)


async def test_a_missing_privilege_is_named(pbx: Pbx) -> None:
    async with pbx.connect("limited") as client:
        with pytest.raises(ami.PermissionDenied, match="write=originate") as caught:
            await client.originate("Local/answer@h2", application="Wait", data="1")
        assert caught.value.needs == {"originate"}
        assert await client.ping() > 0


@pytest.mark.parametrize("value", ["x\r\nAction: Logoff", "x\ny", "x\ry", "x\0y", " x"])
async def test_what_asterisk_would_misread_is_refused_here(pbx: Pbx, value: str) -> None:
    async with pbx.connect() as client:
        with pytest.raises(ValueError, match=r"line break|begins with a blank"):
            await client.send("Setvar", Variable="AMITRIO_X", Value=value)
        assert await client.ping() > 0


async def test_variables_come_back_as_they_were_set(pbx: Pbx) -> None:
    value = 'a,b "c" \\d {e} ü 📞  '
    async with pbx.connect() as client:
        await client.send("Setvar", Variable="AMITRIO_GLOBAL", Value=value)
        reply = await client.send("Getvar", Variable="AMITRIO_GLOBAL")
    assert reply["Variable"] == "AMITRIO_GLOBAL"
    assert reply["Value"] == value


async def test_bytes_that_are_no_utf_8_survive(pbx: Pbx) -> None:
    value = b"caf\xe9 \xff".decode("utf-8", "surrogateescape")
    async with pbx.connect() as client:
        await client.send("Setvar", Variable="AMITRIO_BYTES", Value=value)
        reply = await client.send("Getvar", Variable="AMITRIO_BYTES")
    assert reply["Value"].encode("utf-8", "surrogateescape") == b"caf\xe9 \xff"


async def test_the_database(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        await client.send("DBPut", Family="amitrio", Key="k", Val="v: 1")
        (entry,) = await client.send("DBGet", Family="amitrio", Key="k")
        assert entry.kind == "DBGetResponse"
        assert entry["Val"] == "v: 1"
        await client.send("DBDel", Family="amitrio", Key="k")
        assert len(await client.send("DBGet", Family="amitrio", Key="k")) == 0


async def test_settings_and_status_of_the_server(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        settings = await client.send("CoreSettings")
        assert settings["AMIversion"] == client.asterisk.line.rpartition("/")[2]
        status = await client.send("CoreStatus")
        assert status["CoreCurrentCalls"].isdecimal()


async def test_the_actions_that_this_user_may_send(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        commands = await client.send("ListCommands")
        assert "(Priv: originate,all)" in commands["Originate"]
        assert "(Priv: <none>)" in commands["Ping"]


async def test_mailbox_counts(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        reply = await client.send("MailboxCount", Mailbox="100@default")
        assert reply.message == "Mailbox Message Count"
        assert reply["Mailbox"] == "100@default"
        assert reply["NewMessages"].isdecimal()


async def test_an_extension_and_its_state(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        reply = await client.send("ExtensionState", Exten="hinted", Context="h2")
        assert reply["Hint"] == "Custom:h2dev"
        assert reply["Status"].lstrip("-").isdecimal()


async def test_two_hundred_actions_at_once_each_get_their_own_answer(pbx: Pbx) -> None:
    values: dict[str, str] = {}
    async with pbx.connect() as client:

        async def ask(number: int) -> None:
            name = f"AMITRIO_{number}"
            await client.send("Setvar", Variable=name, Value=str(number))
            values[name] = (await client.send("Getvar", Variable=name))["Value"]

        async with anyio.create_task_group() as tasks:
            for number in range(200):
                tasks.start_soon(ask, number)
    assert values == {f"AMITRIO_{number}": str(number) for number in range(200)}


async def test_a_late_answer_to_a_cancelled_action_reaches_nobody_else(pbx: Pbx) -> None:
    async with pbx.connect() as client:
        for number in range(20):
            with anyio.move_on_after(0):
                await client.send("Setvar", Variable="AMITRIO_LATE", Value=str(number))
            reply = await client.send("Getvar", Variable="AMITRIO_NONE")
            assert reply["Variable"] == "AMITRIO_NONE"
