"""Originate.

Law: what is wrong with the headers is said at once and in Asterisk's order; a call that is made
synchronously holds the session until it is answered or not, and its events with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import anyio

from amitrio.models.generated.enums import OriginateReason, OriginateResult
from amitrio.models.generated.events.channels import OriginateResponse
from amitrio.protocol.privileges import PRIVILEGES, is_true
from amitrio.simulator.actions.registry import action
from amitrio.simulator.calls import ActionCall, leading_number
from amitrio.simulator.channels import ChannelIds, Party
from amitrio.simulator.originate import Origination, Outcome
from amitrio.simulator.spelling import known

_LONGEST_ID = 149  # AST_MAX_PUBLIC_UNIQUEID
_DEFAULT_TIMEOUT = 30_000  # milliseconds

SYSTEM, AGI = PRIVILEGES["system"], PRIVILEGES["agi"]
# originate_app_permissions[]: applications, in any case, and words in their data, as they stand.
_GUARDED_APPLICATIONS = (
    "agi",
    "dbdeltree",
    "exec",
    "externalivr",
    "mixmonitor",
    "originate",
    "reload",
    "system",
)
_GUARDED_DATA = ("CURL", "DB", "EVAL", "FILE", "ODBC", "REALTIME", "SHELL")


@action("Originate", "Make a call.", "originate")
async def originate(call: ActionCall) -> None:
    """Call a channel and connect it to an extension or an application."""
    problem = _problem(call)
    if problem is not None:
        call.error(problem)
        return
    wanted = _origination(call)
    if is_true(call.get("Async")):
        _make_async(call, wanted)
        call.ack("Originate successfully queued")
        return
    if not wanted.application and not (wanted.exten and wanted.context and wanted.priority):
        call.error("Originate with 'Exten' requires 'Context' and 'Priority'")
        return
    outcome = await _make(call, wanted)
    if outcome.answered:
        call.ack("Originate successfully queued")
    else:
        call.error("Originate failed")


def _problem(call: ActionCall) -> str | None:
    """What is wrong with the action, looked for in the order of action_originate()."""
    return next((message for wrong, message in _CHECKS if wrong(call)), None)


def _has_long_id(call: ActionCall) -> bool:
    return any(len(call.get(name)) > _LONGEST_ID for name in ("ChannelId", "OtherChannelId"))


def _is_no_number(name: str) -> Callable[[ActionCall], bool]:
    return lambda call: bool(call.get(name)) and not _is_number(call.get(name))


def _leads_nowhere(call: ActionCall) -> bool:
    priority = call.number("Priority")
    place = (call.get("Context"), call.get("Exten"), priority)
    return bool(priority) and not call.pbx.dialplan.exists(*place)


def _is_number(text: str) -> bool:
    return re.match(r"\s*[-+]?\d", text) is not None


def _permitted(call: ActionCall) -> bool:
    """Whether the user may originate into that application (is_originate_app_permitted)."""
    application, data = call.get("Application").lower(), call.get("Data")
    if not application:
        return True
    may = call.session.may_run
    if any(word in application for word in _GUARDED_APPLICATIONS):
        return may(SYSTEM)
    if "queue" in application and data.count(",") >= 5 and data.split(",")[5]:
        return may(SYSTEM | AGI)
    return may(SYSTEM) or not any(word in data for word in _GUARDED_DATA)


_CHECKS: tuple[tuple[Callable[[ActionCall], bool], str], ...] = (
    (_has_long_id, f"Uniqueid length exceeds maximum of {_LONGEST_ID}\n"),
    (lambda call: not call.get("Channel"), "Channel not specified"),
    (_is_no_number("Priority"), "Invalid priority"),
    (_is_no_number("Timeout"), "Invalid timeout"),
    (lambda call: "/" not in call.get("Channel"), "Invalid channel"),
    (
        lambda call: not _permitted(call),
        "Originate Access Forbidden: app or data blacklisted",
    ),
    (_leads_nowhere, "Extension does not exist."),
)


def _origination(call: ActionCall) -> Origination:
    timeout = leading_number(call.get("Timeout"), _DEFAULT_TIMEOUT)
    return Origination(
        channel=call.get("Channel"),
        context=call.get("Context"),
        exten=call.get("Exten"),
        priority=call.number("Priority"),
        application=call.get("Application"),
        data=call.get("Data"),
        timeout=timeout / 1000,
        caller=parse_caller(call.get("CallerID")),
        account=call.get("Account"),
        variables=tuple(reversed(_variables(call))),
        ids=ChannelIds(call.get("ChannelId"), call.get("OtherChannelId")),
    )


def _make_async(call: ActionCall, wanted: Origination) -> None:
    pbx, action_id = call.pbx, call.id

    def settled(outcome: Outcome) -> None:
        pbx.publish(_response(wanted, outcome), first=action_id)

    pbx.originate(wanted, settled)


async def _make(call: ActionCall, wanted: Origination) -> Outcome:
    outcomes: list[Outcome] = []
    over = anyio.Event()

    def settled(outcome: Outcome) -> None:
        outcomes.append(outcome)
        over.set()

    call.pbx.originate(wanted, settled)
    await over.wait()
    return outcomes[0]


def _response(wanted: Origination, outcome: Outcome) -> OriginateResponse:
    channel, runs = outcome.channel, bool(wanted.application)
    return OriginateResponse(
        response=OriginateResult.SUCCESS if outcome.answered else OriginateResult.FAILURE,
        channel=channel.name if channel else wanted.channel,
        context=None if runs else wanted.context,
        exten=None if runs else wanted.exten,
        application=wanted.application if runs else None,
        data=wanted.data if runs else None,
        reason=OriginateReason(outcome.reason),
        uniqueid=channel.uniqueid if channel else known(wanted.ids.first),
        caller_id_num=known(wanted.caller.number),
        caller_id_name=known(wanted.caller.name),
    )


def _variables(call: ActionCall) -> list[tuple[str, str]]:
    """All `Variable:` headers, each a list of its own, in the order in which they stand."""
    items = (item for value in call.request.getall("Variable") for item in split_arguments(value))
    pairs = (item.partition("=") for item in items)
    return [(name, value) for name, equals, value in pairs if name and equals]


def split_arguments(text: str) -> list[str]:
    """Split at commas, except inside quotes and brackets and behind a backslash.

    Quotes and backslashes are taken out, brackets stay (__ast_app_separate_args).
    """
    found, part = list[str](), list[str]()
    quoted, depth, letters = False, {"(": 0, "[": 0}, iter(text)
    for letter in letters:
        if letter == "\\":
            part.append(next(letters, ""))
        elif letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted and not any(depth.values()):
            found.append("".join(part))
            part.clear()
        else:
            _count_brackets(depth, letter)
            part.append(letter)
    return [*found, "".join(part)]


def _count_brackets(depth: dict[str, int], letter: str) -> None:
    if letter in depth:
        depth[letter] += 1
    opening = {")": "(", "]": "["}.get(letter)
    if opening is not None and depth[opening]:
        depth[opening] -= 1


def parse_caller(text: str) -> Party:
    """Read `"Name" <number>`, `Name <number>`, or a bare number or name (ast_callerid_parse)."""
    bare = _unquoted(text.strip())
    before, opening, after = bare.rpartition("<")
    if opening:
        return Party(_shrunk(after.rpartition(">")[0] or after), _name(before))
    if bare == text.strip() and re.fullmatch(r"[0-9*#+]+", _shrunk(bare)):
        return Party(_shrunk(bare))
    return Party("", _name(bare))


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _name(text: str) -> str:
    """A name without its quotes, and without the backslashes inside (ast_unescape_quoted)."""
    return re.sub(r"\\(.)", r"\1", _unquoted(text.strip()))


def _shrunk(number: str) -> str:
    """Without brackets, blanks and dashes, and without dots but the last."""
    return re.sub(r"[() -]|\.(?!$)", "", number)
