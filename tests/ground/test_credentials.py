"""A secret shows nowhere: not printed, not pickled, not in a traceback with locals."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from amitrio.credentials import HiddenBytes, Secret

HUSH = "hush-hush"


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        ascii,
        format,
        "{}".format,
        "{!r:>20}".format,
        lambda secret: f"{secret}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - as logging does
        lambda secret: repr([secret, {"secret": secret}]),
        lambda secret: logging.LogRecord("x", 1, "x", 1, "%s", (secret,), None).getMessage(),
        lambda secret: traceback.format_exception_only(ValueError(secret))[0],
    ],
)
def test_it_shows_in_no_text(show: Callable[[Any], str]) -> None:
    for hidden in (Secret(HUSH), HiddenBytes(HUSH.encode())):
        assert "hush" not in show(hidden)


@pytest.mark.parametrize("hidden", [Secret(HUSH), HiddenBytes(HUSH.encode())])
@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, *(lambda it, n=n: pickle.dumps(it, n) for n in range(6))],
)
def test_it_refuses_to_be_pickled(hidden: object, duplicate: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match=r"refuses? to be pickled"):
        duplicate(hidden)


def test_reveal_is_the_one_way_in() -> None:
    assert Secret(HUSH).reveal() == HUSH
    assert not hasattr(Secret(HUSH), "__dict__")


def test_a_secret_of_a_secret_is_the_same() -> None:
    assert Secret(Secret(HUSH)) == Secret(HUSH)
    assert hash(Secret(HUSH)) == hash(Secret(HUSH))


def test_a_secret_is_no_string() -> None:
    assert Secret(HUSH) != Secret("other")
    assert Secret(HUSH) != HUSH
    assert hash(Secret(HUSH)) != hash(HUSH)


def test_hidden_bytes_travel_like_any() -> None:
    hidden = HiddenBytes(HUSH.encode())
    assert hidden == HUSH.encode()
    assert b"".join([hidden, b"!"]) == b"hush-hush!"
    assert bytes(memoryview(hidden)[:4]) == b"hush"
    assert repr(hidden) == "<bytes with a secret>"


# What AMI cannot carry is refused, and the refusal shows nothing either.

REFUSED = [
    pytest.param(HUSH + "\r", "a line break or a NUL", id="CR"),
    pytest.param(HUSH + "\n" + HUSH, "a line break or a NUL", id="LF"),
    pytest.param("\0" + HUSH, "a line break or a NUL", id="NUL"),
    pytest.param(" " + HUSH, "begins with a blank, which Asterisk would strip", id="blank"),
    pytest.param("\t" + HUSH, "begins with a blank", id="tab"),
    pytest.param("\x01" + HUSH, "begins with a blank", id="control"),
    pytest.param(HUSH + "\ud800", "a surrogate that no byte stands for", id="surrogate"),
]


@pytest.mark.parametrize(("text", "problem"), REFUSED)
def test_what_ami_cannot_carry(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Secret(text)


@pytest.mark.parametrize("text", ["", "a b", "trailing ", "a:b", "\u00fc\U0001f600", "caf\udce9"])
def test_what_ami_can_carry(text: str) -> None:
    assert Secret(text).reveal() == text


@pytest.mark.parametrize(("text", "problem"), REFUSED)
def test_a_refusal_shows_no_secret_even_with_locals(text: str, problem: str) -> None:
    assert "hush" not in shown_when_refused([text])


@pytest.mark.parametrize("wrong", [None, 17, HUSH.encode(), [HUSH]])
def test_neither_does_the_wrong_type(wrong: object) -> None:
    shown = shown_when_refused([wrong])
    assert shown.endswith("TypeError: a secret is a str\n")
    assert "hush" not in shown


def shown_when_refused(texts: list[Any]) -> str:
    """A traceback with all locals, from below the frame that still has to hold the text."""
    try:
        Secret(texts.pop())
    except (ValueError, TypeError, AttributeError) as error:
        trace = traceback.TracebackException.from_exception(error, capture_locals=True)
        return "".join(trace.format())
    return "hush: it was not refused"


def test_the_traceback_really_has_locals() -> None:
    shown = shown_when_refused([" " + HUSH])
    assert "self = Secret" in shown
    assert "problem = 'the secret begins with a blank" in shown


def test_a_secret_among_locals_hides_itself() -> None:
    def login(secret: Secret) -> None:
        key = HiddenBytes(secret.reveal().encode())
        raise RuntimeError(len(key))

    with pytest.raises(RuntimeError) as caught:
        login(Secret(HUSH))
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    text = "".join(shown.format())
    assert "secret = Secret" in text
    assert "key = <bytes with a secret>" in text
    assert "hush" not in text.replace("Secret(HUSH)", "")
