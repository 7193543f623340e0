"""Polls a second and CPU a poll over the whole path, beside a bare loop, aiohttp and the OpenAI SDK.

    python -m tests.benchmarks.polling [--rounds 3] [--tasks 10000] [--polls 4000]

Every contender is a process of its own that asks an nginx with TLS on loopback about running tasks, interleaved in one
run. octotui's is the real engine: request, reading, ledger, signal. The bare loop is `httpx.AsyncClient` over the same
eight kept connections, and the connections alone are that without the client; both read the JSON, nothing else. Stock
httpx is eight one-connection clients as they come. aiohttp and the SDK take part where they are installed. The ledger's
share is the processor time of the thread that writes facts.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

import httpx

from octotui.gateway.http.poll_transport import KeptConnection
from octotui.gateway.http.proxies import trust
from tests.benchmarks.nginx import Nginx, nginx, run

CONNECTIONS = 8
FLOOR, OURS, SDK = "bare loop", "octotui", "openai"
CONTENDERS = (FLOOR, OURS, "connections", "stock httpx", "aiohttp", SDK)


def prepare(server: Nginx, tasks: int) -> None:
    """Write one running task a file, so that nginx answers `GET /v1/videos/{id}`."""
    folder = server.files / "v1" / "videos"
    folder.mkdir(parents=True)
    for number in range(tasks):
        body = {
            "id": f"video_{number}",
            "object": "video",
            "model": "sora-2",
            "status": "processing",
            "progress": number % 100,
            "created_at": int(time.time()) - 30,
            "seconds": "10",
            "size": "720x1280",
        }
        (folder / f"video_{number}").write_text(json.dumps(body))


async def in_turns(ask: Callable[[int, str], Awaitable[None]], polls: int, tasks: int) -> None:
    """Ask `polls` times over eight workers; `ask` gets the worker's number and a path."""
    numbers = iter(range(polls))

    async def work(worker: int) -> None:
        for number in numbers:
            await ask(worker, f"/v1/videos/video_{number % tasks}")

    async with asyncio.TaskGroup() as group:
        for worker in range(CONNECTIONS):
            group.create_task(work(worker))


async def bare_loop(url: str, polls: int, tasks: int) -> None:
    """The floor: what anybody would write over the engine's own transport."""
    context = trust(None)
    transports = [KeptConnection(context) for _ in range(CONNECTIONS)]
    await with_clients([httpx.AsyncClient(base_url=url, transport=transport) for transport in transports], polls, tasks)


async def with_stock_httpx(url: str, polls: int, tasks: int) -> None:
    """A peer: httpx as it comes, a client for each connection so that its pool has nothing to search."""
    context = httpx.create_ssl_context()
    limits = httpx.Limits(max_connections=1)
    clients = [httpx.AsyncClient(base_url=url, verify=context, limits=limits) for _ in range(CONNECTIONS)]
    await with_clients(clients, polls, tasks)


async def with_clients(clients: list[httpx.AsyncClient], polls: int, tasks: int) -> None:
    """Ask over a client for each worker, and `json.loads`."""

    async def ask(worker: int, path: str) -> None:
        json.loads((await clients[worker].get(path)).content)

    await in_turns(ask, polls, tasks)
    for client in clients:
        await client.aclose()


async def with_connections(url: str, polls: int, tasks: int) -> None:
    """Below the floor: the transport without a client around it, as the engine uses it."""
    context = trust(None)
    connections = [KeptConnection(context) for _ in range(CONNECTIONS)]
    headers = httpx.Headers({"Authorization": "Bearer k"})

    async def ask(worker: int, path: str) -> None:
        response = await connections[worker].handle_async_request(httpx.Request("GET", url + path, headers=headers))
        json.loads(await response.aread())

    await in_turns(ask, polls, tasks)
    for connection in connections:
        await connection.aclose()


async def with_aiohttp(url: str, polls: int, tasks: int) -> None:
    """A peer: aiohttp's client."""
    import aiohttp

    context = httpx.create_ssl_context()
    connector = aiohttp.TCPConnector(limit=CONNECTIONS, ssl=context)
    async with aiohttp.ClientSession(url, connector=connector) as session:

        async def ask(_: int, path: str) -> None:
            async with session.get(path) as response:
                json.loads(await response.read())

        await in_turns(ask, polls, tasks)


async def with_openai(url: str, polls: int, tasks: int) -> None:
    """A peer: the SDK's `videos.retrieve`."""
    import openai

    async with openai.AsyncOpenAI(api_key="k", base_url=f"{url}/v1") as client:

        async def ask(_: int, path: str) -> None:
            await client.videos.retrieve(path.rpartition("/")[2])

        await in_turns(ask, polls, tasks)


def with_octotui(url: str, polls: int, tasks: int) -> None:
    """The engine on a ledger of running tasks, until it has brought in `polls` answers."""
    from octotui.config import Config
    from octotui.engine.engine import Engine
    from octotui.gateway.client import GatewayClient
    from octotui.ledger import Ledger
    from octotui.ledger.fact_writer import FactWriter
    from octotui.model import NewTask

    done = threading.Event()
    answers = 0
    ask = GatewayClient.ask

    async def counted(self: GatewayClient, *arguments: object) -> object:
        nonlocal answers
        answer = await ask(self, *arguments)  # type: ignore[arg-type]
        answers += 1
        if answers >= polls:
            done.set()
        return answer

    GatewayClient.ask = counted  # type: ignore[method-assign,assignment]
    write = FactWriter._run

    def timed(self: FactWriter) -> None:
        write(self)
        _spent_writing.append(time.thread_time())

    FactWriter._run = timed  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder) / "state" / "ledger.db") as ledger:
        ledger.add([NewTask(f"video_{number}", "sora", "videos") for number in range(tasks)], time.time())
        config = Config(
            state_dir=Path(folder) / "state",
            base_url=url,
            api_key="k",
            requests_per_minute=10**7,
            poll_seconds=0.01,
            connections=CONNECTIONS,
        )
        engine = Engine(config, ledger)
        begin()
        engine.start()
        done.wait()
        engine.stop()


_began: dict[str, float] = {}
_spent_writing: list[float] = []
"""Processor seconds of each thread that wrote facts."""


def begin() -> None:
    """Start to count: imports and preparations are behind us."""
    _began.update(at=time.perf_counter(), spent=processor_seconds())


def processor_seconds() -> float:
    """What this process has used."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def take_part(name: str, url: str, polls: int, tasks: int) -> None:
    """Be one contender and print what it took, as `Figures` in JSON."""
    if name == OURS:
        with_octotui(url, polls, tasks)
    else:
        part = {
            FLOOR: bare_loop,
            "connections": with_connections,
            "stock httpx": with_stock_httpx,
            "aiohttp": with_aiohttp,
            SDK: with_openai,
        }[name]
        begin()
        asyncio.run(part(url, polls, tasks))
    took = time.perf_counter() - _began["at"]
    spent = processor_seconds() - _began["spent"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(Figures(polls / took, spent / polls * 1e6, peak, sum(_spent_writing) / spent)))


class Figures(NamedTuple):
    """What one contender took in one round."""

    rate: float
    """Polls a second by the clock."""
    cost: float
    """Microseconds of processor time a poll, of all threads."""
    peak: float
    """Largest resident set, MiB."""
    writing: float
    """Share of the processor time that went into the ledger's writes."""


def show(name: str, figures: Figures, costs: dict[str, float]) -> None:
    """Print a contender's medians, and its ratios by processor time (more is faster)."""
    to_sdk = f"{costs[SDK] / figures.cost:5.2f}x" if SDK in costs else "     -"
    writing = f"  ledger's writes {figures.writing:.1%}" if name == OURS else ""
    print(
        f"  {name:11} {1e6 / figures.cost:6.0f} polls/s a core  {figures.cost:5.0f} µs CPU a poll"
        f"  {figures.rate:6.0f} polls/s  {costs[FLOOR] / figures.cost:5.2f}x bare loop  {to_sdk} SDK"
        f"  {figures.peak:4.0f} MB{writing}"
    )


def main() -> None:
    """Run every contender `--rounds` times in turn and print the medians and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--polls", type=int, default=20_000, help="a round; each task more than once")
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=CONTENDERS)
    parser.add_argument("--part", nargs=2, metavar=("NAME", "URL"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        name, url = options.part
        take_part(name, url, options.polls, options.tasks)
        return
    modules = {"aiohttp": "aiohttp", SDK: "openai"}
    chosen = [name for name in CONTENDERS if name in {FLOOR, *options.only}]
    there = [name for name in chosen if name not in modules or importlib.util.find_spec(modules[name])]
    rounds: dict[str, list[Figures]] = {name: [] for name in there}
    with nginx() as server:
        prepare(server, options.tasks)
        for _ in range(options.rounds):
            for name in there:
                command = [sys.executable, "-W", "ignore", "-m", __spec__.name, "--tasks", str(options.tasks)]
                command += ["--polls", str(options.polls), "--part", name, server.url]
                rounds[name].append(Figures(*json.loads(run(command, SSL_CERT_FILE=str(server.pem)).output)))
    print(f"{os.cpu_count()} cores, {options.tasks} tasks, {options.polls} polls a round, medians of {options.rounds}")
    medians = {name: Figures(*map(median, zip(*taken, strict=True))) for name, taken in rounds.items()}
    for name, figures in medians.items():
        show(name, figures, {other: taken.cost for other, taken in medians.items()})


if __name__ == "__main__":
    main()
