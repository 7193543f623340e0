"""The metrics of one snapshot: names, help and labels. No label holds an id, a tag, a URL or a prompt."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from octotui import __version__
from octotui.ledger.hours import seconds_of
from octotui.model import EXPIRED, DownloadState, FailureKind, GatewayState, TaskState
from octotui.web.metrics.task_counts import SAVED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client.core import Metric

    from octotui.ledger import History
    from octotui.model import EngineStatus
    from octotui.web.metrics.labels import ModelLabels
    from octotui.web.metrics.snapshot import Snapshot

_STATES = (*(state.value for state in TaskState), SAVED, EXPIRED)
_OUTCOMES = ("answered", *(kind.value for kind in FailureKind))
_PER_DOUBLING = 8
"""Buckets of the ledger for each doubling of a rendering time (`hours.bucket_of`)."""
_DOUBLINGS = range(2, 15)
"""The bounds of rendering times, as powers of two: 4 s to 16,384 s; at these the ledger's own buckets are cut."""


def process_families(*, is_readable: bool) -> Iterator[Metric]:
    """Yield what holds also while the ledger cannot be read."""
    build = GaugeMetricFamily("octotui_build_info", "The version of octotui; always 1.", labels=["version"])
    build.add_metric([__version__], 1)
    yield build
    yield _flag(
        "ledger_readable", "Whether the ledger can be read; while it is 0 most metrics are missing.", is_readable
    )


def families(snapshot: Snapshot, models: ModelLabels, disk_reserve: int) -> Iterator[Metric]:
    """Yield all that a snapshot tells. `disk_reserve` is the setting of that name, in bytes."""
    yield from _task_families(snapshot)
    yield from _work_families(snapshot)
    yield from _total_families(snapshot, models)
    if snapshot.status is not None:
        yield from _request_families(snapshot.status)
    if snapshot.status is not None and snapshot.is_working:
        yield from _engine_families(snapshot.status)
        yield from _box_families(snapshot.at_work)
    yield _gauge("disk_reserve_bytes", "Free space that downloads never touch (disk_reserve).", disk_reserve)


def _task_families(snapshot: Snapshot) -> Iterator[Metric]:
    tasks = GaugeMetricFamily(
        "octotui_tasks",
        "Watched tasks by provider and state; saved: completed and on disk, expired: past its deadline and not saved.",
        labels=["provider", "state"],
    )
    for provider in snapshot.providers:
        for state in _STATES:
            tasks.add_metric([provider, state], snapshot.states.get((provider, state), 0))
    yield tasks
    downloads = GaugeMetricFamily(
        "octotui_task_downloads", "Watched tasks by how far their download is.", labels=["state"]
    )
    for download in DownloadState:
        downloads.add_metric([download.value], snapshot.downloads.get(download, 0))
    yield downloads
    loss = GaugeMetricFamily(
        "octotui_next_loss_timestamp_seconds",
        "When the next result that is not saved is lost, by provider; missing where none can be.",
        labels=["provider"],
    )
    for provider, at in sorted(snapshot.next_losses.items()):
        loss.add_metric([provider], at)
    yield loss


def _work_families(snapshot: Snapshot) -> Iterator[Metric]:
    yield _flag("working", "Whether an engine works on the ledger, in any process.", snapshot.is_working)
    at = 0.0 if snapshot.status is None else snapshot.status.at
    yield _gauge("last_report_timestamp_seconds", "When an engine last said that it works; 0 for never.", at)
    yield _gauge("boxes", "Engines that work on the ledger; several where machines share it.", len(snapshot.at_work))
    yield _flag("leader", "Whether this process is the one that asks the gateway.", snapshot.is_leader)
    yield _flag(
        "ledger_writable", "Whether this process can write the ledger, as far as it has tried.", snapshot.is_writable
    )
    yield _flag("paused", "Whether everything is paused.", snapshot.paused_since is not None)
    if snapshot.paused_since is not None:
        yield _gauge("paused_since_timestamp_seconds", "Since when everything is paused.", snapshot.paused_since)


def _engine_families(status: EngineStatus) -> Iterator[Metric]:
    """Yield what the engine that asks says of the gateway."""
    if status.gateway is not GatewayState.STARTING:
        yield _flag("gateway_up", "Whether the gateway answers, with this key.", status.gateway is GatewayState.LIVE)
    gateway = GaugeMetricFamily("octotui_gateway_state", "How the gateway stands: 1 for what holds.", labels=["state"])
    for state in GatewayState:
        gateway.add_metric([state.value], int(state is status.gateway))
    yield gateway
    yield _gauge("request_budget", "Requests that may be sent within any minute.", status.budget_per_minute)
    yield _gauge("request_budget_used", "Requests sent within the last minute.", status.asks_last_minute)
    if status.quota_left is not None:
        yield _gauge("quota_left_ratio", "Share of the key's quota that is left, 0 to 1.", status.quota_left)


def _box_families(at_work: list[EngineStatus]) -> Iterator[Metric]:
    """Yield what all engines that work on the ledger come to."""
    running = sum(each.downloads_running for each in at_work)
    yield _gauge("downloads_running", "Downloads under way.", running)
    speed = sum(each.download_speed for each in at_work)
    yield _gauge("download_speed_bytes_per_second", "Speed over all downloads.", speed)
    free = min((each.disk_free for each in at_work if each.disk_free is not None), default=None)
    if free is not None:
        yield _gauge("disk_free_bytes", "Bytes free where results are saved; of several machines the least.", free)


def _request_families(status: EngineStatus) -> Iterator[Metric]:
    answers = CounterMetricFamily(
        "octotui_task_requests", "Questions about tasks by outcome: answered, or why not.", labels=["outcome"]
    )
    known = status.requests or {}
    for outcome in dict.fromkeys([*_OUTCOMES, *known]):
        answers.add_metric([outcome], known.get(outcome, 0))
    yield answers
    lag = HistogramMetricFamily("octotui_detection_lag_seconds", "Seconds from the end of a task to octotui's knowing.")
    lag.add_metric([], _cumulative(status.lags or {}), (status.lags or {}).get("sum", 0.0))
    yield lag


def _total_families(snapshot: Snapshot, models: ModelLabels) -> Iterator[Metric]:
    """Yield the sums that the ledger keeps over all time."""
    totals = snapshot.totals
    work = totals.hours[0] if totals.hours else None
    yield _counter("requests", "Requests sent to the gateway, of every kind.", work.asks if work else 0)
    yield _counter(
        "download_bytes", "Bytes of results fetched, also of downloads that came to nothing.", work.bytes if work else 0
    )
    saved, lost, regained, size = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    ended = Counter[tuple[str, str, str]]()
    for each in totals.outcomes:
        saved[each.provider] += each.saved
        size[each.provider] += each.bytes
        lost[each.provider] += each.lost
        regained[each.provider] += each.regained
        model = models.of(each.model)
        for state in (TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED):
            ended[each.provider, model, state.value] += getattr(each, state.value)
    for name, says, counts in (
        ("results_saved", "Results saved.", saved),
        ("saved_bytes", "Size of the results saved.", size),
        ("results_lost", "Results whose time ran out before anybody had saved them.", lost),
        (
            "results_regained",
            "Results that had counted as lost, and were saved or given a new link after all.",
            regained,
        ),
    ):
        family = CounterMetricFamily(f"octotui_{name}", says, labels=["provider"])
        for provider in snapshot.providers:
            family.add_metric([provider], counts[provider])
        yield family
    finished = CounterMetricFamily(
        "octotui_tasks_finished", "Tasks that became final, by how.", labels=["provider", "model", "state"]
    )
    for labels, count in ended.items():
        finished.add_metric(labels, count)
    yield finished
    downloads = CounterMetricFamily("octotui_downloads", "Downloads that ended, by outcome.", labels=["outcome"])
    downloads.add_metric(["saved"], saved.total())
    downloads.add_metric(["given_up"], sum(each.given_up for each in totals.outcomes))
    yield downloads
    yield _generation(totals, models)


def _generation(totals: History, models: ModelLabels) -> Metric:
    family = HistogramMetricFamily(
        "octotui_generation_seconds",
        "Seconds a task took from start to end; the sum is at most 4.5 % off.",
        labels=["provider", "model"],
    )
    found: dict[tuple[str, str], Counter[int]] = {}
    for each in totals.renderings:
        found.setdefault((each.provider, models.of(each.model)), Counter())[each.bucket] += each.tasks
    for labels, buckets in found.items():
        bounds = [(2.0**power, _PER_DOUBLING * power) for power in _DOUBLINGS]
        below = [(f"{bound}", sum(n for each, n in buckets.items() if each < end)) for bound, end in bounds]
        took = sum(seconds_of(bucket) * count for bucket, count in buckets.items())
        family.add_metric(labels, [*below, ("+Inf", buckets.total())], took)
    return family


def _cumulative(lags: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return the buckets of an engine's word as a histogram has them: each holds the ones before it."""
    bounds = {bound: count for bound, count in lags.items() if bound.isdecimal()}
    buckets, sum_so_far = [], 0.0
    for bound in sorted(bounds, key=float):
        sum_so_far += bounds[bound]
        buckets.append((f"{float(bound)}", sum_so_far))
    return [*buckets, ("+Inf", sum_so_far + lags.get("+Inf", 0))]


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(f"octotui_{name}", says, value=value)


def _flag(name: str, says: str, is_so: bool) -> Metric:
    return _gauge(name, says, int(is_so))


def _counter(name: str, says: str, value: float) -> Metric:
    return CounterMetricFamily(f"octotui_{name}", says, value=value)
