"""The overloads: what `events("Hangup")` yields, and what `send("QueueStatus")` returns.

A type checker reads these; at run time the classes are empty.

Law: the first overload that fits is the narrowest; names that Asterisk does not have fall
through to the general ones.
"""

from __future__ import annotations

from .declared import Names
from .model import ActionModel, Catalogue
from .source import bracketed, docstring, imports, indented, module, quoted
from .written import list_type

__all__ = ["sources_module"]

_ACTIONS = "amitrio.models.generated.actions"
_EVENTS = "amitrio.models.generated.events"
_SEND = "async def send("
_HEADERS = ["headers: FieldSource = ...", "/", "**fields: FieldValue"]
_DEPTH = 8
_DOC = (
    "Sources: what a client's methods yield and return, by the names that they are given.",
    "These are base classes for type checkers: to a program they are empty.",
)
_ALWAYS = {
    "collections.abc": {"Callable"},
    "typing": {"TYPE_CHECKING", "Any", "Generic", "Literal", "TypeVar", "overload"},
    "amitrio.models.base": {"Event"},
    "amitrio.models.replies": {"Reply"},
}
_CHECKED = {
    "amitrio.client.gaps": {"EventsDropped"},
    "amitrio.client.streams": {"EventStream"},
    "amitrio.models.actions": {"Action", "FieldSource", "FieldValue"},
    "amitrio.models.replies": {"ListReply"},
    "amitrio.models.requests": {"TypedAction"},
}
_ALIASES = [
    "",
    'E = TypeVar("E", bound=Event)',
    'R = TypeVar("R", bound=Reply)',
    'G_co = TypeVar("G_co", covariant=True)',
    "",
    "_Where = Callable[[E], bool] | None",
    '_Fail = Literal["fail"]',
    '_Drop = Literal["drop_oldest"]',
]


def sources_module(catalogue: Catalogue) -> str:
    """amitrio/client/sources.py."""
    checking = Names({name: set(wanted) for name, wanted in _CHECKED.items()})
    yields = _event_overloads(catalogue, checking)
    sends = _send_overloads(catalogue, checking)
    body = [
        *_ALIASES,
        *_class(
            "EventSource(Generic[G_co])",
            "Yields events, and a `G_co` wherever some are missing.",
            yields,
        ),
        *_class("ActionSender", "Sends actions, and returns their replies.", sends),
    ]
    return module(
        docstring(*_DOC),
        {name: set(wanted) for name, wanted in _ALWAYS.items()},
        body,
        checking=imports(checking.needed, indent=4),
        public=["ActionSender", "EventSource"],
    )


def _class(name: str, text: str, methods: list[str]) -> list[str]:
    checked = ["if TYPE_CHECKING:", "", *indented(methods)]
    return ["", "", f"class {name}:", *indented([*docstring(text, indent=4), "", *checked])]


def _event_overloads(catalogue: Catalogue, checking: Names) -> list[str]:
    kinds = {kind: cls for kind, (_, cls) in sorted(catalogue.homes.items())}
    for family, cls in catalogue.homes.values():
        checking.use(f"{_EVENTS}.{family}", cls)
    lines: list[str] = []
    for kind, cls in kinds.items():
        lines += _events(f"kind: Literal[{quoted(kind)}], /, *", cls)
    lines += _events("kind: type[E], /, *kinds: type[E]", "E")
    lines += _events("*kinds: str", "Event")
    lines += _last("def events(self, ", "The events of these kinds, from now on.")
    for kind, cls in kinds.items():
        lines += _wait_for(f"kind: Literal[{quoted(kind)}]", cls)
    lines += _wait_for("kind: type[E]", "E")
    lines += _wait_for("kind: str = ...", "Event")
    lines += _last("async def wait_for(self, /, ", "The next event of that kind.")
    return lines


def _events(kind: str, cls: str) -> list[str]:
    """Both ways to overflow: the one ends the stream, the other tells in it what was dropped."""
    common = [*kind.split(", "), f"where: _Where[{cls}] = ...", "buffer: int = ..."]
    return [
        *_overload("def events(", [*common, "overflow: _Fail = ..."], f"EventStream[{cls} | G_co]"),
        *_overload(
            "def events(",
            [*common, "overflow: _Drop"],
            f"EventStream[{cls} | EventsDropped | G_co]",
        ),
    ]


def _wait_for(kind: str, cls: str) -> list[str]:
    return _overload("async def wait_for(", [kind, "/", f"where: _Where[{cls}] = ..."], cls)


def _send_overloads(catalogue: Catalogue, checking: Names) -> list[str]:
    lines = _overload(_SEND, ["action: TypedAction[R]", "/"], "R")
    for family, actions in catalogue.actions.items():
        for action in actions:
            lines += _send(action, family, catalogue, checking)
    lines += _overload(_SEND, ["action: str | Action", *_HEADERS], "Reply")
    lines += _last(f"{_SEND}self, /, ", "Send an action and return its reply.")
    return lines


def _send(action: ActionModel, family: str, catalogue: Catalogue, checking: Names) -> list[str]:
    """The overload for an action by name, where its reply is more than a Reply."""
    general = catalogue.general
    parameters = [f"action: Literal[{quoted(action.name)}]", *_HEADERS]
    if action.name in general.lists:
        complete, *items = [catalogue.homes[kind][1] for kind in general.lists[action.name]]
        lines = _overload(_SEND, parameters, "@")
        sometimes = action.name in general.sometimes
        kinds = list_type(") -> ", items, complete, ": ...", sometimes=sometimes, indent=_DEPTH)
        return [*lines[:-1], *kinds]
    if action.reply is not None:
        checking.use(f"{_ACTIONS}.{family}", action.reply.class_name)
        return _overload(_SEND, parameters, action.reply.class_name)
    if action.reply_class is not None:
        checking.use(general.replies[action.reply_class], action.reply_class)
        return _overload(_SEND, parameters, action.reply_class)
    return []


def _overload(head: str, parameters: list[str], result: str) -> list[str]:
    tail = f") -> {result}: ..."
    return ["@overload", *bracketed(head, ["self", *parameters], tail, indent=_DEPTH)]


def _last(head: str, text: str) -> list[str]:
    """What stands behind the overloads; the client has it."""
    signature = f"{head}*arguments: Any, **options: Any) -> Any:"
    return [signature, *indented(docstring(text)), ""]
