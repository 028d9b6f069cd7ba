"""What a program has loaded once it has read its first event: counted, in a process of its own."""

from __future__ import annotations

import sys
from subprocess import PIPE

import anyio
from anyio.streams.text import TextReceiveStream

from amitrio.simulator import Simulator

_GENERATED = "amitrio.models.generated."

_PROGRAM = """
import sys, anyio, amitrio

async def main():
    host, port, secret = sys.argv[1:]
    async with amitrio.connect(host, int(port), username="admin", secret=secret) as client:
        assert client.fully_booted is not None
        with client.events("Hangup") as stream:
            print("listening", flush=True)
            assert (await stream.receive()).cause is amitrio.HangupCause.NORMAL_CLEARING
    print(*sys.modules)

anyio.run(main, backend="trio")
"""


async def test_the_first_hangup_loads_its_family_and_the_sessions_alone() -> None:
    simulator = Simulator()
    secret = simulator.users["admin"].secret.reveal()
    async with simulator.serve_tcp() as (host, port):
        command = [sys.executable, "-c", _PROGRAM, host, str(port), secret]
        with anyio.fail_after(20):
            async with await anyio.open_process(command, stdout=PIPE, stderr=None) as process:
                assert process.stdout is not None
                said = ""
                async for text in TextReceiveStream(process.stdout):
                    said += text
                    if said == "listening\n":
                        simulator.publish("Hangup", [("Cause", "16")], privilege="call")
    loaded = set(said.split())
    families = {name.removeprefix(_GENERATED) for name in loaded if name.startswith(_GENERATED)}
    assert {name for name in families if "." in name} == {
        "actions.system",
        "enums.channels",
        "enums.system",
        "events.channels",
        "events.system",
    }
    assert not any(name.startswith(("amitrio.supervisor", "amitrio.sim")) for name in loaded)
    assert {"asyncio", "rich", "cyclopts"} & loaded == set()
