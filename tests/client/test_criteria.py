"""Filters whose MatchCriteria the server would accept and ignore do not leave."""

from __future__ import annotations

import anyio
import pytest

from amitrio import Action, FeatureMissing, actions
from amitrio.client.criteria import has_criteria, reads_criteria
from tests.client.peer import Peer
from tests.client.waiting import Beside, quiet

WITH = {"Operation": "Add", "MatchCriteria": "name(Newchannel),method(none)"}
WITHOUT = {"Operation": "Add", "Filter": "Event: Newchannel"}


@pytest.mark.parametrize(
    ("release", "version", "reads"),
    [
        (13, None, False),
        (16, None, False),
        (17, None, False),
        (19, None, False),
        (18, None, None),
        (20, None, None),
        (21, None, None),
        (22, None, None),
        (23, None, True),
        (99, None, True),
        (None, None, None),
        (18, "18.25.0", False),
        (18, "18.26.0", True),
        (20, "20.10.1", False),
        (20, "20.11.0", True),
        (21, "21.5.0", False),
        (21, "21.6.0-rc1", True),
        (22, "22.0.0", False),
        (22, "22.1.0", True),
        (22, "22.10.1~dfsg+~cs6.15.60671435-1", True),
        (18, "certified/18.9-cert12", False),
        (20, "certified-20.7-cert4", False),
        (22, "certified-22.8-cert1", True),
        (22, "GIT-22-a1b2c3d4", None),
        (22, "", None),
        (22, "unknown", None),
        (22, "9" * 400, None),
        (None, "20.2.0", False),
        (None, "22.2.0", True),
        (None, "16.28.0", False),
        (None, "24.0.0", True),
    ],
)
def test_who_reads_criteria(
    release: int | None, version: str | None, *, reads: bool | None
) -> None:
    assert reads_criteria(release, version) is reads


def test_what_is_a_filter_with_criteria() -> None:
    assert has_criteria(Action("Filter", WITH))
    assert has_criteria(Action("FILTER", {"matchcriteria": "name(x)"}))
    assert has_criteria(actions.Filter(match_criteria="name(Newchannel)").plain())
    assert not has_criteria(Action("Filter", WITHOUT))
    assert not has_criteria(Action("Filter", {**WITHOUT, "MatchCriteria": ""}))
    assert not has_criteria(Action("UserEvent", WITH))


async def serve(peer: Peer, banner: str, version: str | None = None) -> None:
    """A server of that banner, which tells that version or refuses to."""
    await peer.greet(banner)
    while True:
        request = await peer.hear()
        if request.action != "CoreSettings":
            await peer.respond(request)
        elif version is None:
            await peer.refuse(request, "Permission denied")
        else:
            await peer.answer(request, AsteriskVersion=version)


def heard(peer: Peer) -> list[str]:
    return [request.action for request in peer.heard[3:]]


@pytest.mark.parametrize("banner", ["1.1", "2.10.6", "5.0.4", "8.0.2"])
async def test_an_old_release_is_refused_without_a_byte(
    peer: Peer, beside: Beside, banner: str
) -> None:
    beside.go(serve(peer, banner))
    async with peer.dial() as client:
        with pytest.raises(FeatureMissing, match="Give a regular expression in Filter") as caught:
            await client.send("Filter", WITH)
        assert caught.value.feature == "MatchCriteria"
        await quiet()
        assert heard(peer) == []
        await client.send("Filter", WITHOUT)
        assert heard(peer) == ["Filter"]
        await peer.cut()


async def test_a_new_release_is_not_asked(peer: Peer, beside: Beside) -> None:
    beside.go(serve(peer, "12.0.0"))
    async with peer.dial() as client:
        await client.send(actions.Filter(match_criteria=WITH["MatchCriteria"]))
        assert heard(peer) == ["Filter"]
        await peer.cut()


@pytest.mark.parametrize("banner", ["7.0.3", "9.0.0", "10.0.0", "11.0.0", "77.7"])
async def test_in_between_the_version_is_asked_for_once(
    peer: Peer, beside: Beside, banner: str
) -> None:
    beside.go(serve(peer, banner, "22.10.1"))
    async with peer.dial() as client:
        for _ in range(2):
            await client.send("Filter", WITH)
        assert heard(peer) in (["CoreSettings", "Filter", "Filter"], ["Filter", "Filter"])
        await peer.cut()


async def test_a_version_that_is_too_old_is_refused_each_time(peer: Peer, beside: Beside) -> None:
    beside.go(serve(peer, "9.0.0", "20.5.2"))
    async with peer.dial() as client:
        for _ in range(3):
            with pytest.raises(FeatureMissing, match=r"Asterisk 20\.5\.2 ignores MatchCriteria"):
                await client.send("Filter", WITH)
        assert heard(peer) == ["CoreSettings"]
        await peer.cut()


@pytest.mark.parametrize("version", [None, "", "GIT-22-a1b2c3"])
async def test_what_is_not_known_is_believed(
    peer: Peer, beside: Beside, version: str | None
) -> None:
    beside.go(serve(peer, "11.0.0", version))
    async with peer.dial() as client:
        for _ in range(2):
            await client.send("Filter", WITH)
        assert heard(peer) == ["CoreSettings", "Filter", "Filter"]
        await peer.cut()


async def test_what_the_server_says_of_itself_is_escaped(peer: Peer, beside: Beside) -> None:
    beside.go(serve(peer, "9.0.0", "20.1\x1b[31m"))
    async with peer.dial() as client:
        with pytest.raises(FeatureMissing) as caught:
            await client.send("Filter", WITH)
        assert "\x1b" not in str(caught.value)
        await peer.cut()


async def test_cancelled_while_asking_nothing_is_filtered(peer: Peer, beside: Beside) -> None:
    async with peer.accept() as client:
        with anyio.CancelScope() as scope:
            beside.go(cancel_when_asked(peer, scope))
            await client.send("Filter", WITH)
        beside.go(peer.attend())
        await client.ping()
        assert heard(peer) == ["CoreSettings", "Ping"]


async def cancel_when_asked(peer: Peer, scope: anyio.CancelScope) -> None:
    await peer.expect("CoreSettings")
    scope.cancel()
