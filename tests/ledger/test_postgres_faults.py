"""A PostgreSQL ledger whose server stops, is cut off, refuses, or can only be read."""

from __future__ import annotations

import socket
import stat
import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from octotui.config import Config
from octotui.config.ledger_password import ledger_password
from octotui.demo.postgres_server import USER
from octotui.ledger import Ledger, LedgerAway, LedgerError, LedgerUnwritable, Minute, fact_writer, impatient
from octotui.ledger.postgres.schema import WORK
from octotui.model import LogEntry, TaskState
from tests.ledger.conftest import new
from tests.support import postgres
from tests.support.bad_server import certificate
from tests.support.database_proxy import proxy_before
from tests.support.tasks import known
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def own(cluster: postgres.Cluster) -> Iterator[postgres.Cluster]:
    """A server of this test's own. Raises nothing where there is none: the shared one has skipped the test by then."""
    with postgres.new_cluster() as made:
        yield made


def words_of_log(ledger: Ledger) -> list[str]:
    return [line.text for line in ledger.events(limit=20_000)]


def test_a_server_that_crashes_under_a_writer_loses_nothing_and_counts_nothing_twice(own: postgres.Cluster) -> None:
    promised: list[str] = []
    refused: list[LedgerError] = []
    told: list[str] = []
    over = threading.Event()

    def add(ledger: Ledger) -> None:
        while not over.is_set():
            task_id = f"t{len(promised)}"
            try:
                ledger.add(new(task_id), 1.0)
            except LedgerError as error:
                refused.append(error)
                over.wait(0.05)
            else:
                promised.append(task_id)

    with Ledger.open(own.url()) as ledger:
        ledger.add(new("a"), 1.0)
        adding = threading.Thread(target=add, args=(ledger,))
        adding.start()
        for turn in range(3):
            for number in range(30):
                words = f"{turn}.{number}"
                told.append(words)
                ledger.log(LogEntry(1.0, "state", "a", words))
                ledger.note_minute(Minute(60, asks=1))
            before = len(promised)
            until(lambda before=before: len(promised) > before + 5, "tasks that are added")  # type: ignore[misc]
            own.stop("immediate")
            ledger.log(LogEntry(1.0, "state", "a", f"{turn} while it is away"))
            told.append(f"{turn} while it is away")
            with pytest.raises(LedgerAway, match="cannot be reached"):
                ledger.flush()
            unwritten = ledger.unwritten
            assert unwritten is not None
            assert unwritten.are_facts_waiting
            own.start()
            until(lambda: ledger.unwritten is None, "the facts that waited", 30)
        over.set()
        adding.join()
        assert refused
        assert all(isinstance(error, LedgerAway) for error in refused)
        assert {task.id for task in ledger.tasks()} >= set(promised)
        assert sorted(words_of_log(ledger)) == sorted(told)
        assert [minute.asks for minute in ledger.minutes(0)] == [90]


def test_a_commit_whose_answer_is_lost_counts_once(
    cluster: postgres.Cluster, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fact_writer, "INTERVAL", 3600.0)
    with proxy_before(cluster.folder) as proxy:
        through = url.replace(str(cluster.folder), str(proxy.folder))
        with Ledger.open(through) as ledger:
            ledger.add(new("a"), 1.0)
            for number in range(10):
                proxy.lose_answers(b"COMMIT", 1)
                ledger.log(LogEntry(1.0, "state", "a", f"line {number}"))
                ledger.note_minute(Minute(60, asks=1))
                with pytest.raises(LedgerAway):
                    ledger.flush()
                ledger.log(LogEntry(1.0, "state", "a", f"after {number}"))
                ledger.flush()
                assert ledger.unwritten is None
        assert proxy.lost == 10
    with Ledger.open(url) as ledger:
        expected = [word for number in range(10) for word in (f"line {number}", f"after {number}")]
        assert words_of_log(ledger) == expected
        assert [minute.asks for minute in ledger.minutes(0)] == [10]


def test_facts_of_a_batch_in_doubt_come_before_newer_ones(
    cluster: postgres.Cluster, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fact_writer, "INTERVAL", 3600.0)
    with proxy_before(cluster.folder) as proxy, Ledger.open(url) as other:
        with Ledger.open(url.replace(str(cluster.folder), str(proxy.folder))) as ledger:
            ledger.add(new("a"), 1.0)
            task = known(ledger, "a")
            proxy.lose_answers(b"COMMIT", 1)
            ledger.record(replace(task, state=TaskState.QUEUED, status="old"))
            with pytest.raises(LedgerAway):
                ledger.flush()
            ledger.record(replace(task, state=TaskState.RUNNING, status="new"))
            ledger.flush()
        assert known(other, "a").status == "new"


def test_a_line_that_swallows_everything_keeps_a_key_waiting_for_a_moment_only(
    cluster: postgres.Cluster, url: str
) -> None:
    with (
        proxy_before(cluster.folder) as proxy,
        Ledger.open(url.replace(str(cluster.folder), str(proxy.folder))) as ledger,
    ):
        ledger.add(new("a"), 1.0)
        proxy.swallow()
        began = time.monotonic()
        with pytest.raises(LedgerAway), impatient(0.2):
            ledger.pause_all(True, 1.0)
        assert time.monotonic() - began < 5.0
        ledger.hurry(0.0)


def test_whoever_opens_late_waits_for_no_server_and_is_told_when_he_asks(own: postgres.Cluster) -> None:
    own.stop()
    with pytest.raises(LedgerAway, match="cannot be reached"):
        Ledger.open(own.url())
    with Ledger.open(own.url(), late=True) as ledger:
        with pytest.raises(LedgerAway):
            ledger.tasks()
        ledger.log(LogEntry(1.0, "state", None, "waits"))
        own.start()
        until(lambda: ledger.unwritten is None and words_of(ledger) == ["waits"], "the server", 30)


def words_of(ledger: Ledger) -> list[str] | None:
    try:
        return words_of_log(ledger)
    except LedgerAway:
        return None


def test_while_it_is_away_nobody_but_the_first_waits(own: postgres.Cluster) -> None:
    with Ledger.open(own.url()) as ledger:
        ledger.add(new("a"), 1.0)
        own.stop()
        for _ in range(200):
            with pytest.raises(LedgerAway):
                ledger.task("a")
        own.start()
        until(lambda: words_of(ledger) is not None, "the server", 30)
        assert [task.id for task in ledger.tasks()] == ["a"]


def test_a_server_that_can_only_be_read_is_read_and_says_so(own: postgres.Cluster) -> None:
    with Ledger.open(own.url()) as ledger:
        ledger.add(new("a"), 1.0)
    own.stop("fast")
    own.start("default_transaction_read_only=on")
    with pytest.raises(LedgerUnwritable, match="can only be read"):
        Ledger.open(own.url())
    with Ledger.open(own.url(), is_reader=True) as reader:
        assert [task.id for task in reader.tasks()] == ["a"]
        assert reader.notices.lines == [
            "this role, or this server, can only read the ledger: this is what stands there"
        ]


def test_a_refused_password_is_named_and_one_from_a_command_is_taken(own: postgres.Cluster, tmp_path: Path) -> None:
    with own.connect() as connection:
        connection.execute("CREATE USER ann PASSWORD 's3cret'")
        connection.execute("GRANT CREATE ON DATABASE postgres TO ann")
    own.hba.write_text(f"local all {USER} trust\nlocal all ann scram-sha-256\n")
    own.stop("fast")
    own.start()
    url = own.url("films", "ann")
    with pytest.raises(LedgerError, match="no password supplied") as caught:
        Ledger.open(url)
    assert not isinstance(caught.value, LedgerAway)
    with pytest.raises(LedgerError, match=r"password authentication failed.*pgpass.*ledger_password_command") as caught:
        Ledger.open(url, password=lambda: "wr0ng")
    assert "wr0ng" not in str(caught.value)
    script = tmp_path / "password"
    script.write_text("#!/bin/sh\necho s3cret\n")
    script.chmod(stat.S_IRWXU)
    config = Config(state_dir=tmp_path, ledger=url, ledger_password_command=(str(script),))
    with Ledger.open(url, password=ledger_password(config)) as ledger:
        assert ledger.add(new("a"), 1.0) == (["a"], [])
    silent = Config(state_dir=tmp_path, ledger_password_command=(sys.executable, "-c", ""))
    with pytest.raises(LedgerError, match="prints nothing"):
        Ledger.open(url, password=ledger_password(silent))


def test_what_is_not_there_is_named(own: postgres.Cluster) -> None:
    with pytest.raises(LedgerError, match="create the database") as caught:
        Ledger.open(own.url().replace("/postgres?", "/nowhere?"))
    assert not isinstance(caught.value, LedgerAway)
    with pytest.raises(LedgerError, match="nobody"):
        Ledger.open(own.url(user="nobody"))
    with own.connect() as connection:
        connection.execute("CREATE USER bob")
    with pytest.raises(LedgerUnwritable, match=r"permission denied for database"):
        Ledger.open(own.url(user="bob"))
    Ledger.open(own.url()).close()
    with pytest.raises(LedgerError, match=r"permission denied for schema"):
        Ledger.open(own.url(user="bob"))
    with own.connect() as connection:
        connection.execute(f"CREATE ROLE {WORK}".encode())


def test_a_server_without_tls_or_with_a_strange_certificate_is_refused(own: postgres.Cluster, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    pems = {}
    for name in ("ours", "strange"):
        folder = tmp_path / name
        folder.mkdir()
        pems[name] = certificate(folder, "127.0.0.1")[1]
    own.take_certificate(pems["ours"], tmp_path / "ours" / "key.pem")

    def url(name: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{port}/postgres?sslmode=verify-full&sslrootcert={pems[name]}"

    own.stop("fast")
    own.start("listen_addresses=127.0.0.1", f"port={port}")
    with pytest.raises(LedgerError, match=r"server does not support SSL.*sslmode=") as caught:
        Ledger.open(url("ours"))
    assert not isinstance(caught.value, LedgerAway)
    own.stop("fast")
    own.start("listen_addresses=127.0.0.1", f"port={port}", "ssl=on")
    with pytest.raises(LedgerError, match=r"certificate verify failed.*root\.crt") as caught:
        Ledger.open(url("strange"))
    assert not isinstance(caught.value, LedgerAway)
    with Ledger.open(url("ours")) as ledger:
        assert ledger.add(new("a"), 1.0) == (["a"], [])
