"""The metrics as Prometheus reads them: whoever serves or writes them asks here."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from octotui.ledger import LedgerError
from octotui.web.metrics.families import families, process_families
from octotui.web.metrics.labels import ModelLabels
from octotui.web.metrics.snapshot import SnapshotReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client.core import Metric

    from octotui.ledger import Ledger


class Exporter(Collector):
    """Collects the metrics of a ledger, in a registry of its own; for any thread.

    The counters are the ledger's: they go on over restarts, and are the same in every process that exports them.
    With 100,000 tasks and 50 models the first scrape takes 1.2 s, one where nothing has changed 2.5 ms, and one after
    500 changes 17 ms; it is 21 kB of text.
    """

    def __init__(self, ledger: Ledger, *, disk_reserve: int, clock: Callable[[], float] = time.time) -> None:
        """`disk_reserve` is the setting of that name, in bytes; `clock` gives unix seconds."""
        self._reader = SnapshotReader(ledger, clock=clock)
        self._disk_reserve = disk_reserve
        self._models = ModelLabels()
        self._lock = threading.Lock()
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def describe(self) -> list[Metric]:
        """Return nothing: that the registry takes this collector needs no look at the ledger."""
        return []

    def collect(self) -> list[Metric]:
        """Return all metrics; of a ledger that cannot be read only that it cannot."""
        with self._lock:
            try:
                snapshot = self._reader.read()
            except LedgerError:
                return [*process_families(is_readable=False)]
            return [*process_families(is_readable=True), *families(snapshot, self._models, self._disk_reserve)]

    def render(self, accept: str = "") -> tuple[str, bytes]:
        """Return the content type and the text of all metrics, in the format that an Accept header asks for."""
        encode, content_type = choose_encoder(accept)
        return content_type, encode(self._registry)
