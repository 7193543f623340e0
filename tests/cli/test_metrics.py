"""`watch --metrics`, `--metrics-textfile` and `octotui metrics`, as a person and a service use them."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from octotui.extras import install_command
from tests.cli.test_asking import VIDEO, answers
from tests.support.gateway import Reply, gateway
from tests.support.waiting import until

if TYPE_CHECKING:
    from tests.cli.conftest import Octotui

SHIPPED = Path(__file__).parents[2] / "octotui" / "web" / "metrics"


def fetch(address: str) -> str:
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - loopback
        text: str = answer.read().decode()
        return text


def samples(text: str) -> dict[tuple[str, str], float]:
    """Values by name and state or outcome."""
    return {
        (
            sample.name.removeprefix("octotui_"),
            sample.labels.get("state", sample.labels.get("outcome", "")),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def address_of(process: subprocess.Popen[str]) -> str:
    """Where the metrics are, as it is said on stderr."""
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.fullmatch(r"metrics at (http://127\.0\.0\.1:\d+/metrics)\n", line)
    assert found, line
    return found[1]


def test_watch_serves_what_it_does_while_it_does_it(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a", "grok:2b")
    state = {"2b": "queued"}
    with gateway(lambda path: Reply(VIDEO | {"status": state["2b"] if "2b" in path else "failed"})) as server:
        process = octotui.start("watch", "--metrics", "127.0.0.1:0", OCTOTUI_BASE_URL=server.base_url)
        try:
            address = address_of(process)
            until(lambda: samples(fetch(address)).get(("tasks", "failed")), "the task that failed")
            until(lambda: samples(fetch(address)).get(("task_requests_total", "answered"), 0) >= 2, "two answers")
            seen = samples(fetch(address))
            for name in ("working", "leader", "boxes", "gateway_up", "ledger_writable", "ledger_readable"):
                assert seen[name, ""] == 1, name
            assert seen["paused", ""] == 0
            assert octotui.call("pause").code == 0
            until(lambda: samples(fetch(address))["paused", ""] == 1, "the pause")
            with pytest.raises(urllib.error.HTTPError, match="404"):
                fetch(address.removesuffix("metrics"))
            process.send_signal(signal.SIGTERM)
            process.wait(20)
            assert process.stderr is not None
            # Not `communicate`: what came together with the first line has been read already.
            err = process.stderr.read()
        finally:
            process.kill()
            process.communicate()
    assert process.returncode == 0, err
    assert err == f"watching 2 tasks on {server.base_url}\n"
    with pytest.raises(urllib.error.URLError):
        fetch(address)


def test_counters_go_on_over_a_kill_and_a_restart(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a", "grok:2b")
    totals: list[float] = []
    with gateway(lambda path: Reply(VIDEO | {"status": "failed" if "1a" in path else "queued"})) as server:
        for _ in range(2):
            process = octotui.start("watch", "--metrics", "127.0.0.1:0", OCTOTUI_BASE_URL=server.base_url)
            try:
                address = address_of(process)
                before = max(totals, default=0.0)
                until(lambda at=address, n=before: asks(at) > n, "a request more")  # type: ignore[misc]
                until(lambda at=address: finished(at) == 1, "the task that failed")  # type: ignore[misc]
                totals.append(asks(address))
            finally:
                process.kill()
                process.communicate()
    assert totals == sorted(totals)
    assert totals[0] > 0


def asks(address: str) -> float:
    return samples(fetch(address))["requests_total", ""]


def finished(address: str) -> float:
    return samples(fetch(address)).get(("tasks_finished_total", "failed"), 0.0)


def test_a_file_tells_how_it_ended(octotui: Octotui, tmp_path: Path) -> None:
    folder = tmp_path / "collector"
    folder.mkdir()
    octotui.call("add", "sora:1a")
    with gateway(answers(status="failed")) as server:
        outcome = octotui.call(
            "watch", "--until-done", "--metrics-textfile", str(folder), OCTOTUI_BASE_URL=server.base_url
        )
    assert outcome.code == 1
    seen = samples((folder / "octotui.prom").read_text())
    assert seen["tasks", "failed"] == 1
    assert seen["task_requests_total", "answered"] >= 1
    assert seen["leader", ""] == 0
    assert [each.name for each in folder.iterdir()] == ["octotui.prom"]


def test_an_address_or_folder_that_cannot_be_used_is_said_before_anything_is_asked(
    octotui: Octotui, tmp_path: Path
) -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    nowhere = tmp_path / "nowhere"
    with taken, gateway(answers()) as server:
        for arguments, code, message in (
            (["--metrics", f"127.0.0.1:{port}"], 2, f"cannot listen on 127.0.0.1:{port}: Address already in use"),
            (
                ["--metrics", "192.0.2.1:9464"],
                2,
                "192.0.2.1:9464 can be reached by other machines, and needs web_token_file",
            ),
            (["--metrics", "0.0.0.0:9464"], 2, "can be reached by other machines, and needs web_token_file"),
            (["--metrics", "127.0.0.1"], 2, "127.0.0.1: it must be HOST:PORT, such as 127.0.0.1:9464"),
            (["--metrics-textfile", str(nowhere)], 8, f"--metrics-textfile: {nowhere}: No such file or directory"),
        ):
            outcome = octotui.call("watch", *arguments, OCTOTUI_BASE_URL=server.base_url)
            assert outcome.code == code, arguments
            assert outcome.err.startswith("octotui: --metrics")
            assert message in outcome.err
            assert outcome.out == ""
        assert server.requests == []


def test_other_machines_need_the_token_of_the_settings(octotui: Octotui, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("correct-horse-battery\n")
    token.chmod(0o644)
    assert octotui.call("config", "set", "web_token_file", str(token)).code == 0
    with gateway(answers()) as server:
        outcome = octotui.call("watch", "--metrics", "0.0.0.0:0", OCTOTUI_BASE_URL=server.base_url)
        assert outcome.code == 2
        assert "web_token_file" in outcome.err
        assert server.requests == []
        token.chmod(0o600)
        process = octotui.start("watch", "--metrics", "0.0.0.0:0", OCTOTUI_BASE_URL=server.base_url)
        try:
            assert process.stderr is not None
            found = re.fullmatch(r"metrics at http://0\.0\.0\.0:(\d+)/metrics\n", process.stderr.readline())
            assert found
            address = f"http://127.0.0.1:{found[1]}/metrics"
            with pytest.raises(urllib.error.HTTPError, match="401"):
                fetch(address)
            bearing = urllib.request.Request(address, headers={"Authorization": "Bearer correct-horse-battery"})
            with urllib.request.urlopen(bearing, timeout=10) as answer:  # noqa: S310 - loopback
                assert b"octotui_working" in answer.read()
        finally:
            process.kill()
            process.communicate()


def test_without_the_extra_the_line_that_installs_it_is_said(octotui: Octotui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("octotui.web.metrics.find_spec", lambda name: None)
    outcome = octotui.call("watch", "--metrics", "127.0.0.1:0")
    assert (outcome.code, outcome.err) == (
        2,
        f"octotui: metrics need prometheus_client: {install_command('metrics')}\n",
    )


def test_nobody_who_wants_no_metrics_waits_for_their_library() -> None:
    code = (
        "import sys, octotui.cli.commands.watch, octotui.cli.commands.metrics, octotui.web.metrics as m; "
        "assert m.missing() is None; assert 'prometheus_client' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_dashboard_and_alerts_are_printed_as_they_are_shipped(octotui: Octotui) -> None:
    assert octotui.call("metrics", "dashboard").out == (SHIPPED / "dashboard.json").read_text()
    assert octotui.call("--read-only", "metrics", "alerts").out == (SHIPPED / "alerts.yml").read_text()
    assert json.loads(octotui.run("metrics", "dashboard").out)["title"] == "octotui"


def test_the_unit_has_the_metrics_and_may_write_their_folder(octotui: Octotui, tmp_path: Path) -> None:
    unit = octotui.call("watch", "--metrics", "127.0.0.1:9464", "--metrics-textfile", str(tmp_path), "--print-unit").out
    assert f" watch --metrics 127.0.0.1:9464 --metrics-textfile {tmp_path}\n" in unit
    assert f"ReadWritePaths={tmp_path}\n" in unit
