"""Staying connected: whatever befalls a server, streams live on, say so, and actions work again."""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Any

import anyio
import attrs
import pytest

import amitrio as ami
from amitrio.simulator import Simulator
from tests.behaviour.conftest import Boot, _real, _simulated, each_booted_once
from tests.behaviour.pbx import SERVERS, Pbx
from tools.asterisk import Asterisk, AsteriskFailed

FAST = ami.Backoff(first=0.05, most=0.5)
SECONDS = 60.0

Mishap = Callable[[], Coroutine[Any, Any, None]]


@attrs.define(eq=False)
class Scene:
    """A server, and what can befall it: each time it is back in the end, or on its way."""

    pbx: Pbx
    kill: Mishap
    """Ended without a word, and started again."""
    stop: Mishap
    """Ended with a word, and started again."""
    restart: Mishap
    """`core restart now`: it starts itself again, and boots."""
    freeze: Mishap
    """For three seconds it says nothing."""
    kick: Mishap | None
    """`manager kick session`, which came with Asterisk 22 (and late in other lines)."""
    stop_gracefully: Mishap
    """It refuses every action, then ends, and is started again."""

    def supervise(self, **options: Any) -> ami.Supervision:
        options = {"username": "admin", "secret": self.pbx.users["admin"], **options}
        return ami.supervise(
            self.pbx.host,
            self.pbx.port,
            backoff=FAST,
            ping_interval=0.5,
            ping_timeout=0.5,
            connect_timeout=1,
            **options,
        )


@pytest.fixture(scope="module")
def mortals(request: pytest.FixtureRequest) -> Iterator[Boot]:
    """Real servers that these tests may kill."""
    with each_booted_once(request.config) as boot:
        yield boot


@pytest.fixture(params=SERVERS)
async def scene(request: pytest.FixtureRequest, mortals: Boot) -> AsyncIterator[Scene]:
    if request.param == "simulator":
        simulator = Simulator()
        async with simulator.serve_tcp() as address:
            assert simulator._origin is not None
            simulator._origin -= 3600  # so that nobody has to wait for it to grow up
            simulator.catch_up()
            yield played(simulator, address)
    else:
        server = mortals(request.param)
        if not server.running:  # a test before this one failed
            server.start()
        server.wait_booted()
        yield lived(request.param, server)


def lived(name: str, server: Asterisk) -> Scene:
    """What befalls a real server. Its ways block, so they go to a thread."""

    async def kill() -> None:
        await anyio.to_thread.run_sync(server.kill)
        await anyio.to_thread.run_sync(server.start)

    async def stop() -> None:
        await anyio.to_thread.run_sync(server.restart)

    async def restart() -> None:
        with suppress(AsteriskFailed):  # the console hears no answer
            await anyio.to_thread.run_sync(server.cli, "core restart now")

    async def freeze() -> None:
        await anyio.to_thread.run_sync(server.freeze)
        try:
            await anyio.sleep(3)
        finally:
            server.thaw()

    async def kick() -> None:
        shown = await anyio.to_thread.run_sync(server.cli, "manager show connected")
        for found in re.finditer(r"^\s*admin\s+\S+\s+\d+\s+\d+\s+(\d+)\s", shown, re.MULTILINE):
            await anyio.to_thread.run_sync(server.cli, f"manager kick session {found[1]}")

    async def stop_gracefully() -> None:
        await anyio.to_thread.run_sync(server.stop_gracefully)
        try:
            await anyio.to_thread.run_sync(server.wait_stopped, 3)
        except AsteriskFailed:
            # Both releases refuse every action, have no call, and at times never end: one in two
            # here, if they had run for some seconds. Then somebody loses patience.
            await anyio.to_thread.run_sync(server.kill)
        await anyio.to_thread.run_sync(server.start)

    kicks = kick if int(server.release) >= 22 else None
    return Scene(_real(name, server), kill, stop, restart, freeze, kicks, stop_gracefully)


def played(simulator: Simulator, address: tuple[str, int]) -> Scene:
    """The same for the simulator."""

    async def kill() -> None:
        await simulator.restart(down_for=0.2)

    async def stop() -> None:
        simulator.stop()
        await simulator.restart(down_for=0.2)

    async def restart() -> None:
        simulator.stop()
        await simulator.restart(boot_time=1)

    async def freeze() -> None:
        stalled = list(simulator.sessions)
        for session in stalled:
            session.stall()
        await anyio.sleep(3)
        for session in stalled:
            session.resume()

    async def kick() -> None:
        simulator.kick()

    async def stop_gracefully() -> None:
        simulator.stop_gracefully()
        await simulator.restart(down_for=0.2)

    return Scene(_simulated(simulator, address), kill, stop, restart, freeze, kick, stop_gracefully)


async def say(client: ami.SupervisedClient, word: str) -> None:
    await client.send("UserEvent", UserEvent="Said", Word=word)
    await client.ping()  # events are written after the answer and before the next one


async def until_a_gap(stream: ami.EventStream[Any], header: str = "Word") -> list[str]:
    """What was heard up to a Disconnected."""
    words: list[str] = []
    while not isinstance(item := await stream.receive(), ami.Disconnected):
        words.append(item[header])
    return words


async def grow_up(client: ami.SupervisedClient) -> None:
    """Be connected to an Asterisk that is old enough to be told from one just started."""
    assert client.fully_booted is not None
    assert client.fully_booted.uptime is not None
    await anyio.sleep(max(0, 6 - client.fully_booted.uptime))


@pytest.mark.parametrize(
    ("mishap", "restarts"),
    [
        ("kill", True),
        ("stop", True),
        ("restart", True),
        ("freeze", False),
        ("kick", False),
        ("stop_gracefully", True),
    ],
)
async def test_what_befalls_a_server_is_told_and_outlived(
    scene: Scene, mishap: str, *, restarts: bool
) -> None:
    happen = getattr(scene, mishap)
    if happen is None:
        pytest.skip(f"{scene.pbx.name} has no `manager kick session`")
    with anyio.fail_after(SECONDS):
        async with scene.supervise() as client, anyio.create_task_group() as tasks:
            await grow_up(client)
            with client.events("UserEvent") as stream, client.events("Nothing") as silent:
                await say(client, "before")
                tasks.start_soon(happen)
                assert await until_a_gap(stream) == ["before"]
                back = await stream.receive()
                assert isinstance(back, ami.Reconnected)
                assert back.restarted is restarts
                assert back.down_for > 0
                await client.wait_connected()
                await say(client, "after")
                assert (await stream.receive())["Word"] == "after"  # type: ignore[index]
                assert (await client.send("CoreShowChannels")).complete is not None
                gaps = [type(await silent.receive()) for _ in range(2)]
                assert gaps == [ami.Disconnected, ami.Reconnected]


async def test_a_server_that_dies_again_and_again(scene: Scene) -> None:
    with anyio.fail_after(SECONDS):
        async with scene.supervise() as client:
            with client.events("UserEvent") as stream:
                for n in range(5):
                    await say(client, f"{n}")
                    async with anyio.create_task_group() as tasks:
                        tasks.start_soon(scene.kill)
                        assert await until_a_gap(stream) == [f"{n}"]
                        assert isinstance(await stream.receive(), ami.Reconnected)
                        await client.wait_connected()


async def test_while_it_is_down_nothing_is_sent_and_nothing_later(scene: Scene) -> None:
    with anyio.fail_after(SECONDS):
        async with scene.supervise() as client, anyio.create_task_group() as tasks:
            with client.events("UserEvent") as stream:
                tasks.start_soon(scene.stop)
                await until_a_gap(stream)
                with pytest.raises(ami.ConnectionLost) as caught:
                    await say(client, "never")
                assert caught.value.executed == "no"
                with pytest.raises(ami.ConnectionLost):
                    await client.wait_for("UserEvent")
                assert isinstance(await stream.receive(), ami.Reconnected)
                await client.wait_connected()
                await say(client, "once")
                assert (await stream.receive())["Word"] == "once"  # type: ignore[index]
                with pytest.raises(anyio.WouldBlock):
                    stream.receive_nowait()


async def test_the_mask_and_the_filters_are_in_force_again(scene: Scene) -> None:
    with anyio.fail_after(SECONDS):
        async with scene.supervise() as client:
            await client.send("Events", EventMask="user,system")
            await client.send("Filter", Operation="Add", Filter="Word: wanted")
            await client.send("Filter", Operation="Add", Filter="!Word: wanted not")
            with client.events("UserEvent") as stream:
                await hears_the_wanted(client, stream)
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(scene.kill)
                    await until_a_gap(stream)
                    assert isinstance(await stream.receive(), ami.Reconnected)
                await client.wait_connected()
                await hears_the_wanted(client, stream)


async def test_of_several_filters_none_hides_what_another_lets_through(scene: Scene) -> None:
    """Each number is heard, or stands in a gap; a lost network is told from within."""
    async with (
        scene.pbx.connect(event_mask="off") as sender,
        scene.supervise(event_mask="user,system") as client,
        anyio.create_task_group() as tasks,
    ):
        await client.send("Filter", Operation="Add", Filter="Word: other")
        await client.send("Filter", Operation="Add", Filter="Word: wanted")
        with client.events("UserEvent") as stream, anyio.fail_after(SECONDS):
            tasks.start_soon(_count_aloud, sender)
            for _ in range(10):
                numbers = [await _number(stream) for _ in range(20)]
                await anyio.aclose_forcefully(client._line().session._stream)
                numbers += [int(word) for word in await until_a_gap(stream, "Number")]
                assert numbers == list(range(numbers[0], numbers[-1] + 1))
                assert isinstance(await stream.receive(), ami.Reconnected)
                await client.wait_connected()
        tasks.cancel_scope.cancel()


async def _number(stream: ami.EventStream[Any]) -> int:
    return int((await stream.receive())["Number"])


async def _count_aloud(sender: ami.Client) -> None:
    for number in itertools.count():
        await sender.send("UserEvent", UserEvent="Count", Word="wanted", Number=number)


async def test_a_boot_is_outlived_where_only_some_kinds_were_asked_for(scene: Scene) -> None:
    async with scene.supervise(only=["UserEvent"]) as client:
        with client.events("UserEvent") as stream, anyio.fail_after(SECONDS):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(scene.restart)
                await until_a_gap(stream)
                assert isinstance(await stream.receive(), ami.Reconnected)
            await client.wait_connected()
            await say(client, "once more")
            assert (await stream.receive())["Word"] == "once more"  # type: ignore[index]


async def hears_the_wanted(client: ami.SupervisedClient, stream: ami.EventStream[Any]) -> None:
    for word in ("other", "wanted not", "wanted 1", "wanted 2"):
        await say(client, word)
    assert [stream.receive_nowait()["Word"] for _ in "12"] == ["wanted 1", "wanted 2"]
    with pytest.raises(anyio.WouldBlock):
        stream.receive_nowait()


async def test_criteria_are_refused_where_they_would_be_ignored(scene: Scene) -> None:
    criteria = {"Operation": "Add", "MatchCriteria": "name(UserEvent),header(Word),method(exact)"}
    async with scene.supervise() as client:
        if scene.pbx.release < 20:
            with pytest.raises(ami.FeatureMissing):
                await client.send("Filter", criteria, Filter="wanted 1")
            return
        await client.send("Filter", [*criteria.items(), ("Filter", "wanted 1")])
        with client.events("UserEvent") as stream:
            await say(client, "wanted 2")
            await say(client, "wanted 1")
            assert (await stream.receive())["Word"] == "wanted 1"  # type: ignore[index]


async def test_a_wrong_secret_is_tried_once(scene: Scene) -> None:
    async with scene.supervise() as watcher:
        failures = watcher.skipping_gaps
        with failures.events("ChallengeResponseFailed", "InvalidPassword") as seen:
            with pytest.raises(ami.AuthenticationFailed):
                async with scene.supervise(secret="wrong"):
                    pass
            assert (await seen.receive()).kind == "ChallengeResponseFailed"
            await anyio.sleep(1)  # several times as long as a further try would wait
            await watcher.ping()
            with pytest.raises(anyio.WouldBlock):
                seen.receive_nowait()


async def test_a_login_that_somebody_else_holds_is_waited_for(scene: Scene) -> None:
    secret = scene.pbx.users["single"]
    with anyio.fail_after(SECONDS):
        async with anyio.create_task_group() as tasks:
            entered = anyio.Event()

            async def enter() -> None:
                async with scene.supervise(username="single", secret=secret):
                    entered.set()

            async with scene.pbx.connect("single"):
                tasks.start_soon(enter)
                await anyio.sleep(1.5)  # one refusal takes a second
                assert not entered.is_set()
            await entered.wait()
