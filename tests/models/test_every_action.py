"""Every action that Asterisk has: what its class says is what Asterisk reads.

The bytes are written as the client writes them, and read by Asterisk's own rules
(amitrio/protocol/requests.py). Few examples each, as there are many actions;
HYPOTHESIS_PROFILE=thorough tries more.
"""

from __future__ import annotations

import ast
import inspect
import sys
from typing import Any, cast, get_args

import attrs
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from amitrio import Event, Secret, actions
from amitrio.models.catalogue import privileges_of, shape_of
from amitrio.models.generated import index
from amitrio.models.kinds import spec_of
from amitrio.models.registry import event_class, reply_class_of
from amitrio.models.typed import TypedReply
from amitrio.protocol.encoding import encode_action
from amitrio.protocol.privileges import permissions
from amitrio.protocol.requests import Request, RequestReader
from amitrio.simulator.actions.registry import ACTIONS as SIMULATED
from tests.models.whole_actions import AnyAction, fields_of, instances, spoiled, too_many

NAMES = sorted(name for _, name in index.ACTIONS.values())
every_action = pytest.mark.parametrize("name", NAMES)

few = settings(
    max_examples=max(10, (settings.default or settings()).max_examples // 6),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def class_of(name: str) -> type[Any]:
    return cast("type[Any]", getattr(actions, name))


def sent(action: AnyAction) -> bytes:
    """The bytes of an action, as the client sends it."""
    plain = action.plain()
    return encode_action(plain.name, "id", plain.headers)


def bare(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def read(data: bytes) -> Request:
    (request,) = RequestReader().feed(data)
    return request


# There and back ----------------------------------------------------------------------------------


@every_action
@few
@given(data=st.data())
def test_asterisk_reads_what_was_said(name: str, data: st.DataObject) -> None:
    cls = class_of(name)
    action = data.draw(instances(cls))
    request = read(sent(action))
    assert request.fault is None
    assert request.action == action.name
    assert request.pairs[:2] == [("Action", action.name), ("ActionID", "id")]
    headers = request.pairs[2:]
    assert headers == [(header, bare(value)) for header, value in action.headers]
    assert cls.from_headers(headers) == action


@every_action
@few
@given(data=st.data())
def test_what_asterisk_would_misread_never_leaves(name: str, data: st.DataObject) -> None:
    cls = class_of(name)
    bad = spoiled(cls)
    if bad is None:
        assert not any(spec_of(field).codec.write is str for field in attrs.fields(cls))
        return
    fields = data.draw(bad)
    with pytest.raises(ValueError, match=r"\w"):
        sent(cls(**fields))


@pytest.mark.parametrize("name", [name for name in NAMES if too_many(class_of(name))])
@few
@given(data=st.data())
def test_more_lines_than_asterisk_takes_never_leave(name: str, data: st.DataObject) -> None:
    cls = class_of(name)
    fields = data.draw(fields_of(cls)) | (too_many(cls) or {})
    with pytest.raises(ValueError, match="Asterisk takes at most 128"):
        sent(cls(**fields))


# As Python values --------------------------------------------------------------------------------


@every_action
@few
@given(data=st.data())
def test_it_is_a_value(name: str, data: st.DataObject) -> None:
    action = data.draw(instances(class_of(name)))
    same = attrs.evolve(action)
    assert (same, hash(same)) == (action, hash(action))
    for field in attrs.fields(type(action)):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(action, field.name, None)


@every_action
def test_its_fields_are_given_by_name(name: str) -> None:
    cls = class_of(name)
    parameters = inspect.signature(cls).parameters.values()
    assert {one.kind for one in parameters} <= {inspect.Parameter.KEYWORD_ONLY}
    assert [one.name for one in parameters] == [field.name for field in attrs.fields(cls)]


@every_action
@few
@given(data=st.data())
def test_what_is_required_must_be_given(name: str, data: st.DataObject) -> None:
    cls = class_of(name)
    fields = data.draw(fields_of(cls))
    for field in attrs.fields(cls):
        given_without = {name: value for name, value in fields.items() if name != field.name}
        if field.default is attrs.NOTHING:
            with pytest.raises(TypeError, match=field.name):
                cls(**given_without)
        else:
            cls(**given_without)


@every_action
def test_no_header_has_two_fields(name: str) -> None:
    headers = [spec_of(field).header.lower() for field in attrs.fields(class_of(name))]
    assert len(set(headers)) == len(headers)


SECRETS = [("Login", "secret"), ("Login", "key")]


def test_what_is_secret() -> None:
    fields = [(name, field) for name in NAMES for field in attrs.fields(class_of(name))]
    assert [(name, field.name) for name, field in fields if spec_of(field).secret] == SECRETS


@pytest.mark.parametrize(("name", "field"), SECRETS)
@given(data=st.data())
def test_a_secret_is_not_shown(name: str, field: str, data: st.DataObject) -> None:
    cls = class_of(name)
    fields = data.draw(fields_of(cls))
    assume("swordfish" not in repr(fields))
    action = cls(**fields | {field: "swordfish"})
    assert "swordfish" not in repr(action)
    assert "swordfish" not in repr(action.plain())
    assert b"swordfish" in sent(action)


# What is known of it -----------------------------------------------------------------------------


@every_action
def test_its_name_leads_to_it(name: str) -> None:
    about = class_of(name).about
    assert index.ACTIONS[about.name.lower()][1] == name
    assert about.releases in {(16,), (22,), (16, 22)}


@every_action
def test_its_privileges_are_the_catalogues(name: str) -> None:
    cls = class_of(name)
    assert cls.privileges == cls.about.privileges == privileges_of(cls.about.name)


@pytest.mark.parametrize("name", [name for name in NAMES if name.lower() in SIMULATED])
def test_its_privileges_are_the_simulators(name: str) -> None:
    cls = class_of(name)
    simulated = SIMULATED[cls.about.name.lower()]
    assert simulated.name == cls.about.name
    assert permissions(",".join(sorted(cls.privileges))) == simulated.privilege


def test_the_simulator_has_no_other_actions() -> None:
    assert set(SIMULATED) <= set(index.ACTIONS)


# What it returns ---------------------------------------------------------------------------------


def answer_of(cls: type[Any]) -> Any:
    """The `R` of its TypedAction[R]; the name of a list's type is told by its module's source."""
    (answer,) = get_args(vars(cls)["__orig_bases__"][0])
    return getattr(answer, "__forward_arg__", answer)


def listed(cls: type[Any]) -> set[str]:
    """The events in the type of its list, read in its module: only type checkers load them."""
    tree = ast.parse(inspect.getsource(sys.modules[cls.__module__]))
    (alias,) = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.target.id == answer_of(cls)
    )
    assert alias is not None
    return {node.attr for node in ast.walk(alias) if isinstance(node, ast.Attribute)}


LISTS = [name for name in NAMES if isinstance(answer_of(class_of(name)), str)]


def test_lists_are_the_catalogues() -> None:
    assert {class_of(name).about.name.lower() for name in LISTS} == set(index.LISTS)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_of_classes_that_there_are(name: str) -> None:
    cls = class_of(name)
    shape = shape_of(cls.about.name)
    assert shape.complete is not None
    events = {event_class(kind) for kind in (*shape.items, shape.complete)}
    assert Event not in events
    assert {event.__name__ for event in events} == listed(cls)
    assert answer_of(cls) == f"{name}Reply"


@pytest.mark.parametrize("name", [name for name in NAMES if name not in LISTS])
def test_what_is_no_list_returns_the_class_that_it_says(name: str) -> None:
    cls = class_of(name)
    answer = answer_of(cls)
    assert answer is reply_class_of(cls.about.name)
    if issubclass(answer, TypedReply):
        assert answer.about.kind == cls.about.name
