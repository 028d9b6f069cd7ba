"""What events may be called: a name that Asterisk does not have is warned of where it stands."""

from __future__ import annotations

import linecache
import warnings

import anyio
import pytest

import amitrio as ami
from amitrio.models import event_kinds, read_class
from tests.client.peer import Peer

MISTYPED = "Asterisk documents no event 'Hangupp': did you mean 'Hangup'?"


def points_at(told: pytest.WarningsRecorder, code: str, sentence: str = MISTYPED) -> None:
    """One warning came: it says this, and points at the line that says so."""
    (one,) = told
    assert one.category is ami.UnknownEventWarning
    assert str(one.message) == sentence
    assert one.filename == __file__
    assert linecache.getline(__file__, one.lineno).strip() == code


# Where it points ---------------------------------------------------------------------------------


async def test_a_mistyped_name_is_told_where_it_stands(peer: Peer) -> None:
    async with peer.accept() as client:
        with pytest.warns(ami.UnknownEventWarning) as told:
            client.events("Hangupp")
        points_at(told, 'client.events("Hangupp")')


async def test_whatever_else_is_asked_for(peer: Peer) -> None:
    async with peer.accept() as client:
        with pytest.warns(ami.UnknownEventWarning) as told:
            client.events("Hangup", ami.Newchannel, "Queue*", "Hangupp", where=bool)
        points_at(told, 'client.events("Hangup", ami.Newchannel, "Queue*", "Hangupp", where=bool)')
        with pytest.warns(ami.UnknownEventWarning) as told:
            client.events("Hangupp", overflow="drop_oldest", buffer=1)
        points_at(told, 'client.events("Hangupp", overflow="drop_oldest", buffer=1)')


async def test_a_block_and_a_loop(peer: Peer) -> None:
    async with peer.accept() as client:
        with pytest.warns(ami.UnknownEventWarning) as told, client.events("Hangupp"):
            pass
        points_at(
            told, 'with pytest.warns(ami.UnknownEventWarning) as told, client.events("Hangupp"):'
        )
        with pytest.warns(ami.UnknownEventWarning) as told, anyio.move_on_after(0):
            async for _ in client.events("Hangupp"):
                pass
        points_at(told, 'async for _ in client.events("Hangupp"):')


async def test_one_that_is_waited_for(peer: Peer) -> None:
    async with peer.accept() as client:
        with pytest.warns(ami.UnknownEventWarning) as told, anyio.move_on_after(0):
            await client.wait_for("Hangupp")
        points_at(told, 'await client.wait_for("Hangupp")')
        with pytest.warns(ami.UnknownEventWarning) as told, anyio.move_on_after(0):
            await client.wait_for("Hangupp", where=bool)
        points_at(told, 'await client.wait_for("Hangupp", where=bool)')


async def test_a_function_that_passes_names_on_is_where_they_stand(peer: Peer) -> None:
    def listen(*names: str) -> ami.EventStream[ami.Event]:
        return client.events(*names)

    async def wait(name: str) -> ami.Event:
        return await client.wait_for(name)

    async with peer.accept() as client:
        with pytest.warns(ami.UnknownEventWarning) as told:
            listen("Hangup", "Hangupp")
        points_at(told, "return client.events(*names)")
        with pytest.warns(ami.UnknownEventWarning) as told, anyio.move_on_after(0):
            await wait("Hangupp")
        points_at(told, "return await client.wait_for(name)")


async def test_a_connection_that_has_ended_does_not_hide_it(peer: Peer) -> None:
    async with peer.accept() as client:
        await peer.cut()
        await client.wait_closed()
        lost = pytest.raises(ami.ConnectionLost)
        with pytest.warns(ami.UnknownEventWarning) as told, lost:
            client.events("Hangupp")
        points_at(told, 'client.events("Hangupp")')


async def test_each_of_several_is_told(peer: Peer) -> None:
    async with peer.accept() as client:
        with pytest.warns(ami.UnknownEventWarning) as told:
            client.events("Hangupp", "Hangup", "Novelties*", "Bell")
        assert [str(one.message) for one in told] == [
            MISTYPED,
            "Asterisk documents no event that 'Novelties*' matches",
            "Asterisk documents no event 'Bell'",
        ]


# What it says ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("hangupp", "Asterisk documents no event 'hangupp': did you mean 'Hangup'?"),
        ("NewChanel", "Asterisk documents no event 'NewChanel': did you mean 'Newchannel'?"),
        ("DialEnded", "Asterisk documents no event 'DialEnded': did you mean 'DialEnd'?"),
        ("AOCD", "Asterisk documents no event 'AOCD': did you mean 'AOC-D'?"),
        ("Hangup ", "Asterisk documents no event 'Hangup ': did you mean 'Hangup'?"),
        ("MyOwnThing", "Asterisk documents no event 'MyOwnThing'"),
        ("", "Asterisk documents no event ''"),
        ("Novelt*", "Asterisk documents no event that 'Novelt*' matches"),
        ("Hangup?", "Asterisk documents no event that 'Hangup?' matches"),
        ("[x]angup", "Asterisk documents no event that '[x]angup' matches"),
    ],
)
async def test_it_names_the_nearest_that_there_is(peer: Peer, name: str, sentence: str) -> None:
    async with peer.accept() as client:
        with pytest.warns(ami.UnknownEventWarning) as told:
            client.events(name)
        points_at(told, "client.events(name)", sentence)
        with pytest.warns(ami.UnknownEventWarning) as told, anyio.move_on_after(0):
            await client.wait_for(name)
        points_at(told, "await client.wait_for(name)", sentence)


async def test_what_is_known_is_not_told(peer: Peer) -> None:
    async with peer.accept() as client:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            sent = [kind for kind in event_kinds() if read_class(kind) is not None]
            client.events(*sent)
            client.events(*map(str.upper, sent))
            client.events("*", "Queue*", "hang??", "[hn]*", ami.AOCD, ami.Event)
            client.events()


async def test_what_comes_in_answers_only_is_told(peer: Peer) -> None:
    sentence = (
        "QueueMember is sent in answer to QueueStatus only: ask with"
        " client.send(actions.QueueStatus(...))"
    )
    async with peer.accept() as client:
        with pytest.warns(ami.UnknownEventWarning) as told:
            client.events(ami.QueueMember)
        points_at(told, "client.events(ami.QueueMember)", sentence)
        with pytest.warns(ami.UnknownEventWarning, match="in answer to QueueStatus only"):
            client.events("queuestatusCOMPLETE")


# What follows ------------------------------------------------------------------------------------


async def test_a_strange_name_is_believed(peer: Peer) -> None:
    async with peer.accept() as client:
        with pytest.warns(ami.UnknownEventWarning):
            stream = client.events("Hangupp", "Novel*")
        await peer.event("hangupP", N="1")
        await peer.event("Hangup", N="2")
        await peer.event("Novelty", N="3")
        assert [(await stream.receive())["N"] for _ in range(2)] == ["1", "3"]


@pytest.mark.filterwarnings("error::amitrio.UnknownEventWarning")
async def test_a_warning_may_be_an_error_and_leaves_nothing(peer: Peer) -> None:
    async with peer.accept() as client:
        with pytest.raises(ami.UnknownEventWarning, match="did you mean 'Hangup'"):
            client.events("Hangup", "Hangupp")
        with pytest.raises(ami.UnknownEventWarning, match="did you mean 'Hangup'"):
            await client.wait_for("Hangupp")
        assert len(client._session.subscriptions) == 0
        assert client.connected
