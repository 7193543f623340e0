"""The page as it comes from the server, before any script has run."""

from __future__ import annotations

import re
import sqlite3
import time
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from octotui.ledger import Poster
from octotui.model import Download, DownloadState, GatewayState, NewTask, TaskState
from octotui.web.sections import PAGE
from tests.support.clock import NOW
from tests.support.tasks import ready, running, saved, task
from tests.support.waiting import until
from tests.tui.hostile import HOSTILE
from tests.web.conftest import Served, serving

LARGEST = 60_000
JPEG = b"\xff\xd8\xff\xe0 a picture"


def section(page: str, name: str) -> str:
    """The text of a section, without its tags."""
    found = re.search(rf'<(section|div|p)[^>]*id="{name}"[^>]*>(.*?)</\1>', page, re.DOTALL)
    assert found is not None, name
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[2])).split())


def weight(served: Served, path: str) -> int:
    return sum(len(served.get(each).content) for each in (path, "/static/page.css", "/static/page.js"))


def test_an_empty_ledger_says_so_everywhere(served: Served) -> None:
    page = served.get("/").text
    assert "Next loss unknown" in section(page, "loss")
    assert "Nothing waits to be saved." in section(page, "ready")
    assert "None has worked here yet" in section(page, "boxes")
    served.work()
    assert "Nothing can be lost" in section(served.get("/").text, "loss")


def test_the_page_says_what_is_lost_next_and_how_everything_stands(served: Served) -> None:
    served.put(
        ready("video_later", 9000, given_title="the later one"),
        ready("video_soon", 250, given_title="red car, take 2", model="sora-2-pro"),
        ready("video_half", 5000, download=Download(DownloadState.RUNNING, 6_000_000, 12_000_000)),
        running("video_run", 42, prompt="a lighthouse in a storm"),
        ready("video_gone", -7200, given_title="too late"),
        task("video_bad", state=TaskState.FAILED, error_message="content policy", completed_at=NOW - 700),
        task("video_bad2", state=TaskState.FAILED, error_message="content policy", completed_at=NOW - 60),
        saved("video_kept", given_title="kept"),
    )
    served.work(disk_free=412_000_000_000, quota_left=0.75)
    page = served.get("/").text
    assert section(page, "loss").startswith("Next loss 4m ")
    assert "red car, take 2 Sora · sora-2-pro" in section(page, "loss")
    words = section(page, "ready")
    assert words.index("red car") < words.index("video_half") < words.index("the later one")
    assert "↓ saving 50% 6.0 MB of 12.0 MB" in words
    assert '<progress max="100" value="42" aria-label="running, a lighthouse in a storm">' in page
    assert "2h ago too late" in section(page, "lost")
    assert "2 content policy failed · Sora 2" in section(page, "failures")
    assert "render-7 ● gateway live" in section(page, "boxes")
    assert "disk free 412 GB quota left 75%" in section(page, "boxes")
    assert "kept" in section(page, "saved")
    assert "● live" in section(page, "standing")


def test_what_nobody_asks_about_is_no_promise(served: Served) -> None:
    served.put(ready("video_1", 9000))
    served.writer.pause_all(True, time.time())
    until(lambda: served.server.live.picture.paused_since, "the pause")
    page = served.get("/").text
    assert "‖ PAUSED" in section(page, "standing")
    assert "something else may be lost before" in section(page, "loss")


def test_a_box_that_fell_silent_is_said_to_be(served: Served) -> None:
    served.work(GatewayState.KEY_REFUSED, message="no such key sk-abcdefghijkl")
    assert "✗ gateway key refused" in section(served.get("/").text, "boxes")
    assert "no such key sk-…" in section(served.get("/").text, "boxes")
    status = served.server.live.picture.status
    assert status is not None
    served.writer.set_status(status._replace(at=time.time() - 60))
    served.writer.flush()
    until(lambda: not served.server.live.picture.works(time.time()), "the silence")
    page = served.get("/").text
    assert "⊘ silent process 4711 last word 1m ago saved 0" in section(page, "boxes")
    assert "NOBODY ASKS" in section(page, "standing")


def test_sections_are_bounded_and_say_how_many_more_there_are(served: Served) -> None:
    served.put(
        *(running(f"video_r{number:04}", number % 100) for number in range(300)),
        *(ready(f"video_d{number:04}", 900 + number) for number in range(200)),
        *(saved(f"video_s{number:04}") for number in range(100)),
    )
    page = served.get("/").text
    assert "288 more" in section(page, "running")
    assert "190 more" in section(page, "ready")
    assert "88 more" in section(page, "saved")
    assert weight(served, "/") < LARGEST


def test_a_filter_and_pages(served: Served) -> None:
    served.put(
        *(running(f"video_r{number:03}", number % 100, model="sora-2") for number in range(95)),
        task("video_bad", "veo", state=TaskState.FAILED, error_message="content policy", model="veo3"),
    )
    first = served.get("/?filter=state:running").text
    assert f"1 to {PAGE} of 95" in section(first, "tasks")
    assert "Page 1 of 3" in first
    link = re.search(r'href="([^"]+)" rel="next"', first)
    assert link is not None
    second = served.get(unescape(link[1])).text
    assert f"{PAGE + 1} to {2 * PAGE} of 95" in section(second, "tasks")
    ids = re.findall(r"video_r\d{3}", section(first, "tasks") + section(second, "tasks"))
    assert len(ids) == len(set(ids)) == 2 * PAGE
    assert "81 to 95 of 95" in section(served.get("/?filter=state:running&page=999").text, "tasks")
    assert "1 to 1 of 1" in section(served.get("/?filter=model:veo").text, "tasks")
    assert 'value="model:veo"' in served.get("/?filter=model:veo").text
    assert "1 to 40 of 96" in section(served.get("/?page=x").text, "tasks")
    assert "no field stat (did you mean state?)" in section(served.get("/?filter=stat:running").text, "tasks")
    assert "at most 300" in section(served.get(f"/?filter={'x' * 301}").text, "tasks")


def test_the_page_of_another_second_is_another_one_and_counts_down(served: Served) -> None:
    (soon,) = served.put(ready("video_1", 600))
    assert soon.deadline is not None
    page = served.get("/").text
    assert f'data-left="{int(soon.deadline.at)}"' in page
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(soon.deadline.at))
    assert f'datetime="{at}"' in page


def test_posters_come_from_the_ledger(served: Served) -> None:
    served.put(saved("video_1"), saved("odd:id/ü&x=1"), saved("video_3"), saved("video_html"))
    for task_id in ("video_1", "odd:id/ü&x=1"):
        served.writer.record_poster(task_id, Poster(NOW, JPEG))
    served.writer.record_poster("video_3", Poster(NOW, None, "no frame"))
    served.writer.record_poster("video_html", Poster(NOW, b"<script>"))
    addresses = [unescape(each) for each in re.findall(r'<img src="([^"]+)"', served.get("/").text)]
    assert len(addresses) == 3
    found = [served.get(address) for address in addresses]
    assert sorted(each.status_code for each in found) == [200, 200, 404]
    assert {each.headers["content-type"] for each in found if each.status_code == 200} == {"image/jpeg"}
    assert {each.content for each in found if each.status_code == 200} == {JPEG}
    assert served.get("/poster?id=video_3").status_code == served.get("/poster").status_code == 404


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_text_and_the_page_small(served: Served, name: str) -> None:
    text = f'"><script>alert(1)</script><img src=x onerror=alert(1)>{HOSTILE[name]}'
    facts: dict[str, Any] = {"model": text, "status": text, "tags": (text,), "given_title": text}
    tasks = [
        *(ready(f"a{number}{text}", 900 + number, error_message=text, **facts) for number in range(15)),
        *(running(f"b{number}{text}", number, **facts) for number in range(15)),
        *(ready(f"c{number}{text}", -900 - number, **facts) for number in range(10)),
        *(saved(f"d{number}{text}", **facts) for number in range(15)),
        *(
            task(f"e{number}{text}", state=TaskState.FAILED, error_message=f"{chr(97 + number)} {text}", **facts)
            for number in range(10)
        ),
    ]
    # No id has these: no gateway can send the one, and no ledger can keep the other.
    served.put(*(replace(each, id=re.sub("[\x00\ud800\udfff]", "", each.id)) for each in tasks))
    for path in ("/", "/?filter="):
        answer = served.get(path)
        page = answer.text
        assert answer.status_code == 200
        assert len(re.findall(r"<script", page)) == 1
        assert not re.search(r"<img[^>]*onerror", page)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f]", unescape(page))
        assert weight(served, path) < LARGEST, path


def test_links_in_what_was_said_are_masked(served: Served) -> None:
    link = "https://cdn.example/v.mp4?X-Amz-Signature=5ec4e7&expires=1"
    served.put(
        task(
            "video_1", state=TaskState.FAILED, error_message=f"refused {link} Bearer abcdef", given_title=f"see {link}"
        )
    )
    for path in ("/", "/?filter=", "/api/tasks"):
        text = unescape(served.get(path).text)
        assert "5ec4e7" not in text, path
        assert "abcdef" not in text, path

    assert "https://cdn.example/v.mp4?X-Amz-Signature=…" in served.get("/api/tasks").text


def test_a_ledger_that_cannot_be_read_is_said_and_read_again(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        served.put(ready("video_1", 900, given_title="still known"))
        with sqlite3.connect(served.path, isolation_level=None) as other:
            other.execute("ALTER TABLE tasks RENAME TO hidden")
            until(lambda: served.server.live.picture.trouble, "the trouble")
            page = served.get("/").text
            assert "The ledger cannot be read." in section(page, "trouble")
            assert "still known" in page
            assert served.get("/healthz").status_code == served.get("/api/tasks").status_code == 503
            other.execute("ALTER TABLE hidden RENAME TO tasks")
        other.close()
        until(lambda: served.server.live.picture.trouble is None, "the ledger to be read again")
        assert served.get("/api/tasks").status_code == 200


def test_the_token_form_and_what_is_not_there(served: Served) -> None:
    assert served.get("/login").status_code == served.get("/nothing").status_code == 404
    assert served.get("/static/../page.py").status_code == 404
    served.writer.add([NewTask("video_1", "sora", "videos")], time.time())
    until(lambda: served.server.live.picture.tasks, "the task")
    assert "1 all" in " ".join(re.sub(r"<[^>]+>", " ", served.get("/").text).split())
