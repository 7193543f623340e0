"""`report --by`: the same figures as a table, JSON, CSV and a page, and nothing private in what is sent to others."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from octotui.ledger import Ledger, Minute
from octotui.model import Deadline, DeadlineSource, Download, DownloadState, NewTask, Task, TaskState
from tests.cli.conftest import Octotui
from tests.cli.test_process import modules_of

HOSTILE = '"><script>alert(1)</script>&\x1b]52;c;eA==\x07'
KEY = "sk-abcdefghijklmnop"


@pytest.fixture
def now() -> float:
    return time.time()


@pytest.fixture
def told(octotui: Octotui, now: float) -> Octotui:
    """A ledger with a week of work in it, and with everything that no report may hold."""
    with Ledger.open(octotui.home / ".local/state/octotui/ledger.db") as ledger:
        number = 0

        def end(age: float, state: TaskState, provider: str, model: str | None, **facts: object) -> str:
            nonlocal number
            number += 1
            task_id = f"video_{number:08d}"
            tags = ("campaign",) if number % 2 else ()
            ledger.add(
                [NewTask(task_id, provider, "videos", model, tags, title="Secret whale", prompt="a whale over roofs")],
                now - age - 200,
            )
            at = now - age
            task = Task(task_id, provider, "videos", now - age - 200, model, state, created_at=at - 100)
            task = replace(task, completed_at=at, final_seen_at=at, result_url="https://cdn.example/v.mp4?sig=abc")
            ledger.record(replace(task, **facts))  # type: ignore[arg-type]
            return task_id

        for age in (60.0, 3600.0 * 30, 3600.0 * 54):
            saved = end(age, TaskState.COMPLETED, "sora", "sora-2", deadline=Deadline(now + 9e5, DeadlineSource.LINK))
            file = Download(DownloadState.SAVED, 5_000_000, 5_000_000, "/home/me/whale.mp4", saved_at=now - age)
            ledger.record_download(saved, file)
            ledger.note_duration(provider="sora", model="sora-2", seconds=None, size=None, duration=100.0, at=now - age)
        end(60, TaskState.FAILED, "veo", HOSTILE, error_message=f"Secret whale: a whale over roofs {HOSTILE}")
        end(60, TaskState.FAILED, "veo", HOSTILE, error_message=f"{KEY} see https://cdn.example/x?sig=abc /home/me/a")
        end(60, TaskState.CANCELLED, "grok", None)
        ledger.note_minute(Minute(int(now // 60) * 60, asks=7))
    return octotui


def test_figures_by_model_are_the_same_in_every_format(told: Octotui) -> None:
    asked = ("report", "--since", "7d", "--by", "model")
    groups = json.loads(told.call(*asked, "--json").out)["groups"]
    assert groups[0] == {
        "provider": "sora",
        "model": "sora-2",
        "completed": 3,
        "failed": 0,
        "cancelled": 0,
        "success_rate": 1.0,
        "rendering_median": pytest.approx(100, rel=0.045),
        "rendering_p90": pytest.approx(100, rel=0.045),
        "saved": 3,
        "bytes": 15_000_000,
        "lost": 0,
    }
    rows = list(csv.DictReader(io.StringIO(told.call(*asked, "-o", "csv").out)))
    assert [{name: str(value if value is not None else "") for name, value in row.items()} for row in groups] == rows
    assert told.call(*asked, "--csv").out == told.call(*asked, "-o", "csv").out
    heading, first, *rest = told.call(*asked).out.splitlines()
    assert heading.split()[:3] == ["PROVIDER", "MODEL", "COMPLETED"]
    assert first.split() == ["Sora", "sora-2", "3", "0", "0", "100%", "1m", "43s", "1m", "43s", "3", "15.0", "MB", "0"]
    assert len(rest) == 2
    assert "\x1b" not in "".join(rest)


def test_reasons_days_providers_and_tags(told: Octotui) -> None:
    def groups(by: str) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(told.call("report", "--since", "7d", "--by", by, "--json").out)[
            "groups"
        ]
        return found

    reasons = groups("reason")
    assert [row["failed"] for row in reasons] == [1, 1]
    assert all(row["models"][0]["provider"] == "veo" for row in reasons)  # type: ignore[index]
    days = [str(row["day"]) for row in groups("day")]
    assert days == sorted(days)
    assert len(days) == 3
    assert {row["provider"]: row["completed"] for row in groups("provider")} == {"sora": 3, "veo": 0, "grok": 0}
    tags = {row["tag"]: (row["completed"], row["failed"]) for row in groups("tag")}
    assert tags == {"campaign": (2, 1), None: (1, 1)}
    assert "(none)" in told.call("report", "--since", "7d", "--by", "tag").out


def test_what_is_watched_no_longer_is_counted_all_the_same(told: Octotui) -> None:
    ids = [row["id"] for row in json.loads(told.call("ls", "--json").out)]
    assert told.call("rm", *ids).code == 0
    found = json.loads(told.call("report", "--since", "7d", "--by", "provider", "--json").out)
    assert found["completed"] == 0
    assert {row["provider"]: row["completed"] for row in found["groups"]} == {"sora": 3, "veo": 0, "grok": 0}


def test_a_spreadsheet_meets_no_formula(octotui: Octotui, now: float) -> None:
    with Ledger.open(octotui.home / ".local/state/octotui/ledger.db") as ledger:
        ledger.add([NewTask("a", "sora", "videos", "=HYPERLINK(1)")], now)
        ledger.record(Task("a", "sora", "videos", now, "=HYPERLINK(1)", TaskState.COMPLETED, final_seen_at=now))
    shown = octotui.call("report", "--by", "model", "--csv").out
    assert "sora,'=HYPERLINK(1),1," in shown


def test_an_empty_ledger_has_nothing_to_tell(octotui: Octotui, tmp_path: Path) -> None:
    asked = octotui.call("report", "--by", "day")
    assert (asked.code, asked.out) == (0, "")
    assert "Nothing has ended" in asked.err
    assert octotui.call("report", "--by", "day", "--csv").out.startswith("day,completed,failed")
    assert json.loads(octotui.call("report", "--by", "day", "--json").out)["groups"] == []
    page = tmp_path / "report.html"
    assert octotui.call("report", "--html", str(page)).code == 0
    assert "No task ended in this time." in page.read_text()


class Page(HTMLParser):
    """What a page is made of, as a browser reads it."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("by", ["model", "provider", "tag", "reason", "day"])
def test_the_page_holds_no_script_and_nothing_that_is_nobody_elses_business(
    told: Octotui, tmp_path: Path, by: str
) -> None:
    path = tmp_path / "report.html"
    made = told.call("report", "--since", "7d", "--by", by, "--html", str(path), OCTOTUI_API_KEY=KEY)
    assert (made.code, made.out) == (0, "")
    content = path.read_text(encoding="utf-8")
    page = Page(content)
    words = " ".join(page.words)
    assert not {"script", "link", "img", "iframe", "object", "a", "form"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in {"href", "src", "style"}]
    assert "url(" not in content
    assert "@import" not in content
    for secret in ("whale", "roofs", KEY, "https:", "cdn.example", "sig=", "/home/me", "video_0000", "\x1b"):
        assert secret not in content, secret
    assert "alert(1)" in words  # as text, where a model or a reason is called so
    assert ("campaign" in words) is (by == "tag")
    assert page.tags.count("svg") == 5
    for picture in re.findall(r"<svg.*?</svg>", content, re.DOTALL):
        ElementTree.fromstring(picture)  # noqa: S314 - our own
    assert "prefers-color-scheme: dark" in content
    assert not list(tmp_path.glob("*.new"))


def test_the_page_goes_to_stdout_too(told: Octotui) -> None:
    shown = told.call("report", "--html", "-").out
    assert shown.startswith("<!doctype html>")
    assert shown.rstrip().endswith("</html>")


def test_a_page_that_cannot_be_written_is_8(octotui: Octotui, tmp_path: Path) -> None:
    asked = octotui.call("report", "--html", str(tmp_path / "gone" / "report.html"))
    assert asked.code == 8
    assert "cannot be written" in asked.err


def test_pictures_are_to_scale(told: Octotui) -> None:
    content = told.call("report", "--since", "7d", "--html", "-").out
    picture = ElementTree.fromstring(re.findall(r"<svg.*?</svg>", content, re.DOTALL)[0])  # noqa: S314 - our own
    widths = {rect.findtext("title"): float(rect.attrib["width"]) for rect in picture.iter("rect")}
    assert widths["3 completed"] == pytest.approx(1.5 * widths["2 failed"], abs=0.2)
    assert widths["1 cancelled"] == pytest.approx(widths["2 failed"] / 2, abs=0.2)


def test_groups_import_no_screen_and_no_plots(octotui: Octotui) -> None:
    for output in ("json", "csv"):
        modules = modules_of(octotui, "report", "--by", "model", "-o", output)
        assert not {"textual", "rich", "httpx", "asyncio", "plotext"} & modules
    assert not {"textual", "httpx", "plotext"} & modules_of(octotui, "report", "--html", "-")
