"""A ledger on a PostgreSQL server: what is its own, besides what is true of every ledger."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from octotui.ledger import GONE_AFTER, Ledger, LedgerAway, LedgerError, LedgerTooNew, LedgerUnwritable, Minute
from octotui.ledger.postgres import schema
from octotui.ledger.postgres.location import located
from octotui.ledger.url import in_words, taken_apart
from octotui.model import Deadline, DeadlineSource, Download, DownloadState, EngineStatus, LogEntry, TaskState
from tests.ledger.conftest import ROOT, Committed, new
from tests.support import postgres
from tests.support.tasks import known
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def both(url: str) -> Iterator[tuple[Ledger, Ledger]]:
    """Two boxes on one ledger."""
    with Ledger.open(url) as one, Ledger.open(url) as other:
        yield one, other


def schema_of(url: str) -> str:
    return taken_apart(url).schema


def execute(cluster: postgres.Cluster, url: str, statement: str) -> None:
    with cluster.connect() as connection:
        connection.execute(f"SET search_path TO {schema_of(url)}; {statement}".encode())


# The URL


def test_a_password_is_in_no_word() -> None:
    url = "postgresql://ann:s3cret@db.example:6543/farm?schema=films&sslpassword=s3cret2&sslmode=require"
    words = in_words(url)
    assert words == "postgresql://ann@db.example:6543/farm?sslmode=require&schema=films"
    assert taken_apart(url).has_password
    assert not taken_apart("postgresql://ann@db.example/farm").has_password
    location = located(url, {})
    assert (location.words, location.schema, location.parameters["password"]) == (words, "films", "s3cret")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://h/db?schema=Films-1", "schema"),
        ("postgresql://h/db?schema=pg_films", "schema"),
        ("postgresql://h/db?no_such_parameter=1", "cannot be read"),
        ("postgresql://ann:s3cret@h/db?no_such_parameter=1", "cannot be read"),
    ],
)
def test_what_is_no_url_of_a_ledger_is_refused_without_its_password(url: str, says: str) -> None:
    with pytest.raises(LedgerError, match=says) as caught:
        Ledger.open(url)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("postgresql://db.example/farm", "verify-full"),
        ("postgresql://db.example/farm?sslmode=require", "require"),
        ("postgresql://localhost/farm", None),
        ("postgresql://127.0.0.1/farm", None),
        ("postgresql:///farm?host=/run/postgresql", None),
        ("postgresql:///farm", None),
    ],
)
def test_what_leaves_the_machine_is_encrypted_and_the_server_verified(url: str, mode: str | None) -> None:
    assert located(url, {}).parameters.get("sslmode") == mode


def test_the_environment_of_libpq_counts() -> None:
    assert located("postgresql:///farm", {"PGHOST": "db.example"}).parameters["sslmode"] == "verify-full"
    assert "sslmode" not in located("postgresql://db.example/farm", {"PGSSLMODE": "require"}).parameters


def test_psycopg_is_imported_for_such_a_url_alone(url: str, tmp_path: Path) -> None:
    program = "import sys, octotui.ledger as it; it.Ledger.open(sys.argv[1]).close(); print('psycopg' in sys.modules)"

    def says(where: str) -> str:
        command = [sys.executable, "-c", program, where]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert says(str(tmp_path / "state" / "ledger.db")) == "False\n"
    assert says(url) == "True\n"


def test_without_the_packages_it_is_said_how_they_come() -> None:
    program = "import sys; sys.modules['psycopg'] = None; from octotui.ledger import Ledger; Ledger.open(sys.argv[1])"
    command = [sys.executable, "-c", program, "postgresql:///farm"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    said = done.stderr.splitlines()[-1]
    assert "LedgerError: A PostgreSQL ledger needs the Python package psycopg" in said
    assert "install" in said


# Opening


def test_a_ledger_of_a_newer_version_is_refused_and_left_as_it_is(
    both: tuple[Ledger, Ledger], url: str, cluster: postgres.Cluster
) -> None:
    ledger, _ = both
    ledger.add(new("a"), 1.0)
    execute(cluster, url, "UPDATE counter SET version = 99")
    for use in (lambda: Ledger.open(url), ledger.tasks, lambda: ledger.add(new("b"), 1.0)):
        with pytest.raises(LedgerTooNew, match="schema 99"):
            use()
    execute(cluster, url, f"UPDATE counter SET version = {len(schema.MIGRATIONS)}")  # noqa: S608 - a number
    assert [task.id for task in ledger.tasks()] == ["a"]


def test_another_programs_table_is_left_alone(url: str, cluster: postgres.Cluster) -> None:
    with cluster.connect() as connection:
        connection.execute(f"CREATE SCHEMA {schema_of(url)}; CREATE TABLE {schema_of(url)}.counter (n int)".encode())
    with pytest.raises(LedgerError, match="another program"):
        Ledger.open(url)


def test_many_that_make_it_at_once_make_it_once(url: str) -> None:
    opened: list[Ledger] = []
    together = threading.Barrier(4)

    def open_it() -> None:
        together.wait()
        opened.append(Ledger.open(url))

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, ledger in enumerate(opened):
        ledger.add(new(f"t{number}"), 1.0)
    assert len(opened[0].tasks()) == 4
    for ledger in opened:
        ledger.close()


def test_two_schemas_are_two_ledgers(url: str, cluster: postgres.Cluster) -> None:
    second = f"{schema_of(url)}_2"
    try:
        with Ledger.open(url) as one, Ledger.open(cluster.url(second)) as other:
            one.add(new("a"), 1.0)
            assert other.tasks() == []
    finally:
        with cluster.connect() as connection:
            connection.execute(f"DROP SCHEMA {second} CASCADE".encode())


# Roles


@pytest.fixture
def roles(url: str, cluster: postgres.Cluster) -> Iterator[dict[str, str]]:
    """A user for each role, by its URL; the ledger is there."""
    with cluster.connect() as connection:
        for role in (schema.WORK, schema.ASK, schema.LOOK):
            exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
            if exists is None:
                connection.execute(f"CREATE ROLE {role}".encode())
    Ledger.open(url).close()
    users = {role: f"u_{role}_{schema_of(url)}" for role in (schema.WORK, schema.ASK, schema.LOOK)}
    with cluster.connect() as connection:
        for role, user in users.items():
            connection.execute(f"CREATE USER {user} IN ROLE {role}".encode())
    yield {role: cluster.url(schema_of(url), user) for role, user in users.items()}
    with cluster.connect() as connection:
        for user in users.values():
            connection.execute(f"DROP OWNED BY {user}; DROP USER {user}".encode())


def test_each_role_may_do_what_it_is_for(roles: dict[str, str]) -> None:
    with Ledger.open(roles[schema.ASK]) as person:
        person.add(new("a", "b", "c"), 1.0)
        person.request_download(["a", "b"])
        person.pause(["a"], True)
        person.set_tags({"a": ["x"]})
        person.cancel_download(["b"])
        person.restore(person.take_out(["a"]))
        person.remove(["c"])
        with pytest.raises(LedgerUnwritable, match="right"):
            person.take_lease("me", "box", 1, 1.0)
    with Ledger.open(roles[schema.WORK]) as engine:
        assert engine.take_lease("me", "box", 1, 1.0)
        engine.record(replace(known(engine, "a"), state=TaskState.COMPLETED), raw="{}")
        engine.note_minute(Minute(60, asks=1))
        engine.log(LogEntry(1.0, "state", "a", "completed"))
        engine.flush()
        assert engine.claim(["a"], "one") == ["a"]
    with Ledger.open(roles[schema.LOOK], is_reader=True) as looker:
        assert known(looker, "a").state is TaskState.COMPLETED
        assert looker.notices.is_read_only
        with pytest.raises(LedgerUnwritable, match="right"):
            looker.add(new("z"), 1.0)
    with pytest.raises(LedgerUnwritable, match=rf"GRANT {schema.WORK}"):
        Ledger.open(roles[schema.LOOK])


def test_who_looks_only_writes_nothing_whoever_may(both: tuple[Ledger, Ledger], url: str) -> None:
    both[0].add(new("a"), 1.0)
    with Ledger.open(url, is_reader=True, read_only=True) as looker:
        assert [task.id for task in looker.tasks()] == ["a"]
        with pytest.raises(LedgerUnwritable, match="reading alone"):
            looker.add(new("b"), 1.0)


def test_who_looks_only_makes_no_ledger(url: str, cluster: postgres.Cluster) -> None:
    with pytest.raises(LedgerUnwritable, match="not there yet"):
        Ledger.open(url, is_reader=True, read_only=True)
    with cluster.connect() as connection:
        assert connection.execute("SELECT to_regnamespace(%s)", (schema_of(url),)).fetchone() == (None,)


# The lease


def test_a_silent_holder_is_followed_by_the_servers_clock(
    both: tuple[Ledger, Ledger], url: str, cluster: postgres.Cluster
) -> None:
    elsewhere = ("another boot", "pid:[1]")
    one, other = both
    assert one.take_lease("one", "box", 1, 100.0, place=elsewhere)
    # Whatever the clocks of the two say.
    assert not other.take_lease("two", "box", 1, 9e9, monotonic=9e9)
    execute(cluster, url, "UPDATE lease SET seen = seen - interval '9 seconds'")
    assert other.take_lease("two", "box", 1, 1.0, monotonic=0.0)
    assert not one.take_lease("one", "box", 1, 100.0, place=elsewhere)


def test_facts_of_an_earlier_epoch_are_dropped_but_not_its_saved_files(
    both: tuple[Ledger, Ledger], url: str, cluster: postgres.Cluster
) -> None:
    sleeper, follower = both
    sleeper.add(new("a", "b"), 1.0)
    assert sleeper.take_lease("sleeper", "box", 1, 100.0, place=("x", "y"))
    execute(cluster, url, "UPDATE lease SET seen = seen - interval '9 seconds'")
    assert follower.take_lease("follower", "box", 1, 200.0)
    # It was given back since: nobody holds it, and yet the sleeper has lost it.
    follower.release_lease("follower")
    sleeper.record(replace(known(sleeper, "a"), state=TaskState.RUNNING), raw="old")
    sleeper.record_download("b", Download(DownloadState.SAVED, 5, 5, "/b.mp4"))
    sleeper.flush()
    assert known(follower, "a").state is TaskState.UNKNOWN
    assert known(follower, "b").is_saved
    assert sleeper.take_lease("sleeper", "box", 1, 300.0)
    sleeper.record(replace(known(sleeper, "a"), state=TaskState.RUNNING))
    sleeper.flush()
    assert known(follower, "a").state is TaskState.RUNNING


# Boxes


def test_what_is_lost_soon_does_not_wait_for_a_box_that_is_gone(
    both: tuple[Ledger, Ledger], url: str, cluster: postgres.Cluster
) -> None:
    one, other = both
    one.add(new("soon", "later", "there"), 1.0)
    one.request_download(["soon", "later"], place="place-1")
    one.request_download(["there"], place="place-2")
    for task_id, left in (("soon", 1800.0), ("later", 7200.0), ("there", 1800.0)):
        deadline = Deadline(time.time() + left, DeadlineSource.GATEWAY)
        one.record(replace(known(one, task_id), state=TaskState.COMPLETED, deadline=deadline))
    one.set_status(EngineStatus(1.0, box="one", place="place-1"))
    one.flush()
    other.set_status(EngineStatus(1.0, box="two", place="place-2"))
    other.flush()
    assert other.free_claims() == []
    execute(cluster, url, f"UPDATE boxes SET seen = seen - interval '{GONE_AFTER + 1} seconds' WHERE box = 'one'")  # noqa: S608
    assert other.free_claims() == ["soon"]
    places = {task_id: asked.place for task_id, asked in one.changes(0, with_requests=True).requests.items()}
    assert places == {"soon": None, "later": "place-1", "there": "place-2"}


def test_a_wish_without_a_place_moves_one_that_waits_and_interrupts_nobody(both: tuple[Ledger, Ledger]) -> None:
    one, _ = both
    one.add(new("a", "b"), 1.0)
    one.request_download(["a", "b"], place="place-1")
    assert one.claim(["b"], "one") == ["b"]
    one.record_download("b", Download(DownloadState.RUNNING, 3))
    one.flush()
    assert one.request_download(["a", "b"]) == ["a", "b"]
    assert {asked.place for asked in one.changes(0, with_requests=True).requests.values()} == {None}
    one.record_download("b", Download(DownloadState.RUNNING, 4))
    one.flush()
    assert known(one, "b").download.bytes_done == 4
    assert one.request_download(["a", "b"]) == []


def test_each_result_is_claimed_by_one_box_until_it_is_done_or_gone(
    both: tuple[Ledger, Ledger], url: str, cluster: postgres.Cluster
) -> None:
    one, other = both
    one.add(new("a", "b"), 1.0)
    one.request_download(["a", "b"])
    assert one.claim(["a", "nobody"], "one") == ["a"]
    assert other.claim(["a", "b"], "two") == ["b"]
    other.record_download("a", Download(DownloadState.RUNNING, 7))
    one.record_download("a", Download(DownloadState.RUNNING, 3))
    other.flush()
    one.flush()
    assert known(one, "a").download.bytes_done == 3
    execute(cluster, url, f"UPDATE boxes SET seen = seen - interval '{GONE_AFTER + 1} seconds' WHERE box = 'one'")  # noqa: S608
    assert other.free_claims() == ["a"]
    assert other.free_claims() == []
    assert known(other, "a").download.state is DownloadState.WANTED
    assert other.claim(["a"], "two") == ["a"]
    # It wakes up late: what it believes is dropped, a file that it saved is a file.
    one.record_download("a", Download(DownloadState.FAILED, error="old"))
    one.flush()
    assert known(other, "a").download.state is DownloadState.WANTED
    one.record_download("a", Download(DownloadState.SAVED, 9, 9, "/a.mp4"))
    assert known(other, "a").is_saved
    assert other.claim(["a"], "two") == [], "it is saved"


def test_boxes_are_told_apart_and_silent_ones_named(
    both: tuple[Ledger, Ledger], url: str, cluster: postgres.Cluster
) -> None:
    one, other = both
    assert one.boxes() == []
    one.add(new("a"), 1.0)
    one.record_download("a", Download(DownloadState.SAVED, 5, 5, "/f/a.mp4", saved_at=1.0, box="h1", place="p1"))
    one.set_status(EngineStatus(1.0, host="h1", box="one", place="p1", folder="/f"))
    one.flush()
    with cluster.connect() as connection:
        row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::bigint / 60 * 60").fetchone()
    assert row is not None
    other.set_status(EngineStatus(1.0, host="h2", box="two", place="p2", folder="/g", leads=False))
    other.flush()
    other.note_minute(Minute(row[0], bytes=1000))
    other.flush()
    execute(cluster, url, "UPDATE boxes SET seen = seen - interval '1 minute' WHERE box = 'one'")
    first, second = other.boxes()
    assert (first.status.host, first.saved, first.is_gone) == ("h1", 1, True)
    assert (second.status.host, second.saved, second.bytes_last_hour, second.is_gone) == ("h2", 0, 1000, False)
    status = one.status()
    assert status is not None
    assert status.host == "h1", "the one that leads"


# News


def test_others_writes_are_heard_of_and_call_the_subscribers(both: tuple[Ledger, Ledger]) -> None:
    one, other = both
    heard = Committed(one)
    other.add(new("a"), 1.0)
    heard.wait_for(lambda: heard.count > 0)
    until(one.changed_outside, "what another box wrote")


def test_a_ledger_restored_from_a_backup_is_read_from_its_beginning(
    both: tuple[Ledger, Ledger], url: str, cluster: postgres.Cluster
) -> None:
    ledger, _ = both
    ledger.add(new("a"), 1.0)
    ledger.add(new("lost"), 1.0)
    revision = ledger.changes(0).revision
    # As pg_restore does: the tables are made anew, with what was in them once.
    copy = "CREATE TABLE anew (LIKE counter INCLUDING ALL); INSERT INTO anew SELECT * FROM counter; DROP TABLE counter"
    execute(cluster, url, f"{copy}; ALTER TABLE anew RENAME TO counter; DELETE FROM tasks WHERE id = 'lost'")  # noqa: S608
    ledger.add(new("new"), 2.0)
    changes = ledger.changes(revision)
    assert changes.is_whole
    assert [task.id for task in changes.tasks] == ["a", "new"]
    assert changes.gone(["a", "lost"]) == ["lost"]
    again = ledger.changes(changes.revision)
    assert (again.tasks, again.removed, again.is_whole) == ([], [], False)


def test_what_is_behind_what_was_read_is_another_life_too(
    both: tuple[Ledger, Ledger], url: str, cluster: postgres.Cluster
) -> None:
    ledger, _ = both
    for task_id in "abc":
        ledger.add(new(task_id), 1.0)
    revision = ledger.changes(0).revision
    execute(cluster, url, "UPDATE counter SET revision = 1; DELETE FROM tasks WHERE id = 'c'")
    changes = ledger.changes(revision)
    assert (changes.is_whole, [task.id for task in changes.tasks]) == (True, ["a", "b"])


def test_a_process_that_was_stopped_in_a_write_holds_up_nobody_for_long(
    both: tuple[Ledger, Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen, other = both
    monkeypatch.setattr("octotui.ledger.postgres.server.FROZEN", 0.3)
    server = frozen._backend.facts._server  # type: ignore[attr-defined]
    with pytest.raises(LedgerAway), server.writing():
        assert other.add(new("a"), 1.0) == (["a"], [])
    assert frozen.add(new("b"), 1.0) == (["b"], [])
