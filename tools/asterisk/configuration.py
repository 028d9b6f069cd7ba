"""Write one server's configuration: the files in `etc/`, its directories and its certificate.

Law: `<<name>>` in a file of `etc/` stands for a value of this server; every other byte is
Asterisk's own, `${...}` included. An unknown name is an error, never an empty string.
"""

from __future__ import annotations

import configparser
import re
from pathlib import Path

from .slots import Ports, Slot

_TEMPLATES = Path(__file__).parent / "etc"
_PLACEHOLDER = re.compile(r"<<(\w+)>>")

# What Asterisk writes into and does not make by itself.
_DIRECTORIES = (
    "cache",
    "db",
    "etc",
    "log/cdr-csv",
    "log/cdr-custom",
    "run",
    "spool/monitor",
    "spool/outgoing",
    "spool/tmp",
    "spool/voicemail",
    "varlib/keys",
)

# Python verifies a trusted self-signed certificate strictly from 3.13 on (VERIFY_X509_STRICT): then
# it must say that it is an authority and that its key may sign.
_REQUEST = """\
[req]
prompt = no
distinguished_name = name
x509_extensions = extensions
[name]
CN = localhost
[extensions]
subjectAltName = DNS:localhost, IP:127.0.0.1
basicConstraints = critical, CA:TRUE
keyUsage = critical, digitalSignature, keyCertSign
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


def write_configuration(slot: Slot) -> None:
    """Lay out the directories of `slot` and fill its etc."""
    for name in _DIRECTORIES:
        (slot.home / name).mkdir(parents=True)
    values = {"home": str(slot.inside)}
    values |= {name: str(port) for name, port in zip(Ports._fields, slot.ports, strict=True)}
    for template in _TEMPLATES.glob("*.conf"):
        text = _PLACEHOLDER.sub(lambda found: values[found[1]], template.read_text("utf-8"))
        (slot.home / "etc" / template.name).write_text(text, "utf-8")
    (slot.home / "etc" / "openssl.cnf").write_text(_REQUEST)


def certificate_command(slot: Slot) -> list[str]:
    """The command, run inside the tree, that makes a throw-away key and certificate in etc."""
    etc = slot.inside / "etc"
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-keyout", f"{etc}/asterisk.key", "-out", f"{etc}/asterisk.pem"]
    return ["openssl", "req", "-x509", "-days", "30", "-config", f"{etc}/openssl.cnf", *key, *files]


def users() -> dict[str, str]:
    """The manager users of every server, and the secret of each."""
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.read(_TEMPLATES / "manager.conf", "utf-8")
    return {name: user["secret"] for name, user in parser.items() if "secret" in user}
