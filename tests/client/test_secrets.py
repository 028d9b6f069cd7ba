"""Law 10: a secret shows nowhere.

Each way that a connection can fail is tried with a canary as the secret. Then everything that
could carry it is searched: the exceptions with their causes and contexts, their tracebacks with
the locals of every frame, reprs, attributes, pickles, warnings, the log at its most talkative.
Frames of the tests themselves may hold it, as a caller's may; frames of amitrio and of what it
calls may not.
"""

from __future__ import annotations

import io
import logging
import pickle
import traceback
import warnings
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import anyio
import attrs
import pytest

from amitrio import Action, AMIError, Limits, Secret, connect, connect_over
from amitrio.client.settings import Settings
from amitrio.credentials import HiddenBytes
from amitrio.protocol.auth import md5_login, plain_login
from amitrio.protocol.encoding import encode_action
from tests.client.peer import SECRET, USERNAME, Peer
from tests.client.streams import memory_pair, nowait_pair
from tests.client.waiting import Beside, quiet

CANARY = SECRET
TESTS = Path(__file__).parent.parent


def shows(text: str) -> bool:
    return CANARY in text or CANARY[3:] in text


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and every other that hangs on it."""
    seen: dict[int, BaseException] = {}
    left = [error]
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen[id(one)] = one
        left += [other for other in (one.__cause__, one.__context__) if other is not None]
        if isinstance(one, BaseExceptionGroup):
            left += one.exceptions
    yield from seen.values()


def frames(error: BaseException) -> Iterator[FrameType]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next


def search(error: BaseException) -> None:
    """Fail where the error shows the secret."""
    for one in chain(error):
        assert not shows(str(one))
        assert not shows(repr(one))
        assert not shows(repr(vars(one)))
        assert not shows("".join(traceback.format_exception_only(one)))
        for frame in frames(one):
            if TESTS not in Path(frame.f_code.co_filename).parents:
                for name, value in frame.f_locals.items():
                    assert not shows(repr(value)), f"{name} in {frame.f_code.co_qualname}"
        if isinstance(one, AMIError):
            assert not shows(repr(pickle.dumps(one)))


def test_the_search_finds_what_it_is_meant_to_find() -> None:
    shown = "def careless(secret):\n    raise ValueError('x')\n"
    names: dict[str, Any] = {}
    exec(compile(shown, "elsewhere.py", "exec"), names)  # noqa: S102 - a frame that is no test's
    with pytest.raises(ValueError, match="x") as caught:
        names["careless"](CANARY)
    with pytest.raises(AssertionError):
        search(caught.value)
    with pytest.raises(AssertionError):
        search(ValueError(CANARY))
    told = ValueError("x")
    told.__cause__ = KeyError(CANARY)
    with pytest.raises(AssertionError):
        search(told)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, at the lowest level."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(1)
    yield text
    root.removeHandler(handler)
    root.setLevel(before)
    assert not shows(text.getvalue())


@pytest.fixture
def warned() -> Iterator[list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        yield told
    assert not any(shows(str(one.message)) for one in told)


# Failing to connect ------------------------------------------------------------------------------


async def refuse(peer: Peer) -> None:
    await peer.greet()
    request = await peer.hear()
    if request.action == "Challenge":
        await peer.answer(request, Challenge="1")
        request = await peer.expect("Login")
    await peer.refuse(request, "Authentication failed")


async def break_the_protocol(peer: Peer) -> None:
    await peer.greet()
    request = await peer.hear()
    if request.action == "Challenge":
        await peer.answer(request, Challenge="1")
        await peer.expect("Login")
    await peer.send(b"x" * 5000)


async def hang_up(peer: Peer) -> None:
    await peer.greet()
    request = await peer.hear()
    if request.action == "Challenge":
        await peer.answer(request, Challenge="1")
    await peer.cut()


async def challenge_oddly(peer: Peer) -> None:
    await peer.greet()
    await peer.answer(await peer.hear(), Message="no challenge")


async def say_nothing(peer: Peer) -> None:
    await peer.greet()
    request = await peer.hear()
    if request.action == "Challenge":
        await peer.answer(request, Challenge="1")


async def echo_everything(peer: Peer) -> None:
    """What it hears comes back, so that the secret itself is in what is received."""
    await peer.greet()
    for _ in range(2):
        await peer.send(await peer.own.receive())
        await peer.send(b"\r\nX: ")
    await peer.cut()


@pytest.mark.virtual_time
@pytest.mark.usefixtures("log", "warned")
@pytest.mark.parametrize("auth", ["md5", "plain"])
@pytest.mark.parametrize(
    "script", [refuse, break_the_protocol, hang_up, challenge_oddly, say_nothing, echo_everything]
)
@pytest.mark.parametrize("ends", [memory_pair, lambda: nowait_pair(takes=40)])
async def test_no_failure_of_a_login_shows_the_secret(
    beside: Beside,
    auth: str,
    script: Callable[[Peer], Awaitable[None]],
    ends: Callable[[], Any],
) -> None:
    peer = Peer(beside, ends())
    beside.go(script(peer))
    connection = peer.dial(auth=auth, limits=Limits(line=1000))
    with pytest.raises(AMIError) as caught:
        async with connection:
            await anyio.sleep_forever()
    search(caught.value)
    assert not shows(repr(connection))


@pytest.mark.virtual_time
@pytest.mark.usefixtures("log", "warned")
@pytest.mark.parametrize("auth", ["md5", "plain"])
@pytest.mark.parametrize("room", [0, 64])
async def test_no_cancelled_login_shows_the_secret(beside: Beside, auth: str, room: int) -> None:
    for ticks in range(60):
        peer = Peer(beside, memory_pair(room=room))
        serving = beside(peer.serve())
        errors: list[BaseException] = []
        with anyio.CancelScope() as scope:
            beside.go(cancel_after(ticks, scope))
            try:
                async with peer.dial(auth=auth):
                    break
            except BaseException as exc:
                errors.append(exc)
                raise
        for error in errors:
            search(error)
        serving.scope.cancel()
        await quiet()
    else:
        pytest.fail("it never got in")


async def cancel_after(ticks: int, scope: anyio.CancelScope) -> None:
    for _ in range(ticks):
        await anyio.lowlevel.checkpoint()
    scope.cancel()


@pytest.mark.parametrize("auth", ["md5", "plain"])
async def test_no_bug_during_the_login_shows_the_secret(
    peer: Peer, beside: Beside, monkeypatch: pytest.MonkeyPatch, auth: str
) -> None:
    """Not even where a transport raises what none should."""

    async def send(item: bytes) -> None:
        if b"Login" in item:
            raise RuntimeError("a bug")
        await original(item)

    original = peer.stream.send
    monkeypatch.setattr(peer.stream, "send", send)
    beside.go(peer.log_in(auth))
    with pytest.raises(RuntimeError, match="a bug") as caught:
        async with peer.dial(auth=auth):
            pass
    search(caught.value)


@pytest.mark.usefixtures("log", "warned")
async def test_no_refused_connection_shows_the_secret() -> None:
    async with await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0) as listener:
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
    for host in ("127.0.0.1", "no-such-host.invalid"):
        for tls in (False, True):
            connection = connect(host, port, username=USERNAME, secret=CANARY, tls=tls)
            with pytest.raises(AMIError) as caught:
                async with connection:
                    pass
            search(caught.value)


# Refused values ----------------------------------------------------------------------------------


class Door:
    """The two ways in, called with a secret."""

    @staticmethod
    def connect(secret: Any, **settings: Any) -> object:
        return connect("127.0.0.1", username=USERNAME, secret=secret, **settings)

    @staticmethod
    def connect_over(secret: Any, **settings: Any) -> object:
        return connect_over(memory_pair()[0], username=USERNAME, secret=secret, **settings)

    @staticmethod
    def wrap(secret: Any) -> object:
        return Secret(secret)


@pytest.mark.usefixtures("log", "warned")
@pytest.mark.parametrize("door", [Door.connect, Door.wrap])
@pytest.mark.parametrize(
    "bad",
    [
        CANARY + "\r",
        CANARY + "\nAction: Ping",
        "\r\n" + CANARY,
        CANARY + "\0",
        " " + CANARY,
        "\t" + CANARY,
        CANARY + "\ud800",
        CANARY.encode(),
        [CANARY],
        (CANARY, 1),
        {CANARY: CANARY},
    ],
    ids=lambda bad: type(bad).__name__,
)
def test_no_refused_secret_shows(door: Callable[[Any], object], bad: object) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        door(bad)
    search(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [{"port": 0}, {"auth": "md4"}, {"connect_timeout": 0}, {"tls_insecure_skip_verify": True}],
)
def test_no_other_refused_setting_shows_the_secret(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - which is not the point
        Door.connect(CANARY, **wrong)
    search(caught.value)


async def test_no_secret_too_long_for_a_line_shows(peer: Peer, beside: Beside) -> None:
    beside.go(peer.greet())
    with pytest.raises(ValueError, match="bytes long") as caught:
        async with peer.dial(auth="plain", secret=CANARY * 100):
            pass
    search(caught.value)


@pytest.mark.parametrize("wrong", [{"username": "a\r\nb"}, {"event_mask": "a\r\nb"}])
@pytest.mark.parametrize("auth", ["md5", "plain"])
async def test_no_other_refused_header_shows_the_secret(
    peer: Peer, beside: Beside, wrong: dict[str, str], auth: str
) -> None:
    beside.go(peer.serve())
    with pytest.raises(ValueError, match="the value of") as caught:
        async with peer.dial(auth=auth, **wrong):
            pass
    search(caught.value)


# Things that hold it -----------------------------------------------------------------------------


def holders() -> dict[str, object]:
    secret = Secret(CANARY)
    login = Action("Login", tuple(plain_login(USERNAME, secret, "on")))
    md5 = Action("Login", tuple(md5_login(USERNAME, "1", secret, "on")))
    return {
        "the secret": secret,
        "settings": Settings(host="pbx", username=USERNAME, secret=secret),
        "a connection": connect("pbx", username=USERNAME, secret=secret),
        "a plain login": login,
        "an md5 login": md5,
        "its frame": encode_action(login.name, "1", login.headers),
        "the md5 login's frame": encode_action(md5.name, "1", md5.headers),
        "hidden bytes": HiddenBytes(CANARY.encode()),
    }


@pytest.mark.parametrize("name", holders())
def test_what_holds_a_secret_does_not_show_it(name: str) -> None:
    holder = holders()[name]
    for shown in (repr(holder), str(holder), f"{holder}", f"{holder!r}", ascii(holder)):
        assert not shows(shown)
    assert not shows(repr([holder]))
    if attrs.has(type(holder)):
        assert not shows(repr(attrs.asdict(holder)))  # type: ignore[arg-type] # it has
        assert not shows(repr(attrs.astuple(holder)))  # type: ignore[arg-type] # it has
    try:
        pickled = pickle.dumps(holder)
    except (TypeError, AttributeError, pickle.PicklingError) as exc:
        search(exc)
    else:
        pytest.fail(f"pickled: {pickled!r}")


async def test_no_part_of_a_live_client_shows_the_secret(peer: Peer) -> None:
    async with peer.accept(auth="plain") as client:
        seen: set[int] = set()
        left: list[object] = [client]
        while left:
            one = left.pop()
            if id(one) in seen or not type(one).__module__.startswith("amitrio"):
                continue
            seen.add(id(one))
            assert not shows(repr(one))
            slots = [name for kind in type(one).__mro__ for name in getattr(kind, "__slots__", ())]
            names = [*getattr(one, "__dict__", {}), *slots]
            left += [getattr(one, name) for name in names if hasattr(one, name)]
        assert len(seen) > 10


def test_a_secret_is_one_value_however_often_it_is_wrapped() -> None:
    assert Secret(Secret(CANARY)) == Secret(CANARY)
    assert hash(Secret(CANARY)) == hash(Secret(CANARY))
    assert Secret(CANARY) != Secret("other")
    assert Secret(CANARY) != CANARY
    assert Secret(CANARY).reveal() == CANARY
