from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from octotui import units
from octotui.ledger import Attempt
from octotui.model import DownloadState, EngineStatus, EventKind, GatewayState, LogEntry, TaskState
from octotui.presentation.counts import tally
from octotui.presentation.header import arrange, following_facts, gateway_fact, loss_line, work_facts
from octotui.presentation.log_lines import MARKS, MARKS_OF_DETAIL, event_line, event_mark
from octotui.presentation.styled_text import Role, plain, width_of
from octotui.presentation.task_details import attempt_lines, time_lines
from octotui.presentation.task_row import clock
from octotui.tui.app import OctoApp
from octotui.tui.dashboard.header import Header, NextLoss
from octotui.tui.dashboard.tabs import tab_line
from octotui.tui.table.pane_frame import PaneFacts
from tests.support.fake_engine import FakeEngine
from tests.tui.tasks import NOW, Clock, live, ready, saved


def said(status: EngineStatus | None, *, works_here: bool = True, is_waiting: bool = True) -> str:
    return plain(gateway_fact(status, NOW, works_here=works_here, is_waiting=is_waiting).full)


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (live(), "● live"),
        (live(gateway=GatewayState.STARTING), "◌ starting"),
        (live(gateway=GatewayState.OFFLINE, since=NOW - 150, next_try_at=NOW + 8), "✗ OFFLINE 2m, next try in 8s"),
        (
            live(gateway=GatewayState.KEY_REFUSED, since=NOW - 30, next_try_at=NOW + 70),
            "✗ KEY REFUSED 30s, next try in 1m 10s",
        ),
        (live(gateway=GatewayState.OUT_OF_QUOTA, since=None, next_try_at=None), "✗ OUT OF QUOTA"),
        (live(gateway=GatewayState.NO_KEY, since=None), "◌ NO KEY"),
        (live(last_answer_at=NOW - 45), "● live, last answer 40s ago"),
        (live(pid=1, host="other"), "● live"),
    ],
)
def test_the_header_says_whether_all_is_alive(status: EngineStatus, shown: str) -> None:
    assert said(status) == shown


def test_silence_of_the_engine_is_not_life() -> None:
    assert said(None) == said(live(at=NOW - 60)) == "◌ starting"
    assert said(None, works_here=False) == "⊘ NOBODY ASKS"
    assert said(live(at=NOW - 60), works_here=False) == "⊘ NOBODY ASKS 1m"


def test_an_engine_without_a_key_is_not_about_to_start() -> None:
    fact = gateway_fact(
        live(gateway=GatewayState.NO_KEY, at=NOW - 60), NOW, works_here=True, is_waiting=True, has_key=False
    )
    assert plain(fact.full) == "◌ NO KEY"


@pytest.mark.parametrize("status", [None, live(), live(gateway=GatewayState.OFFLINE), live(at=NOW - 60)])
def test_a_pause_of_everything_comes_before_all_else(status: EngineStatus | None) -> None:
    fact = gateway_fact(status, NOW, works_here=True, is_waiting=True, paused_since=NOW - 750)
    assert plain(fact.full) == plain(fact.short) == "‖ PAUSED 12m"


def test_who_follows_says_whom_and_for_how_long() -> None:
    header = Header("https://octopusx.ai", "default", Clock(NOW))
    header.status = live(pid=1, host="other", working_since=NOW - 7300)
    assert "● live     FOLLOWING other:1 2h" in plain(header.line(150))
    assert plain(header.line(30)).strip() == "● live     FOLLOWING 2h"
    header.status = live(pid=1, host="", gateway=GatewayState.OFFLINE, since=NOW - 250)
    assert "✗ OFFLINE 4m     FOLLOWING process 1" in plain(header.line(150))
    assert following_facts(live(pid=1, at=NOW - 60), NOW) == following_facts(live(), NOW) == []


@pytest.mark.parametrize(
    ("facts", "needs"),
    [({}, 8), ({"gateway": GatewayState.OFFLINE}, 15), ({"gateway": GatewayState.KEY_REFUSED, "since": NOW - 30}, 19)],
)
def test_the_header_asks_for_the_room_its_word_needs(facts: dict[str, object], needs: int) -> None:
    header = Header("https://octopusx.ai", "default", Clock(NOW))
    header.status = live(**facts)
    assert header.least_width == needs
    assert plain(header.line(needs)).strip() == plain(header._gateway().short)


def test_when_nothing_is_waited_for_an_old_answer_is_no_news() -> None:
    assert said(live(last_answer_at=NOW - 4500), is_waiting=False) == "● live"


def test_while_width_shrinks_the_important_stays() -> None:
    header = Header("https://octopusx.ai", "work", Clock(NOW))
    header.status = live()
    shown = {width: plain(header.line(width)).strip() for width in range(1, 160)}
    assert shown[159].startswith("octotui")
    assert "octopusx.ai work" in shown[159]
    for first, second in (
        ("live", "MB/s"),
        ("MB/s", "asks"),
        ("asks", "quota"),
        ("quota", "disk"),
        ("disk", "octotui"),
    ):
        needs = [min(width for width, text in shown.items() if word in text) for word in (first, second)]
        assert needs[0] <= needs[1], (first, second)
    assert all(width_of(header.line(width)) <= max(width, 7) for width in shown)


def test_a_status_nobody_writes_any_more_tells_nothing_of_work() -> None:
    assert work_facts(live(at=NOW - 60), NOW) == []
    assert work_facts(None, NOW) == []
    assert plain(arrange(work_facts(live(), NOW), 100)).split()[:4] == ["↓", "1", "file", "9.1"]


@pytest.mark.parametrize("width", [1, 9, 20, 28, 36, 46, 80])
def test_the_next_loss_fits(width: int) -> None:
    assert width_of(NextLoss(Clock(NOW), "n").line(width)) <= max(width, 24)
    left = clock(ready("sora-2:task_01k9008rhbefs75x3k9yq8wv7a", 250), NOW)
    drawn = loss_line("sora-2:task_01k9008rhbefs75x3k9yq8wv7a", left, width, label="Sora", key="D")
    line = plain(drawn)
    assert "4m 10s" in line
    if width >= 36:
        assert width_of(drawn) == width
        assert line.rstrip().endswith("D")


def test_events_name_their_task_once() -> None:
    named = LogEntry(NOW, "saved", "video_1", "saved video_1, whole")
    assert plain(event_line(named, NOW, "Sora"))[9:] == "✓ saved video_1, whole"
    unnamed = LogEntry(NOW, "state", "video_1", "running", detail="running")
    assert plain(event_line(unnamed, NOW, "Sora"))[9:] == "◐ Sora video_1 running"
    assert plain(event_line(LogEntry(NOW, "gateway", None, "offline"), NOW))[9:] == "! offline"


def test_a_date_stands_with_every_time_that_is_not_todays() -> None:
    event = LogEntry(NOW - 86_400, "gateway", None, "offline")
    assert plain(event_line(event, NOW)) == f"{units.date_time(NOW - 86_400)} ! offline"
    assert plain(event_line(event, NOW - 86_390)) == f"{units.clock_time(NOW - 86_400)} ! offline"
    done = saved(added_at=NOW - 3 * 86_400)
    lines = [plain(line) for line in time_lines(done, NOW)]
    assert lines[0].startswith(f"{units.date_time(NOW - 3 * 86_400)}  watched since")
    assert f"{units.clock_time(NOW - 840)}  saved" in "\n".join(lines)
    attempt = Attempt(NOW - 86_400, "link", "403")
    assert plain(attempt_lines([attempt], NOW)[0]).startswith(units.date_time(NOW - 86_400))


def test_tallies_lose_the_least_important_first() -> None:
    counts = {"ready": 1, "running": 3, "saved": 1200, "failed": 0}
    assert plain(tally(counts, 40)) == "● 1  ◐ 3  ✓ 1,200"
    assert plain(tally(counts, 10)) == "● 1  ◐ 3"
    assert plain(tally(counts, 2)) == ""


def tabs(width: int, current: str = "veo") -> str:
    names = [
        ("sora", "Sora", 7),
        ("grok", "Grok", 4),
        ("doubao", "Doubao", 4),
        ("veo", "Veo", 4),
        ("unified", "Unified", 2),
    ]
    strip = [
        (PaneFacts(name, label, "#5fafd7", number), {"ready": number % 2, "running": count - number % 2})
        for number, (name, label, count) in enumerate(names, start=1)
    ]
    return plain(tab_line(strip, current, width))


def test_tabs_get_shorter_with_the_screen() -> None:
    assert tabs(80) == " 1 Sora 7 ●1   2 Grok 4   3 Doubao 4 ●1   4 Veo 4   5 Unified 2 ●1"
    assert tabs(60) == " Sora 7 ●1  Grok 4  Doubao 4 ●1  Veo 4  Unified 2 ●1"
    assert tabs(46) == " Sora 7 ●1 Grok 4 Doub 4 ●1 Veo 4 Unif 2 ●1"
    assert tabs(20).startswith(" Veo 4 Unif 2 ●1")


def test_a_process_with_an_engine_of_its_own_never_says_that_nobody_asks(make_app: Callable[..., OctoApp]) -> None:
    assert "◌ starting" in plain(make_app(FakeEngine()).dashboard.lines.header.line(80))
    assert "NOBODY ASKS" in plain(make_app().dashboard.lines.header.line(80))


def test_what_has_only_just_begun_has_no_length() -> None:
    assert said(live(gateway=GatewayState.OFFLINE, since=NOW - 4, next_try_at=None)) == "✗ OFFLINE"
    assert said(live(gateway=GatewayState.OFFLINE, since=NOW - 14, next_try_at=None)) == "✗ OFFLINE 10s"


@pytest.mark.parametrize(
    ("kind", "detail", "mark"),
    [
        ("state", "completed", ("●", Role.GOOD)),
        ("state", "failed", ("✗", Role.BAD)),
        ("state", "cancelled", ("⊘", Role.DIM)),
        ("state", "running", ("◐", Role.WORK)),
        ("state", "", ("·", Role.DIM)),
        ("saved", "", ("✓", Role.GOOD)),
        ("lost", "", ("▽", Role.BAD)),
        ("download", "failed", ("✗", Role.BAD)),
        ("download", "wanted", ("↓", Role.WORK)),
        ("failure", "gateway", ("!", Role.WARN)),
        ("recovered", "", ("·", Role.DIM)),
        ("gateway", "key_refused", ("!", Role.WARN)),
        ("gateway", "live", ("·", Role.DIM)),
        ("later", "whatever", ("·", Role.DIM)),
    ],
)
def test_an_event_has_the_mark_of_the_state_it_leads_to(kind: str, detail: str, mark: tuple[str, Role]) -> None:
    assert event_mark(LogEntry(NOW, kind, "video_1", "any words at all", detail=detail)) == mark


def test_every_kind_and_every_state_has_a_mark() -> None:
    assert set(MARKS) == set(EventKind)
    assert {detail for kind, detail in MARKS_OF_DETAIL if kind == EventKind.STATE} == set(TaskState)
    assert MARKS_OF_DETAIL.keys() <= {
        *itertools.product([EventKind.STATE], TaskState),
        *itertools.product([EventKind.DOWNLOAD], DownloadState),
        *itertools.product([EventKind.GATEWAY], GatewayState),
    }
