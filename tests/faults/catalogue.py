"""The catalogue: 28 faults that a program around an Asterisk meets, and what amitrio makes of each.

Each has its test, `test_<name>`, in `test_<group>.py`; one that costs the connection has a second,
`test_<name>_supervised`. The tables of docs/reliability.md are written from here by
`python -m tests.faults`, and test_catalogue.py compares. In the texts `{Name}` is a link to
`amitrio.Name`.

Law: a fault is told by a typed error or a gap, or it changes nothing. The connection lives on
wherever it can.
"""

from __future__ import annotations

import attrs

__all__ = ["FAULTS", "GROUPS", "Fault"]

AGAIN = "no; `supervise` connects again"


@attrs.frozen
class Fault:
    """One line of the catalogue."""

    group: str
    name: str
    title: str
    careless: str
    """What a client comes to that does not mind it."""
    told: str
    """What the program sees."""
    lives: str = "yes"
    """Whether the connection lives on."""

    @property
    def tests(self) -> set[str]:
        """The names of its tests."""
        both = {f"test_{self.name}"}
        return both if self.lives == "yes" else {*both, f"test_{self.name}_supervised"}


FAULTS = (
    # What a program sends ------------------------------------------------------------------------
    Fault(
        "sending",
        "injection",
        "a line break or a NUL in a value, a line break, a colon or a blank in a name",
        "Asterisk runs an action of the attacker's choice, or loses the rest of the line",
        "`ValueError` before a byte leaves",
    ),
    Fault(
        "sending",
        "too_long_to_send",
        "a line of more than 1022 bytes, an action of more than 128 lines",
        "Asterisk runs the end of it as a second action, or refuses it without its ActionID",
        "`ValueError` before a byte leaves",
    ),
    # What Asterisk answers -----------------------------------------------------------------------
    Fault(
        "answers",
        "answer_late_or_never",
        "an action is not answered, or too late",
        "it waits forever, or gives the late answer to the next action",
        "{ResponseTimeout} after `response_timeout`, with `executed`; the late answer is dropped",
    ),
    Fault(
        "answers",
        "answer_that_nobody_asked_for",
        "an answer comes twice, without an ActionID, or with one that nobody sent",
        "it ends another action with it",
        "nothing; it is counted as `unmatched` in `client.statistics()`",
    ),
    Fault(
        "answers",
        "answers_out_of_order",
        "a later action is answered, an earlier one is not",
        "the earlier one waits until its timeout, or forever",
        "{ResponseMissing} for the earlier one, at once; the later one gets its answer",
    ),
    Fault(
        "answers",
        "action_refused",
        "Asterisk refuses an action",
        "the error is returned as if it were an answer",
        "{ActionError}, {PermissionDenied} or {UnknownAction}, with Asterisk's words",
    ),
    Fault(
        "answers",
        "list_without_end",
        "a list begins and is never completed",
        "it waits forever, and keeps what has come",
        "{ResponseTimeout} once the list stands still for `response_timeout`, or"
        " {ResponseMissing} at the next answer",
    ),
    Fault(
        "answers",
        "list_beyond_the_limit",
        "a list is longer than `limits.list_items`",
        "it holds whatever comes, until memory ends",
        "{ListTooLong} from `send`; {SubscriberTooSlow} from `client.items`, after the items"
        " that fitted",
    ),
    Fault(
        "answers",
        "list_that_is_miscounted",
        "a list announces another number of items than it has",
        "it waits for items that do not come, or cuts off those that do",
        "the items that came; `reply.missing` counts those that did not, and a warning is logged",
    ),
    # How the bytes come --------------------------------------------------------------------------
    Fault(
        "bytes",
        "single_bytes",
        "frames come in single bytes, cut inside a character or a line end",
        "it takes a part for the whole",
        "nothing: events and answers are whole",
    ),
    Fault(
        "bytes",
        "junk_between_frames",
        "text without headers, binary bytes or surplus empty lines stand between frames",
        "it raises, or loses the frame behind",
        "nothing; junk is counted in `client.statistics()`",
    ),
    Fault(
        "bytes",
        "past_the_limits",
        "a line or a frame without end",
        "it holds whatever comes, until memory ends",
        "{ConnectionLost}, caused by {ProtocolError}, after what came before it",
        AGAIN,
    ),
    Fault(
        "bytes",
        "text_that_is_not_utf_8",
        "a name or a number is not UTF-8",
        "its reader dies of a `UnicodeDecodeError`",
        "the very bytes under the header's name, as surrogate escapes; readable text in the field",
    ),
    Fault(
        "bytes",
        "forged_headers",
        "a user event carries `Response`, an ActionID of ours, `EventList: Complete`",
        "it ends an action or a list with it",
        "a `UserEvent` like any other",
    ),
    # How a connection comes about ----------------------------------------------------------------
    Fault(
        "entering",
        "nothing_listens",
        "the port is closed",
        "an `OSError` without advice; or it never tries again",
        "{ConnectionFailed}, with what to look at",
        "there is none; `supervise` tries on",
    ),
    Fault(
        "entering",
        "no_asterisk_there",
        "a web server answers, or nobody says a word",
        "it waits forever for a banner, or logs in there with its secret",
        "{ProtocolError} for another banner, {ConnectionFailed} for silence",
        "there is none; `supervise` tries on after silence, and raises at another banner"
        " unless Asterisk was there before",
    ),
    Fault(
        "entering",
        "wrong_secret",
        "user, secret or address are refused",
        "it tries again and again, until a firewall bans it",
        "{AuthenticationFailed} after one try",
        "there is none; `supervise` raises too, unless `retry_refused` is given",
    ),
    Fault(
        "entering",
        "certificate_that_does_not_verify",
        "the TLS certificate is not trusted, or for another name",
        "it does not look, and tells its secret to whoever is in between",
        "{ConnectionFailed}, before anything of AMI was sent",
        "there is none; `supervise` raises too, unless `retry_refused` is given",
    ),
    # How a connection is lost --------------------------------------------------------------------
    Fault(
        "loss",
        "half_open_link",
        "the network is gone and nobody says so",
        "it waits forever for events",
        "{ConnectionLost} within `ping_interval` and `ping_timeout`, 20 seconds",
        AGAIN,
    ),
    Fault(
        "loss",
        "broken_off",
        "the connection is closed inside a frame, or reset",
        "it takes half a frame for a whole one, or ends without a word",
        "{ConnectionLost} that says which; whole frames before it are told first, half ones never",
        AGAIN,
    ),
    Fault(
        "loss",
        "kick",
        "an operator kicks the session: it ends without a word",
        "it spins on empty reads, or waits forever for answers",
        "{ConnectionLost}, in each place that waits",
        AGAIN,
    ),
    Fault(
        "loss",
        "shutdown",
        "Asterisk shuts down: it refuses every action, logins too, then closes",
        "it takes the refusal of the login for a wrong secret, and gives up",
        "{ActionError} `Asterisk is shutting down`, then {ConnectionLost} that says so",
        AGAIN,
    ),
    Fault(
        "loss",
        "still_booting",
        "Asterisk is up again, and does not know the actions of its modules yet",
        "its first actions fail, and nobody asks again",
        "{UnknownAction}, whose message names the boot; `client.fully_booted` is None until then",
        "yes; `supervise` says {Reconnected}, and lets actions through when the boot is over",
    ),
    Fault(
        "loss",
        "actions_in_flight",
        "the connection is lost while actions are under way",
        "it sends an Originate again, and the phone rings twice",
        '{ConnectionLost} with `executed="maybe"`; nothing is ever sent again',
        AGAIN,
    ),
    # What a program does itself ------------------------------------------------------------------
    Fault(
        "consumers",
        "slow_consumer",
        "events come faster than they are taken",
        "it stops reading, and Asterisk closes the connection; or memory ends",
        "{SubscriberTooSlow} in that stream, or {EventsDropped} with"
        ' `overflow="drop_oldest"`; other streams and answers go on',
    ),
    Fault(
        "consumers",
        "cancelled_consumer",
        "a task that waits for an event or an answer is cancelled",
        "the event is lost; the answer goes to the next action",
        "the event is still there for the next `receive`; the answer is dropped",
    ),
    Fault(
        "consumers",
        "body_that_raises",
        "the program raises while actions are under way",
        "its own tasks are left behind, or its error comes out in a group",
        "the very exception, bare; whoever waits gets {ConnectionClosed}",
        "no, and so with `supervise`: it is left, with a Logoff",
    ),
    Fault(
        "consumers",
        "masked_report",
        "the event mask keeps the outcome of an Originate away",
        "it waits for the outcome forever",
        "{PermissionDenied} from `call.wait_answered()`, at once",
    ),
)

GROUPS = tuple(dict.fromkeys(fault.group for fault in FAULTS))
