"""Real child processes: what they are given, and what becomes of those that misbehave."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.engine.notifications.hooks import AT_ONCE, Hooks, environment_of, run_hook
from octotui.model import Deadline, DeadlineSource, Download, DownloadState, LogEntry, Task, TaskState
from octotui.task_events import NoticeKind, TaskNotice
from octotui.task_json import task_json
from tests.support.waiting import until

KEY = "sk-secret-0123456789"
TASK = Task(
    "sora:1a; touch /tmp/pwned",
    "sora",
    "videos",
    500.0,
    model="sora-2",
    state=TaskState.COMPLETED,
    deadline=Deadline(5000.5, DeadlineSource.LINK),
    result_url="https://cdn.example.net/v.mp4?sig=1",
    tags=("cats", "night"),
    download=Download(DownloadState.SAVED, 5, 5, file="/v/ü $(id).mp4", sha256="ab" * 32, saved_at=1200.0),
)
NEWS = TaskNotice(NoticeKind.SAVED, TASK, 1300.0)


def config(folder: Path, **settings: object) -> Config:
    return replace(Config(state_dir=folder, api_key=KEY), **settings)  # type: ignore[arg-type]


def python(code: str, *arguments: object) -> tuple[str, ...]:
    return (sys.executable, "-c", code, *map(str, arguments))


def test_the_facts_come_as_variables_and_as_json(tmp_path: Path) -> None:
    out = tmp_path / "seen.json"
    code = (
        "import json, os, sys; task = json.load(sys.stdin);"
        "open(sys.argv[1], 'w').write(json.dumps([task, dict(os.environ), os.getpgid(0) == os.getpid()]))"
    )
    settings = config(tmp_path)
    given = environment_of(NEWS, settings, {"PATH": os.environ["PATH"], "PYTHONUTF8": "1"})
    facts = json.dumps(task_json(TASK, 1300.0)).encode()
    assert run_hook(python(code, out), facts, given, limit=30) is None
    task, seen, has_own_group = json.loads(out.read_text())
    assert task == task_json(TASK, 1300.0)
    assert has_own_group
    assert {name: value for name, value in seen.items() if name.startswith("OCTOTUI_")} == {
        "OCTOTUI_EVENT": "saved",
        "OCTOTUI_AT": "1300",
        "OCTOTUI_ID": TASK.id,
        "OCTOTUI_PROVIDER": "sora",
        "OCTOTUI_MODEL": "sora-2",
        "OCTOTUI_STATE": "completed",
        "OCTOTUI_ERROR": "",
        "OCTOTUI_EXPIRES_AT": "5000",
        "OCTOTUI_DOWNLOAD": "saved",
        "OCTOTUI_FILE": "/v/ü $(id).mp4",
        "OCTOTUI_BYTES": "5",
        "OCTOTUI_SHA256": "ab" * 32,
        "OCTOTUI_TAGS": "cats,night",
        "OCTOTUI_PROFILE": "default",
    }


def test_the_key_is_not_handed_on_wherever_it_stands(tmp_path: Path) -> None:
    environ = {
        "OCTOTUI_API_KEY": "sk-another-one",
        "OPENAI_API_KEY": KEY,
        "MY_HEADER": f"Bearer {KEY}",
        "OCTOTUI_STATE_DIR": "/s",
        "LANG": "C",
    }
    given = environment_of(NEWS, config(tmp_path), environ)
    assert {"OCTOTUI_API_KEY", "OPENAI_API_KEY", "MY_HEADER"}.isdisjoint(given)
    assert (given["LANG"], given["OCTOTUI_STATE_DIR"]) == ("C", "/s")
    assert not any(KEY in value for value in given.values())


def test_a_download_that_was_given_up_says_why(tmp_path: Path) -> None:
    failed = replace(TASK, download=Download(DownloadState.FAILED, error="410 gone"))
    given = environment_of(TaskNotice(NoticeKind.FAILED, failed, 1.0), config(tmp_path), {})
    assert (given["OCTOTUI_ERROR"], given["OCTOTUI_DOWNLOAD"], given["OCTOTUI_FILE"]) == ("410 gone", "failed", "")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (
            python("import sys; print('no\\n\\x1b[31mroom sk-0123456789abcdef', file=sys.stderr); sys.exit(3)"),
            "status 3",
        ),
        (python("import os; os.kill(os.getpid(), 15)"), "ended by signal 15"),
        (("/nonexistent/hook",), "cannot start: No such file or directory"),
        (("/",), "cannot start: Permission denied"),
    ],
)
def test_why_one_failed_is_said(command: tuple[str, ...], words: str) -> None:
    said = run_hook(command, b"{}", os.environ, limit=30)
    assert said is not None
    assert words in said
    assert "\x1b" not in said
    assert "0123456789abcdef" not in said


def test_one_that_reads_nothing_and_writes_without_end_ends_all_the_same() -> None:
    code = "import sys; [sys.stderr.write('x' * 1000 + '\\n') for _ in range(3000)]; sys.exit(1)"
    said = run_hook(python(code), b"x" * 2_000_000, os.environ, limit=60)
    assert said is not None
    assert said.startswith("ended with status 1: xxx")
    assert len(said) < 400


def test_what_one_leaves_behind_does_not_hold_anything_up() -> None:
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3)'])"
    began = time.monotonic()
    assert run_hook(python(code), b"{}", os.environ, limit=60) is None
    assert time.monotonic() - began < 2.5


def test_one_that_takes_too_long_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = (
        "import os, subprocess, sys, time;"
        "stubborn = 'import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)';"
        "child = subprocess.Popen([sys.executable, '-c', stubborn]);"
        "open(sys.argv[1], 'w').write(f'{os.getpid()} {child.pid}'); time.sleep(600)"
    )
    assert run_hook(python(code, pids), b"{}", os.environ, limit=1.5) == "killed: it had not ended after 1.5 s"
    for pid in map(int, pids.read_text().split()):
        until(lambda pid=pid: is_gone(pid), "the end of the group")  # type: ignore[misc]


def is_gone(pid: int) -> bool:
    """Whether a process has ended; one whose parent is gone may be a zombie for as long as init likes."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


def told(folder: Path, command: tuple[str, ...], **settings: object) -> tuple[Hooks, list[LogEntry]]:
    events: list[LogEntry] = []
    return Hooks(config(folder, on_saved=command, **settings), log=events.append, clock=lambda: 7.0), events


def test_two_run_at_once_and_the_others_wait_for_their_turn(tmp_path: Path) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; me = Path(sys.argv[1], str(os.getpid())); me.touch();\n"
        "while not Path(sys.argv[1], 'go').exists(): time.sleep(0.01)"
    )
    hooks, events = told(tmp_path, python(code, tmp_path))
    for _ in range(5):
        hooks.run_for(NEWS)
    until(lambda: len(list(tmp_path.iterdir())) >= AT_ONCE, "two hooks")
    assert len(hooks._running) == AT_ONCE
    assert len(list(tmp_path.iterdir())) == AT_ONCE
    (tmp_path / "go").touch()
    hooks.stop(30)
    assert len(list(tmp_path.iterdir())) == 6
    assert events == []
    assert not hooks.is_busy


def test_too_many_are_not_kept_and_that_is_said(tmp_path: Path) -> None:
    hooks, events = told(tmp_path, python("import time; time.sleep(600)"), hook_time_limit=1.0)
    begin = time.monotonic()
    for _ in range(1100):
        hooks.run_for(NEWS)
    assert time.monotonic() - begin < 2.0
    assert any("not run: too many are waiting" in event.text for event in events)
    hooks.stop(0.0)
    assert sum("octotui has ended" in event.text for event in events) >= 1000


def test_only_what_is_set_is_run(tmp_path: Path) -> None:
    hooks, events = told(tmp_path, ("/nonexistent",))
    hooks.run_for(NEWS._replace(event=NoticeKind.LOST))
    assert not hooks.is_busy
    hooks.run_for(NEWS)
    until(lambda: events, "the complaint")
    (event,) = events
    assert (event.at, event.kind, event.task_id) == (7.0, "hook", TASK.id)
    assert event.text == "hook for saved (/nonexistent): cannot start: No such file or directory"


def test_one_that_still_runs_when_octotui_ends_is_named(tmp_path: Path) -> None:
    code = "import sys, time; from pathlib import Path; time.sleep(1); Path(sys.argv[1]).touch()"
    hooks, events = told(tmp_path, python(code, tmp_path / "done"))
    hooks.run_for(NEWS)
    hooks.stop(0.1)
    assert [event.text.rpartition(": ")[2] for event in events] == [
        "still runs; octotui has ended and no longer looks after it"
    ]
    until((tmp_path / "done").exists, "the hook, left to itself")
