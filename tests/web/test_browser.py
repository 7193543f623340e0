"""The page in a real browser, as a phone and a desk show it."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from octotui.model import Download, DownloadState, TaskState
from tests.support.browser import chromium, launched
from tests.support.clock import NOW
from tests.support.tasks import ready, running, saved, task
from tests.tui.hostile import HOSTILE
from tests.web.conftest import TOKEN, Served

if chromium() is None and not os.environ.get("CI"):
    # In the check itself a browser that is missing is an error: `.ci/run` installs one.
    pytest.skip("no Chromium on this machine: apt-get install chromium", allow_module_level=True)

PHONE, DESK = (360, 800), (1440, 900)
SOON = 2000
"""Milliseconds within which a change must be seen."""
ATTACK = (
    "<script>window.owned=1</script>\"><img src=x onerror='window.owned=1'>"
    "<a href='javascript:window.owned=1'>x</a>{{7*7}}"
)


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all; each test has windows and a memory of its own."""
    async with async_playwright() as playwright, launched(playwright) as started:
        yield started


@asynccontextmanager
async def opened(
    browser: Browser,
    url: str,
    size: tuple[int, int] = DESK,
    *,
    dark: bool = False,
    scripts: bool = True,
    path: str = "/",
    may_complain: bool = False,
) -> AsyncIterator[Page]:
    """Open a page; whatever the browser complains of, or asks of others, fails the test."""
    complaints: list[str] = []
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        java_script_enabled=scripts,
    )
    page = await context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(url) else complaints.append(asked.url))
    try:
        await page.goto(url + path)
        yield page
    finally:
        await context.close()
    assert may_complain or complaints == []


def fill(served: Served) -> None:
    """A task or more in each section, one in each state."""
    served.put(
        ready("video_soon", 250, given_title="red car, take 2", model="sora-2-pro"),
        ready("video_later", 90_000, prompt="Umbrellas over a square in the rain, seen from far above, slowly turning"),
        ready("video_half", 5000, download=Download(DownloadState.RUNNING, 6_000_000, 12_000_000, speed=2e6)),
        ready("video_wait", 1800, download=Download(DownloadState.WANTED, 1, 2, error="content: HTTP 502")),
        running("video_run", 42, given_title="lighthouse"),
        running("x" * 120, None),
        task("video_queued", state=TaskState.QUEUED),
        task("video_unknown"),
        ready("video_gone", -7200, given_title="too late"),
        task("video_bad", state=TaskState.FAILED, error_message="content policy", completed_at=NOW - 700),
        task("video_off", state=TaskState.CANCELLED),
        saved("video_kept", given_title="kept"),
    )
    served.work(disk_free=412_000_000_000, quota_left=0.75, downloads_running=1, download_speed=2e6)


@pytest.fixture
def filled(served: Served) -> Served:
    fill(served)
    return served


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_a_change_is_seen_soon_and_the_page_is_alive(
    browser: Browser, filled: Served, size: tuple[int, int]
) -> None:
    async with opened(browser, filled.url, size) as page:
        await expect(page.locator("#link")).to_have_text("Live.")
        row = page.locator("#running tr", has_text="lighthouse")
        await expect(row).to_contain_text("42%")
        before = next(task for task in filled.writer.tasks() if task.id == "video_run")
        filled.writer.record(replace(before, progress=77))
        filled.writer.flush()
        await expect(row).to_contain_text("77%", timeout=SOON)
        done = replace(before, state=TaskState.COMPLETED, progress=100, completed_at=time.time())
        filled.writer.record(done)
        filled.writer.flush()
        await expect(page.locator("#ready")).to_contain_text("lighthouse", timeout=SOON)
        await expect(page.locator("#running")).not_to_contain_text("lighthouse")


async def test_the_countdown_runs_between_two_answers(browser: Browser, filled: Served) -> None:
    async with opened(browser, filled.url) as page:
        await expect(page.locator("#link")).to_have_text("Live.")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        words, title = await page.locator("#loss time").inner_text(), await page.title()
        assert title == f"{words} · octotui"
        await expect(page.locator("#loss time")).not_to_have_text(words)
        await expect(page).not_to_have_title(title)
        assert asked == []


@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("path", ["/", "/?filter=", "/?filter=nosuch:field"])
async def test_everybody_can_read_it(
    browser: Browser, filled: Served, size: tuple[int, int], dark: bool, path: str
) -> None:
    async with opened(browser, filled.url, size, dark=dark, path=path) as page:
        found = await Axe().run(page, options={"resultTypes": ["violations"]})
        assert found.response["violations"] == [], found.generate_report()
        assert found.response["testEngine"]["name"] == "axe-core"
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_what_axe_finds_is_found(browser: Browser, filled: Served) -> None:
    """A page that nobody can read is told: the test above can fail."""
    async with opened(browser, filled.url) as page:
        await page.evaluate("document.querySelector('label').remove()")
        await page.evaluate("document.querySelector('#filter').removeAttribute('placeholder')")
        found = await Axe().run(page, options={"resultTypes": ["violations"]})
        assert [each["id"] for each in found.response["violations"]] == ["label"]


@pytest.mark.parametrize("path", ["/", "/?filter="])
async def test_hostile_text_is_inert(browser: Browser, served: Served, path: str) -> None:
    text = ATTACK + HOSTILE["title and cursor"] + HOSTILE["right to left"] + "[/foo]"
    facts: dict[str, Any] = {
        "model": text,
        "status": text,
        "tags": (text,),
        "given_title": text,
        "error_message": text,
        "error_code": text,
    }
    served.put(
        ready(f"1{text}", 250, **facts),
        ready(f"2{text}", 900, download=Download(DownloadState.WANTED, 1, 2, error=text), **facts),
        running(f"3{text}", 50, **facts),
        task(f"4{text}", state=TaskState.FAILED, **facts),
        ready(f"5{text}", -900, **facts),
        saved(f"6{text}", **facts),
        running(f"7{HOSTILE['long']}", 50),
    )
    served.work(host=text, message=text)
    async with opened(browser, served.url, PHONE, path=path) as page:
        await expect(page.locator("#link")).to_have_text("Live.")
        before = served.server.live.picture.version
        served.put(running(f"8{text}", 10, **facts))
        assert served.server.live.picture.version > before
        await expect(page.locator("#counts")).to_contain_text("3 running", timeout=SOON)
        assert await page.evaluate("window.owned") is None
        assert await page.locator("main script, main img, main [onerror], a[href^=javascript]").count() == 0
        words = await page.locator("main").inner_text()
        assert "<script>window.owned=1</script>" in words
        assert "49" not in words
        assert "␛]0;owned␇" in words or path == "/"
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_filter_by_keyboard_alone(browser: Browser, filled: Served) -> None:
    async with opened(browser, filled.url) as page:
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="To the tasks")).to_be_focused()
        await page.get_by_label("Filter").focus()
        await page.keyboard.type("state:running")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Tasks that match state:running")).to_be_visible()
        await expect(page.locator("tbody tr")).to_have_count(2)
        await page.get_by_role("link", name="12 all").focus()
        filled.put(running("video_fresh", 5))
        again = page.get_by_role("link", name="13 all")
        await expect(again).to_be_focused(timeout=SOON)
        await expect(page.get_by_label("Filter")).to_have_value("state:running")


async def test_without_scripts_it_says_the_same(browser: Browser, filled: Served) -> None:
    async with opened(browser, filled.url, PHONE, scripts=False) as page:
        await expect(page.get_by_role("heading", name="Next loss")).to_be_visible()
        await expect(page.locator("#loss")).to_contain_text("red car, take 2")
        assert await page.locator('noscript meta[http-equiv="refresh"]').count() == 1


async def test_landmarks_and_tables_are_real(browser: Browser, filled: Served) -> None:
    async with opened(browser, filled.url, PHONE) as page:
        for role in ("banner", "main", "contentinfo", "search"):
            await expect(page.get_by_role(role)).to_have_count(1)
        await expect(page.get_by_role("table")).to_have_count(4)
        await expect(page.get_by_role("region", name="Ready").get_by_role("rowheader")).to_have_count(4)
        await expect(page.get_by_role("progressbar", name="running, lighthouse")).to_have_count(1)


async def test_a_server_that_goes_is_said_and_found_again(browser: Browser, filled: Served) -> None:
    async with opened(browser, filled.url, may_complain=True) as page:
        await expect(page.locator("#link")).to_have_text("Live.")
        await page.route("**/*", lambda route: route.abort())
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await expect(page.locator("#link")).to_have_text("The server does not answer; it is asked again.")
        await page.unroute("**/*")
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await expect(page.locator("#link")).to_have_text("Live.")


async def test_the_form_lets_a_person_in(browser: Browser, guarded: Served) -> None:
    fill(guarded)
    async with opened(browser, guarded.url, PHONE, may_complain=True) as page:
        found = await Axe().run(page, options={"resultTypes": ["violations"]})
        assert found.response["violations"] == [], found.generate_report()
        await page.get_by_label("Token").fill("not the token at all")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("That is not the token.")
        await page.get_by_label("Token").fill(TOKEN)
        await page.keyboard.press("Enter")
        await expect(page.locator("#loss")).to_contain_text("red car, take 2")
        await expect(page.locator("#link")).to_have_text("Live.")
        assert await page.evaluate("document.cookie") == ""
