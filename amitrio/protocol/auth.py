"""Authentication: the headers of a login, plain or by challenge.

Law: the secret leaves only inside a Secret, and MD5 never falls back to plain.
"""

from __future__ import annotations

import hashlib
from typing import Literal

from amitrio.credentials import Secret
from amitrio.protocol.encoding import HeaderValue
from amitrio.text import encode

__all__ = ["AuthMethod", "challenge_headers", "md5_key", "md5_login", "plain_login"]

AuthMethod = Literal["md5", "plain"]

Headers = list[tuple[str, HeaderValue]]


def challenge_headers() -> Headers:
    """The headers of Challenge: MD5 is the one type that Asterisk knows."""
    return [("AuthType", "MD5")]


def md5_key(challenge: str, secret: Secret) -> Secret:
    """The answer to a challenge; as good as the secret for this session, so hidden like it."""
    digest = hashlib.md5(encode(challenge + secret.reveal()), usedforsecurity=False)
    return Secret(digest.hexdigest())


def md5_login(username: str, challenge: str, secret: Secret, event_mask: str) -> Headers:
    """The headers of a Login that answers a challenge."""
    key = md5_key(challenge, secret)
    return [("AuthType", "MD5"), ("Username", username), ("Key", key), ("Events", event_mask)]


def plain_login(username: str, secret: Secret, event_mask: str) -> Headers:
    """The headers of a Login that shows the secret to whoever can read the connection."""
    return [("Username", username), ("Secret", secret), ("Events", event_mask)]
