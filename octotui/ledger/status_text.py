"""What an engine says about itself, as a text in the ledger."""

from __future__ import annotations

import json

from octotui.model import EngineStatus, GatewayState

_GATEWAY_STATES = frozenset(GatewayState)


def status_text(status: EngineStatus) -> str:
    """Return a status as the ledger keeps it."""
    return json.dumps(status._asdict())


def status_of(text: str) -> EngineStatus | None:
    """Return the status that a text holds; fields this version does not know are left out. None where it is none."""
    try:
        told = {name: value for name, value in json.loads(text).items() if name in EngineStatus._fields}
    except (ValueError, AttributeError):
        return None  # damage: the next word of the engine is a second away
    if told.get("gateway") in _GATEWAY_STATES:
        told["gateway"] = GatewayState(told["gateway"])
    else:
        told.pop("gateway", None)  # a newer version's word
    for name in ("requests", "lags"):
        if not (isinstance(told.get(name), dict) and all(type(each) in {int, float} for each in told[name].values())):
            told.pop(name, None)
    return EngineStatus(**told) if type(told.get("at")) in {int, float} else None
