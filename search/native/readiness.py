"""Whether the kernels are compiled for this machine; if not, they can be compiled without standing in anybody's way."""

import contextlib
import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import time
from functools import cache
from importlib.metadata import version
from pathlib import Path

_STARTED: list["subprocess.Popen[bytes]"] = []

ANOTHER_DIED_S = 300.0
"""Who has begun to compile and is not done after so many seconds has died."""


@cache
def folder() -> Path:
    """Where compiled kernels are kept: a folder for these sources, this machine, these libraries."""
    # What numba asks of a source before it takes a kernel from its cache: where it is, and when it changed.
    sources = sorted(Path(__file__).parent.glob("*.py"))
    stamps = [(str(path), path.stat().st_mtime, path.read_bytes()) for path in sources]
    portable = os.environ.get("ACKPROOF_PORTABLE", "")
    about = (stamps, processor(), portable, version("numba"), version("llvmlite"), version("numpy"), sys.version)
    digest = hashlib.sha256(repr(about).encode()).hexdigest()[:16]
    return caches() / f"kernels-{digest}"


def processor() -> str:
    """What tells this processor from others."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return "\n".join(sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))}))


@cache
def caches() -> Path:
    """A folder for caches that can be written: the user's, or else a temporary one."""
    for place in (Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"), Path(tempfile.gettempdir())):
        path = place / "ackproof"
        with contextlib.suppress(OSError):
            path.mkdir(parents=True, exist_ok=True)
            if os.access(path, os.W_OK):
                return path
    return Path(tempfile.mkdtemp(prefix="ackproof-"))


def is_ready() -> bool:
    """Whether the kernels are compiled."""
    return (folder() / "ready").exists()


def note_ready() -> None:
    """The kernels are compiled."""
    folder().mkdir(parents=True, exist_ok=True)
    (folder() / "ready").touch()
    (folder() / "compiling").unlink(missing_ok=True)


def compile_in_background() -> None:
    """Have the kernels compiled by another process, which may outlive this one, unless one is at it."""
    if is_ready() or not _is_first():
        return
    command = [sys.executable, "-m", "ackproof.search.native.warm"]
    nothing = subprocess.DEVNULL
    with contextlib.suppress(OSError):
        started = subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)
        # One that is forgotten while it runs gives a warning.
        _STARTED.append(started)


def _is_first() -> bool:
    """Whether nobody else is at it; from now on somebody is."""
    mark = folder() / "compiling"
    try:
        folder().mkdir(parents=True, exist_ok=True)
        if mark.exists() and time.time() - mark.stat().st_mtime > ANOTHER_DIED_S:
            mark.unlink(missing_ok=True)
        mark.touch(exist_ok=False)
    except OSError:
        return False
    return True
