"""Requests: actions with fields, and the headers that they become."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio import Action, Secret
from amitrio.models.requests import ActionAbout, TypedAction
from amitrio.models.values import Variables
from amitrio.protocol.encoding import encode_action
from tests.models.declared import Count, Keyed, Light, Need, Shout, bare

FULL = Count(
    mailbox="100@default",
    limit=5,
    quick=False,
    light=Light.GREEN,
    codecs=("ulaw", "alaw"),
    members=("a", "b"),
    variables={"A": "1,2", "CDR(x)": 'say "hi" \\'},  # type: ignore[arg-type] # any mapping
    password="swordfish",
)
FULL_HEADERS = (
    ("Mailbox", "100@default"),
    ("Limit", "5"),
    ("Quick", "false"),
    ("Light", "3"),
    ("Codecs", "ulaw,alaw"),
    ("Member", "a"),
    ("Member", "b"),
    ("Variable", r"A=1\,2"),
    ("Variable", r"CDR(x)=say \"hi\" \\"),
    ("Password", Secret("swordfish")),
)


def test_its_fields_are_its_headers() -> None:
    assert FULL.headers == FULL_HEADERS


def test_what_is_not_given_is_not_sent() -> None:
    assert Count(mailbox="x").headers == (("Mailbox", "x"),)
    assert Count(mailbox="").headers == (("Mailbox", ""),)


def test_it_becomes_a_plain_action() -> None:
    assert FULL.plain() == Action("Count", FULL_HEADERS)
    assert encode_action("Count", "1", FULL.headers).count(b"\r\n") == len(FULL_HEADERS) + 3


def test_it_knows_its_name_and_what_it_needs() -> None:
    assert FULL.name == "Count"
    assert Count.privileges == FULL.privileges == {"call", "reporting"}
    assert Shout.privileges == frozenset()
    assert Shout.about == ActionAbout("Shout", releases=(16, 22))


def test_further_headers_have_their_own_names() -> None:
    shout = Shout(event="Fire", fields={"Floor": "3", "Room": ""})  # type: ignore[arg-type] # any mapping
    assert shout.headers == (("ShoutEvent", "Fire"), ("Floor", "3"), ("Room", ""))


@pytest.mark.parametrize(
    "fields", [{}, {"limit": 5}, {"malbox": "x"}, {"mailbox": "x", "name": "y"}]
)
def test_what_is_required_must_be_given_and_nothing_unknown(fields: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Count(**fields)


def test_positions_mean_nothing() -> None:
    with pytest.raises(TypeError):
        Count("100@default")  # type: ignore[call-arg] # what must fail


@pytest.mark.parametrize("name", ["codecs", "members"])
def test_one_text_is_not_several(name: str) -> None:
    with pytest.raises(TypeError, match="several texts are wanted"):
        Count(mailbox="x", **{name: "ulaw"})  # type: ignore[arg-type] # what must fail


@pytest.mark.parametrize("several", [["a", "b"], ("a", "b"), (one for one in "ab")], ids=type)
def test_several_may_be_given_in_any_way(several: Any) -> None:
    action = Count(mailbox="x", codecs=several)
    assert action.codecs == ("a", "b")
    assert action.headers == (("Mailbox", "x"), ("Codecs", "a,b"))


@pytest.mark.parametrize("words", [("a,b",), (" a",)])
def test_a_word_with_a_comma_has_no_headers(words: tuple[str, ...]) -> None:
    action = Count(mailbox="x", codecs=words)
    with pytest.raises(ValueError, match="commas"):
        action.headers  # noqa: B018


def test_what_is_no_name_of_a_variable_has_no_headers() -> None:
    action = Count(mailbox="x", variables={"a=b": "1"})  # type: ignore[arg-type] # any mapping
    with pytest.raises(ValueError, match="is no name of a channel variable"):
        action.headers  # noqa: B018


def test_it_is_a_value() -> None:
    assert attrs.evolve(FULL) == FULL
    assert hash(attrs.evolve(FULL)) == hash(FULL)
    assert attrs.evolve(FULL, limit=6) != FULL
    assert isinstance(FULL.plain(), Action)
    bare = attrs.evolve(FULL, password=None)
    for copied in (copy.copy(bare), copy.deepcopy(bare), pickle.loads(pickle.dumps(bare))):
        assert copied == bare
    assert copy.copy(FULL) == FULL
    with pytest.raises(TypeError, match="refuses to be pickled"):
        pickle.dumps(FULL)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        FULL.limit = 6  # type: ignore[misc] # what must fail


def test_a_secret_is_not_shown() -> None:
    assert "swordfish" not in repr(FULL)
    assert "swordfish" not in repr(FULL.plain())
    assert "100@default" in repr(FULL)


# Back from headers -------------------------------------------------------------------------------


def test_headers_become_an_action() -> None:
    assert Count.from_headers(bare(FULL_HEADERS)) == FULL
    assert Count.from_headers([("MAILBOX", "x"), ("mailbox", "y"), ("New", "z")]) == Count(
        mailbox="x"
    )
    assert Shout.from_headers([("a", "1"), ("ShoutEvent", "e")]) == Shout(
        event="e",
        fields={"a": "1"},  # type: ignore[arg-type] # any mapping
    )


@pytest.mark.parametrize("quick", ["yes", "1", "TRUE", "on"])
def test_truth_is_read_in_every_spelling(quick: str) -> None:
    assert Count.from_headers([("Mailbox", "x"), ("Quick", quick)]).quick is True


def test_one_header_may_set_several_variables() -> None:
    action = Count.from_headers([("Mailbox", "x"), ("Variable", r"A=1\,2,B=3"), ("variable", "C=")])
    assert action.variables == {"A": "1,2", "B": "3", "C": ""}


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("Limit", "1")], "Count needs Mailbox"),
        ([("Mailbox", "<unknown>")], "Count needs Mailbox"),
        ([("Mailbox", "x"), ("LIMIT", "many")], "LIMIT: 'many' is none of what it can be"),
        ([("Mailbox", "x"), ("Light", "2")], "Light: '2' is none of what it can be"),
    ],
)
def test_what_is_missing_or_wrong_is_a_value_error(
    pairs: list[tuple[str, str]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Count.from_headers(pairs)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def is_secret(text: str) -> bool:
    return text[:1] > " " and not set(text) & set("\r\n\0")


@given(
    st.builds(
        Count,
        mailbox=texts.filter(lambda text: not text.startswith(("<", "(", "-"))),
        limit=st.none() | st.integers(-9, 9),
        quick=st.none() | st.booleans(),
        light=st.none() | st.sampled_from(Light),
        codecs=st.lists(st.text("ab", min_size=1)).map(tuple),
        members=st.lists(texts).map(tuple),
        variables=st.dictionaries(st.text("abc()", min_size=1), texts),
        password=st.none() | texts.filter(is_secret).map(Secret),
    )
)
def test_an_action_comes_back_from_its_headers(action: Count) -> None:
    assert Count.from_headers(bare(action.headers)) == action


@given(st.lists(st.tuples(st.sampled_from([name for name, _ in FULL_HEADERS] + ["x"]), texts)))
def test_no_headers_raise_anything_but_a_value_error(pairs: list[tuple[str, str]]) -> None:
    for cls in (Count, Shout, Need):
        try:
            action: TypedAction[Any] = cls.from_headers(pairs)
        except ValueError:
            continue
        assert isinstance(action, cls)


# Edges -----------------------------------------------------------------------------------------


def test_none_of_several_is_missing() -> None:
    with pytest.raises(ValueError, match="Need needs Member"):
        Need.from_headers([])


def test_of_a_variable_that_is_set_twice_the_first_wins() -> None:
    pairs = [("Mailbox", "x"), ("Variable", "A=1"), ("Variable", "A=2")]
    assert Count.from_headers(pairs).variables == {"A": "1"}


def test_a_wrapped_secret_is_sent() -> None:
    action = Count(mailbox="x", password=Secret("swordfish"))
    assert action.plain().get("Password") == Secret("swordfish")


def test_what_is_named_like_a_secret_is_not_shown() -> None:
    action = Shout(event="e", fields=Variables({"a": "1"}))
    assert "swordfish" not in repr(attrs.evolve(action, fields=Variables({"Secret": "swordfish"})))
    assert "shut-up" not in repr(Keyed(key="shut-up"))


def test_the_value_of_a_variable_is_text_or_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="A"):
        Count(mailbox="x", variables={"A": 1})  # type: ignore[arg-type] # what must fail
