"""The PBX: channels, bridges, queues, states and all else behind the manager interface.

It knows no session and no stream. Time is handed to it by `advance`, and what it publishes goes
to whoever listens.

Law: the same calls at the same times publish the same events.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from amitrio.models import Event
from amitrio.models.generated.events.dialplan import VarSet
from amitrio.simulator.bridges import Bridge
from amitrio.simulator.channels import Channel, Party
from amitrio.simulator.configfiles import ConfigFile
from amitrio.simulator.database import Database
from amitrio.simulator.dialplan import Dialplan
from amitrio.simulator.events import Published
from amitrio.simulator.execution import run_application, run_pbx
from amitrio.simulator.kernel import Kernel, Steps
from amitrio.simulator.originate import Origination, Outcome, originate
from amitrio.simulator.queues import Queues
from amitrio.simulator.records import Records
from amitrio.simulator.releases import RELEASES, Release
from amitrio.simulator.states import States
from amitrio.simulator.substitution import write_variable
from amitrio.simulator.tables import ChannelState
from amitrio.simulator.technologies import LocalPair, Phone, PhoneLeg
from amitrio.simulator.voicemail import Voicemail

__all__ = ["Pbx"]


class Pbx:
    """A small PBX. `start` is the time, in seconds since the epoch, at which it came to life."""

    def __init__(
        self,
        *,
        seed: int = 0,
        start: float = 1_700_000_000.0,
        stamps: bool = False,
        release: Release = RELEASES["22"],
    ) -> None:
        self.kernel: Kernel = Kernel()
        self.random: random.Random = random.Random(seed)  # noqa: S311 - chance is to be the same each time
        self.listeners: list[Callable[[Published], None]] = []
        self.started = start
        self.reloaded = start
        self.release = release
        self._stamps = stamps
        self._counters = {"uniqueid": 0, "local": 0, "leg": 0, "birth": 0}
        self.channels: dict[str, Channel] = {}
        self.calls_made = 0  # how often the dialplan was started
        self.local_pairs: dict[LocalPair, None] = {}
        self.phones: dict[str, Phone] = {}
        self.bridges: dict[str, Bridge] = {}
        self.variables: dict[str, str] = {}
        self.dialplan: Dialplan = Dialplan()
        self.database: Database = Database()
        self.config_files: dict[str, ConfigFile] = {}
        self.records: Records = Records(self)
        self.voicemail: Voicemail = Voicemail(self)
        self.states: States = States(self)
        self.queues: Queues = Queues(self)

    # --- time ---

    @property
    def now(self) -> float:
        """Seconds since the epoch."""
        return self.started + self.kernel.now

    @property
    def epoch(self) -> int:
        """Whole seconds since the epoch."""
        return int(self.now)

    @property
    def moment(self) -> datetime:
        """The present time."""
        return datetime.fromtimestamp(self.now, UTC)

    @property
    def stamp(self) -> str:
        """The time as `Timestamp:` gives it."""
        return f"{self.now:.6f}"

    def local_time(self, when: float) -> datetime:
        """A time of the kernel's as records have it, in whole seconds; the PBX lives in UTC."""
        moment = datetime.fromtimestamp(self.started + when, UTC)
        return moment.replace(microsecond=0, tzinfo=None)

    def advance(self, to: float) -> None:
        """Let everything happen that is due within `to` seconds of the start."""
        self.kernel.run(to)

    # --- events ---

    def publish(
        self,
        event: Event,
        privilege: int | None = None,
        first: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Publish an event to all that listen.

        `privilege` are the classes of which each must be readable, where they are not Asterisk's
        own. Headers of its envelope come `first`.
        """
        envelope = [("Timestamp", self.stamp), *first] if self._stamps else first
        published = Published(event, privilege, envelope)
        for listener in self.listeners:
            listener(published)

    def set_global(self, name: str, value: str) -> None:
        """Set a global variable, and tell."""
        self.variables[name.lstrip("_")] = value
        self.publish(VarSet(channel="none", uniqueid="none", variable=name, value=value))

    # --- names and numbers ---

    def _next(self, counter: str) -> int:
        value = self._counters[counter]
        self._counters[counter] = value + 1
        return value

    def next_uniqueid(self) -> str:
        """A unique id such as 1700000000.0."""
        return f"{self.epoch}.{self._next('uniqueid')}"

    def next_local(self) -> int:
        """The number of the next Local channel."""
        return self._next("local")

    def next_leg(self) -> int:
        """The number of the next channel of a phone."""
        return self._next("leg")

    def next_birth(self) -> int:
        """Counts channels, so that the older of two is known."""
        return self._next("birth")

    @property
    def active_calls(self) -> int:
        """How many channels run the dialplan, which is what Asterisk counts as calls."""
        return sum(channel.in_dialplan for channel in self.channels.values())

    # --- finding ---

    def find_channels(self, name: str) -> list[Channel]:
        """The channel of that name, in any case, or of that unique id; all where none is given."""
        if not name:
            return list(self.channels.values())
        wanted = name.lower()
        named = [each for each in self.channels.values() if each.name.lower() == wanted]
        return named or [each for each in self.channels.values() if each.uniqueid == name]

    # --- threads ---

    def dialplan_thread(self, channel: Channel) -> Steps[None]:
        """The steps that run the dialplan on a channel, from where it stands."""
        channel.attend()
        yield from run_pbx(channel)

    def application_thread(self, channel: Channel, name: str, data: str) -> Steps[None]:
        """The steps that run one application on a channel."""
        yield from run_application(channel, name, data)

    # --- calls from outside the manager interface ---

    def add_phone(self, phone: Phone) -> Phone:
        """Plug in a phone, in place of one of the same name."""
        self.phones[phone.name.lower()] = phone
        return phone

    def call(self, phone_name: str, exten: str, *, caller: Party | None = None) -> PhoneLeg:
        """Let a phone dial an extension in its context; its channel rings until answered.

        pbx.add_phone(Phone(name="PJSIP/100", context="internal"))
        channel = pbx.call("PJSIP/100", "200", caller=Party("100", "Alice"))
        """
        phone = self.phones[phone_name.lower()]
        leg = PhoneLeg(self, phone, self.next_uniqueid(), None)
        leg.state = ChannelState.RING
        leg.exten = leg.dialed_number = exten
        leg.caller = caller or phone.caller
        leg.announce()
        leg.serve(self.dialplan_thread(leg))
        return leg

    def originate(
        self, wanted: Origination, done: Callable[[Outcome], None] = lambda _: None
    ) -> None:
        """Start a call as Originate does; `done` learns how it went."""
        self.kernel.spawn(originate(self, wanted, done))

    def run_failed(self, wanted: Origination, reason: int) -> None:
        """Run the extension `failed` for a call that failed (OutgoingSpoolFailed)."""
        failed = Channel(self, "OutgoingSpoolFailed", self.next_uniqueid())
        failed.caller, failed.account = wanted.caller, wanted.account
        failed.context, failed.exten = wanted.context, "failed"
        failed.announce()
        failed.set_variable("REASON", str(reason))
        for name, value in wanted.variables:
            write_variable(name, value, failed, self)
        failed.serve(self.dialplan_thread(failed))

    def hang_up_all(self) -> None:
        """Ask every channel to end."""
        for channel in list(self.channels.values()):
            channel.soft_hangup()
