"""One frame: its first line, its headers, and one value out of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio.protocol import encode_frame
from amitrio.protocol.message import (
    event_kind,
    find,
    id_line_in,
    id_of,
    parse_headers,
    split_line,
)
from amitrio.text import encode


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"Event: Newchannel", "Newchannel"),
        (b"Event: ", ""),
        (b"Event: caf\xe9", "caf\udce9"),
        (b"Event:Newchannel", None),
        (b"event: Newchannel", None),
        (b"Response: Success", None),
        (b"X: Event: Newchannel", None),
        (b"", None),
    ],
)
def test_the_first_line_names_the_event(line: bytes, kind: str | None) -> None:
    assert event_kind(line) == kind


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        (b"Channel: PJSIP/100", b"Channel", b"PJSIP/100"),
        (b"AccountCode: ", b"AccountCode", b""),
        (b"AccountCode:", b"AccountCode", b""),
        (b"Value:   lead and trail  ", b"Value", b"  lead and trail  "),
        (b"H:v", b"H", b"v"),
        (b"Value: a: b", b"Value", b"a: b"),
        (b"Value: \tx", b"Value", b"\tx"),
        (b"No categories found", b"", b"No categories found"),
        (b": x", b"", b"x"),
        (b"", b"", b""),
        (b"Cause-txt: Normal Clearing", b"Cause-txt", b"Normal Clearing"),
        (b"SIP-T.38Support: N", b"SIP-T.38Support", b"N"),
        (b"Named Callgroup: 1", b"Named Callgroup", b"1"),
        (b"ChanVariable: FOO=a: b", b"ChanVariable", b"FOO=a: b"),
        (
            b"ChanVariable(Local/12:34 5@h2-0000025b;1): FOO=a: b",
            b"ChanVariable(Local/12:34 5@h2-0000025b;1)",
            b"FOO=a: b",
        ),
        (b"DestChanVariable(a:b): F=(x): y", b"DestChanVariable(a:b)", b"F=(x): y"),
        (b"ChanVariable(a:(b) c): F=1", b"ChanVariable(a:(b) c)", b"F=1"),
        (b"ChanVariable(a\nb:c): F=1", b"ChanVariable(a\nb:c)", b"F=1"),
        (b"ChanVariable(a:b F=1", b"ChanVariable(a", b"b F=1"),
        (b"ChanVariable(a:b) F=1", b"ChanVariable(a", b"b) F=1"),
        (b"My ChanVariable(a:b): F=1", b"My ChanVariable(a", b"b): F=1"),
    ],
)
def test_a_line_is_split_behind_its_name(line: bytes, name: bytes, value: bytes) -> None:
    assert split_line(line) == (name, value)


def test_headers_keep_order_repetition_and_every_byte() -> None:
    frame = b"Response: Success\r\nLine-000000: a\r\nline-000000: \xff\n\x00b\r\nno colon"
    assert parse_headers(frame).pairs == (
        ("Response", "Success"),
        ("Line-000000", "a"),
        ("line-000000", "\udcff\n\x00b"),
        ("", "no colon"),
    )


def test_an_empty_frame_has_no_headers() -> None:
    assert parse_headers(b"").pairs == ()


@pytest.mark.parametrize(
    ("frame", "value"),
    [
        (b"Response: Success\r\nActionID: a1\r\nMessage: x", b"a1"),
        (b"Response: Success\r\nactionid: a1", b"a1"),
        (b"Event: X\r\nY: 1\r\nActionID:a1", b"a1"),
        (b"Event: X\r\nActionID:  a1 ", b" a1 "),
        (b"Event: X\r\nActionID: \r\nY: 1", b""),
        (b"Event: X\r\nActionID: a1\r\nActionID: a2", b"a1"),
        (b"Event: X\r\nMyActionID: a1", None),
        (b"ActionID: a1", b"a1"),
        (b"ActionID: a1\r\nActionID: a2", b"a1"),
        (b"Event: X\r\nY: ActionID: a1", None),
        (b"Event: X\r\nY: 1\nActionID: a1", None),
        (b"Event: X\r\nActionID a1", None),
        (b"Event: \xff\xfe\r\nActionID: \xc3\x89", b"\xc3\x89"),
    ],
)
def test_one_value_is_found_without_parsing(frame: bytes, value: bytes | None) -> None:
    assert find(frame, frame.lower(), b"actionid") == value


names = st.text(st.characters(exclude_characters="\r\n:", codec="utf-8"), max_size=12)
values = st.text(st.characters(codec="utf-8"), max_size=30).filter(lambda text: "\r\n" not in text)


# Only CR LF ends a value: no other line end, no separator, no NUL can begin a header.
@given(st.lists(st.tuples(names.filter(bool), values), min_size=1, max_size=8))
def test_a_value_that_was_received_never_becomes_a_header(pairs: list[tuple[str, str]]) -> None:
    plain = [(name, value) for name, value in pairs if "ChanVariable(" not in name]
    frame = encode_frame(plain).removesuffix(b"\r\n\r\n")
    assert list(parse_headers(frame).pairs) == plain


@given(st.binary(max_size=80))
def test_any_bytes_have_headers_and_none_is_lost(frame: bytes) -> None:
    pairs = parse_headers(frame).pairs
    for (name, value), line in zip(pairs, frame.split(b"\r\n"), strict=bool(frame)):
        assert encode(name) in line
        assert line.endswith(encode(value))


@given(st.lists(st.tuples(names.filter(bool), values), max_size=6), names.filter(bool))
def test_find_and_parse_agree(pairs: list[tuple[str, str]], name: str) -> None:
    plain = [pair for pair in pairs if "ChanVariable(" not in pair[0]]
    frame = encode_frame([("Event", "X"), *plain]).removesuffix(b"\r\n\r\n")
    raw = encode(name).lower()
    found = find(frame, frame.lower(), raw)
    wanted = [value for known, value in parse_headers(frame).pairs if encode(known).lower() == raw]
    assert found == (encode(wanted[0]) if wanted else None)


@pytest.mark.parametrize(
    ("frame", "line"),
    [
        (b"Response: Success\r\nActionID: a1\r\nPing: Pong", b"ActionID: a1\r\n"),
        (b"Response: Success\r\nActionID: a1", b"ActionID: a1\r\n"),
        (b"Response: Success\r\nActionID: ", b"ActionID: \r\n"),
        (b"Response: Success\r\nActionID:  a1 ", b"ActionID:  a1 \r\n"),
        (b"Response: Success\r\nActionID:a1\r\nX: y", b"ActionID: a1\r\n"),
        (b"Response: Error\r\nACTIONID: a1\r\nActionID: a2", b"ActionID: a1\r\n"),
        (b"Event: X\r\nY: z\r\nActionID: caf\xe9", b"ActionID: caf\xe9\r\n"),
        (b"Response: Success\r\nX: ActionID: a1", None),
        (b"Response: Success", None),
        (b"", None),
    ],
)
def test_the_first_actionid_counts(frame: bytes, line: bytes | None) -> None:
    assert id_line_in(frame) == line


@pytest.mark.parametrize("action_id", ["a1", "", "k 2", "caf\udce9"])
def test_an_actionid_and_its_line(action_id: str) -> None:
    assert id_of(b"ActionID: " + encode(action_id) + b"\r\n") == action_id
