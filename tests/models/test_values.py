"""Values that several headers share."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitrio.models.values import Address, Variables
from tests.models.declared import Mood

# Words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["Not in use", "NOT IN USE", "not in use"])
def test_a_word_is_found_in_any_case(text: str) -> None:
    assert Mood(text) is Mood.NOT_IN_USE


@pytest.mark.parametrize("value", ["", "Not  in use", "busy ", "b\N{LATIN SMALL LETTER LONG S}", 1])
def test_another_word_is_none_of_them(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid Mood"):
        Mood(value)


def test_a_word_is_its_text() -> None:
    assert Mood.BUSY == "BUSY"
    assert f"{Mood.NOT_IN_USE}" == "Not in use"


# Variables ---------------------------------------------------------------------------------------

BOTH = {"B": "1", "a": "2"}


def test_variables_keep_order_and_case() -> None:
    variables = Variables([("B", "1"), ("a", "2")])
    assert list(variables.items()) == [("B", "1"), ("a", "2")]
    assert len(variables) == 2
    assert variables["a"] == "2"
    assert "b" not in variables
    assert variables.get("b") is None
    with pytest.raises(KeyError, match="b"):
        variables["b"]


def test_variables_are_a_value() -> None:
    variables = Variables(BOTH)
    assert variables == BOTH
    assert variables == Variables(reversed(BOTH.items()))
    assert hash(variables) == hash(Variables(reversed(BOTH.items())))
    assert variables != Variables({"B": "1"})
    assert variables != "B=1"
    assert len({variables, Variables(BOTH)}) == 1
    assert not Variables()


def test_variables_do_not_follow_what_they_were_made_of() -> None:
    given_ = dict(BOTH)
    variables = Variables(given_)
    given_["c"] = "3"
    assert variables == BOTH


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_variables_can_be_copied(protocol: int) -> None:
    variables = Variables(BOTH)
    for copied in (
        copy.copy(variables),
        copy.deepcopy(variables),
        pickle.loads(pickle.dumps(variables, protocol)),
    ):
        assert copied == variables
        assert type(copied) is Variables


def test_variables_show_themselves_safely() -> None:
    shown = repr(Variables({"A\x1b": "\x07\udcff\n", "Password": "swordfish"}))
    assert shown.isprintable()
    assert "swordfish" not in shown


# Addresses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("IPV4/TCP/127.0.0.1/5038", Address("127.0.0.1", 5038, "TCP")),
        ("IPV6/WSS/::1/0", Address("::1", 0, "WSS")),
        ("127.0.0.1:5060", Address("127.0.0.1", 5060)),
        ("127.0.0.1", Address("127.0.0.1")),
        ("[fe80::1%eth0]:5060", Address("fe80::1%eth0", 5060)),
        ("[::1]", Address("::1")),
        ("pbx.example", Address("pbx.example")),
    ],
)
def test_an_address_is_read_and_written(text: str, address: Address) -> None:
    assert Address.parse(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        ":5060",
        "host:",
        "host:port",
        "host:123456",
        "a b",
        "127.0.0.1:5060:1",
        "[::1",
        "[::1]5060",
        "IPV4/TCP/127.0.0.1",
        "IPV4/TCP//5038",
        "IPV4/TCP/127.0.0.1/x",
        "IPX/TCP/127.0.0.1/1",
        "127.0.0.1\n",
        "127.0.0.1:1_0",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        Address.parse(text)


@pytest.mark.parametrize("text", ["127.0.0.1:\N{ARABIC-INDIC DIGIT FIVE}", "127.0.0.1:99999", "[]"])
def test_what_asterisk_never_writes_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        Address.parse(text)


def test_the_address_of_a_security_event_may_lack_its_transport() -> None:
    assert Address.parse("IPV4/127.0.0.1/5038") == Address("127.0.0.1", 5038)


@given(
    st.one_of(st.ip_addresses().map(str), st.from_regex(r"[a-z0-9.-]{1,20}", fullmatch=True)),
    st.integers(0, 65535),
    st.none() | st.sampled_from(["UDP", "TCP", "TLS", "WS", "WSS"]),
)
def test_every_address_comes_back(host: str, port: int, transport: str | None) -> None:
    address = Address(host, port, transport)
    assert Address.parse(str(address)) == address
    assert Address.parse(str(Address(host))) == Address(host)


def test_an_address_is_a_value() -> None:
    assert len({Address("a", 1), Address("a", 1), Address("a")}) == 2
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Address("a").host = "b"  # type: ignore[misc] # what must fail
