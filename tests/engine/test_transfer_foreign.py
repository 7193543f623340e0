"""What another host than the gateway answers: it is judged, and none of its words are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from octotui.engine.downloads.transfer import Failed
from tests.support.bad_server import BadServer, Reply, says
from tests.support.fetching import Fetching

INSIDE = "instance-role-token-1"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (
            says(403, f"<Error><Message>{INSIDE}</Message></Error>", "application/xml"),
            "HTTP 403 from 127.0.0.1, application/xml",
        ),
        (says(500, INSIDE, "text/plain; charset=x"), "HTTP 500 from 127.0.0.1, text/plain"),
        (says(200, f"<title>{INSIDE}</title>", "text/html"), "HTTP 200 from 127.0.0.1, text/html"),
        (says(200, INSIDE, f"<{INSIDE}>"), "HTTP 200 from 127.0.0.1, no media type"),
        (
            says(404, f'{{"error":{{"code":"{INSIDE}","message":"{INSIDE}"}}}}'),
            "HTTP 404 from 127.0.0.1, application/json",
        ),
    ],
)
def test_of_a_foreign_host_only_status_and_type_are_told(tmp_path: Path, reply: Reply, words: str) -> None:
    with BadServer() as own, BadServer() as foreign:
        own.on("*", says(403, '{"error":{"message":"not from here"}}'))
        fetching = Fetching(tmp_path, own.url, patience=60.0)
        outcome = fetching.get(foreign.on("/v.mp4", reply))
    assert isinstance(outcome, Failed)
    said = [words for _, words in fetching.attempts]
    assert words in said
    assert "not from here" in said
    assert INSIDE not in repr((said, outcome))
