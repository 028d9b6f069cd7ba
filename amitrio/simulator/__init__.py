"""The simulator: an AMI server with a small PBX inside, for tests of programs that speak AMI.

Law: a program that was proven against it meets nothing new at a real Asterisk in what it plays.
"""

from __future__ import annotations

from amitrio.simulator import faults
from amitrio.simulator.calls import ActionCall
from amitrio.simulator.channels import Channel, ChannelIds, Party
from amitrio.simulator.defaults import default_pbx, default_users
from amitrio.simulator.dialplan import Dialplan
from amitrio.simulator.originate import Origination, Outcome
from amitrio.simulator.pbx import Pbx
from amitrio.simulator.queues import Member, Queue
from amitrio.simulator.server import Simulator
from amitrio.simulator.session import Session
from amitrio.simulator.technologies import Phone
from amitrio.simulator.users import ManagerUser

__all__ = [
    "ActionCall",
    "Channel",
    "ChannelIds",
    "Dialplan",
    "ManagerUser",
    "Member",
    "Origination",
    "Outcome",
    "Party",
    "Pbx",
    "Phone",
    "Queue",
    "Session",
    "Simulator",
    "default_pbx",
    "default_users",
    "faults",
]
