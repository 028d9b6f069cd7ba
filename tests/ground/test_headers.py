"""Headers: an ordered multimap that knows no case."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio.headers import Headers

PAIRS = [
    ("Response", "Success"),
    ("Variable", "A=1"),
    ("UniqueID", "1.2"),
    ("variable", "B=2"),
    ("", "No categories found"),
    ("VARIABLE", "A=1"),
]
HEADERS = Headers(PAIRS)


@pytest.mark.parametrize("name", ["Variable", "variable", "VARIABLE", "vArIaBlE"])
def test_names_are_found_in_any_case_and_the_first_wins(name: str) -> None:
    assert HEADERS[name] == HEADERS.get(name) == "A=1"
    assert HEADERS.getall(name) == ["A=1", "B=2", "A=1"]
    assert name in HEADERS


def test_what_is_not_there() -> None:
    with pytest.raises(KeyError, match="Exten") as caught:
        HEADERS["Exten"]
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert HEADERS.get("Exten") is None
    assert HEADERS.getall("Exten") == []
    assert "Exten" not in HEADERS
    assert not HEADERS.__contains__(7)


def test_order_and_repetition_are_kept() -> None:
    assert HEADERS.pairs == tuple(PAIRS)


def test_as_a_mapping_it_has_each_name_once() -> None:
    assert isinstance(HEADERS, Mapping)
    assert list(HEADERS) == ["Response", "Variable", "UniqueID", ""]
    assert len(HEADERS) == 4
    assert dict(HEADERS) == {
        "Response": "Success",
        "Variable": "A=1",
        "UniqueID": "1.2",
        "": "No categories found",
    }


def test_a_line_without_a_colon_has_no_name() -> None:
    assert HEADERS[""] == "No categories found"


def test_no_headers() -> None:
    assert (list(Headers()), len(Headers()), Headers().pairs) == ([], 0, ())


def test_equality_is_that_of_the_lines() -> None:
    assert Headers(PAIRS) == HEADERS
    assert hash(Headers(PAIRS)) == hash(HEADERS)
    assert Headers(PAIRS[::-1]) != HEADERS
    assert Headers([("A", "1")]) != Headers([("a", "1")])
    assert dict(HEADERS) != HEADERS


def test_what_they_show_is_escaped() -> None:
    assert repr(Headers([("A\x1b", "x\ny"), ("B", "caf\udce9")])) == (
        r"<Headers A\x1b: 'x\\ny', B: 'caf\\udce9'>"
    )


@given(st.lists(st.tuples(st.sampled_from("abAB"), st.text(max_size=3))))
def test_it_is_a_list_of_pairs_with_an_index(pairs: list[tuple[str, str]]) -> None:
    headers = Headers(iter(pairs))
    for name in "abAB":
        values = [value for known, value in pairs if known.lower() == name.lower()]
        assert headers.getall(name) == values
        assert headers.get(name) == (values[0] if values else None)
    assert len(headers) == len({name.lower() for name, _ in pairs})
