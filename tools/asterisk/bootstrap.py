"""Prepare the tree that an Asterisk release runs in: a minimal Debian with Asterisk installed.

Law: a tree is made beside its final place and renamed when it is complete, under a lock. So a tree
that exists is whole, however many processes ask for it and wherever one of them was interrupted.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .errors import Unavailable
from .release import RELEASES, Major, Release

ATTEMPTS = 2  # names fail to resolve, and mirrors change under the reader, for a moment
PAUSE_SECONDS = 5.0  # between two attempts
INSTALL_SECONDS = 1200  # 75 s with a near mirror; a slow line must still end
APT_SECONDS = 300
LOCK_SECONDS = ATTEMPTS * INSTALL_SECONDS + 2 * APT_SECONDS + 60

_TIMED_OUT = (124, 137)  # what timeout(1) returns: ended when told to, or killed
_KEYRINGS = "/usr/share/keyrings"
_NEEDED = ("debootstrap", "debian-archive-keyring", "gpgv")
_NEVER_READ = (
    "var/cache/apt",
    "var/lib/apt/lists",
    "usr/share/doc",
    "usr/share/locale",
    "usr/share/man",
)


def cache_directory() -> Path:
    """Where prepared trees are kept: `$AMITRIO_CACHE`, or amitrio's part of the user's cache."""
    if chosen := os.environ.get("AMITRIO_CACHE"):
        return Path(chosen).resolve()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).resolve() / "amitrio"


def location(release: Major) -> Path:
    """Where the tree of `release` is, or will be once it is prepared."""
    return cache_directory() / RELEASES[release].directory


def prepare(release: Major) -> Path:
    """Return the tree that `release` runs in, installing it first if need be (about a minute).

    Safe to call from several processes at once. Raises `Unavailable` when it cannot be had here.
    """
    if os.geteuid() != 0:
        raise Unavailable("a real Asterisk runs in a chroot, which only root can make")
    tree = location(release)
    if tree.is_dir():
        return tree
    try:
        tree.parent.mkdir(parents=True, exist_ok=True)
        with _locked(tree.with_suffix(".lock")) as lock:
            if not tree.is_dir():
                _require_debootstrap()
                _build(RELEASES[release], tree, lock)
    except OSError as error:
        raise Unavailable(f"cannot prepare Asterisk {release} in {tree.parent}: {error}") from error
    return tree


@contextmanager
def _locked(path: Path) -> Generator[int, None, None]:
    """Hold the lock file `path`, waiting as long as an honest holder can take."""
    deadline = time.monotonic() + LOCK_SECONDS
    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Unavailable(f"another process has held {path} for too long") from None
                time.sleep(0.2)
        yield file.fileno()


def _require_debootstrap() -> None:
    """Find debootstrap and the keys of Debian's archive, or install them."""
    if shutil.which("debootstrap") and any(Path(_KEYRINGS).glob("debian-archive-keyring.*")):
        return
    if not shutil.which("apt-get"):
        raise Unavailable("debootstrap is missing, and there is no apt-get to install it with")
    install = ["apt-get", "install", "-y", "--no-install-recommends", *_NEEDED]
    if _run(install, APT_SECONDS) is None:
        return
    failure = _run(["apt-get", "update"], APT_SECONDS) or _run(install, APT_SECONDS)
    if failure:
        raise Unavailable(f"debootstrap is missing and cannot be installed: {failure}")


def _build(release: Release, tree: Path, lock: int) -> None:
    """Install `release` beside `tree`, then move it there."""
    partial = tree.with_suffix(".partial")
    failure: str | None = None
    for attempt in range(ATTEMPTS):
        time.sleep(PAUSE_SECONDS if attempt else 0)
        _discard(partial)
        try:
            failure = _run(_debootstrap(release, partial), INSTALL_SECONDS, lock)
            if failure is None:
                for unread in _NEVER_READ:
                    shutil.rmtree(partial / unread, ignore_errors=True)
                partial.rename(tree)
                return
        finally:
            _discard(partial)
    mirror = f"AMITRIO_MIRROR_{release.major} can name another mirror"
    raise Unavailable(f"debootstrap of {release.suite} failed: {failure} ({mirror})")


def _debootstrap(release: Release, target: Path) -> list[str]:
    """The command that installs `release` in `target`, never from an unsigned archive."""
    names = (f"AMITRIO_MIRROR_{release.major}", "AMITRIO_MIRROR")
    mirror = next((os.environ[name] for name in names if os.environ.get(name)), None)
    include = f"--include={','.join(release.packages)}"
    command = ["debootstrap", "--variant=minbase", "--force-check-gpg", include]
    return [*command, release.suite, str(target), *([mirror] if mirror else [])]


def _run(command: list[str], seconds: int, *keep_open: int) -> str | None:
    """Run `command`; return None, or one line that tells why it failed.

    timeout(1) bounds it, not this process: it ends the whole process group, when it is told to or
    the time is up, and even when this process is gone. The files in `keep_open` stay open in it:
    so an orphan keeps its lock.
    """
    with subprocess.Popen(
        ["timeout", "--kill-after=10", str(seconds), *command],
        env=_environment(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=keep_open,
    ) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            process.terminate()
            raise
    if process.returncode == 0:
        return None
    if process.returncode in _TIMED_OUT:
        return f"{command[0]} did not end within {seconds} s"
    return _last_words(output.decode(errors="replace")) or f"{command[0]} failed"


def _environment(outer: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment (it may name proxies), in English and asking no questions."""
    return {**outer, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}


def _last_words(output: str) -> str:
    """The line that tells why apt-get or debootstrap failed: the first error, or the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("E:")), lines[-1] if lines else "")


def _discard(tree: Path) -> None:
    """Remove what an interrupted debootstrap left, unmounting its /proc and /sys first.

    Raises OSError when something is still mounted: then nothing is removed.
    """
    for mount in reversed(_mounts_below(tree)):
        subprocess.run(["umount", "--lazy", mount], check=False, timeout=30)
    if left := _mounts_below(tree):
        raise OSError(f"{left[0]} is still mounted")
    if tree.exists():
        shutil.rmtree(tree)


def _mounts_below(tree: Path) -> list[str]:
    """The mount points below `tree`, outermost first."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [point for point in points if point.startswith(f"{tree}/")]
