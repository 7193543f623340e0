"""Breaks a fleet of three boxes in every way for some time, and says whether anything was asked, fetched or told twice.

    python -m tests.benchmarks.fleet [--minutes 10] [--seed 0] [--logs FOLDER]
    python -m tests.benchmarks.fleet --scale [--boxes 2 10] [--tasks 10000]

Three boxes, two of which save into one folder, work on one PostgreSQL ledger and one gateway. Boxes are killed every
few seconds, frozen for longer than the others wait, their clocks are ten minutes apart, the server crashes in a loop,
and lines to it are cut or swallow what is sent.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.benchmarks.fleet.scale import show
from tests.benchmarks.fleet.soak import Plan, soak
from tests.support.postgres import binaries


def main() -> int:
    """Run from the command line; 1 where anything happened that must not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--logs", type=Path, help="folder for what the boxes print")
    parser.add_argument("--scale", action="store_true", help="measure how far one ledger goes, and break nothing")
    parser.add_argument("--boxes", type=int, nargs="+", default=[2, 10, 50, 100], help="with --scale")
    parser.add_argument("--tasks", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="with --scale")
    parser.add_argument("--facts", type=int, default=2, help="with --scale: reported every 250 ms")
    given = parser.parse_args()
    if binaries() is None:
        print("no PostgreSQL here")
        return 2
    if given.scale:
        show(given.boxes, given.tasks, given.facts)
        return 0
    print(f"seed {given.seed}", flush=True)
    verdict = soak(Plan(given.minutes * 60, given.seed), say=lambda words: print(words, flush=True), keep=given.logs)
    for line in (*verdict.figures, *(f"VIOLATION: {words}" for words in verdict.violations)):
        print(line)
    print("nothing was asked, fetched or told twice, nothing was lost" if not verdict.violations else "FAILED")
    return 1 if verdict.violations else 0


if __name__ == "__main__":
    sys.exit(main())
