"""The command: `python -m soak servers 22 16 --kill 50 --restart 20 --freeze 10`.

Law: prints one line for each thing done, the figures at the end, and exits 1 on a bad verdict.
"""

from __future__ import annotations

import argparse
import sys
from typing import cast

import anyio

from soak import servers
from tools.asterisk import Major


def main() -> int:
    """Do what the command line asks, and return the exit code."""
    options = _parser().parse_args()
    good = True
    for release in options.release:
        plan = servers.Plan({fault: getattr(options, fault) for fault in servers.FAULTS})
        plan = servers.Plan(plan.times, options.frozen)
        if release == "16":
            plan.times["kick"] = 0  # Asterisk 16 has no such command
        outcome = anyio.run(
            servers.run, cast("Major", release), plan, print, backend=options.backend
        )
        comparison = outcome.comparison
        print(f"Asterisk {outcome.release} on {options.backend}: {outcome.faults}")
        print(f"  {outcome.losses} losses told, {outcome.returns} returns")
        print(f"  at worst {outcome.slowest:.1f} s until connected again")
        print(
            f"  {comparison.events} events in {comparison.stretches} stretches as recorded,"
            f" {comparison.incomparable} stretches too short to compare"
        )
        for line in [*outcome.failures, *comparison.holes]:
            print(f"  BAD {line}")
        good = good and outcome.good
    return 0 if good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m soak", description="What takes minutes.")
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("servers", help="real servers killed, restarted, frozen, kicked")
    one.add_argument("release", nargs="+", choices=["22", "16"])
    one.add_argument("--backend", choices=["trio", "asyncio"], default="trio")
    one.add_argument("--frozen", type=float, default=30.0, help="seconds that a server is frozen")
    for fault in servers.FAULTS:
        one.add_argument(f"--{fault}", type=int, default=1, metavar="TIMES")
    return parser


if __name__ == "__main__":
    sys.exit(main())
