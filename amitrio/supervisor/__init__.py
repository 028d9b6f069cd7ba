"""The supervisor: a client that stays connected, and tells of every gap.

Law: nothing is sent twice, nothing is queued while there is no connection, and no loss passes
unsaid.
"""

from __future__ import annotations

from amitrio.supervisor.backoff import Backoff
from amitrio.supervisor.client import SupervisedClient
from amitrio.supervisor.keeper import Link
from amitrio.supervisor.supervise import Supervision, supervise, supervise_over

__all__ = ["Backoff", "Link", "SupervisedClient", "Supervision", "supervise", "supervise_over"]
