"""What may stand in a label: few values, and nothing that belongs to one task."""

from __future__ import annotations

from octotui.ledger.hours import OTHER as OTHERS_OF_THE_LEDGER
from octotui.sanitize import clean

MOST_MODELS = 50
"""Models that have a label of their own; what comes later is `OTHER`."""
OTHER = "other"
UNKNOWN = "unknown"
"""Stands for a model that nobody has named."""
_LONGEST = 100
"""Characters."""


class ModelLabels:
    """Gives models their labels, first come, first served: one that has its own keeps it."""

    def __init__(self) -> None:
        self._own: set[str] = set()

    def of(self, model: str | None) -> str:
        """Return the label of a model."""
        if model is None:
            return UNKNOWN
        if model == OTHERS_OF_THE_LEDGER:
            return OTHER
        label = clean(model, _LONGEST)
        if label not in self._own and len(self._own) < MOST_MODELS:
            self._own.add(label)
        return label if label in self._own else OTHER
