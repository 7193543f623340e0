"""What a scrape tells: checked by Prometheus' own tool, without anything private, and never going backwards."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from prometheus_client import REGISTRY
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from octotui.ledger import GONE_AFTER, Box, Ledger, LedgerUnwritable, Unwritten
from octotui.model import Deadline, DeadlineSource, EngineStatus, GatewayState, NewTask, TaskState
from octotui.web.metrics.exporter import Exporter
from octotui.web.metrics.labels import MOST_MODELS, ModelLabels
from tests.metrics.conftest import RESERVE, SECRETS, STATUS, Promtool, completed
from tests.support.clock import NOW, Clock

if TYPE_CHECKING:
    from pathlib import Path

Sample = tuple[str, tuple[tuple[str, str], ...]]


def scraped(exporter: Exporter) -> dict[Sample, float]:
    """Every sample, by its name and labels."""
    _, text = exporter.render()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def of(samples: dict[Sample, float], name: str, **labels: str) -> float:
    return samples[f"octotui_{name}", tuple(sorted(labels.items()))]


def test_prometheus_finds_nothing_to_say(exporter: Exporter, full: Ledger, promtool: Promtool) -> None:
    done = promtool("check", "metrics", stdin=exporter.render()[1].decode())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_fact_has_its_sample(exporter: Exporter, full: Ledger) -> None:
    samples = scraped(exporter)
    assert of(samples, "tasks", provider="sora", state="completed") == 1
    assert of(samples, "tasks", provider="sora", state="saved") == 1
    assert of(samples, "tasks", provider="sora", state="failed") == 1
    assert of(samples, "tasks", provider="sora", state="expired") == 1
    assert of(samples, "tasks", provider="veo", state="running") == 1
    assert of(samples, "tasks", provider="veo", state="queued") == 0
    assert of(samples, "task_downloads", state="saved") == 1
    assert of(samples, "next_loss_timestamp_seconds", provider="sora") == NOW + 3600
    assert ("octotui_next_loss_timestamp_seconds", (("provider", "veo"),)) not in samples
    assert of(samples, "results_lost_total", provider="sora") == 1
    assert of(samples, "results_lost_total", provider="veo") == 0
    assert of(samples, "results_regained_total", provider="sora") == 0
    assert of(samples, "results_saved_total", provider="sora") == 1
    assert of(samples, "saved_bytes_total", provider="sora") == 7
    assert of(samples, "download_bytes_total") == 9
    assert of(samples, "downloads_total", outcome="saved") == 1
    assert of(samples, "downloads_total", outcome="given_up") == 2
    assert of(samples, "downloads_running") == 2
    assert of(samples, "download_speed_bytes_per_second") == 1e6
    assert of(samples, "tasks_finished_total", provider="sora", model="sora-2", state="completed") == 3
    assert of(samples, "tasks_finished_total", provider="sora", model="sora-2", state="failed") == 1
    assert of(samples, "requests_total") == 100
    assert of(samples, "task_requests_total", outcome="answered") == 90
    assert of(samples, "task_requests_total", outcome="network") == 2
    assert of(samples, "task_requests_total", outcome="rate_limited") == 0
    assert of(samples, "request_budget") == 60
    assert of(samples, "request_budget_used") == 30
    assert of(samples, "gateway_up") == 1
    assert of(samples, "gateway_state", state="live") == 1
    assert of(samples, "gateway_state", state="offline") == 0
    assert of(samples, "quota_left_ratio") == 0.25
    assert of(samples, "disk_free_bytes") == 50 * 10**9
    assert of(samples, "disk_reserve_bytes") == RESERVE
    assert of(samples, "ledger_readable") == of(samples, "ledger_writable") == 1
    assert of(samples, "working") == of(samples, "boxes") == 1
    assert of(samples, "last_report_timestamp_seconds") == NOW - 1
    assert of(samples, "leader") == 0
    assert of(samples, "paused") == 1
    assert of(samples, "paused_since_timestamp_seconds") == NOW - 30


def test_histograms_are_those_of_the_ledger(exporter: Exporter, full: Ledger) -> None:
    samples = scraped(exporter)
    for bound, count in (("1.0", 3), ("30.0", 7), ("+Inf", 8)):
        assert of(samples, "detection_lag_seconds_bucket", le=bound) == count
    assert of(samples, "detection_lag_seconds_sum") == 4100.5
    labels = {"provider": "sora", "model": "sora-2"}
    for bound, count in (("32.0", 0), ("64.0", 1), ("128.0", 2), ("256.0", 2), ("512.0", 3), ("+Inf", 3)):
        assert of(samples, "generation_seconds_bucket", le=bound, **labels) == count
    assert of(samples, "generation_seconds_count", **labels) == 3
    assert of(samples, "generation_seconds_sum", **labels) == pytest.approx(630, rel=0.045)


def test_nothing_private_is_in_it(exporter: Exporter, full: Ledger) -> None:
    text = exporter.render()[1].decode()
    assert [secret for secret in SECRETS if secret in text] == []
    names = {name for family in text_string_to_metric_families(text) for s in family.samples for name in s.labels}
    assert names == {"le", "model", "outcome", "provider", "state", "version"}


def test_a_model_with_a_hostile_name_is_one_clean_label(ledger: Ledger, exporter: Exporter, promtool: Promtool) -> None:
    model = 'x"} 1\noctotui_fake 7\n\x1b[31m\u202e\\' + "y" * 300
    ledger.add([NewTask("a", "sora", "videos")], NOW - 600)
    ledger.record(completed("a", model=model))
    ledger.flush()
    samples = scraped(exporter)
    assert not [name for name, _ in samples if name == "octotui_fake"]
    (label,) = {dict(labels)["model"] for name, labels in samples if name == "octotui_tasks_finished_total"}
    assert len(label) <= 100
    assert label.isprintable()
    assert promtool("check", "metrics", stdin=exporter.render()[1].decode()).returncode == 0


def test_openmetrics_is_given_to_whoever_asks_for_it(exporter: Exporter, full: Ledger) -> None:
    content_type, text = exporter.render("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    names = {family.name for family in read_openmetrics(text.decode())}  # type: ignore[no-untyped-call]
    assert {"octotui_tasks", "octotui_results_lost", "octotui_detection_lag_seconds"} <= names
    assert exporter.render("text/html")[0].startswith("text/plain; version=0.0.4")


def test_the_registry_of_the_process_is_left_alone(exporter: Exporter, full: Ledger) -> None:
    exporter.render()
    assert not [family.name for family in REGISTRY.collect() if "octotui" in family.name]


def test_models_are_capped(ledger: Ledger, exporter: Exporter) -> None:
    ids = [f"t{number}" for number in range(2 * MOST_MODELS)]
    ledger.add([NewTask(each, "sora", "videos") for each in ids], NOW - 600)
    for number, each in enumerate(ids):
        ledger.record(completed(each, model=f"model-{number}"))
        ledger.flush()
    samples = scraped(exporter)
    counts = {
        dict(labels)["model"]: value
        for (name, labels), value in samples.items()
        if name == "octotui_tasks_finished_total" and dict(labels)["state"] == "completed"
    }
    assert set(counts) == {*(f"model-{number}" for number in range(MOST_MODELS)), "other"}
    assert sum(counts.values()) == len(ids)
    # A restart, and another process, give the same labels to the same models.
    assert counters(scraped(Exporter(ledger, disk_reserve=RESERVE))) == counters(samples)


def test_a_label_once_given_stays() -> None:
    labels = ModelLabels()
    first = [labels.of(f"m{number}") for number in range(MOST_MODELS)]
    assert [labels.of("late"), labels.of(None), labels.of("(others)")] == ["other", "unknown", "other"]
    assert [labels.of(f"m{number}") for number in range(MOST_MODELS)] == first


def counters(samples: dict[Sample, float]) -> dict[Sample, float]:
    return {key: value for key, value in samples.items() if key[0].endswith(("_total", "_bucket", "_sum", "_count"))}


def test_counters_never_go_backwards(full: Ledger, path: Path, exporter: Exporter) -> None:
    before = counters(scraped(exporter))
    full.remove(task.id for task in full.tasks())
    full.set_status(STATUS._replace(at=NOW))
    full.flush()
    after = counters(scraped(exporter))
    assert before
    assert {key for key, value in before.items() if after.get(key, -1.0) < value} == set()
    # Nor over a restart.
    full.close()
    with Ledger.open(path) as ledger:
        again = counters(scraped(Exporter(ledger, disk_reserve=RESERVE)))
    assert {key: value for key, value in again.items() if value} == {
        key: value for key, value in after.items() if value
    }


def test_of_a_silent_engine_only_when_it_spoke_last_is_told(exporter: Exporter, full: Ledger, clock: Clock) -> None:
    clock.advance(60.0)
    samples = scraped(exporter)
    assert of(samples, "working") == of(samples, "boxes") == 0
    assert of(samples, "last_report_timestamp_seconds") == NOW - 1
    assert of(samples, "task_requests_total", outcome="answered") == 90
    gone = {"gateway_up", "gateway_state", "request_budget", "downloads_running", "quota_left_ratio", "disk_free_bytes"}
    assert not [name for name, _ in samples if name.removeprefix("octotui_") in gone]


def test_of_a_shared_ledger_all_boxes_are_told_of(
    exporter: Exporter, full: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = STATUS._replace(downloads_running=3, download_speed=5e5, disk_free=7 * 10**9, leads=False)
    boxes = [Box(STATUS, 1.0, 1, 9), Box(other, 2.0, 1, 9), Box(other, GONE_AFTER + 1, 1, 9)]
    monkeypatch.setattr(full, "is_shared", True)
    monkeypatch.setattr(full, "boxes", lambda: boxes)
    samples = scraped(exporter)
    assert of(samples, "boxes") == 2
    assert of(samples, "downloads_running") == 5
    assert of(samples, "download_speed_bytes_per_second") == 1.5e6
    assert of(samples, "disk_free_bytes") == 7 * 10**9


@pytest.mark.parametrize(
    ("state", "is_up"),
    [
        (GatewayState.STARTING, None),
        (GatewayState.LIVE, 1),
        (GatewayState.OFFLINE, 0),
        (GatewayState.KEY_REFUSED, 0),
        (GatewayState.OUT_OF_QUOTA, 0),
    ],
)
def test_whether_the_gateway_is_up(ledger: Ledger, exporter: Exporter, state: GatewayState, is_up: int | None) -> None:
    ledger.set_status(EngineStatus(NOW, state))
    ledger.flush()
    samples = scraped(exporter)
    assert samples.get(("octotui_gateway_up", ())) == is_up
    assert of(samples, "gateway_state", state=state.value) == 1


def test_an_empty_ledger_can_be_told_of(exporter: Exporter, promtool: Promtool) -> None:
    text = exporter.render()[1].decode()
    assert promtool("check", "metrics", stdin=text).returncode == 0
    assert "octotui_requests_total 0.0" in text
    assert "octotui_last_report_timestamp_seconds 0.0" in text


def test_a_process_that_holds_the_lease_is_the_leader(ledger: Ledger, exporter: Exporter) -> None:

    assert of(scraped(exporter), "leader") == 0
    assert ledger.take_lease("me", "here", os.getpid(), NOW)
    assert of(scraped(exporter), "leader") == 1
    ledger.release_lease("me")
    assert of(scraped(exporter), "leader") == 0


def test_a_ledger_that_cannot_be_written_or_read(
    ledger: Ledger, exporter: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    unwritten = Unwritten(NOW, LedgerUnwritable("no room"), are_facts_waiting=True)
    with monkeypatch.context() as patch:
        patch.setattr(ledger._writer, "unwritten", unwritten)
        assert of(scraped(exporter), "ledger_writable") == 0
    ledger.close()
    samples = scraped(exporter)
    assert of(samples, "ledger_readable") == 0
    assert {name for name, _ in samples} == {"octotui_build_info", "octotui_ledger_readable"}


def test_names_follow_the_rules(exporter: Exporter, full: Ledger) -> None:
    families = list(text_string_to_metric_families(exporter.render()[1].decode()))
    assert all(re.fullmatch(r"octotui_[a-z_]+", family.name) for family in families)
    assert all(family.documentation.endswith((".", "missing.")) for family in families)
    counts = {sample.name for family in families if family.type == "counter" for sample in family.samples}
    assert counts
    assert all(name.endswith("_total") for name in counts)


def test_a_result_that_was_lost_is_counted_by_the_engine_and_by_time(ledger: Ledger, exporter: Exporter) -> None:
    ledger.add([NewTask("a", "sora", "videos")], NOW - 600)
    ledger.record(replace(completed("a"), deadline=Deadline(NOW - 1, DeadlineSource.LINK), state=TaskState.COMPLETED))
    ledger.flush()
    samples = scraped(exporter)
    assert of(samples, "tasks", provider="sora", state="expired") == 1
    assert of(samples, "results_lost_total", provider="sora") == 0
