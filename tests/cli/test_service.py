from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from octotui.cli.sd_notify import ServiceManager
from octotui.cli.service import program, status_words, unit_text
from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life, LinkStyle
from octotui.ledger import Ledger
from octotui.model import EngineStatus, GatewayState, Task, TaskState
from tests.cli.conftest import Octotui
from tests.support.waiting import until


def listener(path: str) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind(path)
    listening.settimeout(20)
    return listening


def test_what_the_service_manager_is_told(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with listener(path) as heard:
        manager = ServiceManager({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "30000000"})
        manager.ready()
        manager.status("3 running\nREADY=0")
        manager.alive()
        manager.stopping()
        said = [heard.recv(1000) for _ in range(4)]
    assert said == [b"READY=1", b"STATUS=3 running READY=0", b"WATCHDOG=1", b"STOPPING=1"]
    assert manager.watchdog == 30.0
    manager.ready()


def test_the_abstract_namespace_is_known() -> None:
    name = f"octotui-test-{os.getpid()}"
    with listener(f"\0{name}") as heard:
        ServiceManager({"NOTIFY_SOCKET": f"@{name}"}).ready()
        assert heard.recv(100) == b"READY=1"


@pytest.mark.parametrize(
    ("environ", "watchdog"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": str(os.getpid())}, 2.0),
        ({"WATCHDOG_USEC": "2000000", "NOTIFY_SOCKET": "nonsense"}, 2.0),
    ],
)
def test_the_watchdog_is_ours_or_not(environ: dict[str, str], watchdog: float | None) -> None:
    manager = ServiceManager(environ)
    assert manager.watchdog == watchdog
    manager.alive()


def test_status_in_words() -> None:
    task = Task("a", "sora", "videos", 0.0, state=TaskState.RUNNING)
    status = EngineStatus(1.0, gateway=GatewayState.KEY_REFUSED, downloads_running=2)
    assert status_words([task, task], status, 1.0) == "2 running; 2 downloads; gateway key refused"
    assert status_words([], None, 1.0) == "no tasks"


def test_watch_tells_systemd_and_feeds_its_watchdog(octotui: Octotui, tmp_path: Path) -> None:
    octotui.call("add", "sora:1a")
    path = str(tmp_path / "notify")
    environ = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000", "OCTOTUI_BASE_URL": "http://127.0.0.1:9"}
    with listener(path) as heard:
        process = octotui.start("watch", **environ)
        said: list[str] = []
        while said.count("WATCHDOG=1") < 3:
            said.append(heard.recv(1000).decode())
        process.terminate()
        while said[-1] != "STOPPING=1":
            said.append(heard.recv(1000).decode())
        process.communicate(timeout=20)
    assert process.returncode == 0
    assert said[0] == "READY=1"
    assert said[1].startswith("STATUS=1 unknown")
    assert set(said[2:-1]) - {"WATCHDOG=1"} <= {line for line in said if line.startswith("STATUS=")}


def test_the_watchdog_starves_with_the_engine(octotui: Octotui, tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    environ = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000", "OCTOTUI_BASE_URL": "http://127.0.0.1:9"}
    hang = (
        "import sys, time; from octotui.engine.work_session import WorkSession; from octotui.cli.main import main\n"
        "WorkSession._report = lambda *_: time.sleep(60)\n"
        "sys.argv = ['octotui', 'watch']; main()"
    )
    with listener(path) as heard:
        process = subprocess.Popen([sys.executable, "-c", hang], env=octotui.environ | environ, stderr=subprocess.PIPE)
        said = [heard.recv(1000).decode()]
        heard.settimeout(1.5)
        with suppress(TimeoutError):
            while len(said) < 20:
                said.append(heard.recv(1000).decode())
        process.kill()
        process.communicate()
    assert said[0] == "READY=1"
    assert said.count("WATCHDOG=1") <= 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_within_two_seconds_while_files_are_coming(octotui: Octotui, number: signal.Signals) -> None:
    with Box(faults=False, opening=False) as box:
        life = Life(age=100.0, queued=1.0, running=2.0, link=LinkStyle.AWS, size=30_000_000, rate=300_000.0)
        ids = [box.create("sora", "sora-2", life=life) for _ in range(4)]
        octotui.call("add", *ids, "--provider", "sora")
        environ = {"OCTOTUI_BASE_URL": box.base_url, "OCTOTUI_API_KEY": box.key}
        process = octotui.start("watch", "--download", **environ)
        folder = octotui.home / "octotui"
        until(lambda: sum(path.stat().st_size > 0 for path in folder.rglob("*.part")) == 4, "four files coming")
        began = time.monotonic()
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
        took = time.monotonic() - began
    assert process.returncode == 0, err
    assert took < 2.0
    assert len(list(folder.rglob("*.part"))) == 4
    (path,) = octotui.home.rglob("ledger.db")
    with Ledger.open(path) as ledger:
        assert ledger.lease() is None


def settings_of(unit: str) -> dict[str, list[str]]:
    """What the lines of a unit say, by their names."""
    found: dict[str, list[str]] = {}
    for line in unit.splitlines():
        if "=" in line and line[0] != "#":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_the_unit_is_one_that_systemd_takes(octotui: Octotui, tmp_path: Path) -> None:
    config = tmp_path / "my config$%.toml"
    videos, inbox = tmp_path / "my $5 100% videos", tmp_path / "inbox"
    config.write_text(f'download_dir = "{videos}"\ninbox = "{inbox}"\n')
    state = tmp_path / "state"
    options = ["--download", "--config", str(config)]
    outcome = octotui.call("watch", "--print-unit", *options, OCTOTUI_API_KEY="", OCTOTUI_STATE_DIR=str(state))
    assert outcome.code == 0, outcome.err
    lines = settings_of(outcome.out)
    assert (lines["Type"], lines["Restart"], lines["WatchdogSec"]) == (["notify"], ["on-failure"], ["60"])
    (start,) = lines["ExecStart"]
    command = shlex.split(start.replace("$$", "$").replace("%%", "%"))
    assert Path(command[0]).is_absolute()
    assert command[-4:] == ["watch", *options]
    assert "OCTOTUI_API_KEY=sk-..." in outcome.out
    assert lines["Environment"] == [f"OCTOTUI_STATE_DIR={state}"]
    assert "network" not in " ".join(lines.get("After", []) + lines.get("Wants", []))
    for hardened in ("NoNewPrivileges", "PrivateTmp", "RestrictSUIDSGID"):
        assert lines[hardened] == ["yes"]
    assert lines["ProtectSystem"] == ["strict"]
    writable = [shlex.split(path.replace("%%", "%"))[0] for path in lines["ReadWritePaths"]]
    assert writable == [str(state), str(videos), str(inbox)]
    if shutil.which("systemd-analyze"):
        unit = tmp_path / "octotui.service"
        unit.write_text(outcome.out)
        done = subprocess.run(
            ["systemd-analyze", "verify", "--user", "--man=no", str(unit)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_the_steps_that_the_unit_tells_can_be_taken_as_they_stand(octotui: Octotui) -> None:
    """Every folder that must be there to begin with is made by the first of them."""
    unit = octotui.call("watch", "--print-unit").out
    steps = [line.removeprefix("#   ") for line in unit.splitlines() if line.startswith("#   ")]
    assert "systemctl --user daemon-reload" in steps[3]
    subprocess.run(["sh", "-ec", steps[0]], check=True, env=octotui.environ)
    for folder in settings_of(unit)["ReadWritePaths"]:
        assert Path(folder).is_dir()
    assert (octotui.home / ".config/systemd/user").is_dir()


def test_the_program_is_named_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "octotui"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    assert program(str(script)) == [str(script)]
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program("octotui") == [str(script)]
    assert program("/somewhere/__main__.py") == [str(Path(sys.executable).absolute()), "-m", "octotui"]
    assert '"--config" ' not in unit_text(["watch"], writable=[], environ={})
