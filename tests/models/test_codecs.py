"""Codecs: what Asterisk prints, as values and back."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio.models import codecs
from amitrio.models.codecs import Codec, enumeration
from amitrio.models.values import Address
from tests.models.declared import Light, Mood

LIGHT = enumeration(Light)
MOOD = enumeration(Mood)


class Letter(Enum):
    FIRST = "a"


LETTER = enumeration(Letter)

CODECS: dict[str, Codec[Any]] = {
    name: getattr(codecs, name)
    for name in codecs.__all__
    if isinstance(getattr(codecs, name), Codec)
} | {"LIGHT": LIGHT, "MOOD": MOOD, "LETTER": LETTER}

EAST = timezone(timedelta(hours=5, minutes=30))
NOON = datetime(2026, 11, 23, 12, 0, 0, 377_000, tzinfo=UTC)


def name_of(value: object) -> str | None:
    return next((name for name, codec in CODECS.items() if codec is value), None)


def refused() -> AbstractContextManager[object]:
    return pytest.raises(ValueError)  # noqa: PT011 - each codec says it in its own words


# There and back ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codec", "text", "value"),
    [
        (codecs.TEXT, "", ""),
        (codecs.TEXT, " a\\n%20 ", " a\\n%20 "),
        (codecs.VERBATIM, "<unknown>", "<unknown>"),
        (codecs.ESCAPED, r"a\nb\\n\?\"\'", "a\nb\\n?\"'"),
        (codecs.ESCAPED, r"\a\b\f\r\t\v", "\a\b\f\r\t\v"),
        (codecs.PERCENT, "a%20b%0A%C3%A9~", "a b\né~"),
        (codecs.INTEGER, "16", 16),
        (codecs.INTEGER, "-1", -1),
        (codecs.INTEGER, "18446744073709551615", 2**64 - 1),
        (codecs.NUMBER, "0.5", 0.5),
        (codecs.NUMBER, "-2.0", -2.0),
        (codecs.NUMBER, "1e-07", 1e-7),
        (codecs.HEXADECIMAL, "0x0000001f", 31),
        (codecs.HEXADECIMAL, "0xffffffffffffffff", 2**64 - 1),
        (codecs.FLAG, "1", True),
        (codecs.FLAG, "0", False),
        (codecs.TRUE_FALSE, "true", True),
        (codecs.TRUE_FALSE, "false", False),
        (codecs.YES_NO, "yes", True),
        (codecs.YES_NO, "no", False),
        (codecs.ON_OFF, "on", True),
        (codecs.ON_OFF, "off", False),
        (codecs.CLOCK, "00:00:00", 0),
        (codecs.CLOCK, "01:02:03", 3723),
        (codecs.CLOCK, "123:59:59", 446399),
        (codecs.EPOCH, "1795416480", datetime(2026, 11, 23, 6, 48, tzinfo=UTC)),
        (codecs.EPOCH, "1.000001", datetime(1970, 1, 1, 0, 0, 1, 1, tzinfo=UTC)),
        (codecs.ISO, "2026-11-23T12:00:00.377+0000", NOON),
        (codecs.ISO, "2026-11-23T17:30:00.377+0530", NOON.astimezone(EAST)),
        (codecs.LOCAL_TIME, "2026-11-23 06:48:35", datetime(2026, 11, 23, 6, 48, 35)),  # noqa: DTZ001
        (codecs.ADDRESS, "IPV4/TCP/127.0.0.1/5038", Address("127.0.0.1", 5038, "TCP")),
        (codecs.ADDRESS, "[::1]:5060", Address("::1", 5060)),
        (codecs.WORDS, "ulaw,alaw", ("ulaw", "alaw")),
        (codecs.WORDS, "a,,b", ("a", "", "b")),
        (LIGHT, "3", Light.GREEN),
        (MOOD, "Not in use", Mood.NOT_IN_USE),
        (LETTER, "a", Letter.FIRST),
    ],
    ids=name_of,
)
def test_a_text_is_a_value_and_the_value_that_text(
    codec: Codec[Any], text: str, value: object
) -> None:
    assert codec.read(text) == value
    assert type(codec.read(text)) is type(value)
    assert codec.write(value) == text


@pytest.mark.parametrize(
    ("codec", "text", "value", "written"),
    [
        (codecs.ESCAPED, "\\", "\\", r"\\"),
        (codecs.ESCAPED, r"\q", r"\q", r"\\q"),
        (codecs.PERCENT, "100%", "100%", "100%25"),
        (codecs.PERCENT, "%c3%a9+", "é+", "%C3%A9%2B"),
        (codecs.INTEGER, "+007", 7, "7"),
        (codecs.INTEGER, "-0", 0, "0"),
        (codecs.NUMBER, "5", 5.0, "5.0"),
        (codecs.NUMBER, "+1.", 1.0, "1.0"),
        (codecs.NUMBER, "  12.5", 12.5, "12.5"),
        (codecs.HEXADECIMAL, "0X1F", 31, "0x0000001f"),
        (codecs.CLOCK, "1:00:00", 3600, "01:00:00"),
        (codecs.EPOCH, "1.5", datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC), "1.500000"),
        (codecs.WORDS, "a, b ,c", ("a", "b", "c"), "a,b,c"),
        (LIGHT, "+03", Light.GREEN, "3"),
        (MOOD, "busy", Mood.BUSY, "BUSY"),
    ],
    ids=name_of,
)
def test_another_spelling_is_the_same_value(
    codec: Codec[Any], text: str, value: object, written: str
) -> None:
    assert codec.read(text) == value
    assert codec.write(value) == written
    assert codec.read(written) == value


@pytest.mark.parametrize("codec", [codecs.FLAG, codecs.TRUE_FALSE, codecs.YES_NO, codecs.ON_OFF])
@pytest.mark.parametrize(
    ("texts", "value"),
    [("1 true YES On y T Enabled", True), ("0 FALSE no Off n f disabled", False)],
)
def test_truth_is_read_in_every_spelling(codec: Codec[bool], texts: str, *, value: bool) -> None:
    assert [codec.read(text) for text in texts.split()] == [value] * 7


# What is refused ---------------------------------------------------------------------------------

ODD = [
    "x",
    "1_000",
    " 1 ",
    "1\n",
    "1\r",
    "1\0",
    "\N{ARABIC-INDIC DIGIT ONE}",
    "\N{FULLWIDTH DIGIT ONE}",
    "\N{SUPERSCRIPT TWO}",
    "nan",
    "inf",
    "-Infinity",
    "9" * 21,
    "9" * 5000,
    "1e9999",
    "1.2.3",
    "--1",
    "0x",
    "0b1",
    "\udcff",
    "1\udcff",
    "\ud800",
    "%",
    "\\",
    ",",
    ":::",
    "{}",
]


@pytest.mark.parametrize(
    "codec",
    [
        codecs.INTEGER,
        codecs.NUMBER,
        codecs.HEXADECIMAL,
        codecs.CLOCK,
        codecs.EPOCH,
        codecs.ISO,
        codecs.LOCAL_TIME,
        codecs.FLAG,
        codecs.TRUE_FALSE,
        codecs.YES_NO,
        codecs.ON_OFF,
        LIGHT,
        MOOD,
        LETTER,
    ],
    ids=name_of,
)
def test_what_is_no_such_value_is_refused(codec: Codec[Any]) -> None:
    for text in ODD:
        with refused():
            codec.read(text)


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        (codecs.INTEGER, "1.0"),
        (codecs.INTEGER, "0x10"),
        (codecs.HEXADECIMAL, "1f"),
        (codecs.HEXADECIMAL, "-0x1"),
        (codecs.HEXADECIMAL, "0x" + "f" * 17),
        (codecs.CLOCK, "1:2:3"),
        (codecs.CLOCK, "00:60:00"),
        (codecs.CLOCK, "-1:00:00"),
        (codecs.EPOCH, "-1"),
        (codecs.EPOCH, "1.1234567"),
        (codecs.EPOCH, "9" * 12),
        (codecs.ISO, "2026-02-30T00:00:00.000+0000"),
        (codecs.ISO, "2026-11-23T06:48:35.377"),
        (codecs.ISO, "2026-11-23T06:48:35.377+9900"),
        (codecs.LOCAL_TIME, "2026-11-23T06:48:35"),
        (codecs.LOCAL_TIME, "2026-11-23 06:48:35 "),
        (codecs.FLAG, "2"),
        (codecs.FLAG, "10"),
        (LIGHT, "2"),
        (LIGHT, "RED"),
        (MOOD, "NOT_IN_USE"),
        (LETTER, "A"),
    ],
    ids=name_of,
)
def test_what_is_nearly_such_a_value_is_refused(codec: Codec[Any], text: str) -> None:
    with refused():
        codec.read(text)


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
@given(
    text=st.one_of(
        st.text(st.characters(categories=None)),
        st.sampled_from(ODD),
        st.from_regex(r"[-+0-9a-fxE.:T /%\[\]]{0,40}", fullmatch=True),
    )
)
def test_no_text_raises_anything_but_a_value_error(codec: Codec[Any], text: str) -> None:
    try:
        value = codec.read(text)
    except ValueError:
        return
    assert codec.read(text) == value
    hash(value)


@pytest.mark.parametrize("codec", [codecs.TEXT, codecs.VERBATIM, codecs.ESCAPED, codecs.WORDS])
@given(st.text(st.characters(categories=None)))
def test_the_codecs_of_text_and_of_what_is_gathered_read_anything(
    codec: Codec[Any], text: str
) -> None:
    codec.read(text)


# What means None ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CODECS)
def test_what_asterisk_writes_for_nothing_is_none(name: str) -> None:
    nulls = {"<unknown>", "(null)", "<none>", "-none-"}
    expected = {
        "TEXT": nulls,
        "ESCAPED": set[str](),
        "ESCAPED_NAME": nulls,
        "VERBATIM": set[str](),
        "PERCENT": set[str](),
        "EPOCH": nulls | {"", "0", "0.000000"},
    }
    assert CODECS[name].nulls == expected.get(name, nulls | {""})


# The law -----------------------------------------------------------------------------------------

letters = st.characters(exclude_categories=["Cs"])
raw = st.binary().map(lambda some: some.decode("utf-8", "surrogateescape"))
words = st.text(st.characters(exclude_characters=",")).map(str.strip)
zones = st.timedeltas(timedelta(hours=-14), timedelta(hours=14)).map(
    lambda away: timezone(timedelta(minutes=away // timedelta(minutes=1)))
)


@pytest.mark.parametrize(
    ("codec", "values"),
    [
        (codecs.TEXT, raw),
        (codecs.VERBATIM, raw),
        (codecs.ESCAPED, raw),
        (codecs.PERCENT, st.text(letters)),
        (codecs.INTEGER, st.integers(-(2**64) + 1, 2**64 - 1)),
        (codecs.NUMBER, st.floats(allow_nan=False, allow_infinity=False)),
        (codecs.HEXADECIMAL, st.integers(0, 2**64 - 1)),
        (codecs.CLOCK, st.integers(0, 999_999 * 3600)),
        (codecs.FLAG, st.booleans()),
        (codecs.TRUE_FALSE, st.booleans()),
        (codecs.YES_NO, st.booleans()),
        (codecs.ON_OFF, st.booleans()),
        (
            codecs.EPOCH,
            st.datetimes(datetime(1970, 1, 1), datetime(5000, 1, 1), timezones=zones).filter(  # noqa: DTZ001
                lambda moment: moment >= datetime(1970, 1, 1, tzinfo=UTC)
            ),
        ),
        (
            codecs.ISO,
            st.datetimes(datetime(1000, 1, 1), timezones=zones).map(  # noqa: DTZ001
                lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
            ),
        ),
        (
            codecs.LOCAL_TIME,
            st.datetimes(datetime(1000, 1, 1)).map(lambda moment: moment.replace(microsecond=0)),  # noqa: DTZ001
        ),
        (
            codecs.ADDRESS,
            st.builds(
                Address,
                st.ip_addresses().map(str),
                st.integers(0, 65535),
                st.sampled_from([None, "TCP", "WSS"]),
            ),
        ),
        (codecs.WORDS, st.lists(words, min_size=1).map(tuple).filter(lambda some: some != ("",))),
        (LIGHT, st.sampled_from(Light)),
        (MOOD, st.sampled_from(Mood)),
        (LETTER, st.sampled_from(Letter)),
    ],
    ids=name_of,
)
@given(data=st.data())
def test_what_is_written_is_read_back(
    codec: Codec[Any], values: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    value = data.draw(values)
    assert codec.read(codec.write(value)) == value


@given(raw)
def test_c_escapes_lose_nothing_and_leave_no_line_break(text: str) -> None:
    escaped = codecs.escape(text)
    assert codecs.unescape(escaped) == text
    assert not set(escaped) & set("\a\b\f\n\r\t\v")


@given(st.text(letters))
def test_percent_escapes_leave_nothing_but_ascii(text: str) -> None:
    written = codecs.PERCENT.write(text)
    assert written.isascii()
    assert written.isprintable()


@pytest.mark.parametrize("given_words", [("a,b",), (" a",), ("a\t", "b")])
def test_a_word_that_would_not_come_back_is_refused(given_words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="commas"):
        codecs.WORDS.write(given_words)


# Where the law does not hold yet -----------------------------------------------------------------


def test_a_number_is_finite() -> None:
    with pytest.raises(ValueError, match="1e999"):
        codecs.NUMBER.read("1e999")


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        (codecs.ISO, "\N{ARABIC-INDIC DIGIT TWO}026-11-23T06:48:35.377+0000"),
        (codecs.ISO, "2026-1-3T6:8:5.3+0000"),
        (codecs.LOCAL_TIME, "2026-11-23 \r\n06:48:35"),
        (codecs.LOCAL_TIME, "2026-1-3 6:8:5"),
    ],
    ids=name_of,
)
def test_a_time_is_read_only_as_asterisk_writes_it(codec: Codec[Any], text: str) -> None:
    with refused():
        codec.read(text)


@pytest.mark.parametrize(
    ("codec", "value"),
    [
        (codecs.ISO, NOON.replace(microsecond=377_001)),
        (codecs.LOCAL_TIME, datetime(2026, 11, 23, 6, 48, 35, 1)),  # noqa: DTZ001
    ],
    ids=name_of,
)
def test_a_moment_is_written_whole_or_refused(codec: Codec[Any], value: datetime) -> None:
    try:
        written = codec.write(value)
    except ValueError:
        return
    assert codec.read(written) == value


@pytest.mark.parametrize(
    ("codec", "value"),
    [
        (codecs.INTEGER, 10**20),
        (codecs.NUMBER, float("inf")),
        (codecs.NUMBER, float("nan")),
        (codecs.HEXADECIMAL, -1),
        (codecs.HEXADECIMAL, 2**64),
        (codecs.CLOCK, -1),
        (codecs.CLOCK, 10**6 * 3600),
        (codecs.EPOCH, datetime(1969, 1, 1, tzinfo=UTC)),
        (codecs.EPOCH, datetime(2026, 1, 1)),  # noqa: DTZ001
        (codecs.ISO, datetime(2026, 1, 1)),  # noqa: DTZ001
        (codecs.ADDRESS, Address("")),
        (codecs.WORDS, ("",)),
    ],
    ids=name_of,
)
def test_what_asterisk_cannot_say_is_refused(codec: Codec[Any], value: object) -> None:
    with refused():
        codec.write(value)


def test_never_has_a_fraction_too() -> None:
    assert "0.000000" in codecs.EPOCH.nulls
