"""When the gateway in a box has a bad moment: a plan of times, the same for the same seed."""

from __future__ import annotations

import random

from octotui.demo.server import Response, json_response

_FIRST, _EVERY, _SPREAD = 25.0, 40.0, 15.0

_NGINX = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


def too_many(retry_after: int | None = None) -> Response:
    """429: as most gateways send it, with nothing in it, or with `Retry-After` in seconds."""
    if retry_after is None:
        return Response(429)
    body = {"error": {"message": "slow down", "type": "rate_limit_error", "code": "rate_limit_exceeded"}}
    return json_response(body, 429, {"Retry-After": str(retry_after)})


def bad_gateway() -> Response:
    """502 with the HTML page of the proxy in front."""
    return Response(502, {"Content-Type": "text/html", "Server": "nginx"}, _NGINX)


class FaultPlan:
    """One refused question about every forty seconds, whoever asks and however often: mostly 429, now and then 502."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - bad luck that can be repeated
        self._number = 0
        self.next_at = self._due()
        """Seconds after the start; the first question after that is refused."""

    def due(self, elapsed: float) -> Response | None:
        """The refusal due at `elapsed` seconds after the start; None when this question is answered."""
        if elapsed < self.next_at:
            return None
        kind = self._number % 5
        while self.next_at <= elapsed:
            self._number += 1
            self.next_at = self._due()
        if kind == 3:
            return bad_gateway()
        return too_many(2) if kind % 2 else too_many()

    def _due(self) -> float:
        return _FIRST + _EVERY * self._number + self._random.uniform(0, _SPREAD)
