"""What is left on a key: `GET /api/usage/token/` (`GATEWAY.md`)."""

from __future__ import annotations

import json
from dataclasses import dataclass

from octotui.gateway.parsing.fields import moment


@dataclass(slots=True, frozen=True)
class Quota:
    """A key's allowance, in the gateway's own units."""

    granted: float
    available: float
    unlimited: bool
    expires_at: float | None = None
    """When the key ends, in unix seconds; None where that is unsaid or never."""

    @property
    def left(self) -> float | None:
        """Share that is left, 0..1; None where it is unlimited or nothing was granted."""
        if self.unlimited or self.granted <= 0:
            return None
        return min(1.0, max(0.0, self.available / self.granted))

    @property
    def is_used_up(self) -> bool:
        """Whether a refused key is refused because nothing is left."""
        return not self.unlimited and self.available <= 0


def read_quota(status: int, body: bytes) -> Quota | None:
    """The quota in an answer of the usage route, or None where it holds none: the route is optional."""
    parsed = _object(body) if status == 200 else None
    data = parsed.get("data") if parsed is not None else None
    if not isinstance(data, dict):
        return None
    granted, available = data.get("total_granted"), data.get("total_available")
    if not isinstance(granted, int | float) or not isinstance(available, int | float):
        return None
    return Quota(float(granted), float(available), bool(data.get("unlimited_quota")), moment(data.get("expires_at")))


def has_quota_route(status: int, body: bytes) -> bool:
    """Whether an answer of the usage route leaves it possible that the gateway has one: no 404, no page with a 200."""
    return status != 404 and not (status == 200 and _object(body) is None)


def _object(body: bytes) -> dict[str, object] | None:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None
