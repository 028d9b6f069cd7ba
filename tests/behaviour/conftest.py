"""Which servers there are, and how they come to be."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial

import attrs
import pytest
import trustme

from amitrio.simulator import Simulator
from tests.behaviour.pbx import SERVERS, Pbx, prepared
from tools.asterisk import Asterisk, booted

Boot = Callable[[str], Asterisk]


@contextmanager
def each_booted_once(config: pytest.Config) -> Iterator[Boot]:
    """Real servers, booted as they are asked for and ended together."""
    running: dict[str, Asterisk] = {}
    with ExitStack() as stack:

        def boot(name: str) -> Asterisk:
            if name not in running:
                running[name] = stack.enter_context(_booted(name, config))
            return running[name]

        yield boot


@pytest.fixture(scope="session")
def asterisks(request: pytest.FixtureRequest) -> Iterator[Boot]:
    """Real servers, for all tests that may share them."""
    with each_booted_once(request.config) as boot:
        yield boot


@attrs.frozen
class Authority:
    """Who vouches for the simulator's TLS port."""

    file: str
    context: ssl.SSLContext


@pytest.fixture(scope="session")
def authority() -> Iterator[Authority]:
    ca = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    with ca.cert_pem.tempfile() as path:
        yield Authority(path, context)


@pytest.fixture(params=SERVERS)
async def pbx(
    request: pytest.FixtureRequest, asterisks: Boot, authority: Authority
) -> AsyncIterator[Pbx]:
    """A server that the tests share."""
    if request.param == "simulator":
        simulator = Simulator()
        async with simulator.serve_tcp() as address:
            pbx = _simulated(simulator, address)
            _, pbx.tls_port = await simulator.listen(tls=authority.context)
            pbx.certificate = authority.file
            yield pbx
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
    """A booted server. Skips as `prepared` does."""
    return booted(prepared(name, config))


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
