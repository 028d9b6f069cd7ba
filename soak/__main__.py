"""The command: `python -m soak servers 22 16 --kill 50 --restart 20 --freeze 10`.

Law: prints one line for each thing done, the figures at the end, and exits 1 on a bad verdict.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import cast

import anyio

from soak import memory, servers
from tools.asterisk import Major


def main() -> int:
    """Do what the command line asks, and return the exit code."""
    options = _parser().parse_args()
    good: bool = options.run(options)
    return 0 if good else 1


def _servers(options: argparse.Namespace) -> bool:
    good = True
    for release in options.release:
        times = {fault: getattr(options, fault) for fault in servers.FAULTS}
        if release == "16":
            times["kick"] = 0  # Asterisk 16 has no such command
        plan = servers.Plan(times, options.frozen)
        outcome = anyio.run(
            servers.run, cast("Major", release), plan, print, backend=options.backend
        )
        _tell_servers(outcome, options.backend)
        good = good and outcome.good
    return good


def _tell_servers(outcome: servers.Outcome, backend: str) -> None:
    comparison = outcome.comparison
    print(f"Asterisk {outcome.release} on {backend}: {outcome.faults}")
    print(f"  {outcome.losses} losses told, {outcome.returns} returns")
    print(f"  at worst {outcome.slowest:.1f} s until connected again")
    same = f"{comparison.events} events in {comparison.stretches} stretches as recorded"
    print(f"  {same}, {comparison.incomparable} stretches too short to compare")
    for line in [*outcome.failures, *comparison.holes]:
        print(f"  BAD {line}")


def _flood(options: argparse.Namespace) -> bool:
    flooded = anyio.run(memory.flood, options.events, backend=options.backend)
    print(f"{flooded.events} events on {options.backend} in {flooded.lasted:.1f} s")
    print(f"  {flooded.taken} taken, {flooded.told_dropped} told as dropped")
    print(f"  grown by {flooded.growth / 1e6:.1f} MB, slowest ping {flooded.slowest_ping:.3f} s")
    print(f"  the server's socket was full for {flooded.longest_full * 1000:.1f} ms at worst")
    return flooded.good


def _connects(options: argparse.Namespace) -> bool:
    left = anyio.run(memory.connects, options.times, backend=options.backend)
    print(f"{left.times} connections on {options.backend}")
    print(f"  grown by {left.growth / 1e6:.2f} MB, {left.descriptors} descriptors left open")
    return left.good


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m soak", description="What takes minutes.")
    commands = parser.add_subparsers(required=True)
    one = _command(commands, "servers", "real servers killed, restarted, frozen, kicked", _servers)
    one.add_argument("release", nargs="+", choices=["22", "16"])
    one.add_argument("--frozen", type=float, default=30.0, help="seconds that a server is frozen")
    for fault in servers.FAULTS:
        one.add_argument(f"--{fault}", type=int, default=1, metavar="TIMES")
    one = _command(commands, "flood", "events at full speed against a slow consumer", _flood)
    one.add_argument("--events", type=int, default=1_000_000)
    one = _command(commands, "connects", "connections made and left", _connects)
    one.add_argument("--times", type=int, default=2000)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    text: str,
    run: Callable[[argparse.Namespace], bool],
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text)
    command.add_argument("--backend", choices=["trio", "asyncio"], default="trio")
    command.set_defaults(run=run)
    return command


if __name__ == "__main__":
    sys.exit(main())
