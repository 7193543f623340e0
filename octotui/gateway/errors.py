"""Why a request brought no answer: a small tree of errors that never says anything about the task itself."""

from __future__ import annotations

from typing import ClassVar

from octotui.model import FailureKind, RequestFailure
from octotui.redaction import mask_for_others, mask_hidden
from octotui.sanitize import clean


class BadProxyError(ValueError):
    """A proxy that no request can go by; the words hold nothing of its address, which may hold a password."""


class RequestError(Exception):
    """A request that brought no answer. The task keeps its last state (`GATEWAY.md`, "Errors of the request").

    ```
    RequestError
    ├── NetworkError      no HTTP answer at all: DNS, TCP, TLS, timeout
    ├── GatewayError      5xx, or a body that is not an answer (HTML, truncated JSON, an array …)
    ├── KeyRefused        401
    ├── OutOfQuota        402, or 401/403/429 whose code names a quota
    ├── Forbidden         403: the IP, the model or a firewall
    ├── RateLimited       429
    ├── NoSuchTask        400 `task_not_exist`, 404: unknown on this route, or the route is unknown
    └── Refused           any other 4xx
    ```
    """

    kind: ClassVar[FailureKind] = FailureKind.GATEWAY
    """What a class stands for in the ledger and in JSON."""

    message: str
    """In words, cleaned, secrets masked, at most 2,000 characters; never empty."""
    status: int | None
    """HTTP status, where there was one."""
    code: str | None
    """The gateway's own error code, cleaned, where it gave one."""
    retry_after: float | None
    """Seconds from now that the gateway asks to wait."""
    answer: str | None = None
    """The failing answer as it is kept (`octotui.failed_answer`), where one came."""
    is_object: bool = False
    """Whether that was a JSON object, so that whoever sent it speaks the gateway's language."""

    def __init__(
        self, message: str, *, status: int | None = None, code: str | None = None, retry_after: float | None = None
    ) -> None:
        # The door of all error texts: what quotes a key or a signed link is masked before it is kept or shown.
        self.message = mask_for_others(clean(message.strip())) or self.kind.value.replace("_", " ")
        self.status = status
        self.code = None if code is None else mask_hidden(code)
        self.retry_after = retry_after
        super().__init__(self.message)

    def failure(self, at: float) -> RequestFailure:
        """Return the record kept beside the task; `at` in unix seconds."""
        return RequestFailure(kind=self.kind, status=self.status, message=self.message, at=at)


class NetworkError(RequestError):
    """No HTTP answer at all."""

    kind = FailureKind.NETWORK
    is_cut: bool = False
    """Whether there was a connection, which ended without an answer: that may be about what was asked."""


class GatewayError(RequestError):
    """The gateway or its upstream is in trouble, or what came is not an answer."""

    kind = FailureKind.GATEWAY


class KeyRefused(RequestError):
    """401: key wrong, expired, disabled or out of quota; the gateway has one body for all four."""

    kind = FailureKind.KEY_REFUSED


class OutOfQuota(RequestError):
    """The key is good, and nothing is left on it."""

    kind = FailureKind.OUT_OF_QUOTA


class Forbidden(RequestError):
    """403: the IP, the model or a firewall."""

    kind = FailureKind.FORBIDDEN


class RateLimited(RequestError):
    """429: slow down."""

    kind = FailureKind.RATE_LIMITED


class NoSuchTask(RequestError):
    """The route, user or gateway does not know the task: no verdict on it, another route may know it."""

    kind = FailureKind.NO_SUCH_TASK


class Refused(RequestError):
    """Any other 4xx."""

    kind = FailureKind.REFUSED
