"""only=: Asterisk is told which events a program will ask for, and more may come, never less."""

from __future__ import annotations

import re

import pytest

import amitrio as ami
from amitrio.client.only import Only
from amitrio.models import event_kinds, listed_by, read_class
from amitrio.protocol import Request
from tests.client.peer import CHALLENGE, Peer
from tests.client.waiting import Beside, quiet

OWN = "FullyBooted|OriginateResponse|Shutdown"


def said(only: Only) -> str | None:
    action = only.filter()
    return None if action is None else str(action.get("Filter"))


# The mask ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "mask"),
    [
        ([], "system"),
        (["Hangup"], "system,call"),
        ([ami.Hangup, ami.Newchannel], "system,call"),
        (["queuecallerjoin", ami.UserEvent], "system,agent,user"),
        (["Queue*"], "system,agent"),
        (["Agent*", "Cdr", "DTMFEnd"], "system,agent,dtmf,cdr"),
        (["QueueEntry"], "system"),  # an item of a list, which passes any mask
        (["*"], "on"),
        ([ami.Event], "on"),
    ],
)
@pytest.mark.filterwarnings("ignore::amitrio.UnknownEventWarning")
def test_the_mask_has_the_classes_of_the_kinds(
    kinds: list[str | type[ami.Event]], mask: str
) -> None:
    assert Only.of(kinds).mask(22) == mask


@pytest.mark.parametrize("kinds", [["Hangup", "MyOwnThing"], ["Novel*"]])
def test_of_an_unknown_kind_the_class_is_unknown(kinds: list[str]) -> None:
    with pytest.warns(ami.UnknownEventWarning):
        assert Only.of(kinds).mask(22) == "on"


@pytest.mark.parametrize("release", [None, 1, 13, 15])
def test_an_old_release_may_have_other_classes(release: int | None) -> None:
    assert Only.of(["Newexten"]).mask(release) == "on"
    assert Only.of(["Newexten"]).mask(16) == "system,dialplan"


def test_every_kind_that_comes_by_itself_has_a_class() -> None:
    for kind in event_kinds():
        assert read_class(kind) is not None or listed_by(kind) or kind == "CloseSession", kind


# The filter --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "beginnings"),
    [
        ([], OWN),
        (["HANGUP", ami.Newchannel], "FullyBooted|Hangup|Newchannel|OriginateResponse|Shutdown"),
        (["Fully*"], f"FullyBooted|OriginateResponse|Shutdown|{'[Ff][Uu][Ll][Ll][Yy]'}"),
        (["aoc-?"], f"{OWN}|[Aa][Oo][Cc]-"),
        (["Hang[uU]p"], f"{OWN}|[Hh][Aa][Nn][Gg]"),
    ],
)
def test_the_filter_says_how_names_begin(
    kinds: list[str | type[ami.Event]], beginnings: str
) -> None:
    assert said(Only.of(kinds)) == f"^Event: ({beginnings})"


@pytest.mark.filterwarnings("ignore::amitrio.UnknownEventWarning")
@pytest.mark.parametrize("kinds", [["*"], ["Hangup", "*Complete"], ["??ngup"], ["é"], ["a(b", ""]])
def test_a_name_without_a_beginning_has_no_filter(kinds: list[str]) -> None:
    assert said(Only.of(kinds)) is None


@pytest.mark.parametrize("many", [1, 40, 60])
def test_the_filter_lets_each_kind_pass_and_fits_its_line(many: int) -> None:
    kinds = [kind for kind in event_kinds() if read_class(kind) is not None][:many]
    expression = said(Only.of(kinds))
    assert expression is not None
    assert len(expression) <= 1000
    for kind in kinds:
        assert re.search(expression, f"Event: {kind}\r\nPrivilege: x\r\n"), kind
    assert not re.search(expression, "Event: Zzz\r\nText: Event: Hangup\r\n")


def test_more_kinds_than_a_line_holds_have_no_filter() -> None:
    """Of two filters, the first would hide what only the second lets through."""
    kinds = [kind for kind in event_kinds() if read_class(kind) is not None]
    assert said(Only.of(kinds)) is None
    assert Only.of(kinds).mask(22).startswith("system,call,agent,")


# What was asked for ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "wanted", "covered"),
    [
        ("Hangup", "hangup", True),
        ("Hangup", "HangupRequest", False),
        ("Hangup", "Hang*", False),
        ("Hangup", "*", True),  # whatever comes
        ("Hang*", "HangupRequest", True),
        ("Hang*", "hangup*", True),
        ("Hang*", "H*", False),
        ("Hang*", "hang*", True),
        ("Hang??", "Hangup", True),
        ("Hang??", "Hang??", True),
        ("Hangu?", "Hangu*", False),
        ("Hang[u]p", "Hang?p", False),
        ("*", "Hang?p", True),
        ("Hangup", "FullyBooted", True),  # which amitrio listens to, and so is asked for always
        ("Hangup", "shutdown", True),
        ("Hangup", "OriginateResponse", False),
    ],
)
@pytest.mark.filterwarnings("ignore::amitrio.UnknownEventWarning")
def test_what_is_covered(asked: str, wanted: str, *, covered: bool) -> None:
    assert Only.of([asked]).covers(wanted) is covered


@pytest.mark.parametrize("wrong", ["Hangup", ami.Hangup])
def test_one_kind_is_no_list(wrong: object) -> None:
    with pytest.raises(TypeError, match="only= takes a list of kinds of events, such as"):
        ami.connect("pbx", username="crm", secret="x", only=wrong)  # type: ignore[arg-type]


def test_a_mistyped_name_is_told_where_it_stands() -> None:
    with pytest.warns(ami.UnknownEventWarning, match="did you mean 'Hangup'") as told:
        ami.connect("pbx", username="crm", secret="x", only=["Hangupp"])
    assert told[0].filename == __file__
    with pytest.warns(ami.UnknownEventWarning, match="did you mean 'Hangup'") as told:
        ami.supervise("pbx", username="crm", secret="x", only=["Hangupp"])
    assert told[0].filename == __file__


# What is said ------------------------------------------------------------------------------------


class Filtering(Peer):
    """A server that lists its actions, and takes the filters that it likes."""

    lists: tuple[str, ...] = ("Ping", "Filter")
    refuses = False
    filters: list[str]
    mask: str | None = None

    async def respond(self, request: Request) -> None:
        if request.action == "Challenge":
            await self.answer(request, Challenge=CHALLENGE)
        elif request.action == "Login":
            self.mask = request.get("Events")
            await self.answer(request, Message="Authentication accepted")
        elif request.action == "ListCommands":
            await self.answer(request, **dict.fromkeys(self.lists, "what it does (Priv: x)"))
        elif request.action == "Filter":
            await self._filtered(request)
        else:
            await super().respond(request)

    async def _filtered(self, request: Request) -> None:
        self.filters.append(request.get("Filter") or "")
        if self.refuses:
            await self.refuse(request, "Filter did not compile.")
        else:
            await self.answer(request, Message="Success")


@pytest.fixture
async def filtering(beside: Beside) -> Filtering:
    peer = Filtering(beside)
    peer.filters = []
    beside.go(peer.serve())
    return peer


async def test_the_login_says_the_mask_and_then_the_filter(filtering: Filtering) -> None:
    async with filtering.dial(only=[ami.Hangup]):
        assert filtering.mask == "system,call"
        assert filtering.filters == ["^Event: (FullyBooted|Hangup|OriginateResponse|Shutdown)"]


async def test_a_mask_that_is_given_too_is_the_one(filtering: Filtering) -> None:
    async with filtering.dial(only=[ami.Hangup], event_mask="call") as client:
        assert (filtering.mask, client.line.event_mask) == ("call", "call")
        assert len(filtering.filters) == 1


async def test_without_only_nothing_is_said(filtering: Filtering) -> None:
    async with filtering.dial():
        assert (filtering.mask, filtering.filters) == ("on", [])
        assert "ListCommands" not in [request.action for request in filtering.heard]


async def test_a_user_who_may_not_filter_does_not_try(filtering: Filtering) -> None:
    """Asterisk reports a refusal as a security event."""
    filtering.lists = ("Ping",)
    async with filtering.dial(only=[ami.Hangup]) as client:
        assert (filtering.mask, filtering.filters) == ("system,call", [])
        assert await client.ping() >= 0


async def test_where_the_filter_is_refused_all_comes(filtering: Filtering) -> None:
    filtering.refuses = True
    async with filtering.dial(only=[ami.Hangup]) as client:
        assert len(filtering.filters) == 1
        assert client.connected


async def test_the_report_of_a_call_passes_where_its_class_does(filtering: Filtering) -> None:
    async with filtering.dial(only=[ami.Hangup]) as client:
        call = await client.originate("PJSIP/1", application="Wait")
        assert (await call.wait_answered())["Reason"] == "4"


async def test_a_report_that_cannot_come_is_not_waited_for(filtering: Filtering) -> None:
    async with filtering.dial(only=["Queue*"]) as client:
        call = await client.originate("PJSIP/1", application="Wait")
        with pytest.raises(ami.PermissionDenied, match="`call`"):
            await call.wait_answered()


async def test_what_was_not_asked_for_cannot_be_waited_for(filtering: Filtering) -> None:
    async with filtering.dial(only=[ami.Hangup]) as client:
        refused = "'Newchannel' was not asked for and would never come: add it to only="
        with pytest.raises(ValueError, match=refused):
            client.events("Newchannel")
        with pytest.raises(ValueError, match=refused):
            await client.wait_for(ami.Newchannel)
        client.events("Hangup").close()
        client.events().close()


async def test_a_server_that_dies_over_it_is_told(peer: Peer, beside: Beside) -> None:
    async def serve() -> None:
        await peer.log_in()
        await peer.expect("ListCommands")
        await peer.cut()

    beside.go(serve())
    with pytest.raises(ami.ConnectionFailed, match="before the login was done"):
        async with peer.dial(only=[ami.Hangup]):
            pass
    await quiet()
