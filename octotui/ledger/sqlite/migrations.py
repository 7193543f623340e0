"""The migrations of a ledger in SQLite, as statements; one that was released is never edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.ledger.sqlite.hours import TOTALS

if TYPE_CHECKING:
    from collections.abc import Sequence

_VERSION_1 = (
    """
    CREATE TABLE tasks (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        revision INTEGER NOT NULL,
        added_at REAL NOT NULL,

        tags TEXT NOT NULL DEFAULT '[]',
        wanted INTEGER NOT NULL DEFAULT 0,
        wish INTEGER NOT NULL DEFAULT 0,
        paused INTEGER NOT NULL DEFAULT 0,
        folder TEXT,

        provider TEXT NOT NULL,
        route TEXT NOT NULL,
        model TEXT,
        state TEXT NOT NULL DEFAULT 'unknown',
        status TEXT,
        progress INTEGER,
        created_at REAL,
        running_since REAL,
        completed_at REAL,
        final_seen_at REAL,
        deadline_at REAL,
        deadline_source TEXT,
        gateway_expires_at REAL,
        result_url TEXT,
        error_code TEXT,
        error_message TEXT,
        seconds TEXT,
        size TEXT,
        route_confirmed INTEGER NOT NULL DEFAULT 0,
        last_asked_at REAL,
        last_answer_at REAL,
        failure_kind TEXT,
        failure_status INTEGER,
        failure_message TEXT,
        failure_at REAL,
        failures INTEGER NOT NULL DEFAULT 0,

        download_state TEXT NOT NULL DEFAULT 'none',
        download_wish INTEGER NOT NULL DEFAULT 0,
        bytes_done INTEGER NOT NULL DEFAULT 0,
        bytes_total INTEGER,
        file TEXT,
        sha256 TEXT,
        saved_at REAL,
        download_error TEXT,
        speed REAL
    )
    """,
    "CREATE INDEX tasks_by_revision ON tasks (revision)",
    "CREATE TABLE removed (id TEXT PRIMARY KEY, revision INTEGER NOT NULL)",
    "CREATE INDEX removed_by_revision ON removed (revision)",
    "CREATE TABLE counter (only INTEGER PRIMARY KEY CHECK (only = 1), revision INTEGER NOT NULL)",
    "INSERT INTO counter VALUES (1, 0)",
    "CREATE TABLE asks (id TEXT PRIMARY KEY)",
    "CREATE TABLE answers (id TEXT PRIMARY KEY, latest TEXT NOT NULL, previous TEXT)",
    "CREATE TABLE attempts (number INTEGER PRIMARY KEY, task_id TEXT NOT NULL, at REAL, rung TEXT, outcome TEXT)",
    "CREATE INDEX attempts_by_task ON attempts (task_id, number)",
    "CREATE TABLE events (number INTEGER PRIMARY KEY, at REAL, kind TEXT, task_id TEXT, text TEXT)",
    "CREATE INDEX events_by_task ON events (task_id, number)",
    """
    CREATE TABLE durations (
        number INTEGER PRIMARY KEY, provider TEXT, model TEXT, seconds TEXT, size TEXT, duration REAL, at REAL
    )
    """,
    "CREATE TABLE status (only INTEGER PRIMARY KEY CHECK (only = 1), status TEXT NOT NULL)",
    """
    CREATE TABLE lease (
        only INTEGER PRIMARY KEY CHECK (only = 1), owner TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL,
        heartbeat REAL NOT NULL
    )
    """,
    "PRAGMA application_id = 1868788847",
)

_PAUSE_AND_MINUTES = (
    "CREATE TABLE pause (only INTEGER PRIMARY KEY CHECK (only = 1), since REAL NOT NULL)",
    """
    CREATE TABLE minutes (
        minute INTEGER PRIMARY KEY, asks INTEGER NOT NULL, answers INTEGER NOT NULL, failures INTEGER NOT NULL,
        done INTEGER NOT NULL, lags INTEGER NOT NULL, lag_sum REAL NOT NULL, lag_max REAL NOT NULL,
        bytes INTEGER NOT NULL
    )
    """,
)

_SAVED_VIEWS = (
    """
    CREATE TABLE saved_views (
        name TEXT PRIMARY KEY, filter TEXT NOT NULL, sort TEXT NOT NULL, provider TEXT
    )
    """,
)

_POSTERS = (
    "CREATE TABLE poster_asks (id TEXT PRIMARY KEY)",
    """
    CREATE TABLE posters (
        number INTEGER PRIMARY KEY, task_id TEXT NOT NULL UNIQUE, at REAL NOT NULL, picture BLOB, reason TEXT
    )
    """,
)

_NOT_GIVEN_UP = (
    "UPDATE counter SET revision = revision + 1",
    """
    UPDATE tasks SET download_state = 'wanted', download_error = NULL, speed = NULL,
        revision = (SELECT revision FROM counter)
    WHERE wanted AND download_state = 'failed'
        AND (download_error = 'stopped by a fault of octotui''s own' OR substr(download_error, 1, 6) = 'disk: ')
    """,
)
"""0.1.0 wrote down as failed what had only been stopped, or had no folder to go to: that is wanted again."""

_DETAIL_AND_TROUBLE = (
    "ALTER TABLE events ADD COLUMN detail TEXT NOT NULL DEFAULT ''",
    "UPDATE events SET kind = 'recovered' WHERE kind = 'failure' AND text = 'answers again'",
    """
    UPDATE events SET detail = substr(text, 1, instr(text || ':', ':') - 1)
    WHERE kind = 'state' AND substr(text, 1, instr(text || ':', ':') - 1)
        IN ('queued', 'running', 'completed', 'failed', 'cancelled', 'unknown')
    """,
    "UPDATE events SET detail = 'failed' WHERE kind = 'download' AND text LIKE 'download failed:%'",
    "UPDATE events SET detail = 'wanted' WHERE kind = 'download' AND text LIKE 'download waits:%'",
    """
    UPDATE events SET detail = replace(substr(text, 9, instr(text || ':', ':') - 9), ' ', '_')
    WHERE kind = 'gateway' AND text LIKE 'gateway %'
    """,
    "ALTER TABLE tasks ADD COLUMN download_trouble TEXT",
    """
    UPDATE tasks SET download_trouble = CASE WHEN substr(download_error, 1, 6) = 'disk: ' THEN 'folder'
        WHEN instr(download_error, 'on the disk') THEN 'disk' END
    WHERE download_error IS NOT NULL
    """,
)
"""The only place that reads octotui's own sentences: those of versions without these two columns are a closed set."""

_SALVAGES_AND_PLACES = (
    """
    CREATE TABLE salvages (
        number INTEGER PRIMARY KEY, at REAL NOT NULL, reason TEXT NOT NULL, moved_to TEXT NOT NULL,
        tasks INTEGER NOT NULL, ids INTEGER NOT NULL
    )
    """,
    "ALTER TABLE lease ADD COLUMN boot TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE lease ADD COLUMN namespace TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE lease ADD COLUMN beats INTEGER NOT NULL DEFAULT 0",
)

_NEXT_TRY = ("ALTER TABLE tasks ADD COLUMN download_next_at REAL",)

_TITLES = ("ALTER TABLE tasks ADD COLUMN title TEXT", "ALTER TABLE tasks ADD COLUMN prompt TEXT")

_NEWS = (
    """
    CREATE TABLE outbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, kind TEXT NOT NULL, task_id TEXT NOT NULL,
        hook INTEGER NOT NULL DEFAULT 0, notify INTEGER NOT NULL DEFAULT 0
    )
    """,
    "CREATE TABLE deadlines_told (id TEXT PRIMARY KEY, kind TEXT NOT NULL)",
    """
    INSERT INTO deadlines_told SELECT id, 'lost' FROM tasks WHERE state = 'completed' AND download_state <> 'saved'
        AND deadline_at <= strftime('%s', 'now')
    """,
)
"""What was lost before there was an outbox was told then, or to nobody. A number is never given twice: readers go on
after the last one they have seen, also when all of it has been told and forgotten."""

_PLACES = """
    CAST(at AS INTEGER) / 3600 * 3600 AS hour, provider, substr(COALESCE(model, ''), 1, 100) AS model,
    DENSE_RANK() OVER (PARTITION BY CAST(at AS INTEGER) / 3600 ORDER BY provider, model) AS place
"""
_RECENT = """
    WHERE typeof(at) = 'real' AND typeof(provider) = 'text'
        AND at BETWEEN CAST(strftime('%s', 'now') AS INTEGER) - 400 * 86400 AND CAST(strftime('%s', 'now') AS INTEGER)
"""
_ENDED = "MIN(COALESCE(completed_at, final_seen_at), COALESCE(final_seen_at, completed_at)) AS at"

_HOURS = (
    """
    CREATE TABLE hours (
        hour INTEGER PRIMARY KEY, asks INTEGER NOT NULL, answers INTEGER NOT NULL, failures INTEGER NOT NULL,
        done INTEGER NOT NULL, lags INTEGER NOT NULL, lag_sum REAL NOT NULL, lag_max REAL NOT NULL,
        bytes INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE hour_outcomes (
        hour INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, completed INTEGER NOT NULL DEFAULT 0,
        failed INTEGER NOT NULL DEFAULT 0, cancelled INTEGER NOT NULL DEFAULT 0, saved INTEGER NOT NULL DEFAULT 0,
        bytes INTEGER NOT NULL DEFAULT 0, lost INTEGER NOT NULL DEFAULT 0, regained INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (hour, provider, model)
    )
    """,
    """
    CREATE TABLE hour_failures (
        hour INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, reason TEXT NOT NULL,
        count INTEGER NOT NULL, PRIMARY KEY (hour, provider, model, reason)
    )
    """,
    """
    CREATE TABLE hour_renderings (
        hour INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, bucket INTEGER NOT NULL,
        count INTEGER NOT NULL, PRIMARY KEY (hour, provider, model, bucket)
    )
    """,
    """
    INSERT INTO hours
    SELECT minute / 3600 * 3600, SUM(asks), SUM(answers), SUM(failures), SUM(done), SUM(lags), SUM(lag_sum),
        MAX(lag_max), SUM(bytes)
    FROM minutes GROUP BY 1
    """,
    f"""
    INSERT INTO hour_outcomes
    SELECT hour, provider, CASE WHEN place > 64 THEN '(others)' ELSE model END, SUM(completed), SUM(failed),
        SUM(cancelled), SUM(saved), SUM(bytes), SUM(lost), 0
    FROM (
        SELECT {_PLACES}, completed, failed, cancelled, saved, bytes, lost FROM (
            SELECT {_ENDED}, provider, model, state = 'completed' AS completed, state = 'failed' AS failed,
                state = 'cancelled' AS cancelled, 0 AS saved, 0 AS bytes, 0 AS lost
            FROM tasks WHERE state IN ('completed', 'failed', 'cancelled')
            UNION ALL
            SELECT saved_at, provider, model, 0, 0, 0, 1, COALESCE(NULLIF(bytes_total, 0), bytes_done), 0
            FROM tasks WHERE download_state = 'saved'
            UNION ALL
            SELECT deadline_at, provider, model, 0, 0, 0, 0, 0, 1
            FROM tasks WHERE state = 'completed' AND download_state <> 'saved' AND deadline_at > added_at
        ) {_RECENT}
    ) GROUP BY 1, 2, 3
    """,  # noqa: S608 - constants
    f"""
    INSERT INTO hour_failures
    SELECT hour, provider, CASE WHEN place > 64 THEN '(others)' ELSE model END,
        CASE WHEN rank > 24 THEN '(others)' ELSE reason END, COUNT(*)
    FROM (
        SELECT hour, provider, model, place, reason, DENSE_RANK() OVER (PARTITION BY hour ORDER BY reason) AS rank
        FROM (
            SELECT {_PLACES}, failure_reason(error_code, error_message, title, prompt) AS reason FROM (
                SELECT {_ENDED}, provider, model, error_code, error_message, title, prompt FROM tasks
                WHERE state = 'failed'
            ) {_RECENT}
        )
    ) GROUP BY 1, 2, 3, 4
    """,  # noqa: S608 - constants
    f"""
    INSERT INTO hour_renderings
    SELECT hour, provider, CASE WHEN place > 64 THEN '(others)' ELSE model END, bucket, COUNT(*)
    FROM (
        SELECT {_PLACES}, rendering_bucket(duration) AS bucket FROM durations {_RECENT} AND typeof(duration) = 'real'
    ) GROUP BY 1, 2, 3, 4
    """,  # noqa: S608 - constants
)
"""The rollup by hour (`hours.py`), filled with what an older ledger knows."""

_COLUMNS_OF_VIEWS = ("ALTER TABLE saved_views ADD COLUMN columns TEXT NOT NULL DEFAULT ''",)

_COPIES = (
    """
    CREATE TABLE copies (
        number INTEGER PRIMARY KEY, task_id TEXT NOT NULL, place TEXT NOT NULL, location TEXT NOT NULL,
        size INTEGER NOT NULL, sha256 TEXT, saved_at REAL, box TEXT, UNIQUE (task_id, place, location)
    )
    """,
    "ALTER TABLE tasks ADD COLUMN delivered TEXT",
    "ALTER TABLE tasks ADD COLUMN download_box TEXT",
    "ALTER TABLE tasks ADD COLUMN download_place TEXT",
)

MIGRATIONS: Sequence[Sequence[str]] = (
    _VERSION_1,
    _PAUSE_AND_MINUTES,
    _SAVED_VIEWS,
    _POSTERS,
    _NOT_GIVEN_UP,
    _DETAIL_AND_TROUBLE,
    _SALVAGES_AND_PLACES,
    _NEXT_TRY,
    _TITLES,
    _NEWS,
    _HOURS,
    _COLUMNS_OF_VIEWS,
    _COPIES,
    TOTALS,
)
"""Statements that lead from version n (the index) to n + 1."""
