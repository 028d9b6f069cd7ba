"""The command line: `python -m tools.asterisk prepare | run | where`.

Law: exit 2 with one line when a real Asterisk cannot be had here, 1 when one failed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from .bootstrap import location, prepare
from .errors import AsteriskFailed, Unavailable
from .instance import Asterisk, booted
from .release import RELEASES, Major


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks, and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        for release in options.release or RELEASES:
            options.act(release)
    except Unavailable as error:
        print(f"unavailable: {error.reason}", file=sys.stderr)
        return 2
    except AsteriskFailed as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.asterisk", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for act, how_many, text in (
        (_prepare, "*", "install the releases (all by default), where they are not yet"),
        (_run, 1, "boot a server, say where it listens, and keep it until Ctrl-C"),
        (_where, "*", "tell where the releases are installed; remove that to start anew"),
    ):
        command = commands.add_parser(act.__name__.removeprefix("_"), help=text)
        command.add_argument("release", nargs=how_many, type=_release, help="22 or 16")
        command.set_defaults(act=act)
    return parser


def _release(name: str) -> Major:
    for release in RELEASES:
        if release == name:
            return release
    raise argparse.ArgumentTypeError(f"no such release: {name} (choose from {', '.join(RELEASES)})")


def _prepare(release: Major) -> None:
    began = time.monotonic()
    print(f"{release}: {prepare(release)} ({time.monotonic() - began:.0f} s)", flush=True)


def _where(release: Major) -> None:
    tree = location(release)
    print(f"{release}: {tree}{'' if tree.is_dir() else ' (not prepared)'}")


def _run(release: Major) -> None:
    began = time.monotonic()
    with booted(release) as pbx:
        print(f"Asterisk {pbx.version} booted in {time.monotonic() - began:.1f} s")
        print(_description(pbx), flush=True)
        pbx.wait_stopped(None)
        raise AsteriskFailed("it has ended by itself", pbx.tail())


def _description(pbx: Asterisk) -> str:
    ports = (f"{name} {port}" for name, port in zip(pbx.ports._fields, pbx.ports, strict=True))
    users = (f"  {name} / {secret}" for name, secret in pbx.users.items())
    return "\n".join(
        [f"host {pbx.host}", *ports, f"certificate {pbx.certificate}", "users / secrets", *users]
    )


if __name__ == "__main__":
    sys.exit(main())
