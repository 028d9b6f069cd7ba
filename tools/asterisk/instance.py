"""One real Asterisk: start it, ask it, stop it, kill it, freeze it.

Law: every wait here is for a condition and has a bound, and whoever waits in vain raises
`AsteriskFailed` with the end of the server's log. Blocking: call it from a thread in async code.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from .bootstrap import prepare
from .configuration import certificate_command, users, write_configuration
from .errors import AsteriskFailed
from .guard import Guard
from .processes import mark
from .release import RELEASES, Major
from .slots import HOST, Ports, claim

LISTEN_SECONDS = 20.0  # 0.3 s when the machine is idle
BOOT_SECONDS = 60.0  # 0.5 s
STOP_SECONDS = 20.0
CLI_SECONDS = 20.0

_POLL = 0.02
_TAIL = 25  # lines of log in an error
_BANNER = b"Asterisk Call Manager/"
_PING = b"Action: Ping\r\n\r\nAction: Logoff\r\n\r\n"
_REFUSAL = b"Message: Asterisk is shutting down"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Asterisk:
    """A server of its own: directory, ports, certificate. Nothing runs before `start`.

    Until then the files in `etc` can be changed. Leaving the context, or the end of this process
    by whatever means, kills the server and removes its directory.
    """

    release: Major
    version: str  # as Debian numbers it: 22.10.1+dfsg...
    host: str
    port: int  # AMI
    tls_port: int  # AMI over TLS
    http_port: int
    https_port: int
    ports: Ports
    users: dict[str, str]  # the secret of each manager user
    certificate: Path  # trust this, and 127.0.0.1 and localhost verify
    home: Path  # etc, log, spool and all else that is this server's
    etc: Path

    def __init__(self, release: Major) -> None:
        """Claim a place for one. Raises `Unavailable` when `release` cannot be had here."""
        self._tree: Path = prepare(release)
        self._slot = claim(self._tree, RELEASES[release])
        self._guard = Guard(self._slot)
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False
        self.release, self.host, self.ports = release, HOST, self._slot.ports
        self.port, self.tls_port = self.ports.ami, self.ports.ami_tls
        self.http_port, self.https_port = self.ports.http, self.ports.https
        self.users = users()
        self.home, self.etc = self._slot.home, self._slot.home / "etc"
        self.certificate = self.etc / "asterisk.pem"
        try:
            write_configuration(self._slot)
            self._inside(certificate_command(self._slot))
            self.version = self._inside(["asterisk", "-V"]).removeprefix("Asterisk ").strip()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Kill the server and remove all it wrote, its log included. Safe to repeat."""
        if self._closed:
            return
        self._closed = True
        try:
            self._guard.clear()
        finally:
            self._slot.release()
        if self._process is not None:
            self._process.wait(STOP_SECONDS)

    # --- its life ---

    @property
    def running(self) -> bool:
        """Whether the server process lives; a frozen one does."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id of the server. Raises `AsteriskFailed` when it does not run."""
        if self._process is None or self._process.poll() is not None:
            raise AsteriskFailed(f"Asterisk {self.release} is not running", self.tail())
        return self._process.pid

    def start(self) -> None:
        """Start the server; returns when the manager greets, which is before it is fully booted."""
        if self.running:
            raise RuntimeError(f"Asterisk {self.release} is running already")
        if taken := self.ports.taken:
            raise AsteriskFailed(f"another program listens on port {taken[0]}")
        with (self.home / "log" / "console").open("ab") as console:
            self._process = subprocess.Popen(
                self._command(["asterisk", "-fn", "-C", self._main_file]),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                cwd="/",
                env=self._environment,
                start_new_session=True,  # a Ctrl-C at the terminal is for the owner alone
            )
        self._wait_until(lambda: self._says(_BANNER), LISTEN_SECONDS, "did not listen")

    def wait_booted(self, timeout: float = BOOT_SECONDS) -> None:
        """Wait until every module is loaded (FullyBooted)."""
        self._wait_until(lambda: self._is_booted(timeout), timeout, "was not fully booted")

    def wait_stopped(self, timeout: float | None = STOP_SECONDS) -> None:
        """Wait until the server process has ended by itself; None waits as long as that takes."""
        if self._process is None:
            return
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            message = f"Asterisk {self.release} did not stop within {timeout} s"
            raise AsteriskFailed(message, self.tail()) from None

    def stop_now(self) -> None:
        """`core stop now`: hang up all channels and end; returns when it has ended."""
        self.cli("core stop now")
        self.wait_stopped()

    def stop_gracefully(self) -> None:
        """`core stop gracefully`: refuse all that is new, and end after the last call.

        Returns when the manager refuses actions; `wait_stopped` waits for the end.
        """
        # This console command ends only when the server does, so the shell does not wait for it.
        in_background = ["sh", "-c", '"$@" >/dev/null 2>&1 &', "sh"]
        self._inside([*in_background, *self._console("core stop gracefully")])
        self._wait_until(
            lambda: not self.running or self._says(_REFUSAL, asked=_PING),
            CLI_SECONDS,
            "did not begin to stop",
        )

    def kill(self) -> None:
        """SIGKILL the server; returns when it is gone."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait_stopped()

    def freeze(self) -> None:
        """SIGSTOP the server: its sockets stay open and say nothing."""
        self._change(signal.SIGSTOP, os.WSTOPPED)

    def thaw(self) -> None:
        """SIGCONT: let a frozen server go on."""
        self._change(signal.SIGCONT, os.WCONTINUED)

    def restart(self) -> None:
        """Stop the server if it runs, then start it again on the same ports."""
        if self.running:
            self.stop_now()
        self.start()

    # --- asking it ---

    def cli(self, command: str, timeout: float = CLI_SECONDS) -> str:
        """Run a console command (`asterisk -rx`) and return what it prints.

        Raises `AsteriskFailed` when the server cannot be reached or does not answer in `timeout`
        seconds. An unknown command is no error: the console only says so.
        """
        return self._inside(self._console(command), timeout)

    def log(self) -> str:
        """All that the server has logged so far: its console, then its messages."""
        logs = (self.home / "log" / name for name in ("console", "messages"))
        return "".join(path.read_text("utf-8", "replace") for path in logs if path.exists())

    def tail(self) -> str:
        """The last lines of the log."""
        return "\n".join(self.log().splitlines()[-_TAIL:])

    # --- how it is done ---

    @property
    def _main_file(self) -> str:
        return str(self._slot.inside / "etc" / "asterisk.conf")

    @property
    def _environment(self) -> dict[str, str]:
        return {"PATH": _PATH, "LANG": "C.UTF-8", "TZ": "UTC", **mark(self.home)}

    def _command(self, command: list[str]) -> list[str]:
        return ["chroot", str(self._tree), *command]

    def _console(self, command: str) -> list[str]:
        return ["asterisk", "-C", self._main_file, "-rx", command]

    def _inside(self, command: list[str], timeout: float = CLI_SECONDS) -> str:
        """Run `command` in the tree and return its output."""
        try:
            done = subprocess.run(
                self._command(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=self._environment,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise AsteriskFailed(f"no answer to {command} in {timeout} s", self.tail()) from None
        output = done.stdout.decode(errors="replace")
        if done.returncode:
            raise AsteriskFailed(f"{command} failed: {output.strip()}", self.tail())
        return output

    def _change(self, number: signal.Signals, state: int) -> None:
        """Send a signal and wait for what it does: a stop reaches the threads one by one."""
        pid = self.pid
        os.kill(pid, number)
        self._wait_until(
            lambda: os.waitid(os.P_PID, pid, state | os.WNOHANG) is not None,
            STOP_SECONDS,
            f"did not obey {number.name}",
        )

    def _says(self, line: bytes, asked: bytes = b"") -> bool:
        """Whether the manager says `line`, or more, to a stranger who asks `asked`."""
        with (
            suppress(OSError),
            socket.create_connection((HOST, self.port), 1) as link,
            link.makefile("rb") as lines,
        ):
            link.sendall(asked)
            return any(said.startswith(line) for said in lines)
        return False

    def _is_booted(self, timeout: float) -> bool:
        with suppress(AsteriskFailed):  # the console opens a moment after the manager
            return "fully booted" in self.cli("core waitfullybooted", timeout)
        return False

    def _wait_until(self, condition: Callable[[], bool], timeout: float, failure: str) -> None:
        """Poll `condition` for at most `timeout` seconds, and only while the server lives."""
        deadline = time.monotonic() + timeout
        while not condition():
            if not self.running:
                raise AsteriskFailed(f"Asterisk {self.release} has died", self.tail())
            if time.monotonic() > deadline:
                message = f"Asterisk {self.release} {failure} within {timeout} s"
                raise AsteriskFailed(message, self.tail())
            time.sleep(_POLL)


@contextmanager
def booted(release: Major) -> Generator[Asterisk, None, None]:
    """A fully booted server of `release` for the length of a `with`."""
    with Asterisk(release) as pbx:
        pbx.start()
        pbx.wait_booted()
        yield pbx
