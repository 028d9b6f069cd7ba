"""Runs the benchmarks and prints their tables; `--write` puts them into the documentation."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.on_asterisk import on_asterisk
from benchmarks.report import conditions, tables
from benchmarks.rounds import Plan, available, run_rounds
from benchmarks.scaling import scaling
from benchmarks.start import starting
from benchmarks.traffic import BLOCK
from benchmarks.workloads import CLIENTS, WORKLOADS
from tools.asterisk import AsteriskFailed, Unavailable
from tools.asterisk.release import RELEASES

_BEGIN = "<!-- benchmarks: begin -->\n"
_END = "<!-- benchmarks: end -->\n"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="tiny numbers: does it work at all?")
    parser.add_argument("--only", default="", help="workloads, separated by commas")
    parser.add_argument("--clients", default="", help="beginnings of names, separated by commas")
    parser.add_argument("--node-modules", type=Path, help="where yana and asterisk-manager are")
    parser.add_argument("--asterisk", choices=RELEASES, help="ping a real one, too: Debian, root")
    parser.add_argument("--write", type=Path, help="the page whose marked part is replaced")
    return parser.parse_args()


def _plan(given: argparse.Namespace) -> Plan:
    wanted = given.only.split(",") if given.only else [one.name for one in WORKLOADS]
    names = tuple(given.clients.split(","))
    modules = given.node_modules.resolve() if given.node_modules else None
    return Plan(
        [one for one in CLIENTS if one.name.startswith(names) and available(one, modules)],
        [one for one in WORKLOADS if one.name in wanted],
        1 if given.quick else given.rounds,
        (lambda _: BLOCK) if given.quick else lambda one: one.count,
        modules,
    )


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _write(page: Path, text: str) -> None:
    before, _, rest = page.read_text("utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    page.write_text(f"{before}{_BEGIN}\n{text}\n\n{_END}{after}", "utf-8")


def main() -> None:
    """Do what the command line says."""
    given = _arguments()
    plan = _plan(given)
    results = run_rounds(plan, _tell)
    parts = [conditions(plan, results), tables(plan, results)]
    if given.asterisk:
        try:
            parts.append(on_asterisk(given.asterisk, plan, _tell))
        except (Unavailable, AsteriskFailed, ValueError) as exc:  # what was measured is not lost
            _tell(f"no real Asterisk was pinged: {exc}")
    if not given.only:
        parts += [scaling(quick=given.quick), starting(quick=given.quick)]
    text = "\n\n".join(parts)
    print(text)
    if given.write:
        _write(given.write, text)


if __name__ == "__main__":
    main()
