"""Where a process is one: which start of which kernel, and which namespace of process ids."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")


@cache
def process_place() -> tuple[str, str]:
    """Return the boot and the namespace of process ids of this process; empty where the system does not say."""
    return boot(), namespace()


def boot() -> str:
    """Return which start of which kernel this is."""
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return ""


def namespace() -> str:
    """Return in which namespace of process ids this process is."""
    try:
        return str(_NAMESPACE.readlink())
    except OSError:
        return ""
