"""The table of all benchmarks: figures are found in what is printed, and what cannot be measured says why."""

import os
import subprocess
import sys

import pytest

from tests.benchmarks import __main__ as table
from tests.benchmarks import scale
from tests.benchmarks.__main__ import Aim, Benchmark, Row

PRINTED = {
    "polling": "\n"
    "  octotui  2765 polls/s a core  362 µs CPU a poll  1.21x bare loop  4.38x SDK  53 MB  ledger's writes 4.2%",
    "screen": """
octotui, 1,000 tasks                  413      1.34  at most 1.40
octotui, 10,000 tasks                  68      1.98  under 70 MB
""",
    "scheduling": """ranking 10,000 open tasks: 11.4 ms a round
lag after an outage, 95th percentile: 90.3 s, round robin 252.1 s (0.36x)
""",
    "scale": f"""
{scale.line(scale.Figures(100, 0.05, 0.2, 2.5, 9.5, 44.0))}
{scale.line(scale.Figures(100_000, 2.89, 18.1, 14.6, 44.9, 161.0))}
beside questions: 0.0 ms of a core a second, at 1 ms a question
""",
    "listing": """ls: 100,000 tasks in 1.2 s, 1.1 s of a core, 40 MB
ls --json: 100,000 tasks in 1.3 s, 1.1 s of a core, 41 MB
""",
    "commands": "python: 20 ms, 12 ms of a core\noctotui add: 131 ms, 121 ms of a core\n",
    "downloads": """4 files of 128 MiB, 4 at once
  curl                 1000 MB/s  1.00 of curl (1.00 to 1.00)  1.89 CPU-s/GB    20 MB resident
  octotui               840 MB/s  0.84 of curl (0.80 to 0.90)  2.95 CPU-s/GB    60 MB resident
  octotui, no hash      950 MB/s  0.95 of curl (0.80 to 0.90)  2.95 CPU-s/GB    60 MB resident
1 file of 512 MiB
  curl                 1000 MB/s  1.00 of curl (1.00 to 1.00)  1.89 CPU-s/GB    20 MB resident
  octotui               500 MB/s  0.50 of curl (0.50 to 0.50)  2.95 CPU-s/GB    60 MB resident
  octotui, no hash      860 MB/s  0.86 of curl (0.50 to 0.50)  2.95 CPU-s/GB    60 MB resident
""",
}


@pytest.mark.parametrize("benchmark", table.BENCHMARKS, ids=lambda each: f"{each.name} {' '.join(each.arguments)}")
def test_each_figure_is_found_in_what_its_benchmark_prints(benchmark: Benchmark) -> None:
    rows = [aim.row(PRINTED[benchmark.name]) for aim in benchmark.aims]
    assert [row.what for row in rows if row.is_met is None] == []
    if benchmark.name == "downloads":
        assert [row.measured for row in rows] == ["0.84x", "0.50x", "0.86x"]


def test_a_figure_is_met_or_missed_by_its_bound() -> None:
    most, least = Aim("a", r"a (\S+)", 1.5, unit=" s"), Aim("b", r"b (\S+)", least=0.9)
    assert most.row("a 1.5") == Row("a", "1.5 s", "≤ 1.5 s", True)
    assert most.row("a 1,000") == Row("a", "1,000 s", "≤ 1.5 s", False)
    assert least.row("b 0.9") == Row("b", "0.9", "≥ 0.9", True)
    assert least.row("nothing") == Row("b", "not measured", "≥ 0.9", None)
    assert "| b | not measured | ≥ 0.9 | - |" in table.markdown_table([least.row("")])


def test_a_benchmark_that_cannot_run_says_why() -> None:
    aim = Aim("a", r"a (\S+)", 1.0)
    [row] = table.measure(Benchmark("nobody_wrote_it", (), (aim,)))
    assert (row.is_met, "No module named" in row.measured) == (None, True)
    [row] = table.measure(Benchmark("scheduling", (), (aim,)), patience=0.01)
    assert (row.is_met, row.measured) == (None, "not measured: took longer than 0 s")


def test_it_runs_as_a_command() -> None:
    command = [sys.executable, "-m", "tests.benchmarks", "--only", "nothing"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ})
    assert "no benchmark has such a name" in done.stdout
