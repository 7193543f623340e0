"""When a result is lost: the gateway's word, the signature inside its link, or its provider's rule, earliest first."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote

from octotui.gateway.parsing.fields import moment
from octotui.model import Deadline, DeadlineSource, TaskState

_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC).timestamp()
_LONGEST_VALIDITY: Final = 100 * 366 * 86_400
_DATED: Final = ("x-amz", "x-goog", "x-tos", "x-oss")
_MAX_PARAMETERS: Final = 200
_POLICY_ALPHABET: Final = str.maketrans("-_~", "+=/")  # CloudFront's own: URL-safe, and not base64url


def deadline_of(
    *,
    gateway_expires_at: float | None,
    result_url: str | None,
    state: TaskState,
    completed_at: float | None,
    retention: float | None,
) -> Deadline | None:
    """Return the earliest deadline that is known, and who says so; on a tie gateway before link before rule.

    Times in unix seconds, `retention` in seconds. The rule counts from completion, so only for completed tasks whose
    completion is known.
    """
    known = deadlines_of(
        gateway_expires_at=gateway_expires_at,
        result_url=result_url,
        state=state,
        completed_at=completed_at,
        retention=retention,
    )
    return min(known, key=lambda deadline: deadline.at, default=None)


def deadlines_of(
    *,
    gateway_expires_at: float | None,
    result_url: str | None,
    state: TaskState,
    completed_at: float | None,
    retention: float | None,
) -> list[Deadline]:
    """Return every deadline that is known, gateway before link before rule; `deadline_of` says from what."""
    rule = None
    if state is TaskState.COMPLETED and completed_at is not None and retention is not None:
        rule = completed_at + retention
    candidates = (
        (gateway_expires_at, DeadlineSource.GATEWAY),
        (link_deadline(result_url) if result_url is not None else None, DeadlineSource.LINK),
        (rule, DeadlineSource.RULE),
    )
    return [Deadline(at, source) for at, source in candidates if at is not None]


def link_deadline(url: str) -> float | None:
    """Return the unix seconds after which a signed link is refused, None where its signature does not say.

    Knows AWS and S3-compatible, Google Cloud Storage, Azure SAS, Volcengine TOS, Aliyun OSS, Tencent COS and CloudFront
    (`GATEWAY.md`, "Expiry"). Names of parameters in any case; nonsense and years outside 2000 to 2200 count as unsaid.
    Where a link says more than one thing, the earliest holds.
    """
    parameters = _parameters(url)
    candidates = [_dated(parameters, prefix) for prefix in _DATED]
    candidates += [
        _unix(parameters.get("expires")),
        _azure(parameters.get("se")),
        _tencent(parameters.get("q-sign-time")),
        _policy(parameters.get("policy")),
    ]
    return min((at for at in candidates if at is not None and _EARLIEST <= at < _LATEST), default=None)


def _parameters(url: str) -> Mapping[str, str]:
    # Not parse_qs: it reads the + of an offset as a blank, and an unescaped ; must stay inside q-sign-time.
    query = url.partition("?")[2].partition("#")[0]
    pairs = (part.partition("=") for part in query.split("&", _MAX_PARAMETERS)[:_MAX_PARAMETERS])
    found: dict[str, str] = {}
    for name, _, value in pairs:
        found.setdefault(unquote(name).lower(), unquote(value).strip())
    return found


def _dated(parameters: Mapping[str, str], prefix: str) -> float | None:
    signed_at = moment(parameters.get(f"{prefix}-date"))
    validity = parameters.get(f"{prefix}-expires", "")
    if signed_at is None or not re.fullmatch(r"\d{1,10}", validity, re.ASCII) or int(validity) > _LONGEST_VALIDITY:
        return None
    return signed_at + int(validity)


def _unix(value: str | None) -> float | None:
    return moment(value) if value is not None and re.fullmatch(r"\d{9,13}", value, re.ASCII) else None


def _azure(value: str | None) -> float | None:
    return moment(value) if value is not None and re.match(r"\d{4}-\d\d-\d\d", value, re.ASCII) else None


def _tencent(value: str | None) -> float | None:
    span = re.fullmatch(r"\d{1,12};(\d{9,12})", value or "", re.ASCII)
    return float(span[1]) if span is not None else None


def _policy(value: str | None) -> float | None:
    """Read a CloudFront custom policy: base64 of JSON, `Statement[].Condition.DateLessThan["AWS:EpochTime"]`."""
    if value is None or len(value) > 16_384:
        return None
    text = value.translate(_POLICY_ALPHABET).rstrip("=")
    try:
        policy = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
        statements = policy["Statement"]
        times = [
            moment(statement["Condition"]["DateLessThan"]["AWS:EpochTime"])
            for statement in (statements if isinstance(statements, list) else [statements])
        ]
    except (binascii.Error, ValueError, RecursionError, LookupError, TypeError):
        return None
    return min((at for at in times if at is not None), default=None)
