"""The stage: what a server must have before it can be asked for everything.

Law: all of it is in the server's own directory, written before it starts.
"""

from __future__ import annotations

import wave
from pathlib import Path

from tools.asterisk import Asterisk

__all__ = ["CACHE", "LOOSE_CACHE", "MESSAGES", "furnish"]

CACHE = "probe-endpoints"
"""A cache that holds a whole backend."""
LOOSE_CACHE = "probe-aors"
"""One whose objects may go singly."""
MESSAGES = ("1000000000-00000001", "1000000000-00000002", "1000000000-00000003")
"""Messages in the INBOX of 100@default."""

_SORCERY = f"""\
[res_pjsip]
endpoint/cache = memory_cache,name={CACHE},full_backend_cache=yes,object_lifetime_stale=600
endpoint = config,pjsip.conf,criteria=type=endpoint
aor/cache = memory_cache,name={LOOSE_CACHE},object_lifetime_stale=600
aor = config,pjsip.conf,criteria=type=aor
"""

_PJSIP = """\
[phone]
type = aor
max_contacts = 1
remove_existing = yes
[itself]
type = registration
server_uri = sip:127.0.0.1:{port}
client_uri = sip:phone@127.0.0.1:{port}
contact_user = wait
max_random_initial_delay = 0
[probelist]
type = resource_list
event = presence
list_item = 100
list_item = 101
"""

_SKINNY = """\
[general]
bindaddr = 127.0.0.1
bindport = {port}
[lines]
[probe1]
type = line
label = First
[probe2]
type = line
label = Second
[devices]
[probephone]
type = device
device = SEP000000000001
line = probe1
[otherphone]
type = device
device = SEP000000000002
line = probe2
"""

_MESSAGE = """\
[message]
origmailbox=100
context=default
macrocontext=
exten=vm
rdnis=Unknown
priority=2
callerchan=Local/vm@h2-00000001;2
callerid="Ada" <200>
origdate=Mon Nov 23 10:00:00 AM UTC 2026
origtime=1795428000
category=
msg_id={id}
flag=
duration=1
"""


def furnish(server: Asterisk) -> None:
    """Write what the probe needs into the directories of a server that has not started yet."""
    (server.etc / "sorcery.conf").write_text(_SORCERY, "utf-8")
    _furnish_pjsip(server)
    _furnish_registrations(server)
    _furnish_skinny(server)
    _furnish_mailbox(server)


def _change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    path.write_text(text.replace(old, new, 1), "utf-8")


def _furnish_pjsip(server: Asterisk) -> None:
    """Have the server register at itself, and a list that can be subscribed to."""
    path = server.etc / "pjsip.conf"
    _change(path, "aors=bob", "aors=bob,phone")
    with path.open("a", encoding="utf-8") as file:
        file.write(_PJSIP.format(port=server.ports.pjsip))


def _furnish_registrations(server: Asterisk) -> None:
    """Have IAX and SIP register where nobody answers."""
    line = f"[general]\nregister => probe:x@127.0.0.1:{server.ports.nobody}\n"
    for name in ("iax.conf", "sip.conf"):
        _change(server.etc / name, "[general]\n", line)


def _furnish_skinny(server: Asterisk) -> None:
    """Have chan_skinny loaded, where there is one. Its port is TCP, as PJSIP's here is not."""
    _change(server.etc / "modules.conf", "noload = chan_skinny.so\n", "")
    (server.etc / "skinny.conf").write_text(_SKINNY.format(port=server.ports.pjsip), "utf-8")


def _furnish_mailbox(server: Asterisk) -> None:
    inbox = server.home / "spool/voicemail/default/100/INBOX"
    inbox.mkdir(parents=True)
    (server.home / "spool/voicemail/default/101/INBOX").mkdir(parents=True)
    for number, identifier in enumerate(MESSAGES):
        (inbox / f"msg{number:04}.txt").write_text(_MESSAGE.format(id=identifier), "utf-8")
        with wave.open(str(inbox / f"msg{number:04}.wav"), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(8000)
            sound.writeframes(bytes(16000))
