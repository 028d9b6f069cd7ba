"""The command line, as a person runs it: a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import amitrio

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env=ENVIRONMENT,
    )


def test_the_demonstration_tells_its_story_and_ends_by_itself() -> None:
    began = time.monotonic()
    result = run("-m", "amitrio", "demo")
    assert result.returncode == 0, result.stderr
    assert time.monotonic() - began < 20
    assert result.stderr == ""
    for words in (
        "Connected: Asterisk Call Manager/11.0.0",
        "Ann calls Carl      Carl answers",
        "Bob calls Dora      Dora is busy",
        "Cyd waits in support, position 1",
        "Ada takes Cyd's call after ",
        "The queue completed 3 calls and lost 0.",
    ):
        assert words in result.stdout


def test_the_demonstration_can_be_interrupted() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "amitrio", "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=ENVIRONMENT,
    ) as process:
        assert process.stdout is not None
        assert "A simulated PBX listens" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert errors == ""


def test_the_version() -> None:
    result = run("-m", "amitrio", "--version")
    assert result.stdout.strip() == f"amitrio {amitrio.__version__}"
    assert result.returncode == 0


def test_the_help_names_the_commands() -> None:
    result = run("-m", "amitrio", "--help")
    assert result.returncode == 0
    assert re.search(r"demo\s+Play calls on a simulated PBX", result.stdout)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["demo", "--help"]])
def test_what_only_a_command_needs_is_loaded_by_the_command(arguments: list[str]) -> None:
    code = f"""
import sys, amitrio.__main__
sys.argv = ["amitrio", *{arguments}]
try:
    amitrio.__main__.main()
finally:
    print(*sys.modules, file=sys.stderr)
"""
    result = run("-c", code)
    assert result.returncode == 0
    loaded = set(result.stderr.split())
    ours = {name for name in loaded if name.startswith("amitrio")}
    assert ours == {"amitrio", "amitrio.__main__", "amitrio.cli", "amitrio.cli.app", "amitrio.lazy"}
    assert {"anyio", "trio", "asyncio", "ssl", "markdown_it", "pygments"} & loaded == set()


def test_an_unknown_command_is_one_clear_message() -> None:
    result = run("-m", "amitrio", "dmeo")
    assert result.returncode != 0
    assert "dmeo" in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr


def test_without_the_extra_one_line_says_what_to_install() -> None:
    hide = "import sys; sys.modules['cyclopts'] = None; import amitrio.__main__ as m; m.main()"
    result = run("-c", hide)
    assert result.returncode == 1
    assert result.stderr.strip().count("\n") == 0
    assert "pip install 'amitrio[cli]'" in result.stderr
