"""Fuzzing: what must hold for any bytes that a peer may send (see README.md).

Law: a target is a plain function of bytes. It returns, or an AssertionError says what broke; any
other exception is a finding too.
"""

from __future__ import annotations
