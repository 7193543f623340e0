"""The report as one HTML page that can be sent to somebody: no script, nothing loaded, for light and dark screens.

It holds figures, names of models and providers, and reasons without what only one task has: no id, title, prompt,
link, key or path. Tags are in it where they were asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from octotui import __version__, units
from octotui.ledger import History
from octotui.model import Task
from octotui.presentation.charts import statistics
from octotui.presentation.charts.report_rows import columns_of, report_rows, table_cells
from octotui.presentation.charts.statistics import Figures, Name
from octotui.presentation.charts.svg import Bar, Range, Segment, bars, columns, ranges, text
from octotui.redaction import without_private

_MOST = 20
"""Rows of a chart."""

_STYLE = """
:root { color-scheme: light dark; --ground: #ffffff; --panel: #f4f6f8; --text: #1a2028; --dim: #5b6672;
  --rule: #c8d0d8; --good: #2e8b57; --bad: #c0392b; --idle: #8a94a0; --own: #2f6fb3; }
@media (prefers-color-scheme: dark) { :root { --ground: #11151b; --panel: #1a2028; --text: #d6dce4; --dim: #95a0ac;
  --rule: #39424e; --good: #4fb783; --bad: #e06c60; --idle: #6f7a86; --own: #6aa5e0; } }
body { background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; margin: 0 auto;
  max-width: 800px; padding: 24px 16px; }
h1 { font-size: 24px; margin: 0; } h2 { font-size: 17px; margin: 32px 0 4px; } p { color: var(--dim); margin: 0 0 8px; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(110px, 1fr)); gap: 8px; margin: 20px 0; }
dl div { background: var(--panel); border-radius: 6px; padding: 8px 12px; } dt { color: var(--dim); font-size: 13px; }
dd { font-size: 20px; margin: 0; } svg { display: block; width: 100%; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--text); } svg .tick, svg .figure { fill: var(--dim); }
.good { fill: var(--good); } .bad { fill: var(--bad); } .idle { fill: var(--idle); } .own { fill: var(--own); }
.dot { fill: var(--own); } .range { stroke: var(--own); stroke-width: 3; } .rule { stroke: var(--rule); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; width: 100%; }
th, td { border-bottom: 1px solid var(--rule); padding: 4px 8px; text-align: right; white-space: nowrap; }
th { color: var(--dim); font-weight: 500; } .word { text-align: left; } .word.long { white-space: normal; }
"""


class Shown(NamedTuple):
    """What a page is made of."""

    history: History
    tasks: Sequence[Task]
    """Those that are watched, for tags alone."""
    since: float
    """Unix seconds."""
    until: float
    labels: Mapping[str, str]
    """What each provider is called."""
    hidden: Sequence[str] = ()
    """Texts that must not be in it: the key, folders with people's names."""


def html_report(shown: Shown, by: str = "model") -> str:
    """Return the page, with the figures grouped `by` in a table at its end; times are local ones."""
    shown = shown._replace(history=_without_private(shown.history, shown.hidden))
    groups = statistics.grouped(shown.history, statistics.by_model, shown.since, shown.until)
    total = statistics.altogether(groups.values())
    period = f"{_day(shown.since)} to {_day(shown.until)}"
    sections = [_tiles(total)]
    if total.ended:
        sections += [
            _success(groups.items(), shown.labels),
            _rendering(groups.items(), shown.labels),
            _failures(groups),
            _days(shown),
        ]
    sections.append(_table(shown, by))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Video tasks, {text(period)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>Video tasks</h1><p>{text(period)}</p>{''.join(sections)}"
        f"<p>Made by octotui {text(__version__)}. Ids, titles, prompts, links and keys are left out.</p>"
        "</body></html>\n"
    )


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def _without_private(history: History, hidden: Sequence[str]) -> History:
    """Return the history for somebody else's eyes: reasons are what gateways said."""
    failures = [row._replace(reason=without_private(row.reason, hidden)) for row in history.failures]
    return history._replace(failures=failures)


def _tiles(total: Figures) -> str:
    rate = total.success_rate
    median, most = total.median, total.p90
    tiles = [
        ("completed", f"{total.completed:,}"),
        ("failed", f"{total.failed:,}"),
        ("success", "–" if rate is None else f"{int(rate * 100)}%"),
        ("half done in", "–" if median is None else units.exact(round(median))),
        ("nine in ten in", "–" if most is None else units.exact(round(most))),
        ("files saved", f"{total.saved:,}"),
        ("size", units.size(total.bytes)),
        ("lost", f"{total.lost:,}"),
    ]
    return f"<dl>{''.join(f'<div><dt>{name}</dt><dd>{text(value)}</dd></div>' for name, value in tiles)}</dl>"


def _section(title: str, note: str, picture: str) -> str:
    return f"<section><h2>{title}</h2><p>{text(note)}</p>{picture}</section>"


def _named(name: Name, labels: Mapping[str, str]) -> str:
    return " ".join([labels.get(name[0], name[0]), *name[1:]]).rstrip()


def _success(groups: Iterable[tuple[Name, Figures]], labels: Mapping[str, str]) -> str:
    rows = sorted(((name, each) for name, each in groups if each.ended), key=lambda pair: (-pair[1].ended, pair[0]))
    shown = [
        Bar(_named(name, labels), _outcomes(each), "" if (rate := each.success_rate) is None else f"{int(rate * 100)}%")
        for name, each in rows[:_MOST]
    ]
    note = f"Tasks that ended, by model: completed, failed, cancelled; the share that succeeded{_rest(rows)}"
    return _section("Success", note, bars(shown, "Success by model"))


def _rest(rows: Sequence[object]) -> str:
    return f"; {len(rows) - _MOST:,} more are not shown." if len(rows) > _MOST else "."


def _outcomes(figures: Figures) -> list[Segment]:
    return [
        Segment(figures.completed, "good", f"{figures.completed:,} completed"),
        Segment(figures.failed, "bad", f"{figures.failed:,} failed"),
        Segment(figures.cancelled, "idle", f"{figures.cancelled:,} cancelled"),
    ]


def _rendering(groups: Iterable[tuple[Name, Figures]], labels: Mapping[str, str]) -> str:
    rows = [(name, each.median, each.p90, each.ended) for name, each in groups]
    known = sorted(
        ((name, low, high, ended) for name, low, high, ended in rows if low is not None and high is not None),
        key=lambda row: (-row[3], row[0]),
    )
    if not known:
        return ""
    shown = [Range(_named(name, labels), low, high) for name, low, high, _ in known[:_MOST]]
    note = f"From the task's creation to its end: half are done at the dot, nine in ten at the stop{_rest(known)}"
    return _section("Rendering time", note, ranges(shown, "Rendering time by model"))


def _failures(groups: statistics.Groups) -> str:
    found = statistics.reasons(groups)
    if not found:
        return ""
    shown = [
        Bar(reason.words, [Segment(reason.tasks, "bad", f"{reason.words}: {reason.tasks:,}")], f"{reason.tasks:,}")
        for reason in found[:_MOST]
    ]
    return _section("Failures by reason", f"In the gateway's words{_rest(found)}", bars(shown, "Failures by reason"))


def _days(shown: Shown) -> str:
    days = sorted(statistics.grouped(shown.history, statistics.by_day, shown.since, shown.until).items())
    ended = [(name[0], _outcomes(each)) for name, each in days]
    saved = [(name[0], [Segment(each.bytes, "own", f"{name[0]}: {units.size(each.bytes)}")]) for name, each in days]
    counts: Callable[[float], str] = "{:,.0f}".format
    tasks = _section("Day by day", "Tasks that ended on each day.", columns(ended, counts, "Tasks by day"))
    return tasks + _section("Saved", "Files saved on each day.", columns(saved, units.size, "Bytes saved by day"))


def _table(shown: Shown, by: str) -> str:
    rows = report_rows(by, shown.history, shown.tasks, shown.since, shown.until)
    if not rows:
        return "<p>No task ended in this time.</p>"
    headings, *cells = table_cells(by, rows, shown.labels)
    long = {"reason", "models"}
    looks = [
        "word long" if column in long else "word" if column in {"provider", "model", "tag", "day"} else "number"
        for column in columns_of(by)
    ]
    head = "".join(f'<th class="{look}">{text(each)}</th>' for look, each in zip(looks, headings, strict=True))
    lines = (
        "".join(f'<td class="{look}">{text(each)}</td>' for look, each in zip(looks, line, strict=True))
        for line in cells
    )
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return (
        f"<section><h2>Figures by {text(by)}</h2>"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></section>'
    )
