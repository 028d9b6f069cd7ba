"""The headers of a login."""

from __future__ import annotations

import hashlib

from amitrio.credentials import Secret
from amitrio.protocol import encode_action
from amitrio.protocol.auth import challenge_headers, md5_key, md5_login, plain_login

SECRET = Secret("mysecret")


def test_a_challenge_is_asked_for() -> None:
    assert encode_action("Challenge", "1", challenge_headers()) == (
        b"Action: Challenge\r\nActionID: 1\r\nAuthType: MD5\r\n\r\n"
    )


def test_the_key_is_the_digest_of_challenge_and_secret() -> None:
    digest = hashlib.md5(b"145135071mysecret", usedforsecurity=False).hexdigest()
    assert md5_key("145135071", SECRET).reveal() == digest


def test_a_secret_counts_by_its_bytes() -> None:
    digest = hashlib.md5(b"1\xc3\xbc\xff", usedforsecurity=False).hexdigest()
    assert md5_key("1", Secret("\u00fc\udcff")).reveal() == digest


def test_a_login_by_challenge_sends_no_secret() -> None:
    frame = encode_action("Login", "1", md5_login("crm", "145135071", SECRET, "system,call"))
    assert bytes(frame) == (
        b"Action: Login\r\nActionID: 1\r\nAuthType: MD5\r\nUsername: crm\r\n"
        b"Key: "
        + hashlib.md5(b"145135071mysecret", usedforsecurity=False).hexdigest().encode()
        + b"\r\nEvents: system,call\r\n\r\n"
    )


def test_a_plain_login_sends_it() -> None:
    frame = encode_action("Login", "1", plain_login("crm", SECRET, "on"))
    assert bytes(frame) == (
        b"Action: Login\r\nActionID: 1\r\nUsername: crm\r\nSecret: mysecret\r\nEvents: on\r\n\r\n"
    )


def test_neither_shows() -> None:
    key = md5_key("145135071", SECRET).reveal()
    for headers in (md5_login("crm", "145135071", SECRET, "on"), plain_login("crm", SECRET, "on")):
        shown = repr(headers) + repr(encode_action("Login", "1", headers))
        assert "mysecret" not in shown
        assert key not in shown
