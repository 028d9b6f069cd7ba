"""The modules of the typed models: events, actions, enumerations, groups, each as source.

Law: a module imports what it uses and nothing else; what only type checkers need it imports for
them alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from .declared import Names, about, field_lines, story_lines
from .model import ActionModel, Catalogue, EventModel, FieldModel, GroupModel, ReplyModel
from .source import WIDTH, bracketed, docstring, imports, indented, module, quoted
from .words import EnumWords

__all__ = [
    "actions_module",
    "enums_face",
    "enums_module",
    "events_module",
    "family_stars",
    "groups_module",
    "list_type",
]

_MESSAGE = "@attrs.frozen(kw_only=True, eq=False, repr=False)"
_VALUE = "@attrs.frozen(kw_only=True)"
_ACTION = "@attrs.frozen(kw_only=True, repr=False)"
_GENERATED = "amitrio.models.generated"
_SNAPSHOTS = "amitrio.models.snapshots"
_TYPED = "amitrio.models.typed"
_REPLIES = "amitrio.models.replies"
_REQUESTS = "amitrio.models.requests"
_ENUMERATIONS = "Enumerations: the closed sets of numbers and words that headers hold."
_PARTS = {"channel": "ChannelSnapshot", "bridge": "BridgeSnapshot"}


def events_module(catalogue: Catalogue, family: str) -> str:
    """The events of a family."""
    events = catalogue.events[family]
    names = Names(own=frozenset(event.class_name for event in events))
    body = [line for event in events for line in ("", *_event(event, catalogue, names), "")]
    return module(
        docstring(catalogue.about[family]),
        names.needed,
        body,
        public=[event.class_name for event in events],
    )


def _event(event: EventModel, catalogue: Catalogue, names: Names) -> list[str]:
    base = event.base.class_name
    names.use("attrs")
    names.use("typing", "ClassVar")
    names.use(_TYPED, "About", *(["TypedEvent"] if base == "TypedEvent" else ()))
    if base != "TypedEvent":
        names.use(_SNAPSHOTS, base)
    return [
        _MESSAGE,
        f"class {event.class_name}({base}):",
        *story_lines(event.story, "AMI_Events"),
        "",
        *about("About", event.kind, event.story, event.event_class),
        *_parts(event, names),
        *_fields(event.fields, catalogue, names),
    ]


def _parts(event: EventModel, names: Names) -> list[str]:
    lines: list[str] = []
    for part in event.base.parts:
        names.use(_SNAPSHOTS, f"{part.kind}_part", _PARTS[part.kind])
        head = f"{part.name}: {_PARTS[part.kind]} | None = {part.kind}_part("
        lines += bracketed(head, [quoted(part.prefix)], ")", indent=4)
    return indented(lines)


def _fields(
    fields: Iterable[FieldModel], catalogue: Catalogue, names: Names, *, given: bool = False
) -> list[str]:
    return [line for field in fields for line in field_lines(field, catalogue, names, given=given)]


# Actions -----------------------------------------------------------------------------------------


def actions_module(catalogue: Catalogue, family: str) -> str:
    """The actions of a family, and the replies that only they have."""
    actions = catalogue.actions[family]
    names, checking = Names(own=frozenset(one.class_name for one in actions)), Names()
    replies = [action.reply for action in actions if action.reply is not None]
    body: list[str] = []
    for reply in replies:
        body += ["", *_reply(reply, catalogue, names), ""]
    for action in actions:
        body += ["", *_action(action, catalogue, names), ""]
    lists = _lists(actions, catalogue, family, checking)
    if lists:
        names.use("typing", "TYPE_CHECKING", "TypeAlias")
    if any(action.name in catalogue.general.sometimes for action in actions):
        names.use(_REPLIES, "Reply")
    return module(
        docstring(catalogue.about[family]),
        names.needed,
        body,
        checking=[*imports(checking.needed, indent=4), *lists] if lists else (),
        public=[*(reply.class_name for reply in replies), *names.own],
    )


def _reply(reply: ReplyModel, catalogue: Catalogue, names: Names) -> list[str]:
    names.use("attrs")
    names.use("typing", "ClassVar")
    names.use(_TYPED, "About", "TypedReply")
    return [
        _MESSAGE,
        f"class {reply.class_name}(TypedReply):",
        *story_lines(reply.story, ""),
        "",
        *about("About", reply.action, reply.story),
        *_fields(reply.fields, catalogue, names),
    ]


def _action(action: ActionModel, catalogue: Catalogue, names: Names) -> list[str]:
    names.use("attrs")
    names.use("typing", "ClassVar")
    names.use(_REQUESTS, "ActionAbout", "TypedAction")
    privileges = ", ".join(quoted(name) for name in sorted(action.privileges))
    asks = [f"privileges=frozenset({{{privileges}}})"] if privileges else []
    answer = _answer(action, catalogue, names)
    return [
        _ACTION,
        *bracketed(f"class {action.class_name}(", [f"TypedAction[{answer}]"], "):"),
        *story_lines(action.story, "AMI_Actions"),
        "",
        *about("ActionAbout", action.name, action.story, None, *asks),
        *_fields(action.fields, catalogue, names, given=True),
    ]


def _answer(action: ActionModel, catalogue: Catalogue, names: Names) -> str:
    """The type of the action's reply; a list's is a name, whose events need not be loaded."""
    if action.name in catalogue.general.lists:
        return quoted(_list_name(action))
    if action.reply is not None:
        return action.reply.class_name
    if action.reply_class is not None:
        names.use(catalogue.general.replies[action.reply_class], action.reply_class)
        return action.reply_class
    names.use(_REPLIES, "Reply")
    return "Reply"


def _list_name(action: ActionModel) -> str:
    return f"{action.class_name}Reply"


def _lists(
    actions: Iterable[ActionModel], catalogue: Catalogue, family: str, checking: Names
) -> list[str]:
    """The types of the lists, for type checkers alone."""
    lines: list[str] = []
    for action in actions:
        listed = catalogue.general.lists.get(action.name)
        if listed is not None:
            complete, *items = [_event_name(kind, catalogue, family, checking) for kind in listed]
            lines += list_type(
                f"{_list_name(action)}: TypeAlias = ",
                items,
                complete,
                sometimes=action.name in catalogue.general.sometimes,
            )
            checking.use(_REPLIES, "ListReply")
            if not items:
                checking.use("amitrio.models.base", "Event")
    return lines


def list_type(
    head: str, items: list[str], complete: str, tail: str = "", *, sometimes: bool, indent: int = 4
) -> list[str]:
    """The type of a list."""
    if sometimes:
        return _alternative(head, f"Reply | ListReply[{items[0]}, {complete}]", tail, indent)
    head = f"{head}ListReply["
    tail = f"]{tail}"
    union = " | ".join(items) or "Event"
    lines = bracketed(head, [union, complete], tail, indent=indent)
    if max(len(line) for line in lines) <= WIDTH - indent:
        return lines
    first, *others = items
    inner = [first, *(f"| {item}" for item in others)]
    inner[-1] += ","
    return [head, *indented([*inner, f"{complete},"]), tail]


def _alternative(head: str, answer: str, tail: str, indent: int) -> list[str]:
    if len(head + answer + tail) <= WIDTH - indent:
        return [head + answer + tail]
    return [f"{head}(", *indented([answer]), f"){tail}"]


def _event_name(kind: str, catalogue: Catalogue, family: str, checking: Names) -> str:
    """An event's class, through its module: actions have the same names."""
    home, class_name = catalogue.homes[kind]
    alias = "events" if home == family else f"{home}_events"
    checking.use(f"{_GENERATED}.events", f"{home} as {alias}")
    return f"{alias}.{class_name}"


def family_stars(directory: str, families: Iterable[str]) -> list[str]:
    """The imports that name for type checkers whatever is in these families."""
    return [
        f"    from {_GENERATED}.{directory}.{family} import *  # noqa: F403"
        for family in sorted(families)
    ]


# Values ------------------------------------------------------------------------------------------


def enums_face(catalogue: Catalogue) -> str:
    """The package of the enumerations, which has them all, lazily."""
    names = {
        "typing": {"TYPE_CHECKING"},
        "amitrio.lazy": {"lazily as _lazily"},
        "amitrio.models.generated.index": {"ENUMS as _ENUMS"},
    }
    body = [
        "if TYPE_CHECKING:",
        *family_stars("enums", catalogue.enums),
        "",
        "if not TYPE_CHECKING:",
        "    __getattr__, __dir__ = _lazily(",
        '        __name__, lambda: {name: f"{__name__}.{home}" for name, home in _ENUMS.items()}',
        "    )",
    ]
    return module(docstring(_ENUMERATIONS), names, body)


def enums_module(catalogue: Catalogue, family: str) -> str:
    """The enumerations of a family."""
    names = Names()
    enums = catalogue.enums[family]
    body: list[str] = []
    for name, words in enums.items():
        body += ["", *_enum(name, words, names), ""]
    return module(docstring(_ENUMERATIONS), names.needed, body, public=enums)


def _enum(name: str, words: EnumWords, names: Names) -> list[str]:
    whole = words.base == "int"
    base = "IntEnum" if whole else "WireText"
    names.use("enum" if whole else "amitrio.models.values", base)
    members = [
        f"{member} = {value if isinstance(value, int) else quoted(value)}"
        for member, value in words.members.items()
    ]
    return [
        f"class {name}({base}):",
        *indented([*docstring(words.text or "Not described yet.", indent=4), "", *members]),
    ]


def groups_module(catalogue: Catalogue) -> str:
    """What numbered headers make up."""
    names = Names()
    body: list[str] = []
    for group in catalogue.groups.values():
        body += ["", *_group(group, catalogue, names), ""]
    doc = docstring("Groups: values that several headers with one number make up.")
    return module(doc, names.needed, body, public=catalogue.groups)


def _group(group: GroupModel, catalogue: Catalogue, names: Names) -> list[str]:
    names.use("attrs")
    return [
        _VALUE,
        f"class {group.name}:",
        *indented(docstring(group.text or "Not described yet.", indent=4)),
        "",
        *_fields(group.fields, catalogue, names),
    ]
