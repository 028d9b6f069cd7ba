"""The table: what the servers said to every action, as a page of the documentation.

Law: a page is read back as it was written: the first word of a cell is the outcome, and only that
is compared, as the words behind it change with the server.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from amitrio import actions
from amitrio.models import reply_class_of, shape_of
from amitrio.models.registry import action_names

from .outcomes import Outcome

if TYPE_CHECKING:
    from . import Probed

__all__ = ["MISSING", "page", "read_page"]

_CARDS = "needs telephone cards (chan_dahdi)"
_MEETME = "needs DAHDI (app_meetme)"
_OUTSIDE = "Debian does not build res_mwi_external_ami"

MISSING: Mapping[str, str] = MappingProxyType(
    {
        "DAHDIDNDoff": _CARDS,
        "DAHDIDNDon": _CARDS,
        "DAHDIDialOffhook": _CARDS,
        "DAHDIHangup": _CARDS,
        "DAHDIRestart": _CARDS,
        "DAHDIShowChannels": _CARDS,
        "DAHDIShowStatus": _CARDS,
        "DAHDITransfer": _CARDS,
        "FilterList": "documented, but no server has it",
        "MWIDelete": _OUTSIDE,
        "MWIGet": _OUTSIDE,
        "MWIUpdate": _OUTSIDE,
        "MeetmeList": _MEETME,
        "MeetmeListRooms": _MEETME,
        "MeetmeMute": _MEETME,
        "MeetmeUnmute": _MEETME,
        "PRIDebugFileSet": _CARDS,
        "PRIDebugFileUnset": _CARDS,
        "PRIDebugSet": _CARDS,
        "PRIShowSpans": _CARDS,
    }
)
"""Actions that these releases have, but not where the probe runs, and why."""

_HEAD = """\
<!-- Written by `python -m tools.probe_actions 22 16 --write`. -->
# Every action, asked of real servers

The {total} actions of `amitrio.actions` were sent, each as an object of its class and with
arguments that can succeed, to {servers}
(Debian's packages), and this is what they said:

{counts}

*silent* is an answer without a response, which no client can tell from none: `send` raises
`ResponseMissing` as soon as Asterisk answers a later action. *absent* is an action that the
server does not know: of another release, or of a module that is not there. No action was left out.

Every header of the replies, of the items of lists and of the events that came meanwhile went into
a field of its class, and every value was what its field promises; but for messages whose headers
are anybody's (UserEvent, ListCommands, GetConfig).

"""


def page(probed: Mapping[int, Probed]) -> str:
    """The page of these servers, by their releases."""
    servers = " and ".join(f"Asterisk {one.version.partition('~')[0]}" for one in probed.values())
    servers = servers.replace("+dfsg+", "").replace("+dfsg", "")
    counts = "\n".join(_counted(release, one.outcomes) for release, one in probed.items())
    head = _HEAD.format(total=len(_names()), servers=servers, counts=counts)
    return head + "\n".join(_lines(probed)) + "\n"


def _names() -> dict[str, str]:
    """Each action's name as Asterisk has it, and its class."""
    return {getattr(actions, name).about.name: name for name in sorted(action_names())}


def _counted(release: int, outcomes: Mapping[str, Outcome]) -> str:
    count = Counter(outcome.sort for outcome in outcomes.values())
    absent = [name for name, outcome in outcomes.items() if outcome.sort == "absent"]
    without = sum(_is_of(name, release) for name in absent)
    return (
        f"- Asterisk {release}: {count['succeeded']} succeeded, {count['refused']} were refused,"
        f" {count['silent']} silent, {count['absent']} absent ({len(absent) - without} of another"
        f" release, {without} whose module is not there)."
    )


def _is_of(name: str, release: int) -> bool:
    return release in getattr(actions, _names()[name]).about.releases


def _lines(probed: Mapping[int, Probed]) -> Iterator[str]:
    yield f"| Action | {' | '.join(f'Asterisk {release}' for release in probed)} | Reply |"
    yield f"|---|{'---|' * len(probed)}---|"
    for name in _names():
        cells = [_cell(name, release, one.outcomes[name]) for release, one in probed.items()]
        yield f"| {' | '.join([name, *cells, _reply_type(name)])} |"


def _cell(name: str, release: int, outcome: Outcome) -> str:
    if outcome.sort == "absent":
        outcome = Outcome("absent", _why_absent(name, release))
    return str(outcome).replace("|", "\\|")


def _why_absent(name: str, release: int) -> str:
    if _is_of(name, release):
        return MISSING.get(name, "its module is not there")
    about = getattr(actions, _names()[name]).about
    return f"until {about.until}" if about.until is not None else f"since {about.since}"


def _reply_type(name: str) -> str:
    shape = shape_of(name)
    if shape.complete is None:
        return f"`{reply_class_of(name).__name__}`"
    items = " \\| ".join(sorted(shape.items)) or "Event"
    listed = f"ListReply[{items}, {shape.complete}]"
    return f"`Reply \\| {listed}`" if shape.sometimes else f"`{listed}`"


def read_page(text: str) -> dict[int, dict[str, str]]:
    """The outcome of each action on each release, as the page has them."""
    rows = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    head, *lines = ([cell.strip() for cell in row] for row in rows)
    releases = {at: int(name.removeprefix("Asterisk ")) for at, name in enumerate(head[1:-1], 1)}
    return {
        release: {cells[0]: cells[at].partition(":")[0] for cells in lines}
        for at, release in releases.items()
    }
