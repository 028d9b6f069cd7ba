"""The public face: what it names, and what it costs to import."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterable
from enum import IntEnum
from types import ModuleType

import attrs
import pytest

import amitrio
from amitrio import Hangup, actions
from amitrio.actions import Originate
from amitrio.lazy import Places
from amitrio.models import (
    Event,
    TypedAction,
    TypedEvent,
    TypedReply,
    event_class,
    event_kinds,
    reply_class_of,
)
from amitrio.models.generated import index
from amitrio.models.lazy import CONFIG, TYPED, action_places, event_places
from amitrio.models.values import WireText

PUBLIC = [
    "amitrio",
    "amitrio.actions",
    "amitrio.client",
    "amitrio.credentials",
    "amitrio.errors",
    "amitrio.headers",
    "amitrio.lazy",
    "amitrio.limits",
    "amitrio.models",
    "amitrio.protocol",
    "amitrio.supervisor",
    "amitrio.testing",
    "amitrio.text",
]

# What is only there to be reached through, while the program runs: a type checker sees more.
LAZY = [
    "amitrio.actions",
    "amitrio.models.generated",
    "amitrio.models.generated.actions",
    "amitrio.models.generated.events",
    "amitrio.models.generated.enums",
]

# Milliseconds of work that amitrio's own modules may take, on a machine of which nothing is known:
# to be imported, and to have every model loaded.
_GENEROUS = 400
_GENEROUS_FOR_ALL = 2000


def modules() -> list[str]:
    """Every module of the layers that `import amitrio` brings in, and every family of models."""
    names = [
        name
        for _, name, _ in pkgutil.walk_packages(amitrio.__path__, "amitrio.")
        if name.split(".")[1] in {"client", "models", "protocol", "supervisor", "testing"}
    ]
    return sorted({*PUBLIC, *names} - set(LAZY))


@pytest.mark.parametrize("name", modules())
def test_what_a_module_names_is_there_sorted_and_once(name: str) -> None:
    module = importlib.import_module(name)
    assert isinstance(module, ModuleType)
    named: list[str] = module.__all__
    assert named == sorted(named, key=_rank)
    assert len(set(named)) == len(named)
    for one in named:
        assert hasattr(module, one), one


def _rank(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions: as the linter sorts."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


@pytest.mark.parametrize("name", modules())
def test_what_a_module_makes_and_does_not_hide_is_named(name: str) -> None:
    module = importlib.import_module(name)
    made = {
        one
        for one, value in vars(module).items()
        if not one.startswith("_")
        and getattr(value, "__module__", None) == name
        and (inspect.isclass(value) or inspect.isfunction(value))
    }
    assert made - set(module.__all__) - _INTERNAL.get(name, set()) == set()


# Used by a sibling module, and by nobody else.
_INTERNAL = {
    "amitrio.protocol.framing": {"trimmed"},
    "amitrio.client.outbound": {"CallReport"},
}


def shown(package: ModuleType) -> set[str]:
    """The names that it has, modules and what the interpreter was told left out."""
    return {
        one
        for one, value in vars(package).items()
        if not one.startswith("_") and not inspect.ismodule(value) and one not in _TOLD
    }


_TOLD = {"annotations", "TYPE_CHECKING"}


@pytest.mark.parametrize("name", ["amitrio.client", "amitrio.protocol", "amitrio.supervisor"])
def test_a_packages_face_shows_no_more_than_it_names(name: str) -> None:
    package = importlib.import_module(name)
    assert shown(package) == set(package.__all__)


PLACES: dict[str, Places] = {
    "amitrio": event_places,
    "amitrio.actions": action_places,
    "amitrio.models": lambda: {**TYPED, **CONFIG},
    "amitrio.models.generated.enums": lambda: {name: event_places()[name] for name in index.ENUMS},
}

# What makes names lazy, where it stands in the open.
_MACHINERY = {"amitrio.actions": {"action_places", "lazily"}}


@pytest.mark.parametrize("name", PLACES)
def test_a_lazy_face_shows_what_it_names_and_what_was_loaded(name: str) -> None:
    module = importlib.import_module(name)
    own = set(getattr(module, "__all__", ()))
    for one in own:
        assert getattr(module, one) is vars(module)[one]
    assert shown(module) - own - set(PLACES[name]()) <= _MACHINERY.get(name, set())
    assert own <= shown(module)
    assert own & set(PLACES[name]()) == set()


@pytest.mark.parametrize("name", sorted({*LAZY[1:]} - {*PLACES}))
def test_a_package_of_families_shows_nothing(name: str) -> None:
    assert shown(importlib.import_module(name)) == set()


def test_whatever_the_public_api_raises_or_yields_can_be_named() -> None:
    for name in amitrio.errors.__all__:
        if name != "Executed":
            assert getattr(amitrio, name) is getattr(amitrio.errors, name)
    for package in (amitrio.client, amitrio.supervisor):
        for name in package.__all__:
            assert getattr(amitrio, name) is getattr(package, name)


def test_every_public_thing_says_what_it_is() -> None:
    for name in amitrio.__all__:
        thing = getattr(amitrio, name)
        assert inspect.getdoc(thing), name
        if not inspect.isclass(thing):
            continue
        for method, value in vars(thing).items():
            if not method.startswith("_") and callable(getattr(thing, method)):
                assert inspect.getdoc(value) or inspect.getdoc(getattr(thing, method)), method


# What is loaded when it is named -----------------------------------------------------------------


def test_every_event_is_a_class_here() -> None:
    for kind in event_kinds():
        cls = event_class(kind)
        assert issubclass(cls, TypedEvent), kind
        assert getattr(amitrio, cls.__name__) is cls
        assert cls.about.kind == kind
    assert len(event_kinds()) > 240


def test_every_action_and_its_reply_is_a_class_there() -> None:
    for family, name in index.ACTIONS.values():
        cls = getattr(actions, name)
        assert issubclass(cls, TypedAction), name
        assert cls.__module__ == f"amitrio.models.generated.actions.{family}"
    for action, (_, name) in index.REPLIES.items():
        assert issubclass(getattr(actions, name), TypedReply), name
        assert reply_class_of(action) is getattr(actions, name)
    assert len(index.ACTIONS) > 160


def test_every_enumeration_and_every_group_is_a_class_here() -> None:
    for name in index.ENUMS:
        assert issubclass(getattr(amitrio, name), IntEnum | WireText), name
    for name in index.GROUPS:
        assert attrs.has(getattr(amitrio, name)), name


@pytest.mark.parametrize("name", PLACES)
def test_what_is_lazy_can_be_imported_and_is_listed(name: str) -> None:
    module = importlib.import_module(name)
    for one in PLACES[name]():
        assert one.isidentifier()
        assert one in dir(module), one
        space: dict[str, object] = {}
        exec(f"from {name} import {one}", space)  # noqa: S102 - names of our own
        assert inspect.isclass(space[one]), one
        assert getattr(importlib.import_module(PLACES[name]()[one]), one) is space[one]
        assert space[one] is getattr(module, one)
    assert dir(module) == sorted(set(dir(module)))


def test_what_is_lazy_says_what_it_is() -> None:
    for name, places in PLACES.items():
        module = importlib.import_module(name)
        for one in places():
            doc = vars(getattr(module, one)).get("__doc__") or ""
            assert doc.split("\n\n", 1)[0].rstrip().endswith("."), one


def test_an_event_and_an_action_may_have_one_name() -> None:
    assert amitrio.actions is actions
    assert amitrio.Hangup is Hangup
    assert actions.Originate is Originate
    assert issubclass(Hangup, Event)
    assert issubclass(Originate, TypedAction)
    assert issubclass(actions.Hangup, TypedAction)


def test_no_name_means_two_things() -> None:
    assert set(event_places()) & set(amitrio.__all__) == set()
    named = [name for _, name in index.EVENTS.values()]
    named += [*index.ENUMS, *index.GROUPS, *TYPED]
    assert len(named) == len(set(named))
    done = [name for _, name in (*index.ACTIONS.values(), *index.REPLIES.values())]
    assert len(done) == len(set(done))


@pytest.mark.parametrize("module", [amitrio, actions])
@pytest.mark.parametrize("name", ["Hangupp", "hangup", "_Hangup", "__path_to_nowhere__", ""])
def test_an_unknown_name_is_an_attribute_error(module: ModuleType, name: str) -> None:
    assert not hasattr(module, name)
    with pytest.raises(AttributeError, match=f"module '{module.__name__}' has no attribute"):
        getattr(module, name)


def test_an_unknown_name_cannot_be_imported() -> None:
    with pytest.raises(ImportError, match="cannot import name 'Hangupp' from 'amitrio'"):
        exec("from amitrio import Hangupp")  # noqa: S102 - a line of our own
    with pytest.raises(ImportError, match=r"cannot import name 'Newexten' from 'amitrio\.actions'"):
        exec("from amitrio.actions import Newexten")  # noqa: S102 - likewise


def test_a_star_gives_what_is_named_and_no_more() -> None:
    space: dict[str, object] = {}
    exec("from amitrio import *", space)  # noqa: S102 - a line of our own
    assert set(space) - {"__builtins__"} == set(amitrio.__all__)


def test_what_is_named_is_from_where_the_face_says() -> None:
    faces: dict[str, tuple[str, ...]] = vars(amitrio)["_FACES"]
    assert sorted(name for names in faces.values() for name in names) == sorted(amitrio.__all__)
    for module, names in faces.items():
        for name in names:
            assert getattr(amitrio, name) is getattr(importlib.import_module(module), name), name


def test_what_is_lazy_is_not_named() -> None:
    for name in ("Hangup", "HangupCause", "RTCPReport", "ChannelEvent", "Problem", "actions"):
        assert name in dir(amitrio)
        assert name not in amitrio.__all__


# What it costs -----------------------------------------------------------------------------------

_MEASURE = """
import json, sys, time
import anyio, anyio.streams.tls, attrs
before = set(sys.modules)
began = time.process_time()
import amitrio
amitrio.supervise
taken = (time.process_time() - began) * 1000
new = sorted(set(sys.modules) - before)
import amitrio.actions
for module in (amitrio, amitrio.actions):
    for name in dir(module):
        getattr(module, name)
whole = (time.process_time() - began) * 1000
print(json.dumps({"taken": taken, "new": new, "whole": whole}))
"""


@attrs.frozen
class Cost:
    """Milliseconds of work, and the modules that connecting needs."""

    taken: float
    new: list[str]
    whole: float


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def brought_by(code: str) -> set[str]:
    """The modules that are loaded behind that code, which imports what it needs."""
    return set(run(f"{code}; import sys; print(*sys.modules)").split())


def layers(modules: Iterable[str]) -> set[str]:
    """The packages and modules right under `amitrio` among them."""
    return {name.split(".")[1] for name in modules if name.startswith("amitrio.")}


def families(modules: Iterable[str]) -> set[str]:
    """The families of models among them, such as `events.channels`."""
    generated = f"{LAZY[1]}."
    inside = {name.removeprefix(generated) for name in modules if name.startswith(generated)}
    return {name for name in inside if "." in name}


def test_importing_brings_nothing_yet() -> None:
    brought = brought_by("import amitrio")
    assert layers(brought) == {"lazy"}
    assert {"anyio", "attrs", "attr", "ssl", "socket", "logging", "json"} & brought == set()


@pytest.mark.parametrize(
    ("name", "brought"),
    [
        ("ConnectionLost", {"lazy", "errors", "headers", "text"}),
        ("Secret", {"lazy", "credentials", "text"}),
        ("__version__", {"lazy"}),
    ],
)
def test_naming_what_is_small_brings_little(name: str, brought: set[str]) -> None:
    assert layers(brought_by(f"import amitrio; amitrio.{name}")) == brought


def test_the_pytest_plugin_brings_nothing_yet() -> None:
    """It is loaded into every run of pytest, also where nobody asks for its fixture."""
    assert layers(brought_by("import amitrio.testing.plugin")) == {"lazy", "testing"}


def test_connecting_needs_no_supervisor_and_supervising_no_simulator() -> None:
    connecting = layers(brought_by("import amitrio; amitrio.connect"))
    supervising = layers(brought_by("import amitrio; amitrio.supervise"))
    assert {"actions", "cli", "simulator", "supervisor", "testing"} & connecting == set()
    assert supervising == connecting | {"supervisor"}


def test_connecting_and_supervising_need_no_backend_and_no_extra() -> None:
    brought = brought_by("import amitrio; amitrio.supervise")
    unwanted = {"trio", "asyncio", "cyclopts", "rich", "pytest", "hypothesis", "email", "http"}
    assert {name.split(".")[0] for name in brought} & unwanted == set()


def test_connecting_and_supervising_need_no_typed_model() -> None:
    brought = brought_by("import amitrio; amitrio.supervise")
    models = {name for name in brought if name.startswith("amitrio.models.generated.")}
    assert models == {"amitrio.models.generated.index"}
    assert not {"amitrio.models.kinds", "amitrio.models.typed"} & brought


def test_naming_an_event_brings_its_family_alone() -> None:
    brought = brought_by("import amitrio; amitrio.Hangup")
    assert families(brought) == {"events.channels", "enums.channels"}
    assert {"client", "supervisor"} & layers(brought) == set()


def test_naming_an_action_brings_its_family_alone() -> None:
    brought = brought_by("from amitrio.actions import MailboxCount")
    assert families(brought) == {"actions.voicemail"}
    assert {"client", "supervisor"} & layers(brought) == set()


def test_listing_names_loads_no_model() -> None:
    brought = brought_by("import amitrio; dir(amitrio), dir(amitrio.actions)")
    assert families(brought) == set()
    assert layers(brought_by("import amitrio; dir(amitrio)")) <= {
        *("credentials", "errors", "headers", "lazy", "limits", "models", "protocol", "text")
    }
    assert layers(brought) - layers(brought_by("import amitrio; amitrio.models")) == {"actions"}


def test_importing_is_cheap() -> None:
    runs = [Cost(**json.loads(run(_MEASURE))) for _ in range(3)]
    brought = runs[0].new
    assert len([name for name in brought if name.startswith("amitrio")]) < 80
    assert len(brought) < 105
    assert min(cost.taken for cost in runs) < _GENEROUS
    assert min(cost.whole for cost in runs) < _GENEROUS_FOR_ALL
