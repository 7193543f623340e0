"""What is shipped with the metrics: each alert fires when it must and only then, and names only what is exported."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.metrics.conftest import STATUS, Promtool
from tests.support.clock import NOW

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from octotui.ledger import Ledger
    from octotui.web.metrics.exporter import Exporter

SHIPPED = Path(__file__).parents[2] / "octotui" / "web" / "metrics"
RULES = (SHIPPED / "alerts.yml").read_text()
DASHBOARD: dict[str, Any] = json.loads((SHIPPED / "dashboard.json").read_text())
CASES = Path(__file__).parent / "alerts_test.yml"
NAMES = re.findall(r"- alert: (\w+)", RULES)


@pytest.fixture
def test_rules(promtool: Promtool, tmp_path: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Run the cases against rules."""

    def run(rules: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "alerts.yml").write_text(rules)
        shutil.copy(CASES, tmp_path)
        return promtool("test", "rules", CASES.name, cwd=tmp_path)

    return run


def rule_of(name: str) -> str:
    """The text of one rule."""
    (found,) = [part for part in re.split(r"(?=      - alert: )", RULES) if part.startswith(f"      - alert: {name}\n")]
    return found


def test_prometheus_takes_the_rules(promtool: Promtool) -> None:
    done = promtool("check", "rules", "--lint-fatal", str(SHIPPED / "alerts.yml"))
    assert done.returncode == 0, done.stderr
    assert f"{len(NAMES)} rules found" in done.stdout


def test_each_rule_fires_when_it_must_and_only_then(
    test_rules: Callable[[str], subprocess.CompletedProcess[str]],
) -> None:
    done = test_rules(RULES)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_the_cases_would_notice_a_rule_that_never_fires_or_always(
    test_rules: Callable[[str], subprocess.CompletedProcess[str]], name: str
) -> None:
    rule = rule_of(name)
    for expression in ("vector(0) > 1", "vector(1)"):
        # Up to the first line that is no part of the expression.
        changed = re.sub(r"expr: .*?\n(?=        (?:for|labels):)", f"expr: {expression}\n", rule, flags=re.DOTALL)
        assert changed != rule
        done = test_rules(RULES.replace(rule, changed))
        assert done.returncode != 0
        assert name in done.stdout + done.stderr
    without = re.sub(r"        for: .*\n", "", rule)
    assert without != rule or name in {"OctotuiResultsLost", "OctotuiPausedForLong"}


def expressions(panels: list[dict[str, Any]]) -> list[str]:
    return [target["expr"] for panel in panels for target in panel["targets"]]


def named(text: str) -> set[str]:
    return set(re.findall(r"\boctotui_[a-z_]+\b", text))


def test_dashboard_and_rules_name_only_what_is_exported(exporter: Exporter, full: Ledger) -> None:
    families = text_string_to_metric_families(exporter.render()[1].decode())
    exported = {sample.name for family in families for sample in family.samples}
    asked = [*expressions(DASHBOARD["panels"]), *(variable_query(each) for each in variables())]
    used = named(" ".join(asked)) | named(" ".join(re.findall(r"expr: (.*?)\n        \w", RULES, re.DOTALL)))
    assert len(used) > 20
    assert used - exported == set()


def test_the_interface_names_every_metric_with_its_labels(exporter: Exporter, full: Ledger) -> None:
    document = (SHIPPED.parents[1] / "cli" / "INTERFACE.md").read_text()
    told = {
        name: {label for label in row[1].split(", ") if label}
        for row in re.findall(r"(?m)^\| (`octotui_.*?) \| .*? \| ?(.*?) ?\|$", document)
        for name in re.findall(r"`(octotui_\w+)`", row[0])
    }
    exported: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(exporter.render()[1].decode()):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        exported[name] = {label for sample in family.samples for label in sample.labels} - {"le"}
    assert set(told) == set(exported)
    # Two share a row, of which one has the label.
    assert {name: labels for name, labels in exported.items() if not labels <= told[name]} == {}


def test_labels_that_are_asked_for_are_exported(exporter: Exporter, full: Ledger) -> None:
    text = exporter.render()[1].decode()
    asked = " ".join([*expressions(DASHBOARD["panels"]), RULES])
    for label, _, values in re.findall(r'\b(state|outcome)(=~?)"([^"$]+)"', asked):
        for value in values.split("|"):
            assert f'{label}="{value}"' in text


def variables() -> list[dict[str, Any]]:
    return [each for each in DASHBOARD["templating"]["list"] if each["type"] == "query"]


def variable_query(variable: dict[str, Any]) -> str:
    return str(variable["query"]["query"])


def test_the_dashboard_is_one_that_grafana_can_lay_out() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        assert 0 <= place["x"] < place["x"] + place["w"] <= 24
        own = {(place["x"] + dx, place["y"] + dy) for dx in range(place["w"]) for dy in range(place["h"])}
        assert not own & cells, f"{panel['title']} lies on another panel"
        cells |= own
        assert panel["type"] in {"stat", "timeseries"}
        assert panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
    subjects = " ".join(panel["title"].lower() for panel in panels)
    for subject in ("next loss", "tasks by state", "outcome", "lag", "downloads", "disk", "budget", "quota"):
        assert subject in subjects


def test_every_query_of_the_dashboard_is_one(promtool: Promtool, tmp_path: Path) -> None:
    """As rules, for promtool has no check of a single query in every version."""
    lines = ["groups:", "  - name: dashboard", "    rules:"]
    for number, expression in enumerate(expressions(DASHBOARD["panels"])):
        for variable, value in (("$job", ".*"), ("$instance", ".*"), ("$__rate_interval", "5m")):
            expression = expression.replace(variable, value)  # noqa: PLW2901 - filled in step by step
        assert "$" not in expression
        lines += [f"      - record: r:{number}", f"        expr: {json.dumps(expression)}"]
    (tmp_path / "queries.yml").write_text("\n".join(lines))
    done = promtool("check", "rules", str(tmp_path / "queries.yml"))
    assert done.returncode == 0, done.stderr


def test_alerts_of_what_an_engine_says_are_silent_without_one(exporter: Exporter, full: Ledger) -> None:
    full.set_status(STATUS._replace(at=NOW - 100))
    full.flush()
    text = exporter.render()[1].decode()
    assert "octotui_working 0.0" in text
    assert "\noctotui_gateway_up" not in text
