"""The default PBX: users, dialplan, queues, mailboxes of the tests of behaviour.

It is what tools/asterisk gives to the real servers, as far as the simulator plays it, so that a
test can run against either.

Law: names, secrets and extensions here and there are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitrio.simulator.configfiles import ConfigFile
from amitrio.simulator.queues import Member, Queue
from amitrio.simulator.technologies import Phone
from amitrio.simulator.users import ManagerUser

if TYPE_CHECKING:
    from amitrio.simulator.pbx import Pbx

__all__ = ["DIALPLAN", "default_pbx", "default_users"]


def default_users() -> list[ManagerUser]:
    """One user for each case of rights and manners."""
    categories = ConfigFile.parse(CONFIG_FILES["manager.conf"]).categories
    return [ManagerUser.from_category(each) for each in categories if each.name != "general"]


def default_pbx(pbx: Pbx) -> None:
    """Fill a PBX."""
    pbx.variables["GLOB"] = "global value"
    pbx.dialplan.load(DIALPLAN)
    for name, text in CONFIG_FILES.items():
        pbx.config_files[name] = ConfigFile.parse(text)
    _add_queues(pbx)
    for mailbox in ("100@default", "101@default"):
        pbx.voicemail.add(mailbox)
    pbx.add_phone(Phone(name="PJSIP/alice", context="h2", reachable=False))


def _add_queues(pbx: Pbx) -> None:
    queue = pbx.queues.add(Queue(name="h2q", timeout=5, retry=1, wrap_up=1, set_interface_var=True))
    one, two = "Local/member@h2/n", "Local/memberbusy@h2/n"
    members = (
        Member(interface=one, name="Agent One", state_interface="Custom:h2a1"),
        Member(interface=two, name="Agent Two: x", state_interface=two, penalty=1),
    )
    for member in members:
        pbx.queues.add_static_member(queue, member)
    pbx.queues.rules["myrule"] = ["30,+3,+0", "60,10,+2"]
    pbx.queues.add(Queue(name="emptyq", strategy="linear"))


DIALPLAN = r"""
[h2]
exten => answer,1,Answer()
 same => n,Wait(1)
 same => n,Hangup()
exten => wait,1,Answer()
 same => n,Wait(${IF($["${W}"=""]?3600:${W})})
 same => n,Hangup()
exten => echo,1,Answer()
 same => n,Echo()
exten => mw,1,Answer()
 same => n,Milliwatt()
exten => busy,1,Busy(1)
exten => congest,1,Congestion(1)
exten => noanswer,1,Ringing()
 same => n,Wait(60)
exten => queue,1,Answer()
 same => n,Queue(h2q,,,,30)
 same => n,Hangup()
exten => member,1,Ringing()
 same => n,Wait(0.3)
 same => n,Answer()
 same => n,Wait(1)
 same => n,Hangup()
exten => memberbusy,1,Busy(1)
exten => dial,1,Dial(Local/member@h2,20,g)
 same => n,Hangup()
exten => dialbusy,1,Dial(Local/memberbusy@h2,5,g)
 same => n,NoOp(DIALSTATUS ${DIALSTATUS})
 same => n,Hangup()
exten => vars,1,Answer()
 same => n,Set(A=1)
 same => n,Set(EMPTY=)
 same => n,Set(COLON=a: b: c)
 same => n,Set(EQ=x=y=z)
 same => n,Set(SPACES=  lead and trail  )
 same => n,Set(ARRAY(P,Q)=1,2)
 same => n,Set(HASH(h)=1)
 same => n,Set(CHANNEL(language)=fr)
 same => n,Set(CDR(userfield)=uf: x)
 same => n,Set(GLOBAL(G)=gg)
 same => n,Set(DB(fam/key)=val)
 same => n,Set(NLJSON=${SHELL(printf 'l1\nl2')})
 same => n,UserEvent(MyEvent,Key1: Val1,Key2:Val2,Key3,ActionID: spoofed,Empty:)
 same => n,UserEvent(Other:Name,a=b)
 same => n,Hangup()
exten => nl,1,Answer()
 same => n,Set(NL=${SHELL(printf 'line1\nEvent: Fake\nX: 1')})
 same => n,Set(CRLF=${SHELL(printf 'line1\r\n\r\nEvent: Fake\r\nX: 1\r\n\r\nEvent: Rest')})
 same => n,UserEvent(Inj,Body: ${CRLF})
 same => n,Hangup()
exten => spool,1,Answer()
 same => n,Wait(0.1)
exten => load,1,Answer()
 same => n,Set(V1=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)
 same => n,Set(V2=${RAND(1,100000)})
 same => n,UserEvent(Load,N: ${V2},Name: Some Name)
 same => n,Wait(0.2)
 same => n,Hangup()
exten => hinted,hint,Custom:h2dev
exten => hinted,1,Answer()
exten => onhold,1,Answer()
 same => n,Wait(1)
exten => fail,1,Hangup(17)
exten => _X.,1,Answer()
 same => n,Wait(5)
 same => n,Hangup()
exten => h,1,NoOp(hangup handler)
exten => failed,1,NoOp(failed)
[default]
exten => s,1,Answer()
 same => n,Wait(5)
exten => 100,1,Answer()
 same => n,Wait(30)
exten => 100,hint,PJSIP/alice
[h2x]
exten => hp,hint,Custom:h2p,CustomPresence:h2p
exten => blind,1,Answer()
 same => n,Wait(30)
"""

CONFIG_FILES = {
    "manager.conf": """
[general]
enabled = yes
port = 5038
bindaddr = 127.0.0.1
[admin]
secret = mysecret
read = all
write = all
[limited]
secret = lim
read = system,call
write = call
[single]
secret = one
read = all
write = all
allowmultiplelogin = no
[slow]
secret = slow
read = all
write = all
writetimeout = 1000
[filtered]
secret = filt
read = all
write = all
eventfilter = Event: Newchannel
eventfilter = !Channel: Local/excluded
[writeonly]
secret = wo
write = all
[readonly]
secret = ro
read = all
[acl]
secret = acl
deny = 0.0.0.0/0.0.0.0
read = all
write = all
[nosystem]
secret = nosys
read = """
    "call,log,verbose,agent,user,config,command,dtmf,reporting,cdr,dialplan,originate,agi,cc,"
    """aoc,test,security,message
write = all
""",
    "extensions.conf": DIALPLAN,
    "queues.conf": """
[general]
persistentmembers = no
[h2q]
strategy = ringall
timeout = 5
retry = 1
wrapuptime = 1
setinterfacevar = yes
joinempty = yes
leavewhenempty = no
member => Local/member@h2/n,0,Agent One,Custom:h2a1
member => Local/memberbusy@h2/n,1,Agent "Two": x
[emptyq]
strategy = linear
""",
    "voicemail.conf": """
[general]
format=wav
[default]
100 => 1234,Example Mailbox,root@localhost
101 => 1234,Other Box,
""",
    "queuerules.conf": """
[general]
[myrule]
penaltychange => 30,+3
penaltychange => 60,10,+2
""",
}
