"""Measures the transports a user can choose against curl: one file over TLS from memory, interleaved, in one run.

`python -m tests.benchmarks.transports` prints megabytes a second and the ratio to curl; `--processes 2000` instead
starts that many processes one after another that each fetch a small file, and counts those that do not end cleanly.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from statistics import median

import httpx

from octotui.gateway.http.download_transport import TransportName, download_client
from tests.benchmarks.nginx import MIB, Nginx, nginx, run, write_video
from tests.support.fetching import TRANSPORTS


def measure(server: Nginx, *, mebibytes: int, rounds: int) -> dict[str, list[float]]:
    """Fetch one file again and again by each means in turn; returns the megabytes a second of each round."""
    size = mebibytes * MIB
    write_video(server.files / "one.mp4", size, 0)
    url = f"{server.url}/one.mp4"
    speeds: dict[str, list[float]] = {name: [] for name in ("curl", *TRANSPORTS)}
    for _ in range(rounds):
        took = float(
            run(["curl", "-sS", "--cacert", str(server.pem), "-o", "/dev/null", "-w", "%{time_total}", url]).output
        )
        speeds["curl"].append(size / took / 1e6)
        for name in TRANSPORTS:
            took = float(
                run([sys.executable, "-m", __spec__.name, "--fetch", name, url], SSL_CERT_FILE=str(server.pem)).output
            )
            speeds[name].append(size / took / 1e6)
    return speeds


def fetch(name: TransportName, url: str) -> float:
    """Fetch `url` in this process, throw the bytes away and return the seconds it took."""
    with download_client(transport=name) as client:
        began = time.perf_counter()
        with client.stream("GET", url, timeout=httpx.Timeout(60)) as answer:
            for _ in answer.iter_raw():
                pass
        return time.perf_counter() - began


def count_unclean(server: Nginx, *, processes: int) -> dict[str, int]:
    """Start processes in a row that each fetch 1 MiB and end; returns how many of each transport ended in an error."""
    write_video(server.files / "small.mp4", MIB, 0)
    unclean: dict[str, int] = dict.fromkeys(TRANSPORTS, 0)
    for number in range(processes):
        name = TRANSPORTS[number % len(TRANSPORTS)]
        command = [sys.executable, "-m", __spec__.name, "--fetch", name, f"{server.url}/small.mp4"]
        ended = subprocess.run(command, env={"SSL_CERT_FILE": str(server.pem)}, capture_output=True, check=False)
        unclean[name] += ended.returncode != 0 or bool(ended.stderr)
    return unclean


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=512, help="MiB of the file")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--fetch", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fetch:
        sys.stdout.write(f"{fetch(*given.fetch)}\n")
        return
    with nginx() as server:
        if given.processes:
            for name, count in count_unclean(server, processes=given.processes).items():
                sys.stdout.write(f"{name:12} {count} of {given.processes // len(TRANSPORTS)} did not end cleanly\n")
            return
        speeds = measure(server, mebibytes=given.size, rounds=given.rounds)
        curl = median(speeds["curl"])
        for name, measured in speeds.items():
            ratios = [speed / other for speed, other in zip(measured, speeds["curl"], strict=True)]
            sys.stdout.write(
                f"{name:12} {median(measured):6.0f} MB/s   {median(measured) / curl:.2f} of curl"
                f"   ({min(ratios):.2f} to {max(ratios):.2f} round by round)\n"
            )


if __name__ == "__main__":
    main()
