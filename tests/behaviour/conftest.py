"""Which servers there are, and how they come to be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from typing import Literal, cast

import pytest

from amitrio.simulator import Simulator
from tests.behaviour.pbx import SERVERS, Pbx
from tools.asterisk import Asterisk, Unavailable, booted

Boot = Callable[[str], Asterisk]


@pytest.fixture(scope="session")
def asterisks(request: pytest.FixtureRequest) -> Iterator[Boot]:
    """Real servers, each booted once for all tests that may share it."""
    running: dict[str, Asterisk] = {}
    with ExitStack() as stack:

        def boot(name: str) -> Asterisk:
            if name not in running:
                running[name] = stack.enter_context(_booted(name, request.config))
            return running[name]

        yield boot


@pytest.fixture(params=SERVERS)
async def pbx(request: pytest.FixtureRequest, asterisks: Boot) -> AsyncIterator[Pbx]:
    """A server that the tests share."""
    if request.param == "simulator":
        simulator = Simulator()
        async with simulator.serve_tcp() as address:
            yield _simulated(simulator, address)
    else:
        yield _real(request.param, asterisks(request.param))


@pytest.fixture(params=SERVERS)
async def mortal_pbx(request: pytest.FixtureRequest) -> AsyncIterator[Pbx]:
    """A server of the test's own, which it may kill."""
    if request.param == "simulator":
        simulator = Simulator()
        async with simulator.serve_tcp() as address:
            pbx = _simulated(simulator, address)
            pbx.die = partial(_cut, simulator)
            yield pbx
    else:
        with _booted(request.param, request.config) as server:
            pbx = _real(request.param, server)
            pbx.die = server.kill
            yield pbx


def _booted(name: str, config: pytest.Config) -> AbstractContextManager[Asterisk]:
    """A booted server; skips where none is wanted, fails where one is wanted and cannot be."""
    if not config.getoption("--asterisk"):
        pytest.skip("no real Asterisk without --asterisk (see CONTRIBUTING.md)")
    release = cast("Literal['22', '16']", name.removeprefix("asterisk-"))
    try:
        return booted(release)
    except Unavailable as exc:
        pytest.fail(f"{name} was asked for and cannot be had: {exc}")


def _cut(simulator: Simulator) -> None:
    for session in simulator.sessions:
        session.cut()


def _simulated(simulator: Simulator, address: tuple[str, int]) -> Pbx:
    host, port = address
    return Pbx(
        name="simulator",
        release=22,
        host=host,
        port=port,
        users={name: user.secret.reveal() for name, user in simulator.users.items()},
    )


def _real(name: str, server: Asterisk) -> Pbx:
    return Pbx(
        name=name,
        release=int(server.release),
        host=server.host,
        port=server.port,
        users=dict(server.users),
        tls_port=server.tls_port,
        certificate=str(server.certificate),
    )
