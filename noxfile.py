"""Everything that is checked, one session each: `nox -l` lists them."""

from __future__ import annotations

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2024.10"
nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["tests", "lowest", "lint", "types", "imports", "docs"]

# The Pythons that pyproject.toml's classifiers promise.
PYTHONS = nox.project.python_versions(nox.project.load_toml("pyproject.toml"))
OLDEST = PYTHONS[0]

PROPERTIES = [
    "tests/protocol/test_machine.py",
    "tests/protocol/test_dictionaries.py",
    "tests/client/test_machine.py",
]
FUZZ_TARGETS = ["client", "requests", "actions"]


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The whole suite, the real servers left out."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(python=OLDEST)
def lowest(session: nox.Session) -> None:
    """The suite with the oldest dependencies that pyproject.toml promises."""
    session.install("-e", ".[test]", *_lowest_dependencies())
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(python=OLDEST)
def coverage(session: nox.Session) -> None:
    """Which lines the protocol's own tests reach, then which the whole suite reaches."""
    session.install("-e", ".[test]", "coverage[toml]>=7.6")
    session.run(
        "coverage", "run", "--source=amitrio/protocol", "-m", "pytest", "-q", "tests/protocol"
    )
    session.run("coverage", "report", "--fail-under=100", "--show-missing")
    session.run("coverage", "run", "-m", "pytest", "-q")
    session.run("coverage", "report", "--show-missing")


@nox.session(python=OLDEST)
def lint(session: nox.Session) -> None:
    """Style, and the form of the code."""
    session.install("-e", ".[lint]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(python=OLDEST)
def types(session: nox.Session) -> None:
    """Both type checkers, as strict as they go."""
    session.install("-e", ".[lint]", "nox")
    session.run("mypy")
    session.run("basedpyright")


@nox.session(python=OLDEST)
def imports(session: nox.Session) -> None:
    """The layers, and the purity of the protocol and the models."""
    session.install("-e", ".[lint]")
    session.run("lint-imports")


@nox.session(python=OLDEST)
def docs(session: nox.Session) -> None:
    """The documentation; a warning is an error."""
    session.install("-e", ".[docs]")
    session.run("sphinx-build", "-W", "--keep-going", "-b", "html", "docs", "docs/_build/html")


@nox.session(python=OLDEST)
def models(session: nox.Session) -> None:
    """Whether the generated models are up to date, and what of captured traffic they hold."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "tools.generate_models", "--check")
    session.run("python", "-m", "tools.coverage", *session.posargs)


@nox.session(python=OLDEST)
def asterisk(session: nox.Session) -> None:
    """The behaviour suite against real Asterisk 22 and 16. Needs Debian and root."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "tools.asterisk", "prepare", "22", "16")
    session.run("python", "-m", "pytest", "--asterisk", "tests/behaviour", *session.posargs)


@nox.session(python=OLDEST)
def properties(session: nox.Session) -> None:
    """State machines of 5,000 examples of 50 steps, and 100,000 dictionaries of headers."""
    session.install("-e", ".[test]")
    arguments = session.posargs or PROPERTIES
    session.run("python", "-m", "pytest", *arguments, env={"HYPOTHESIS_PROFILE": "thorough"})


@nox.session(python=OLDEST)
def fuzz(session: nox.Session) -> None:
    """1,000,000 inputs for each target of fuzz/; `-- client -runs=N` for one target and fewer."""
    session.install("-e", ".", "atheris")
    options = [option for option in session.posargs if option.startswith("-")]
    names = [name for name in session.posargs if name not in options]
    for target in names or FUZZ_TARGETS:
        found = Path(session.create_tmp()) / f"fuzz-{target}"
        found.mkdir(exist_ok=True)
        limits = ["-runs=1000000", "-rss_limit_mb=200"]
        session.run("python", "-m", "fuzz", target, *limits, *options, str(found))


@nox.session(python=OLDEST)
def soak(session: nox.Session) -> None:
    """Floods, thousands of connections, and real servers killed, restarted, frozen and kicked."""
    session.install("-e", ".[test]")
    for backend in ("trio", "asyncio"):
        for what in ("flood", "connects"):
            session.run("python", "-m", "soak", what, "--backend", backend)
    kinds = ["--kill", "50", "--restart", "20", "--freeze", "10", "--kick", "10", "--stop", "10"]
    for backend in ("trio", "asyncio"):
        wanted = session.posargs or ["22", "16", *kinds]
        session.run("python", "-m", "soak", "servers", "--backend", backend, *wanted)


@nox.session(python=OLDEST)
def benchmarks(session: nox.Session) -> None:
    """What events, actions and lists cost here and elsewhere. Wants npm, and Debian with root."""
    session.install("-e", ".[benchmarks]")
    arguments = session.posargs or ["--asterisk", "22", "--write", "docs/benchmarks.md"]
    if shutil.which("npm"):
        node = session.create_tmp()
        session.run("npm", "install", "--prefix", node, "yana", "asterisk-manager", external=True)
        arguments = [*arguments, "--node-modules", f"{node}/node_modules"]
    else:
        session.log("there is no npm: yana and asterisk-manager are left out")
    session.run("python", "-m", "benchmarks", *arguments)


@nox.session(python=OLDEST)
def chaos(session: nox.Session) -> None:
    """10,000 seeds of the deterministic simulation on both backends; `-- 500` for fewer."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "tests.chaos", *session.posargs)


@nox.session(python=OLDEST)
def planted(session: nox.Session) -> None:
    """Bugs put into the client at run time: the simulation must find each on both backends."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "tests.chaos", "--planted")


def _lowest_dependencies() -> list[str]:
    project = nox.project.load_toml("pyproject.toml")["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["cli"], *extras["test"]]
    return [line.replace(">=", "==") for line in wanted if ">=" in line]
