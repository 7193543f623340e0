"""Metrics for Prometheus: read from the ledger, served or written to a file. Needs the extra `metrics`."""

from __future__ import annotations

from importlib.util import find_spec


def missing() -> str | None:
    """Return what to say where prometheus_client is not installed; None where it is. Imports nothing of it."""
    if find_spec("prometheus_client") is not None:
        return None
    from octotui.extras import install_command  # noqa: PLC0415 - only on the way out

    return f"metrics need prometheus_client: {install_command('metrics')}"
