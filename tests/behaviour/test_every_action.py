"""Every typed action, sent to real servers: what they say is what docs/actions-table.md tells."""

from __future__ import annotations

import attrs
import pytest

from amitrio import actions
from amitrio.models.registry import action_names
from tests.behaviour.pbx import prepared
from tools.probe import Outcome, Probed, probe
from tools.probe.table import MISSING, page, read_page
from tools.probe_actions import PAGE

ACTIONS = {getattr(actions, name).about.name: getattr(actions, name) for name in action_names()}


@attrs.frozen
class Answers:
    """What the server of a release said just now, and what the page says that it says."""

    release: int
    now: Probed
    told: dict[str, str]


@pytest.fixture(scope="module", params=["asterisk-22", "asterisk-16"])
def answers(request: pytest.FixtureRequest) -> Answers:
    release = prepared(request.param, request.config)
    told = read_page(PAGE.read_text("utf-8"))
    return Answers(int(release), probe(release), told[int(release)])


def test_the_server_says_what_the_page_tells(answers: Answers) -> None:
    said = {name: outcome.sort for name, outcome in answers.now.outcomes.items()}
    assert said == answers.told


def test_every_message_is_explained(answers: Answers) -> None:
    assert answers.now.unexplained == ()


def test_an_action_is_absent_where_its_class_says_so(answers: Answers) -> None:
    absent = {name for name, one in answers.now.outcomes.items() if one.sort == "absent"}
    of_others = {n for n, cls in ACTIONS.items() if answers.release not in cls.about.releases}
    assert absent == of_others | set(MISSING)


# The page alone, without a server.


def test_the_page_has_every_action() -> None:
    assert {release: set(told) for release, told in read_page(PAGE.read_text("utf-8")).items()} == {
        22: set(ACTIONS),
        16: set(ACTIONS),
    }


def test_a_page_is_read_as_it_was_written() -> None:
    outcomes = dict.fromkeys(ACTIONS, Outcome("succeeded", "a | b: c"))
    outcomes |= {"Ping": Outcome("refused", "no"), "Park": Outcome("silent")}
    outcomes |= {"MWIGet": Outcome("absent"), "PlayMF": Outcome("absent")}
    probed = Probed("22.1.0+dfsg-1", outcomes, ())
    sorts = {name: outcome.sort for name, outcome in outcomes.items()}
    assert read_page(page({22: probed, 16: probed})) == {22: sorts, 16: sorts}
