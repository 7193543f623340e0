"""Failures by reason: what belongs together, what shows it, and one report for all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from octotui.failure_reason import NO_REASON, normalized
from octotui.ledger import Ledger
from octotui.model import Download, DownloadState, FailureKind, RequestFailure, Task, TaskState
from octotui.presentation.bulk.failure_groups import (
    Kind,
    detail_of,
    failure_groups,
    filter_of,
    group_lines,
    reason_of,
    tally_words,
)
from octotui.presentation.bulk.failure_report import MOST_TASKS, failure_report
from octotui.presentation.filters import parse
from octotui.presentation.styled_text import plain, width_of
from octotui.tui.app import OctoApp
from octotui.tui.dashboard.context import Reporting
from octotui.tui.dialogs.failures import Failures
from octotui.tui.dialogs.report import ReportDialog
from tests.support.screen import press, screen_lines, screen_text, until
from tests.tui.tasks import NOW, every_state, ready, record, running, task

MakeApp = Callable[..., OctoApp]


def failed(task_id: str, message: str | None, provider: str = "sora", **facts: object) -> Task:
    usual: dict[str, object] = {"model": "sora-2", "completed_at": NOW - 60}
    return task(task_id, provider, state=TaskState.FAILED, error_message=message, **{**usual, **facts})


def some() -> list[Task]:
    return [
        failed("a1", "Upstream timed out after 30 s (request req_01K9008rhbef)", model="sora-2"),
        failed("a2", "Upstream timed out after 45 s (request req_77AA10e2aa)", model="sora-2-pro"),
        failed("a3", "upstream timed out after 31.5 s (request req_55bbQQ1212)", "grok", model="grok-video-3"),
        failed("b1", "content policy", completed_at=NOW - 5),
        ready("c1", 500, download=Download(DownloadState.FAILED, error="404 on every rung")),
        running("d1", failure=RequestFailure(FailureKind.GATEWAY, 502, "bad gateway", NOW - 2)),
        running("fine"),
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("timed out after 30 s", "timed out after 45.5 s"),
        ("task task_01k9008rhbef not found", "task task_77aa10e2zzzz not found"),
        ("no 05c8e247-91aa-4d2f-b1a2-77aa10e2a71e", "no 11c8e247-91aa-4d2f-b1a2-77aa10e2a71f"),
        ("cannot fetch https://a.example/x.png?s=1", "cannot fetch https://b.example/y.jpg"),
        ("at 2026-11-29 10:00:01 it failed", "at 2026-11-30 11:22:33 it failed"),
        ("  Content policy. ", "content policy"),
        ("error 7f3a9c here", "error 12bb0e here"),
    ],
)
def test_numbers_ids_and_links_split_no_group(one: str, other: str) -> None:
    assert normalized(one).casefold() == normalized(other).casefold()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HTTP 502: bad gateway", "HTTP 504: bad gateway"),
        ("content policy", "content policy of the upstream"),
        ("the face is too large", "the face is too small"),
    ],
)
def test_what_is_another_reason_stays_another_group(one: str, other: str) -> None:
    assert normalized(one).casefold() != normalized(other).casefold()


@pytest.mark.parametrize("text", ["", "   ", "...", "\x1b[31m", "9" * 5000, "https://x " * 500, "a1" * 4000, "…" * 400])
def test_any_reason_can_be_normalized(text: str) -> None:
    assert normalized(text).isprintable()
    assert normalized(text)


def test_failures_are_counted_by_reason_provider_and_model() -> None:
    groups = failure_groups(some())
    assert [(group.kind, len(group.tasks)) for group in groups] == [
        (Kind.TASK, 3),
        (Kind.ASKING, 1),
        (Kind.SAVING, 1),
        (Kind.TASK, 1),
    ]
    assert groups[0].reason.casefold() == "upstream timed out after … s (request …)"
    assert groups[0].providers == {"sora": 2, "grok": 1}
    assert groups[0].models == {"sora-2": 1, "sora-2-pro": 1, "grok-video-3": 1}
    assert failure_groups(some(), newest_first=True)[2].reason == "content policy"


def test_the_filter_of_a_group_shows_its_tasks_and_no_others() -> None:
    tasks = [*some(), failed("q", 'he said "no", twice, at 5'), failed("n", None), *every_state()]
    for group in failure_groups(tasks):
        if group.reason == NO_REASON:
            continue
        wanted = parse(filter_of(group))
        assert wanted.problem is None
        shown = {one.id for one in tasks if wanted.matches(one, NOW)}
        assert shown == {one.id for one in group.tasks}, filter_of(group)
    no_reason = next(group for group in failure_groups(tasks) if group.reason == NO_REASON)
    assert parse(filter_of(no_reason)).matches(no_reason.tasks[0], NOW)


@pytest.mark.parametrize("width", [34, 60, 80, 116, 170])
def test_a_line_a_reason_fits(width: int) -> None:
    groups = failure_groups([*some(), *every_state()])
    lines = group_lines(groups, 1, NOW, width, str.title)
    assert len(lines) == len(groups)
    assert all(width_of(line) <= width for line in lines)
    assert plain(lines[1]).startswith("▸ ")
    text = " ".join(" ".join(plain(line) for line in [*lines, *detail_of(groups[0], width, str.title)]).split())
    assert "Sora 2, Grok 1" in text
    assert "sora-2-pro 1" in text


def test_what_has_no_room_is_counted() -> None:
    counts = failure_groups(some())[0].providers
    assert tally_words(counts, 20) == "sora 2, grok 1"
    assert tally_words(counts, 12) == "sora 2 +1"


def report(tasks: list[Task], answers: dict[str, str], hidden: tuple[str, ...] = ()) -> str:
    (group,) = failure_groups(tasks)
    return failure_report(group, NOW, answers.get, str.title, base_url="https://me:pw@octopusx.ai", hidden=hidden)


def test_one_report_tells_the_gateways_owner_all_that_helps() -> None:
    tasks = [replace(one, created_at=NOW - 400, status="FAILURE", error_code="timeout") for one in some()[:3]]
    text = report(tasks, {"a1": '{"id": "a1", "prompt": "a cat"}', "a3": '{"id": "a3"}'})
    for part in (
        "# 3 tasks failed alike",
        "- reason: `",
        "- providers: Sora 2, Grok 1",
        "`sora-2-pro` 1",
        "- routes: `videos` 3",
        "octopusx.ai/v1/videos/",
        "- `a2`, `sora-2-pro`, on `videos`, submitted 2026-09-21 14:06:40Z, failed 2026-09-21 14:12:20Z",
        "status `FAILURE`, code `timeout`: `Upstream timed out after 45 s",
        "## Last answer about `a3`",
        '"prompt": "(private, 5 characters)"',
    ):
        assert part in text, part


def test_a_report_on_many_tells_nothing_that_is_private() -> None:
    message = "refused: a cat on a roof, Shot 12, see /home/alice/in.png and sk-gateway-key1 https://x/v?sig=SECRET"
    tasks = [failed(f"t{number}", message, prompt="a cat on a roof", given_title="Shot 12") for number in range(3)]
    answer = '{"prompt": "a cat on a roof", "title": "Shot 12", "url": "https://cdn/v.mp4?sig=SECRET"}'
    text = report(tasks, {"t0": answer}, ("sk-gateway-key1",))
    for part in ("cat", "Shot 12", "alice", "SECRET", "sk-gateway", "me:pw"):
        assert part not in text, part


def test_a_report_on_very_many_fits_into_an_issue() -> None:
    tasks = [failed(f"t{number}", "content policy " * 20) for number in range(1000)]
    text = report(tasks, {one.id: "x" * 50_000 for one in tasks})
    assert f"and {1000 - MOST_TASKS:,} more" in text
    assert text.count("## Last answer about") == 3
    assert len(text) < 200_000


@pytest.mark.parametrize("text", ["\x1b]52;c;aGFja2Vk\x07", "```\n# owned", "`a` [x](y) | <b>", "\u202egnp"])
def test_text_from_outside_stays_text_in_a_report(text: str) -> None:
    one = failed(text, text, model=text, status=text, error_code=text)
    made = report([one], {text: text})
    assert all(char == "\n" or char.isprintable() for char in made)
    assert not any(line.startswith("# owned") for line in made.split("```\n")[0].splitlines())


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 36), (200, 50)])
async def test_capital_f_groups_enter_shows_and_escape_takes_away(
    size: tuple[int, int], ledger: Ledger, make_app: MakeApp
) -> None:
    record(ledger, *some())
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await press(pilot, "F")
        assert isinstance(app.screen, Failures)
        await until(pilot, lambda: "   3  " in screen_text(app))
        assert "Sora 2, Grok 1" in screen_text(app)
        await press(pilot, "enter")
        panes = app.dashboard.panes
        assert sorted(one.id for one in panes.pane.table.rows.shown_tasks()) == ["a1", "a2"]
        assert [one.id for one in panes.panes["grok"].table.rows.shown_tasks()] == ["a3"]
        await press(pilot, "escape")
        assert len(panes.pane.table.rows) == 6


async def test_the_order_can_be_turned_and_the_filter_holds(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, *some())
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "slash", *"state:fail", "enter", "F")
        await until(pilot, lambda: "4 tasks for 2 reasons, largest first, of /state:fail" in screen_text(app))
        await press(pilot, "s")
        await until(pilot, lambda: "newest first" in screen_text(app))
        await until(pilot, lambda: any("▸    1  failed" in line for line in screen_lines(app)))
        await press(pilot, "j", "enter")
        assert app.dashboard.panes.filter.text.startswith("state:fail state:failed error:")
        await press(pilot, "F")
        await until(pilot, lambda: "3 tasks for 1 reason" in screen_text(app))


async def test_a_group_that_grows_is_counted_on(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, *some()[:4])
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "F", "j")
        record(ledger, failed("b2", "Content policy."), failed("b3", "content policy"), failed("b4", "content policy"))
        app.dashboard.pull()
        for _ in range(5):
            app.dashboard.tick()
        await until(pilot, lambda: "7 tasks for 2 reasons" in screen_text(app))
        assert isinstance(app.screen, Failures)
        assert app.screen.failures.selected is not None
        assert app.screen.failures.selected.reason.casefold() == "content policy"


async def test_e_makes_one_report_of_a_group_and_says_where(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, *some())
    kept: dict[str, str] = {}

    def save(name: str, text: str) -> str:
        kept[name] = text
        return "Written to there"

    app = make_app()
    app.dashboard._reporting = Reporting(save)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "F", "e")
        assert type(app.screen) is ReportDialog
        await until(pilot, lambda: "Written to there" in screen_text(app))
        (text,) = kept.values()
        assert "# 3 tasks failed alike" in text
        assert "## Last answer about `a1`" in text
        await press(pilot, "escape")
        await until(pilot, lambda: type(app.screen) is Failures)


async def test_where_nothing_has_failed_it_says_so(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, running("a"))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "F", "e", "enter")
        assert app.screen is app.dashboard
        await press(pilot, "F", "j")
        assert "Nothing has failed." in screen_text(app)


def test_only_what_failed_has_a_reason() -> None:
    assert [one.id for one in some() if reason_of(one) is None] == ["fine"]
