"""The page: rendered here, so that it says everything without a script; a script only keeps it new."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from octotui import __version__, units
from octotui.ledger import LedgerError
from octotui.presentation.counts import SHOWN
from octotui.presentation.filters import NO_FILTER, parse
from octotui.presentation.header import gateway_fact, is_asking
from octotui.presentation.styled_text import plain
from octotui.presentation.task_row import GLYPH_ROLES, GLYPHS
from octotui.sanitize import clean
from octotui.web import page_rows
from octotui.web.sections import BOXES_SHOWN, PAGE, SectionCache

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from octotui.model import Task
    from octotui.presentation.filters import Filter
    from octotui.web.live_ledger import LiveLedger, Picture
    from octotui.web.sections import Sections

LONGEST_FILTER = 300
"""Characters of a filter; a longer one is none."""
_KEPT = 16
"""Rendered pages that are kept for whoever asks for the same one within the same second."""
_REFRESH_SECONDS = 15
"""How often a browser without scripts asks again."""


class Page:
    """Renders pages; may be used from any thread."""

    def __init__(
        self,
        live: LiveLedger,
        labels: Mapping[str, str],
        *,
        profile: str,
        has_terminal: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._live = live
        self._labels = labels
        self._profile = profile
        self._clock = clock
        self._sections = SectionCache()
        self._kept: OrderedDict[tuple[int, int, str | None, int], str] = OrderedDict()
        self._lock = threading.Lock()
        self._templates = Environment(
            loader=PackageLoader("octotui.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.globals.update(version=__version__, refresh_seconds=_REFRESH_SECONDS, has_terminal=has_terminal)

    def overview(self) -> str:
        """Return the page that begins with what is lost next."""
        return self._cached(None, 1, self._overview)

    def listed(self, text: str, number: int) -> str:
        """Return one page of the tasks that match a filter as typed; `number` counts from 1."""
        text = text.strip()
        return self._cached(text, number, lambda picture, now: self._listed(picture, now, text, number))

    def login(self, problem: str = "") -> str:
        """Return the form that asks for the token."""
        return self._templates.get_template("login.html").render(problem=problem)

    def terminal(self, address: str, *, is_full: bool) -> str:
        """Return the page that a terminal is drawn on, which talks to the `address` of a web socket."""
        return self._templates.get_template("terminal.html").render(address=address, is_full=is_full)

    def _cached(self, text: str | None, number: int, render: Callable[[Picture, float], str]) -> str:
        picture, now = self._live.picture, self._clock()
        key = (picture.version, int(now), text, number)
        with self._lock:
            if (known := self._kept.get(key)) is not None:
                return known
        page = render(picture, now)
        with self._lock:
            self._kept[key] = page
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return page

    def _overview(self, picture: Picture, now: float) -> str:
        sections = self._sections.sections(picture, now)
        saved = [self._row(task, now) for task in sections.saved]
        return self._templates.get_template("overview.html").render(
            **self._head(picture, sections, now),
            filter="",
            ready=[self._row(task, now) for task in sections.ready],
            ready_more=_more(len(sections.ready), sections.ready_count),
            running=[self._row(task, now) for task in sections.running],
            running_more=_more(len(sections.running), sections.counts["running"]),
            lost=[page_rows.lost_row(task, self._label(task), now) for task in sections.lost],
            lost_more=_more(len(sections.lost), sections.counts["expired"]),
            groups=[page_rows.group_row(group, self._labels, now) for group in sections.groups],
            groups_more=_more(len(sections.groups), sections.group_count),
            boxes=[page_rows.box_row(box, picture.silence(box, now), now) for box in picture.boxes[:BOXES_SHOWN]],
            boxes_more=_more(min(len(picture.boxes), BOXES_SHOWN), len(picture.boxes)),
            saved=[*zip(saved, self._pictures(sections.saved), strict=True)],
            saved_more=_more(len(saved), sections.counts["saved"]),
        )

    def _listed(self, picture: Picture, now: float, text: str, number: int) -> str:
        wanted, problem = read_filter(text)
        sections = self._sections.sections(picture, now)
        found = [] if problem else self._sections.matching(picture, wanted, now)
        pages = max(1, -(-len(found) // PAGE))
        number = min(max(1, number), pages)
        first = (number - 1) * PAGE
        return self._templates.get_template("list.html").render(
            **self._head(picture, sections, now),
            filter=clean(text, LONGEST_FILTER),
            problem=problem or "",
            rows=[self._row(task, now) for task in found[first : first + PAGE]],
            first=first + 1,
            found=len(found),
            number=number,
            pages=pages,
            before=_list_link(text, number - 1) if number > 1 else "",
            after=_list_link(text, number + 1) if number < pages else "",
        )

    def _head(self, picture: Picture, sections: Sections, now: float) -> dict[str, object]:
        """What stands above every page: how things stand, and what is lost next."""
        gateway = gateway_fact(
            picture.status, now, works_here=False, is_waiting=True, paused_since=picture.paused_since
        )
        loss = sections.next_loss
        is_known = is_asking(picture.status, now, works_here=False, paused_since=picture.paused_since)
        return {
            "gateway": plain(gateway.full),
            "gateway_tone": page_rows.tone(gateway.full[0][1]),
            "trouble": clean(picture.trouble or "", 600),
            "profile": self._profile,
            "loss": self._row(loss, now) if loss is not None else None,
            "is_loss_known": is_known,
            "counts": [_count(word, sections.counts[word]) for word in SHOWN if sections.counts[word]],
            "total": len(picture.tasks),
            "made_at": units.date_time(now),
        }

    def _pictures(self, tasks: Sequence[Task]) -> list[str]:
        """Return the address of each task's poster, empty where there is none."""
        try:
            posters = self._live.ledger.posters([task.id for task in tasks])
        except LedgerError:
            # The page says already that the ledger cannot be read, and the words of each task are there.
            return [""] * len(tasks)
        return [
            f"/poster?id={quote(task.id, safe='')}&at={poster.at:.0f}"
            if (poster := posters.get(task.id)) is not None and poster.picture
            else ""
            for task in tasks
        ]

    def _row(self, task: Task, now: float) -> page_rows.Row:
        return page_rows.row(task, self._label(task), now)

    def _label(self, task: Task) -> str:
        return self._labels.get(task.provider, task.provider)


def read_filter(text: str) -> tuple[Filter, str | None]:
    """Return a filter as typed, and what is wrong with it, in words."""
    text = text.strip()
    if not text:
        return NO_FILTER, None
    if len(text) > LONGEST_FILTER:
        return NO_FILTER, f"a filter has at most {LONGEST_FILTER} characters"
    wanted = parse(text)
    return wanted, None if wanted.problem is None else clean(wanted.problem, 600)


def _list_link(text: str, number: int) -> str:
    return "/?" + urlencode({"filter": text, "page": number})


def _count(word: str, count: int) -> dict[str, str]:
    link = "/?" + urlencode({"filter": f"state:{word}"})
    return {
        "word": word,
        "count": f"{count:,}",
        "glyph": GLYPHS[word],
        "tone": page_rows.tone(GLYPH_ROLES[word]),
        "link": link,
    }


def _more(shown: int, total: int) -> str:
    return f"{total - shown:,} more" if total > shown else ""
