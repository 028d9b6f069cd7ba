"""What actions answer, byte for byte; every transcript was had from real servers."""

from __future__ import annotations

import re

import pytest

from amitrio.protocol.privileges import privilege_text
from amitrio.simulator.actions import ACTIONS
from tests.simulator.talk import events, frames, names, talking

pytestmark = pytest.mark.virtual_time


def _error(message: str) -> str:
    return f"Response: Error\nActionID: a\nMessage: {message}\n\n"


def _success(*lines: str) -> str:
    return "\n".join(["Response: Success", "ActionID: a", *lines, "", ""])


SIMPLE = [
    # Hangup, Redirect, AbsoluteTimeout
    ("Hangup", _error("No channel specified")),
    ("Hangup\nChannel: nope", _error("No such channel")),
    ("Hangup\nChannel: /x", _error("Regex format invalid, Channel param should be /regex/")),
    ("Hangup\nChannel: /(/", _error("Regex compile failed on: /(/")),
    ("Redirect", _error("Channel not specified")),
    ("Redirect\nChannel: x", _error("Context not specified")),
    ("Redirect\nChannel: x\nContext: h2", _error("Exten not specified")),
    ("Redirect\nChannel: x\nContext: h2\nExten: e", _error("Priority not specified")),
    (
        "Redirect\nChannel: x\nContext: h2\nExten: e\nPriority: x",
        _error("Priority is invalid"),
    ),
    (
        "Redirect\nChannel: x\nContext: h2\nExten: e\nPriority: 1",
        _error("Channel does not exist: x"),
    ),
    (
        "Redirect\nChannel: x\nContext: h\nExten: e\nPriority: 1\nExtraChannel: y\nExtraContext: h",
        _error("ExtraExten not specified"),
    ),
    ("AbsoluteTimeout", _error("No channel specified")),
    ("AbsoluteTimeout\nChannel: x", _error("No timeout specified")),
    ("AbsoluteTimeout\nChannel: x\nTimeout: 1", _error("No such channel")),
    # Originate
    ("Originate", _error("Channel not specified")),
    ("Originate\nChannel: x", _error("Invalid channel")),
    ("Originate\nChannel: Local/x@h2\nPriority: x", _error("Invalid priority")),
    ("Originate\nChannel: Local/x@h2\nTimeout: x", _error("Invalid timeout")),
    (
        "Originate\nChannel: Local/x@h2\nContext: h2\nExten: nope\nPriority: 1",
        _error("Extension does not exist."),
    ),
    (
        "Originate\nChannel: Local/wait@h2",
        _error("Originate with 'Exten' requires 'Context' and 'Priority'"),
    ),
    ("Originate\nChannel: Nope/x\nApplication: Wait", _error("Originate failed")),
    ("Originate\nChannel: PJSIP/alice\nApplication: Wait", _error("Originate failed")),
    (
        f"Originate\nChannel: Local/x@h2\nChannelId: {150 * 'i'}",
        _error("Uniqueid length exceeds maximum of 149\n"),
    ),
    # variables
    ("Setvar", _error("No variable specified")),
    ("Setvar\nVariable: X\nChannel: nope", _error("No such channel")),
    ("Setvar\nVariable: NOPE(x)\nValue: 1", _error("Variable not set")),
    ("Setvar\nVariable: X\nValue: 1", _success("Message: Variable Set")),
    ("Getvar", _error("No variable specified")),
    ("Getvar\nVariable: X\nChannel: nope", _error("No such channel")),
    ("Getvar\nVariable: GLOB", _success("Variable: GLOB", "Value: global value")),
    ("Getvar\nVariable: NOPE", _success("Variable: NOPE", "Value: ")),
    # the database
    ("DBPut", _error("No family specified")),
    ("DBPut\nFamily: f", _error("No key specified")),
    ("DBPut\nFamily: f\nKey: k", _success("Message: Updated database successfully")),
    ("DBGet", _error("No family specified.")),
    ("DBGet\nFamily: f\nKey: nope", _error("Database entry not found")),
    ("DBDel\nFamily: f", _error("No key specified.")),
    ("DBDel\nFamily: f\nKey: nope", _error("Database entry could not be deleted")),
    ("DBDelTree", _error("No family specified.")),
    ("DBDelTree\nFamily: nope", _error("Database entry not found")),
    # queues
    ("QueueAdd", _error("'Queue' not specified.")),
    ("QueueAdd\nQueue: h2q", _error("'Interface' not specified.")),
    (
        "QueueAdd\nQueue: nope\nInterface: x",
        _error("Unable to add interface to queue: No such queue"),
    ),
    (
        "QueueAdd\nQueue: h2q\nInterface: Local/member@h2/n",
        _error("Unable to add interface: Already there"),
    ),
    ("QueueAdd\nQueue: h2q\nInterface: x", _success("Message: Added interface to queue")),
    ("QueueRemove", _error("Need 'Queue' and 'Interface' parameters.")),
    (
        "QueueRemove\nQueue: nope\nInterface: x",
        _error("Unable to remove interface from queue: No such queue"),
    ),
    ("QueueRemove\nQueue: h2q\nInterface: x", _error("Unable to remove interface: Not there")),
    ("QueueRemove\nQueue: h2q\nInterface: Local/member@h2/n", _error("Member not dynamic")),
    ("QueuePause", _error("Need 'Interface' and 'Paused' parameters.")),
    ("QueuePause\nInterface: x\nPaused: yes", _error("Interface not found")),
    ("QueuePenalty\nInterface: x", _error("Need 'Interface' and 'Penalty' parameters.")),
    (
        "QueuePenalty\nInterface: x\nPenalty: 1",
        _error("Invalid interface, queuename or penalty"),
    ),
    (
        "QueueMemberRingInUse\nInterface: x\nRingInUse: maybe",
        _error("'RingInUse' parameter must be a truth value (yes/no, on/off, 0/1, etc)"),
    ),
    ("QueueReset", _success("Message: Queue stats reset successfully")),
    ("QueueRule\nRule: nope", "Response: Success\nActionID: a\n\n\n"),
    (
        "QueueRule",
        "Response: Success\nActionID: a\nRuleList: myrule\nRule: 30,+3,+0\nRule: 60,10,+2\n\n\n",
    ),
    # bridges
    ("Bridge", _error("Missing channel parameter in request")),
    ("Bridge\nChannel1: x\nChannel2: y", _error("Channel1 does not exist: x")),
    ("BridgeInfo", _error("BridgeUniqueid must be provided")),
    ("BridgeInfo\nBridgeUniqueid: x", _error("Specified BridgeUniqueid not found")),
    ("BridgeDestroy\nBridgeUniqueid: x", _error("Specified BridgeUniqueid not found")),
    ("BridgeKick", _error("Channel must be provided")),
    ("BridgeKick\nChannel: x", _error("Channel does not exist")),
    ("BlindTransfer", _error("No channel specified")),
    ("BlindTransfer\nChannel: x", _error("No extension specified")),
    ("BlindTransfer\nChannel: x\nExten: y", _error("Channel specified does not exist")),
    # states
    ("ExtensionState", _error("Extension not specified")),
    (
        "ExtensionState\nExten: hinted\nContext: h2",
        _success(
            "Message: Extension Status",
            "Exten: hinted",
            "Context: h2",
            "Hint: Custom:h2dev",
            "Status: 0",
            "StatusText: Idle",
        ),
    ),
    (
        "ExtensionState\nExten: 100",
        _success(
            "Message: Extension Status",
            "Exten: 100",
            "Context: default",
            "Hint: PJSIP/alice",
            "Status: 4",
            "StatusText: Unavailable",
        ),
    ),
    (
        "ExtensionState\nExten: nope\nContext: h2",
        _success(
            "Message: Extension Status",
            "Exten: nope",
            "Context: h2",
            "Hint: ",
            "Status: -1",
            "StatusText: Unknown",
        ),
    ),
    ("PresenceState", _error("No provider specified")),
    (
        "PresenceState\nProvider: Nope:x",
        _error("Invalid provider Nope:x or provider in invalid state"),
    ),
    (
        "PresenceState\nProvider: CustomPresence:x",
        _success("Message: Presence State", "State: not_set"),
    ),
    ("MailboxCount", _error("Mailbox not specified")),
    (
        "MailboxCount\nMailbox: 100@default",
        _success(
            "Message: Mailbox Message Count",
            "Mailbox: 100@default",
            "UrgMessages: 0",
            "NewMessages: 0",
            "OldMessages: 0",
        ),
    ),
    (
        "MailboxStatus\nMailbox: nope",
        _success("Message: Mailbox Status", "Mailbox: nope", "Waiting: 0"),
    ),
    # configuration files
    ("GetConfig", _error("Filename not specified")),
    ("GetConfig\nFilename: nope.conf", _error("Config file not found")),
    ("GetConfig\nFilename: /etc/passwd", _error("File requires escalated privileges")),
    (
        "GetConfig\nFilename: queuerules.conf",
        _success(
            "Category-000000: general",
            "Category-000001: myrule",
            "Line-000001-000000: penaltychange=30,+3",
            "Line-000001-000001: penaltychange=60,10,+2",
        ),
    ),
    ("GetConfig\nFilename: queues.conf\nCategory: nope", _success("No categories found")),
    (
        "GetConfigJSON\nFilename: queuerules.conf\nCategory: myrule",
        _success('JSON: {"myrule":{"penaltychange":"30,+3","penaltychange":"60,10,+2"}}'),
    ),
    (
        "ListCategories\nFilename: queues.conf",
        _success("Category-000000: general", "Category-000001: h2q", "Category-000002: emptyq"),
    ),
    # the console
    ("Command", _error("No command provided")),
    ("Command\nCommand: module load x", _error("Command blacklisted")),
    (
        "Command\nCommand: nonexistent cmd",
        (
            "Response: Error\nActionID: a\nMessage: Command output follows\n"
            "Output: No such command 'nonexistent cmd' (type 'core show help nonexistent cmd' for"
            " other possible commands)\n\n"
        ),
    ),
    (
        "Command\nCommand: core show channels count",
        _success(
            "Message: Command output follows",
            "Output: 0 active channels",
            "Output: 0 active calls",
            "Output: 0 calls processed",
        ),
    ),
    (
        "Command\nCommand: core show channels concise",
        _success("Message: Command output follows", "Output: "),
    ),
    (
        "Command\nCommand: database show nope",
        _success("Message: Command output follows", "Output: 0 results found."),
    ),
    (
        "Command\nCommand: dialplan show nope",
        (
            "Response: Error\nActionID: a\nMessage: Command output follows\n"
            "Output: There is no existence of 'nope' context\n"
            "Output: Command 'dialplan show nope' failed.\n\n"
        ),
    ),
    # the server
    ("Reload\nModule: nope", _error("No such module")),
    ("Reload\nModule: app_dial.so", _error("Module does not support reload")),
    ("LoggerRotate", _success("Message: Reloaded the logger and rotated log files")),
    ("CoreShowChannelMap", _error("CoreShowChannelMap requires a channel.\n")),
    ("CoreShowChannelMap\nChannel: x", _error("Could not get channel snapshot\n")),
]


@pytest.mark.parametrize(("action", "answer"), SIMPLE, ids=lambda text: repr(text)[:40])
async def test_an_answer(action: str, answer: str) -> None:
    async with talking() as (_, talk):
        name, _, rest = action.partition("\n")
        assert await talk.ask(f"Action: {name}\nActionID: a\n{rest}".rstrip("\n"), 2) == answer


EMPTY_LISTS = [
    ("CoreShowChannels", "Channels will follow", "CoreShowChannelsComplete", ""),
    ("Status", "Channel status will follow", "StatusComplete", "Items: 0\n"),
    ("BridgeList", "Bridge listing will follow", "BridgeListComplete", ""),
    ("QueueStatus\nQueue: nope", "Queue status will follow", "QueueStatusComplete", ""),
    ("QueueSummary\nQueue: nope", "Queue summary will follow", "QueueSummaryComplete", ""),
    ("DBGetTree\nFamily: nope", "Result will follow", "DBGetTreeComplete", ""),
    (
        "PresenceStateList",
        "Presence State Changes will follow",
        "PresenceStateListComplete",
        "",
    ),
    (
        "Hangup\nChannel: /nope/",
        "Channels hung up will follow",
        "ChannelsHungupListComplete",
        "",
    ),
]


@pytest.mark.parametrize(("action", "message", "complete", "extra"), EMPTY_LISTS)
async def test_an_empty_list(action: str, message: str, complete: str, extra: str) -> None:
    async with talking() as (_, talk):
        assert await talk.ask(f"Action: {action}\nActionID: l") == (
            f"Response: Success\nActionID: l\nEventList: start\nMessage: {message}\n\n"
            f"Event: {complete}\nActionID: l\nEventList: Complete\nListItems: 0\n{extra}\n"
        )


async def test_items_bear_their_action_id_first_or_last() -> None:
    async with talking() as (_, talk):
        await talk.say("Action: DBPut\nFamily: f\nKey: a/b\nVal: v: x")
        await talk.hear()
        assert await talk.ask("Action: DBGet\nFamily: f\nKey: a/b\nActionID: d") == (
            "Response: Success\nActionID: d\nEventList: start\nMessage: Result will follow\n\n"
            "Event: DBGetResponse\nFamily: f\nKey: a/b\nVal: v: x\nActionID: d\n\n"
            "Event: DBGetComplete\nActionID: d\nEventList: Complete\nListItems: 1\n\n"
        )
        heard = frames(await talk.ask("Action: ExtensionStateList\nActionID: e"))
        assert heard[1][:2] == [("Event", "ExtensionStatus"), ("ActionID", "e")]


@pytest.mark.parametrize(("release", "count"), [("22", "2"), ("16", "1")])
async def test_16_does_not_count_its_trees(release: str, count: str) -> None:
    async with talking(release=release) as (_, talk):
        await talk.ask("Action: DBPut\nFamily: f\nKey: a\nVal: 1")
        await talk.ask("Action: DBPut\nFamily: f\nKey: b\nVal: 2")
        complete = events(await talk.ask("Action: DBGetTree\nFamily: f"))[-1]
        assert complete["ListItems"] == count


async def test_a_variable_is_told_with_escapes_and_read_without() -> None:
    async with talking(events="dialplan") as (_, talk):
        value = "back\\slash \"dq\" 'sq' q? tab\there"
        heard = await talk.ask(f"Action: Setvar\nVariable: ESC\nValue: {value}")
        (event,) = events(heard)
        assert event == {
            "Event": "VarSet",
            "Privilege": "dialplan,all",
            "Channel": "none",
            "Uniqueid": "none",
            "Variable": "ESC",
            "Value": "back\\\\slash \\\"dq\\\" \\'sq\\' q\\? tab\\there",
        }
        assert f"Value: {value}\n" in await talk.ask("Action: Getvar\nVariable: ESC")


async def test_getvar_is_cut_at_1023_bytes() -> None:
    async with talking() as (_, talk):
        await talk.ask(f"Action: Setvar\nVariable: A\nValue: {900 * 'a'}")
        await talk.ask(f"Action: Setvar\nVariable: B\nValue: {900 * 'b'}")
        assert "Response: Success" in await talk.ask("Action: Getvar\nVariable: A")
        async with talking(setup=lambda pbx: pbx.set_global("LONG", 2000 * "x")) as (_, other):
            heard = await other.ask("Action: Getvar\nVariable: LONG")
            assert heard.count("x") == 1023


async def test_queues_in_detail() -> None:
    async with talking() as (_, talk):
        heard = frames(await talk.ask("Action: QueueStatus\nQueue: H2Q\nActionID: q"))
        assert [frame[0][1] for frame in heard] == [
            "Success",
            "QueueParams",
            "QueueMember",
            "QueueMember",
            "QueueStatusComplete",
        ]
        assert dict(heard[1]) == {
            "Event": "QueueParams",
            "Queue": "h2q",
            "Max": "0",
            "Strategy": "ringall",
            "Calls": "0",
            "Holdtime": "0",
            "TalkTime": "0",
            "Completed": "0",
            "Abandoned": "0",
            "ServiceLevel": "0",
            "ServicelevelPerf": "0.0",
            "ServicelevelPerf2": "0.0",
            "Weight": "0",
            "ActionID": "q",
        }
        assert heard[2][-1] == ("ActionID", "q")
        assert dict(heard[2])["StateInterface"] == "Custom:h2a1"


async def test_a_member_comes_is_paused_and_goes() -> None:
    async with talking(events="agent") as (_, talk):
        member = "Interface: Local/noanswer@h2"
        heard = await talk.ask(
            f"Action: QueueAdd\nQueue: emptyq\n{member}\nMemberName: Dyn\nPenalty: 2"
        )
        heard += await talk.ask(f"Action: QueuePause\n{member}\nPaused: true\nReason: lunch")
        heard += await talk.ask(f"Action: QueuePenalty\n{member}\nPenalty: 5")
        heard += await talk.ask(f"Action: QueueMemberRingInUse\n{member}\nRingInUse: no")
        heard += await talk.ask(f"Action: QueuePause\n{member}\nPaused: no\nReason: back")
        heard += await talk.ask(f"Action: QueueRemove\nQueue: emptyq\n{member}")
        told = events(heard)
        assert [
            (
                each["Event"],
                each["Penalty"],
                each["Paused"],
                each["PausedReason"],
                each["Ringinuse"],
            )
            for each in told
        ] == [
            ("QueueMemberAdded", "2", "0", "", "1"),
            ("QueueMemberPause", "2", "1", "lunch", "1"),
            ("QueueMemberPenalty", "5", "1", "lunch", "1"),
            ("QueueMemberRinginuse", "5", "1", "lunch", "0"),
            ("QueueMemberPause", "5", "0", "back", "0"),
            ("QueueMemberRemoved", "5", "0", "", "0"),
        ]
        assert told[0]["Membership"] == "dynamic"
        assert told[0]["Status"] == "1"


async def test_16_tells_the_reason_of_a_pause_once_more() -> None:
    async with talking(events="agent", release="16") as (_, talk):
        await talk.ask("Action: QueueAdd\nQueue: emptyq\nInterface: x")
        heard = await talk.ask("Action: QueuePause\nInterface: x\nPaused: 1\nReason: r")
        assert heard.rstrip("\n").endswith(
            "PausedReason: r\nRinginuse: 1\nWrapuptime: 0\nReason: r"
        )


async def test_hints_and_presences_tell_their_changes() -> None:
    async with talking(events="call") as (_, talk):
        change = "Action: Command\nCommand: devstate change Custom:h2dev"
        heard = await talk.ask(f"{change} RINGING")
        assert "Output: Changing h2dev to RINGING\n" in heard
        assert [(each["Event"], each.get("StatusText")) for each in events(heard)] == [
            ("ExtensionStatus", "Ringing"),
            ("DeviceStateChange", None),
        ]
        assert names(await talk.ask(f"{change} RINGING")) == []
        devices = await talk.ask("Action: DeviceStateList")
        assert "Device: Custom:h2dev\nState: RINGING\n" in devices
        presence = 'presencestate change CustomPresence:h2p "Away,lunch,it\'s late"'
        heard = await talk.ask(f"Action: Command\nCommand: {presence}")
        assert [(each["Event"], each["Message"]) for each in events(heard)] == [
            ("PresenceStatus", "it's late"),
            ("PresenceStateChange", r"it\'s late"),  # which alone is escaped
        ]
        answer = await talk.ask("Action: PresenceState\nProvider: CustomPresence:h2p")
        assert answer == (
            "Response: Success\nMessage: Presence State\nState: away\nSubtype: lunch\n"
            "Message: it's late\nPresenceMessage: it's late\n\n"
        )


async def test_mail_waits() -> None:
    async with talking(events="call") as (simulator, talk):
        simulator.pbx.voicemail.set_counts("100", new=2, old=1, urgent=1)
        heard = await talk.hear()
        assert "Mailbox: 100@default\nWaiting: 1\nNew: 3\nOld: 1\n" in heard
        answer = await talk.ask("Action: MailboxCount\nMailbox: 100@default")
        assert "UrgMessages: 1\nNewMessages: 2\nOldMessages: 1\n" in answer


async def test_a_reload_is_told_behind_its_answer() -> None:
    async with talking(events="system") as (simulator, talk):
        await talk.hear(90)
        assert await talk.ask("Action: Reload\nActionID: r") == (
            "Response: Success\nActionID: r\nMessage: Module Reloaded\n\n"
            "Event: Reload\nPrivilege: system,all\nModule: All\nStatus: 0\n\n"
        )
        uptime = await talk.ask("Action: Command\nCommand: core show uptime", 1)
        assert "Output: System uptime: 1 minute, 30 seconds\nOutput: Last reload: \n" in uptime
        assert simulator.pbx.reloaded > simulator.pbx.started


async def test_status_and_settings_of_the_server() -> None:
    async with talking(start=0.0) as (_, talk):
        await talk.hear(3600)
        assert await talk.ask("Action: CoreStatus\nActionID: c") == _success(
            "CoreStartupDate: 1970-01-01",
            "CoreStartupTime: 00:00:00",
            "CoreReloadDate: 1970-01-01",
            "CoreReloadTime: 00:00:00",
            "CoreCurrentCalls: 0",
            "CoreProcessedCalls: 0",
        ).replace("ActionID: a", "ActionID: c")
        settings = frames(await talk.ask("Action: CoreSettings"))[0]
        assert settings[1] == ("AMIversion", "11.0.0")
        assert settings[-1] == ("SoundsSearchCustomDir", "No")


async def test_16_has_fewer_of_both() -> None:
    async with talking(release="16") as (_, talk):
        assert "CoreProcessedCalls" not in await talk.ask("Action: CoreStatus")
        assert "SoundsSearchCustomDir" not in await talk.ask("Action: CoreSettings")
        assert "Invalid/unknown command" in await talk.ask("Action: CoreShowChannelMap")


async def test_list_commands_tells_what_there_is() -> None:
    async with talking() as (_, talk):
        (frame,) = frames(await talk.ask("Action: ListCommands\nActionID: l"))
        told = dict(frame[2:])
        assert set(told) == {each.name for each in ACTIONS.values()}
        for each in ACTIONS.values():
            assert told[each.name].endswith(f"  (Priv: {privilege_text(each.privilege)})")
        assert re.fullmatch(r".*\.  \(Priv: system,call,all\)", told["Hangup"])
