"""The ledger: the only channel between what works and what shows. Nobody else knows SQL."""

from octotui.ledger.errors import (
    LedgerBusy,
    LedgerClosed,
    LedgerCorrupt,
    LedgerDamaged,
    LedgerError,
    LedgerTooNew,
    LedgerUnwritable,
)
from octotui.ledger.ledger import Ledger
from octotui.ledger.notices import Notices
from octotui.ledger.patience import impatient
from octotui.ledger.records import (
    Attempt,
    Changes,
    Copy,
    DownloadRequest,
    Duration,
    FailureCount,
    History,
    Lease,
    Minute,
    Outcome,
    Poster,
    QueuedNotice,
    Removal,
    Rendering,
    Salvage,
    SavedView,
    Unwritten,
)

__all__ = [
    "Attempt",
    "Changes",
    "Copy",
    "DownloadRequest",
    "Duration",
    "FailureCount",
    "History",
    "Lease",
    "Ledger",
    "LedgerBusy",
    "LedgerClosed",
    "LedgerCorrupt",
    "LedgerDamaged",
    "LedgerError",
    "LedgerTooNew",
    "LedgerUnwritable",
    "Minute",
    "Notices",
    "Outcome",
    "Poster",
    "QueuedNotice",
    "Removal",
    "Rendering",
    "Salvage",
    "SavedView",
    "Unwritten",
    "impatient",
]
