"""Where a process is one: which start of which kernel, which namespace of process ids; and whether it is there."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from octotui.ledger.records import Lease

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


def is_gone(holder: Lease, asker: Lease) -> bool:
    """Tell whether a holder's process is known not to be there; False where only its silence can tell."""
    if not (holder.boot and holder.namespace):
        # A system without /proc, or an octotui before this column: the host's name has to do.
        is_near = holder.host == asker.host and not (asker.boot and asker.namespace)
    else:
        is_near = (holder.boot, holder.namespace) == (asker.boot, asker.namespace)
    return is_near and not process_exists(holder.pid)


def process_exists(pid: int) -> bool:
    """Tell whether a process that this one could see is there."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
