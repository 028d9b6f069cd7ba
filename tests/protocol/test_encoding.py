"""What is sent is checked first: each thing that Asterisk would misread is refused."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio.credentials import HiddenBytes, Secret
from amitrio.protocol import ClientConnection, HeaderValue, encode_action, encode_frame
from amitrio.protocol.encoding import (
    MAX_ACTION_ID,
    MAX_LINE,
    MAX_LINES,
    action_id_line,
    id_lines,
)
from amitrio.protocol.message import id_of
from amitrio.protocol.requests import RequestReader
from amitrio.text import encode
from tests.protocol.transcripts import BANNER, byte_by_byte

Pairs = list[tuple[str, HeaderValue]]


def test_an_action_on_the_wire() -> None:
    assert encode_action("Originate", "k2", [("Channel", "PJSIP/100"), ("Variable", "A=1")]) == (
        b"Action: Originate\r\nActionID: k2\r\nChannel: PJSIP/100\r\nVariable: A=1\r\n\r\n"
    )


def test_an_action_without_headers() -> None:
    assert encode_action("Ping", "k2") == b"Action: Ping\r\nActionID: k2\r\n\r\n"


def test_the_lines_of_many_actionids_are_those_of_each() -> None:
    ids = ["a1", "k2", "0123456789abcdef"]
    lines = id_lines(one.encode() for one in ids)
    assert lines == [action_id_line(one) for one in ids]
    assert [id_of(line) for line in lines] == ids


@pytest.mark.parametrize(
    ("pair", "line"),
    [
        (("Events", ""), b"Events: "),
        (("Variable", "A=x: y ,\"' "), b"Variable: A=x: y ,\"' "),
        (("CallerID", "Z\u00fcrich \U0001f600"), "CallerID: Z\u00fcrich \U0001f600".encode()),
        (("CallerID", "caf\udce9"), b"CallerID: caf\xe9"),
        (("Variable", "a\u2028b\x85c\x0bd\x7f"), "Variable: a\u2028b\x85c\x0bd\x7f".encode()),
        (("Named(Group)/x.1-2", "1"), b"Named(Group)/x.1-2: 1"),
    ],
)
def test_what_asterisk_reads_back_is_sent(pair: tuple[str, str], line: bytes) -> None:
    assert encode_action("X", "1", [pair]) == b"Action: X\r\nActionID: 1\r\n" + line + b"\r\n\r\n"


def test_repeated_headers_stay_in_order() -> None:
    pairs: Pairs = [("Variable", "A=1"), ("variable", "B=2"), ("Variable", "A=1")]
    assert encode_action("X", "1", pairs).count(b"ariable: ") == 3


broken = pytest.mark.parametrize(
    "text",
    [
        where.format(end)
        for where in ("{}x", "x{}y", "x{}")
        for end in ("\r", "\n", "\0", "\r\n", "\r\n\r\nAction: Hangup")
    ],
)


@broken
def test_a_line_break_in_a_value(text: str) -> None:
    refuse("Ping", [("X", text)], "the value of X holds a line break or a NUL")


@broken
def test_a_line_break_in_a_name(text: str) -> None:
    refuse("Ping", [(text, "1")], "a header's name holds a colon, a blank or a control character")


@broken
def test_a_line_break_in_the_name_of_the_action(text: str) -> None:
    refuse(text, [], "the value of Action holds a line break or a NUL")


@broken
def test_a_line_break_in_the_actionid(text: str) -> None:
    with pytest.raises(ValueError, match="the value of ActionID holds a line break or a NUL"):
        encode_action("Ping", text)


@broken
def test_a_line_break_in_a_secret(text: str) -> None:
    with pytest.raises(ValueError, match="the secret holds a line break or a NUL"):
        Secret(text)


@pytest.mark.parametrize(
    "name", ["A:B", ":", "A ", " A", "A B", "A\tB", "\x01", "A\x1f", "Action :"]
)
def test_a_name_with_a_colon_a_blank_or_a_control_character(name: str) -> None:
    refuse("Ping", [(name, "1")], "a header's name holds a colon, a blank or a control character")


def test_no_name() -> None:
    refuse("Ping", [("", "1")], "a header needs a name")
    refuse("", [], "an action needs a name")


@pytest.mark.parametrize("first", [chr(code) for code in range(1, 0x21) if chr(code) not in "\r\n"])
def test_a_value_that_begins_with_what_asterisk_strips(first: str) -> None:
    refuse("Ping", [("X", first + "1")], "the value of X begins with a blank or a control")
    refuse(first + "Ping", [], "the value of Action begins with a blank")
    with pytest.raises(ValueError, match="the secret begins with a blank"):
        Secret(first + "1")


@pytest.mark.parametrize("name", ["Action", "action", "ACTION", "ActionID", "actionid", "ACTIONID"])
def test_a_second_action_or_actionid(name: str) -> None:
    refuse("Ping", [("X", "1"), (name, "2")], f"{name} is set by amitrio and cannot be given again")


def test_a_line_of_1022_bytes_is_the_longest() -> None:
    assert len(encode_action("Ping", "1", [("X", "a" * (MAX_LINE - 3))]).split(b"\r\n")[2]) == 1022
    refuse(
        "Ping", [("X", "a" * (MAX_LINE - 2))], "X is 1023 bytes long; Asterisk takes 1022 a line"
    )
    refuse("a" * 1015, [], "Action is 1023 bytes long")
    refuse("Ping", [("a" * 1020, "1")], "is 1023 bytes long")


def test_bytes_are_counted_not_letters() -> None:
    encode_action("Ping", "1", [("X", "\u00fc" * 509)])
    refuse("Ping", [("X", "\u00fc" * 510)], "X is 1023 bytes long")


def test_a_secret_can_be_too_long_and_is_not_shown() -> None:
    with pytest.raises(ValueError, match=r"^Secret is 1023 bytes long") as caught:
        encode_action("Login", "1", [("Secret", Secret("hush" * 253 + "hus"))])
    assert "hush" not in everything_shown(caught.value)


def test_128_lines_are_the_most() -> None:
    encode_action("Ping", "1", [("X", "1")] * (MAX_LINES - 2))
    refuse("Ping", [("X", "1")] * (MAX_LINES - 1), "Ping has 129 lines; Asterisk takes at most 128")


def test_an_actionid_has_1_to_64_bytes() -> None:
    encode_action("Ping", "a" * MAX_ACTION_ID)
    encode_action("Ping", "\u00fc" * 32)
    for action_id in ("", "a" * 65, "\u00fc" * 33):
        with pytest.raises(ValueError, match="an ActionID has 1 to 64 bytes"):
            encode_action("Ping", action_id)


@pytest.mark.parametrize("surrogate", [chr(0xD800), chr(0xDFFF), chr(0xDC7F)])
def test_text_that_no_bytes_stand_for(surrogate: str) -> None:
    for pairs in ([("X", surrogate)], [(surrogate, "1")]):
        with pytest.raises(ValueError, match="surrogates not allowed"):
            encode_action("Ping", "1", pairs)
    with pytest.raises(ValueError, match="surrogates not allowed"):
        encode_action("Ping", surrogate)


def test_the_error_shows_text_escaped_and_short() -> None:
    with pytest.raises(ValueError, match="line break") as caught:
        encode_action("Ping", "1", [("X", "\x1b[31m\n" + "a" * 1000)])
    assert str(caught.value).startswith("the value of X holds a line break or a NUL: \\x1b[31m\\na")
    assert len(str(caught.value)) < 300


def refuse(action: str, pairs: Pairs, because: str) -> None:
    with pytest.raises(ValueError, match=because):
        encode_action(action, "1", pairs)


# Secrets.


def everything_shown(error: BaseException) -> str:
    """All that a traceback with locals shows, this test's own frames left out."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown.stack = traceback.StackSummary.from_list(
        [one for one in shown.stack if "/tests/" not in one.filename]
    )
    return "".join(shown.format()) + repr(error) + str(error)


def test_a_login_hides_itself() -> None:
    frame = encode_action("Login", "1", [("Username", "crm"), ("Secret", Secret("hush"))])
    assert bytes(frame) == b"Action: Login\r\nActionID: 1\r\nUsername: crm\r\nSecret: hush\r\n\r\n"
    assert isinstance(frame, HiddenBytes)
    assert repr(frame) == str(frame) == f"{frame}" == "<bytes with a secret>"


def test_so_does_an_exchange() -> None:
    connection = ClientConnection()
    connection.receive(BANNER)
    sent = connection.send("Login", [("Secret", Secret("hush"))], action_id="1")
    assert "hush" not in repr(sent)


def test_an_action_without_a_secret_shows() -> None:
    assert type(encode_action("Ping", "1", [("X", "y")])) is bytes


@pytest.mark.parametrize(
    "spoil",
    [
        lambda pairs: pairs.append(("X", "a\nb")),
        lambda pairs: pairs.insert(0, ("X Y", "1")),
        lambda pairs: pairs.append(("ActionID", "2")),
        lambda pairs: pairs.extend([("X", "1")] * 130),
        lambda pairs: pairs.append(("X", "a" * 1100)),
        lambda pairs: pairs.append(("X", "\ud800")),
    ],
)
def test_a_refusal_of_another_header_shows_no_secret(spoil: Callable[[Pairs], None]) -> None:
    pairs: Pairs = [("Secret", Secret("hush"))]
    spoil(pairs)
    with pytest.raises(ValueError, match=r"value|name|set by|lines|bytes|surrogates") as caught:
        encode_action("Login", "1", pairs)
    assert "hush" not in everything_shown(caught.value)


# The server's half has no rules, since Asterisk has none for what it sends.


def test_what_a_server_sends() -> None:
    pairs = [("Response", "Success"), ("", "No categories found"), ("X", "a\r\n\r\nb"), ("Y", "")]
    assert encode_frame(pairs) == (
        b"Response: Success\r\nNo categories found\r\nX: a\r\n\r\nb\r\nY: \r\n\r\n"
    )


# The law as a property: whatever is let through is read back as exactly that action.

letters = st.characters(codec="utf-8") | st.sampled_from("\r\n\0\t :,\udce9\udcff\ud800\u2028\x85")
texts = st.text(letters, max_size=12)
likely = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=12)
names = likely | texts | st.sampled_from(["Action", "aCtionid", "Variable"])
values = likely | texts | st.integers(1015, 1025).map(lambda size: "v" * size)
headers = st.lists(st.tuples(names, values), max_size=6) | st.integers(120, 130).map(
    lambda count: [("Variable", "A=1")] * count
)


@given(likely | texts, likely | texts | st.just("i" * 65), headers, st.booleans())
def test_either_refused_or_read_back_as_exactly_that_action(
    action: str,
    action_id: str,
    headers: list[tuple[str, str]],
    bytewise: bool,  # noqa: FBT001
) -> None:
    try:
        sent = encode_action(action, action_id, headers)
    except ValueError:
        return
    reader = RequestReader()
    following = b"Action: Ping\r\nActionID: next\r\n\r\n"
    pieces = byte_by_byte(sent + following) if bytewise else [sent + following]
    request, ping = [one for piece in pieces for one in reader.feed(piece)]
    assert (ping.action, ping.action_id, ping.fault) == ("Ping", "next", None)
    given = [("Action", action), ("ActionID", action_id), *headers]
    assert request.fault is None
    assert raw(request.pairs) == raw(given)
    assert len(request.lines) == len(given)
    assert raw([(request.action, request.action_id)]) == raw([(action, action_id)])
    for name, _ in headers:
        same = [value for known, value in given if encode(known).lower() == encode(name).lower()]
        assert list(map(encode, request.getall(name))) == list(map(encode, same))


def raw(pairs: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """As bytes: two surrogate escapes can stand for one letter."""
    return [(encode(name), encode(value)) for name, value in pairs]


# The property above would hold for an encoder that refuses everything; so:
@given(
    likely.filter(str.isalnum), st.lists(st.tuples(likely.filter(str.isalnum), likely), max_size=6)
)
def test_plain_names_and_values_are_never_refused(
    action: str, headers: list[tuple[str, str]]
) -> None:
    plain = [pair for pair in headers if pair[0].lower() not in ("action", "actionid")]
    assert encode_action(action, "1", plain).endswith(b"\r\n\r\n")
