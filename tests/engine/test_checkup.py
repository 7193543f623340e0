from __future__ import annotations

import socket
import ssl

import pytest

from octotui.cli import terminal
from octotui.engine.diagnostics import gateway, machine, ranges
from octotui.engine.diagnostics.finding import Trouble, Verdict
from octotui.engine.diagnostics.gateway import Reply
from octotui.gateway.parsing.quota import Quota
from octotui.ledger import Lease, Ledger
from octotui.model import Deadline, DeadlineSource, EngineStatus, GatewayState, Task
from tests.support.tasks import ready

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
AT = 784111777.0


@pytest.mark.parametrize(
    ("asked_at", "date", "verdict", "word"),
    [
        (AT, DATE, Verdict.OK, "within"),
        (AT + 14, DATE, Verdict.OK, "within"),
        (AT + 60, DATE, Verdict.WARN, "1 minute ahead of"),
        (AT - 7200, DATE, Verdict.WARN, "2 hours behind"),
        (AT, "", Verdict.OK, "does not say"),
        (AT, "yesterday", Verdict.OK, "does not say"),
        (AT, "Mon, 01 Jan 99999999999999999999 00:00:00 GMT", Verdict.OK, "does not say"),
    ],
)
def test_the_clock(asked_at: float, date: str, verdict: Verdict, word: str) -> None:
    found = gateway.judge_clock(Reply(asked_at, 400, {"date": date} if date else {}))
    assert found.verdict is verdict
    assert word in found.says


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] verify failed"), "ca_file"),
        (socket.gaierror(-2, "Name or service not known"), "host in base_url"),
        (OSError("[Errno 111] Connection refused"), "firewall"),
    ],
)
def test_nobody_there_has_a_remedy_of_its_own(error: OSError, remedy: str) -> None:
    found = gateway.judge_base_url("https://x.example", Reply(AT, error=error))
    assert found.trouble is Trouble.GATEWAY
    assert remedy in (found.remedy or "")


def test_a_key_in_the_clear_is_a_warning_but_not_on_this_machine() -> None:
    reply = Reply(AT, 400, {"content-type": "application/json"}, b"{}")
    assert gateway.judge_base_url("http://gateway.example", reply).verdict is Verdict.WARN
    assert gateway.judge_base_url("http://127.0.0.1:8080", reply).verdict is Verdict.OK
    assert gateway.judge_base_url("https://gateway.example", reply).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (400, b'{"code":"task_not_exist","message":"x","data":null}', Verdict.OK),
        (404, b'{"error":{"message":"Invalid URL"}}', Verdict.OK),
        (403, b'{"error":{"message":"this IP is not allowed"}}', Verdict.WARN),
        (429, b"", Verdict.WARN),
        (401, b'{"error":{"message":"x"}}', Verdict.FAIL),
        (200, b'{"error":{"message":"x","code":"insufficient_quota"}}', Verdict.FAIL),
        (400, b'{"error":{"message":"No connected db.","type":"no_db_connection"}}', Verdict.WARN),
        (422, b'{"detail":[{"msg":"bad id"}]}', Verdict.WARN),
        (500, b'{"error":{"message":"record not found","type":"server_error"}}', Verdict.WARN),
        (500, b"boom", Verdict.FAIL),
    ],
)
def test_the_key(status: int, body: bytes, verdict: Verdict) -> None:
    assert gateway.judge_key("a file", Reply(AT, status, {}, body), None).verdict is verdict


@pytest.mark.parametrize("status", [400, 500])
def test_a_key_is_proved_or_refused_by_the_quotas_route_where_no_task_tells(status: int) -> None:
    reply = Reply(AT, status, {}, b'{"error":{"message":"No connected db."}}')
    assert gateway.judge_key("a file", reply, Quota(100, 50, unlimited=False)).verdict is Verdict.OK
    refused = gateway.judge_key("a file", reply, None, is_refused_for_quota=True)
    assert (refused.verdict, refused.trouble) == (Verdict.FAIL, Trouble.KEY)


@pytest.mark.parametrize(
    ("left", "verdict", "says"),
    [
        (-7200.0, Verdict.FAIL, "expired 2 hours ago"),
        (7200.0, Verdict.WARN, "expires in 2 hours"),
        (30 * 86_400.0, Verdict.OK, "accepted"),
        (None, Verdict.OK, "accepted"),
    ],
)
@pytest.mark.parametrize("status", [400, 401])
def test_a_key_that_ends(left: float | None, verdict: Verdict, says: str, status: int) -> None:
    body = b'{"code":"task_not_exist"}' if status == 400 else b'{"error":{"message":"x"}}'
    quota = Quota(100, 50, unlimited=False, expires_at=None if left is None else AT + left)
    found = gateway.judge_key("a file", Reply(AT, status, {}, body), quota)
    if status == 400 or verdict is Verdict.FAIL:
        assert found.verdict is verdict
        assert says in found.says
    else:
        assert (found.verdict, "refused" in found.says) == (Verdict.FAIL, True)


@pytest.mark.parametrize(
    ("quota", "verdict", "says"),
    [
        (None, Verdict.OK, "does not tell"),
        (Quota(100, 50, unlimited=False), Verdict.OK, "50% left"),
        (Quota(100, 2, unlimited=False), Verdict.WARN, "2% left"),
        (Quota(100, 0, unlimited=False), Verdict.FAIL, "nothing"),
        (Quota(0, 0, unlimited=True), Verdict.OK, "not limited"),
    ],
)
def test_the_quota(quota: Quota | None, verdict: Verdict, says: str) -> None:
    found = gateway.judge_quota(quota)
    assert found.verdict is verdict
    assert says in found.says


@pytest.mark.parametrize(
    ("status", "headers", "verdict", "word"),
    [
        (206, {"content-range": "bytes 0-0/5000"}, Verdict.OK, "Range"),
        (206, {"content-range": "bytes 0-0/5000", "content-encoding": "gzip"}, Verdict.WARN, "compressed"),
        (200, {}, Verdict.WARN, "does not know Range"),
        (206, {}, Verdict.WARN, "does not know Range"),
        (403, {}, Verdict.WARN, "no longer"),
        (503, {}, Verdict.WARN, "503"),
    ],
)
def test_media(status: int, headers: dict[str, str], verdict: Verdict, word: str) -> None:
    found = ranges.judge(status, headers)
    assert found.verdict is verdict
    assert word in found.says


def _ready(task_id: str, completed_at: float, deadline: float, url: str | None = "https://f.example/a") -> Task:
    link = Deadline(deadline, DeadlineSource.LINK)
    return ready(task_id, completed_at=completed_at, result_url=url, deadline=link)


def test_the_newest_result_that_can_still_be_had_is_asked_for() -> None:
    tasks = [_ready("old", 1, 900), _ready("new", 2, 900), _ready("lost", 3, 100), _ready("without", 4, 900, None)]
    newest = ranges.newest(tasks, 500)
    assert newest is not None
    assert newest.id == "new"
    assert ranges.newest([], 500) is None


@pytest.mark.parametrize(("free", "verdict"), [(10, Verdict.FAIL), (2 * 10**9, Verdict.WARN), (10**10, Verdict.OK)])
def test_room(free: int, verdict: Verdict) -> None:
    assert machine.judge_room("/videos", free, 10**9).verdict is verdict


@pytest.mark.parametrize(("free", "verdict"), [(10, Verdict.FAIL), (10**7, Verdict.WARN), (10**9, Verdict.OK)])
def test_room_for_the_ledger(free: int, verdict: Verdict) -> None:
    found = machine.judge_ledger_room("/state/ledger.db is whole, 3 tasks", free)
    assert found.verdict is verdict
    assert found.says.startswith("/state/ledger.db is whole, 3 tasks")


def test_a_ledger_on_a_disk_with_room_is_sound(ledger: Ledger) -> None:
    assert machine.judge_ledger(ledger).says.endswith("is whole, 0 tasks")


def test_who_works() -> None:
    lease, status = Lease("o", "box", 7, 100.0), EngineStatus(100.0, gateway=GatewayState.KEY_REFUSED)
    assert machine.judge_lease(None, None, 101.0).says.startswith("nobody")
    assert machine.judge_lease(lease, status, 101.0).says == "process 7 on box works, gateway key refused"
    assert machine.judge_lease(lease, status, 160.0).verdict is Verdict.WARN


@pytest.mark.parametrize(
    ("environ", "size", "encoding", "warned"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, (120, 40), "utf-8", set()),
        ({"TERM": "dumb"}, (30, 10), "ascii", {"terminal", "colours", "glyphs"}),
        ({"TERM": "xterm", "STY": "1.pts"}, (80, 24), "UTF-8", {"colours", "clipboard"}),
        ({"TERM": "vt100", "NO_COLOR": "1"}, (80, 24), "UTF-8", set()),
        ({}, None, "ascii", set()),
    ],
)
def test_the_terminal(environ: dict[str, str], size: tuple[int, int] | None, encoding: str, warned: set[str]) -> None:
    found = terminal.examine(environ, size, encoding, lambda _: None)
    assert {finding.name for finding in found if finding.verdict is Verdict.WARN} == warned


@pytest.mark.parametrize(
    ("set_clipboard", "escape_time", "warned"),
    [
        ("on", "10", set()),
        ("external", "50", set()),
        ("off", "500", {"clipboard", "escape key"}),
        (None, None, {"clipboard"}),
    ],
)
def test_tmux(set_clipboard: str | None, escape_time: str | None, warned: set[str]) -> None:
    options = {"set-clipboard": set_clipboard, "escape-time": escape_time}
    found = terminal.examine({"TMUX": "/tmp/t,1,0"}, None, "utf-8", options.get)  # noqa: S108 - tmux's own habit
    assert {finding.name for finding in found if finding.verdict is Verdict.WARN} == warned
