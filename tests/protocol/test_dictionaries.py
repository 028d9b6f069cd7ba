"""Any dictionary of headers is refused before a byte leaves, or read back by Asterisk's rules.

The rules are those of RequestReader, which reads as manager.c does; tests/behaviour sends the
like to the real servers.
"""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amitrio import Action
from amitrio.protocol import ClientConnection, encoding
from amitrio.protocol.encoding import MAX_LINE, MAX_LINES
from amitrio.protocol.requests import RequestReader
from amitrio.text import encode
from tests.profiles import examples
from tests.protocol.transcripts import BANNER

PING = b"Action: Ping\r\nActionID: next\r\n\r\n"

# What programs give, what they should not give, and what stands at a limit.
usual = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=12)
nasty = st.text(
    st.sampled_from("\r\n\0\t\x01\x1f :=,\\\"'aA\x7f\x85\u2028\u00fc\U0001f600\udce9\udcff\ud800"),
    max_size=8,
)
spliced = st.sampled_from(
    [
        "x\r\nAction: Logoff",
        "x\r\n\r\nAction: Logoff",
        "\nActionID: other",
        "Action",
        "actionid",
        "ACTION:",
        "Variable",
        "variable",
    ]
)
names = st.one_of(usual, usual, nasty, spliced)
values = st.one_of(usual, usual, nasty, spliced)
few = st.dictionaries(names, values, max_size=8)
own = {"action", "actionid"}
sane = st.dictionaries(
    usual.filter(lambda name: ":" not in name and name.lower() not in own), usual, max_size=8
)
edges = st.builds(
    lambda name, size: {name: "v" * (size - len(encode(name)) - len(": "))},
    usual,
    st.integers(MAX_LINE - 1, MAX_LINE + 2),
)
many = st.integers(MAX_LINES - 6, MAX_LINES + 1).map(
    lambda count: {f"Name{n}": str(n) for n in range(count)}
)


@examples(few=400, many=100_000)
@given(st.one_of(sane, few, few, few, edges, many))
def test_refused_or_read_back_identically(headers: dict[str, str]) -> None:
    connection = ClientConnection()
    connection.receive(BANNER)
    try:
        action = Action("UserEvent", headers)
        exchange, sent = connection.send(action.name, action.headers, action_id="k2")
    except ValueError:
        assert connection.pending == 0
        return
    assert (connection.pending, exchange.action_id) == (1, "k2")
    check_read_back(sent, headers)


def check_read_back(sent: bytes, headers: dict[str, str]) -> None:
    requests = RequestReader().feed(sent + PING)
    assert [(one.action, one.action_id, one.fault) for one in requests] == [
        ("UserEvent", "k2", None),
        ("Ping", "next", None),
    ]
    wanted = [("Action", "UserEvent"), ("ActionID", "k2"), *headers.items()]
    assert raw(requests[0].pairs) == raw(wanted)
    for name in headers:
        same = [value for other, value in headers.items() if folded(other) == folded(name)]
        assert encode(requests[0].get(name)) == encode(same[0])


def raw(pairs: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """As bytes: two surrogate escapes can stand for one letter."""
    return [(encode(name), encode(value)) for name, value in pairs]


def folded(name: str) -> bytes:
    """strncasecmp() knows the case of ASCII letters only."""
    return encode(name).lower()


@given(sane)
@example({"Actions": "0"})
def test_what_programs_give_is_never_refused(headers: dict[str, str]) -> None:
    encoding.encode_action("UserEvent", "k2", headers.items())


# The property must be able to tell.
@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ("_check_name", lambda _name: None),
        ("_check_value", lambda _name, _value: None),
        ("_RESERVED", frozenset()),
        ("MAX_LINE", 1023),
        ("MAX_LINES", 129),
    ],
)
def test_each_rule_is_needed(rule: str, fault: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, rule, fault)
    with pytest.raises((AssertionError, ExceptionGroup)):
        test_refused_or_read_back_identically()
