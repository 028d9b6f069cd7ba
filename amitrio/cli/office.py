"""The office of the demonstration: phones, extensions and a queue with two agents."""

from __future__ import annotations

from amitrio.simulator import ManagerUser, Member, Pbx, Phone, Queue

__all__ = ["SECRET", "USER", "office", "users"]

USER, SECRET = "demo", "demo"

_DIALPLAN = """
[office]
exten => 101,1,Dial(PJSIP/carl,10)
 same => n,Hangup()
exten => 102,1,Dial(PJSIP/dora,10)
 same => n,Busy(1)
exten => 500,1,Answer()
 same => n,Queue(support,,,,20)
 same => n,Hangup()
"""

_CALLERS = ("ann", "bob", "cyd", "eve", "fay")
_AGENTS = ("ada", "ben")


def users() -> list[ManagerUser]:
    """The one manager user."""
    return [ManagerUser(name=USER, secret=SECRET, read="all", write="all")]


def office(pbx: Pbx) -> None:
    """Fill the PBX."""
    pbx.dialplan.load(_DIALPLAN)
    for name in _CALLERS:
        pbx.add_phone(Phone(name=f"PJSIP/{name}", context="office", rings=0.1, answers=0.2))
    pbx.add_phone(Phone(name="PJSIP/carl", context="office", rings=0.1, answers=0.9))
    pbx.add_phone(Phone(name="PJSIP/dora", context="office", busy=True))
    queue = pbx.queues.add(Queue(name="support", strategy="rrmemory", retry=1))
    for name in _AGENTS:
        phone = f"PJSIP/{name}"
        pbx.add_phone(Phone(name=phone, context="office", rings=0.1, answers=0.7))
        member = Member(
            interface=phone, name=name.capitalize(), state_interface=phone, ring_in_use=False
        )
        pbx.queues.add_static_member(queue, member)
