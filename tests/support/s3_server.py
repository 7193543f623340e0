"""Moto's S3 server as a process of its own, which can be told to refuse: `python -m tests.support.s3_server`.

It prints its port. `PUT /-/faults` with JSON (`{"PUT": 403}`) has it answer these methods so until it is told others;
`GET /-/requests` tells what it was asked, method and path.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_REFUSAL = b"<Error><Code>%b</Code><Message>The test says so</Message></Error>"
_CODES = {403: b"AccessDenied", 503: b"SlowDown", 500: b"InternalError"}


class Faulty:
    """An application that refuses what it was told to."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._faults: dict[str, int] = {}
        self._asked: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path == "/-/faults":
            self._faults = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            start_response("204 No Content", [])
            return []
        if path == "/-/requests":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(self._asked).encode()]
        self._asked.append(f"{method} {path}")
        status = self._faults.get(method)
        if status is None:
            answer: Iterable[bytes] = self._app(environ, start_response)
            return answer
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start_response(f"{status} Refused", [("Content-Type", "application/xml")])
        return [_REFUSAL % _CODES[status]]


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_: Any) -> None:
        """Tell nobody."""


def main() -> None:
    """Serve until killed."""
    app = Faulty(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
