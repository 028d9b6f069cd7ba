"""The benchmarks work: same traffic, same sums, tables. No time is looked at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from benchmarks.measure import Outcome
from benchmarks.report import table, tables
from benchmarks.rounds import Plan, available, run_rounds
from benchmarks.scaling import scaling
from benchmarks.tally import Tally, expected
from benchmarks.traffic import BLOCK, WANTED, block, list_items
from benchmarks.workloads import CLIENTS, WORKLOADS, check

OURS = [one for one in CLIENTS if one.is_ours and available(one, None)]
TOUCHED = [one for one in WORKLOADS if one.name in {"headers", "typed", "twentieth", "list"}]


def count(_: object) -> int:
    return BLOCK


def test_the_traffic_is_what_the_tables_say() -> None:
    frames = block().frames
    hangups = [n for n, frame in enumerate(frames) if frame.startswith(b"Event: Hangup\r\n")]
    assert len(frames) == BLOCK
    assert len(hangups) == BLOCK // 20
    assert hangups[-1] == BLOCK - 1
    assert sum(not frame.isascii() for frame in frames) == BLOCK // 50
    assert 430 < block().bytes_a_frame < 500
    assert 18 < block().headers_a_frame < 21
    assert block().data.split(b"\r\n\r\n") == [*frames, b""]


def test_it_is_the_same_in_every_process() -> None:
    code = (
        "import hashlib, benchmarks.traffic as t; print(hashlib.sha256(t.block().data).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_items_say_whose_they_are() -> None:
    assert all(item.count(b"\r\nActionID: @\r\n") == 1 for item in list_items())


@pytest.mark.parametrize("workload", TOUCHED, ids=lambda one: one.name)
def test_a_wrong_sum_is_refused(workload: object) -> None:
    assert isinstance(workload, type(WORKLOADS[0]))
    right = workload.expected(BLOCK)
    check(workload, BLOCK, right)
    with pytest.raises(ValueError, match=workload.name):
        check(workload, BLOCK, Tally(right.count - 1, right.total))
    with pytest.raises(ValueError, match=workload.name):
        check(workload, BLOCK, Tally(right.count, right.total + 1))
    with pytest.raises(ValueError, match="multiple"):
        check(workload, BLOCK + 1, right)


def test_a_sum_tells_what_was_read() -> None:
    sums = {expected(work, BLOCK).total for work in ("headers", "typed", "twentieth", "list")}
    assert len(sums) == 4
    assert expected("twentieth", BLOCK).count == BLOCK // 20
    assert WANTED == "Hangup"


def test_every_workload_does_its_work() -> None:
    plan = Plan(OURS[:1], WORKLOADS, 1, count)
    results = run_rounds(plan, lambda _: None)
    assert {name for name, _ in results} == {one.name for one in WORKLOADS}
    text = tables(plan, results)
    assert all(one.title.capitalize() in text for one in WORKLOADS)


def test_the_other_backends_do_the_work() -> None:
    others = OURS[1:]
    results = run_rounds(Plan(others, WORKLOADS[:1], 1, count), lambda _: None)
    assert {name for _, name in results} == {one.name for one in others}


def test_the_loops_by_hand_do_the_work() -> None:
    by_hand = [one for one in CLIENTS if one.adapter == "by_hand" and available(one, None)]
    ping = [one for one in WORKLOADS if one.latency]
    results = run_rounds(plan := Plan(by_hand, ping, 1, count), lambda _: None)
    assert {name for _, name in results} == {"by hand, trio", "by hand, asyncio"}
    assert "| client | median µs | spread | CPU s / 100,000 | wall" in tables(plan, results)


def test_what_grows_is_shown() -> None:
    text = scaling(quick=True)
    assert text.count("| --- |") == 5
    assert "beside split" in text


def test_a_page_is_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "before\n<!-- benchmarks: begin -->\nold\n<!-- benchmarks: end -->\nafter\n", "utf-8"
    )
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", "ping"]
    subprocess.run(
        [*command, "--clients", "amitrio, trio", "--write", str(page)], check=True, timeout=120
    )
    text = page.read_text("utf-8")
    assert text.startswith("before\n<!-- benchmarks: begin -->\n")
    assert text.endswith("<!-- benchmarks: end -->\nafter\n")
    assert "old" not in text
    assert "| amitrio, trio |" in text


def test_an_outcome_travels_as_json() -> None:
    outcome = Outcome("amitrio", "1", 0.5, 1.0, 10, 2000, 30)
    assert Outcome(**json.loads(json.dumps(attrs.asdict(outcome)))) == outcome


def test_a_table_is_markdown() -> None:
    assert table(["a", "b"], [[1, 2]]) == "| a | b |\n| --- | ---: |\n| 1 | 2 |"
