"""The script of technologies: PJSIP, SIP, IAX, Skinny, DAHDI, XMPP, messages.

Law: nobody outside is spoken to: the peers are this server itself, or do not exist.
"""

from __future__ import annotations

from amitrio import actions
from amitrio.models import assignment

from .prober import Prober

__all__ = ["SCENES"]


def _lines(content_type: str) -> list[str]:
    """The headers and the two lines of a NOTIFY."""
    named = [
        ("Event", "probe"),
        ("Content-Type", content_type),
        ("Content", "a,b"),
        ("Content", "c"),
    ]
    return [assignment(name, value) for name, value in named]


async def pjsip(probe: Prober) -> None:
    """What is configured of PJSIP, and what can be done without a call."""
    await probe.send(actions.PJSIPUnregister(registration="itself"))
    async with probe.until("Registry", where=lambda event: event["Status"] == "Registered"):
        await probe.send(actions.PJSIPRegister(registration="itself"))
    await probe.send(actions.PJSIPShowAors())
    await probe.send(actions.PJSIPShowAuths())
    await probe.send(actions.PJSIPShowContacts())
    await probe.send(actions.PJSIPShowEndpoints())
    await probe.send(actions.PJSIPShowEndpoint(endpoint="bob"))
    await probe.send(actions.PJSIPShowEndpoint(endpoint="alice"))
    await probe.send(actions.PJSIPShowRegistrationInboundContactStatuses())
    await probe.send(actions.PJSIPShowRegistrationsInbound())
    await probe.send(actions.PJSIPShowRegistrationsOutbound())
    await probe.send(actions.PJSIPShowResourceLists())
    await probe.send(actions.PJSIPShowSubscriptionsInbound())
    await probe.send(actions.PJSIPShowSubscriptionsOutbound())
    await probe.send(actions.PJSIPQualify(endpoint="bob"))
    await probe.send(
        actions.PJSIPNotify(
            endpoint="bob",
            variables=_lines("text/plain"),
        )
    )
    await probe.send(actions.PJSIPSetMaintenance(endpoint="alice", state=True))
    await probe.send(actions.PJSIPShowMaintenance())
    await probe.send(actions.PJSIPSetMaintenance(endpoint="alice", state=False))


async def pjsip_call(probe: Prober) -> None:
    """A call that this server makes to itself."""
    itself = f"PJSIP/bob/sip:wait@127.0.0.1:{probe.server.ports.pjsip}"
    channel = await probe.dial(itself, "Wait", "60")
    await probe.send(actions.PJSIPHangup(channel=channel, cause="NOT_FOUND"))


async def messages(probe: Prober) -> None:
    """Messages outside of calls: by SIP to this server itself, by XMPP to nobody."""
    await probe.send(
        actions.MessageSend(
            to=f"pjsip:bob/sip:nobody@127.0.0.1:{probe.server.ports.pjsip}",
            from_="<sip:probe@127.0.0.1>",
            body="hello: probe",
            variables={"X-Probe": "a,b"},
        )
    )
    await probe.send(
        actions.JabberSend(jabber="nobody", message="hello", screen_name="probe@example.com")
    )


async def sip(probe: Prober) -> None:
    """chan_sip, which Asterisk had until 20."""
    await probe.send(actions.SIPpeers())
    await probe.send(actions.SIPpeerstatus())
    await probe.send(actions.SIPqualifypeer(peer="sippeer2"))
    await probe.send(actions.SIPshowpeer(peer="sippeer2"))
    await probe.send(actions.SIPshowregistry())
    await probe.send(actions.SIPnotify(channel="sippeer2", variables=_lines("text/plain")))


async def iax(probe: Prober) -> None:
    """IAX."""
    await probe.send(actions.IAXpeers())
    await probe.send(actions.IAXpeerlist())
    await probe.send(actions.IAXregistry())
    await probe.send_silent(actions.IAXnetstats())


async def skinny(probe: Prober) -> None:
    """Skinny, which Asterisk had until 20."""
    await probe.send(actions.SKINNYdevices())
    await probe.send(actions.SKINNYlines())
    await probe.send_silent(actions.SKINNYshowdevice(device="probephone"))
    await probe.send_silent(actions.SKINNYshowline(line="probe1"))


async def dahdi(probe: Prober) -> None:
    """Telephone cards, of which there are none: what is there does nothing."""
    await probe.send(actions.DAHDIShowChannels())
    await probe.send(actions.DAHDIShowStatus())
    await probe.send(actions.DAHDIDNDon(dahdi_channel="1"))
    await probe.send(actions.DAHDIDNDoff(dahdi_channel="1"))
    await probe.send(actions.DAHDIDialOffhook(dahdi_channel="1", number="5"))
    await probe.send(actions.DAHDITransfer(dahdi_channel="1"))
    await probe.send(actions.DAHDIHangup(dahdi_channel="1"))
    await probe.send(actions.DAHDIRestart())
    await probe.send(actions.PRIShowSpans())
    await probe.send(actions.PRIDebugSet(span=1, level="off"))
    await probe.send(actions.PRIDebugFileSet(file="/dev/null"))
    await probe.send(actions.PRIDebugFileUnset())


SCENES = (pjsip, pjsip_call, messages, sip, iax, skinny, dahdi)
"""What happens, in order. After each the calls are over."""
