"""Assignments: what actions set, as Asterisk's own parser reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio.models.assignments import assignment, assignments, told


def separated(text: str) -> list[str]:
    """__ast_app_separate_args() of app.c: comma, characters removed, as in AST_STANDARD_APP_ARGS.

    Its bound of 64 arguments is left out; behind a backslash that ends the text it is undefined.
    """
    arguments: list[str] = []
    depth = {"(": 0, "[": 0}
    quoted, at, argument = False, 0, ""
    while at < len(text):
        letter = text[at]
        at += 1
        if letter == "\\":
            argument += text[at : at + 1]
            at += 1
        elif letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted and not any(depth.values()):
            arguments.append(argument)
            argument = ""
        else:
            if letter in "([":
                depth[letter] += 1
            elif letter in ")]":
                opening = "(" if letter == ")" else "["
                depth[opening] = max(0, depth[opening] - 1)
            argument += letter
    return [*arguments, argument]


def set_by(text: str) -> list[tuple[str, str]]:
    """man_do_variable_value() of manager.c: an argument without a sign or a name sets nothing."""
    parts = [one.partition("=") for one in separated(text.lstrip(" "))]
    return [(name, value) for name, sign, value in parts if sign and name]


anything = st.text(st.characters(exclude_categories=["Cs"]))
tangled = st.text(st.sampled_from('ab=,"\\()[] \n'))
names = st.one_of(
    st.sampled_from(["X", "__X", "CDR(x)", "HASH(a", "ARRAY)", "a b"]),
    st.text(st.characters(codec="ascii", min_codepoint=33, exclude_characters='=,"\\'), min_size=1),
)


@given(names, anything | tangled)
def test_asterisk_reads_back_what_is_written(name: str, value: str) -> None:
    written = assignment(name, value)
    assert set_by(written) == [(name, value)]
    assert assignments(written) == [(name, value)]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("", "X="),
        ("1,2", r"X=1\,2"),
        ('say "hi"', r"X=say \"hi\""),
        ("c:\\", r"X=c:\\"),
        ("a=b", "X=a=b"),
        ("(1,2", r"X=(1\,2"),
        (" ", "X= "),
    ],
)
def test_only_what_the_parser_would_take_is_escaped(value: str, written: str) -> None:
    assert assignment("X", value) == written


@pytest.mark.parametrize("name", ["", "a=b", "=", "a,b", 'a"', "a\\", " a", "a ", "\ta", "a\n"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no name of a channel variable"):
        assignment(name, "1")


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("A=1,B=2", [("A", "1"), ("B", "2")]),
        ('A="1,2",B=3', [("A", "1,2"), ("B", "3")]),
        (r"A=1\,2,B=\\", [("A", "1,2"), ("B", "\\")]),
        (r"A=\"", [("A", '"')]),
        ('A=1"', [("A", "1")]),
        ("A==", [("A", "=")]),
    ],
)
def test_one_header_may_set_several(text: str, pairs: list[tuple[str, str]]) -> None:
    assert assignments(text) == pairs == set_by(text)


@pytest.mark.parametrize("text", ["A=(1,2)", "A=[1,2],B=3", "A=(,B=1", "A", "", "=1", "A=1,"])
def test_other_headers_are_read_as_asterisk_reads_them(text: str) -> None:
    assert assignments(text) == set_by(text)


@given(tangled.filter(lambda text: not set(text) & set("()[] ")))
def test_no_header_is_an_error(text: str) -> None:
    assert assignments(text) == [
        told(one) for one in separated(text) if "=" in one and told(one)[0]
    ]


@pytest.mark.parametrize(
    ("text", "pair"),
    [("A=1", ("A", "1")), ("A=1=2,\\", ("A", "1=2,\\")), ("A", ("A", "")), ("", ("", ""))],
)
def test_what_asterisk_tells_is_split_at_the_first_sign(text: str, pair: tuple[str, str]) -> None:
    assert told(text) == pair
