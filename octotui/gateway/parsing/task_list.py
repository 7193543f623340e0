"""One page of an account's tasks: `GET /api/task/self` (`GATEWAY.md`, "Around the five documents")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from octotui.gateway.errors import GatewayError, KeyRefused
from octotui.gateway.parsing.error_answer import refusal_of_body, refusal_of_object
from octotui.gateway.parsing.fields import moment, text_of, word
from octotui.gateway.parsing.json_body import Fields, NotAnObjectError, parse
from octotui.gateway.routes import check_id

PAGE_SIZE = 100
"""Tasks asked for at once; a gateway may give fewer."""


@dataclass(slots=True, frozen=True)
class ListedTask:
    """One task as the gateway's list names it."""

    id: str
    model: str | None
    """As the user named it when submitting."""
    platform: str | None
    """Who works on it, a word (`suno`) or the number of a kind of channel (`55`)."""
    action: str | None
    submitted_at: float | None
    """Unix seconds."""


@dataclass(slots=True, frozen=True)
class Page:
    """One page of the list."""

    tasks: tuple[ListedTask, ...]
    rows: int
    """How many entries there were, readable or not."""
    total: int | None
    """How many tasks there are on all pages, where the gateway says so."""


def read_page(status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> Page:
    """Read one answer of the list. Raises a `RequestError`; a bad token is 200 with `success: false`: `KeyRefused`."""
    try:
        answer = parse(body)
    except NotAnObjectError as what:
        error = refusal_of_body(status, headers, body, str(what), now=now)
        if status == 200:
            raise GatewayError("no list of tasks came: this gateway may not have one", status=status) from None
        raise error from None
    if status != 200:
        raise refusal_of_object(status, headers, [answer], now=now)
    if answer.raw("success") is False:
        said = text_of(answer.get("message")) or "the gateway gives no reason"
        raise KeyRefused(f"the system access token or its account was refused: {said}", status=status)
    rows, total = _rows(answer)
    if rows is None:
        raise GatewayError("no list of tasks came: this gateway may not have one", status=status)
    return Page(tuple(_tasks(rows)), len(rows), total)


def _rows(answer: Fields) -> tuple[list[object] | None, int | None]:
    """Return the entries and how many there are on all pages; older gateways put the entries right into `data`."""
    data = answer.raw("data")
    if isinstance(data, list):
        return data, None
    if not isinstance(data, dict):
        return None, None
    page = Fields(data)
    items, total = page.raw("items"), page.raw("total")
    # An account without tasks may say null.
    rows = [] if items is None and page.has("items") else items
    is_count = isinstance(total, int) and not isinstance(total, bool)
    return rows if isinstance(rows, list) else None, total if is_count and isinstance(total, int) else None


def _tasks(rows: list[object]) -> Iterator[ListedTask]:
    for row in rows:
        if not isinstance(row, dict):
            continue
        fields = Fields(row)
        task_id = fields.get("task_id")
        try:
            checked = check_id(task_id) if isinstance(task_id, str) else ""
        except ValueError:
            continue
        if checked:
            yield ListedTask(
                checked,
                _model_of(fields),
                word(fields.get("platform"), 60),
                word(fields.get("action"), 60),
                moment(fields.get("submit_time")) or moment(fields.get("created_at")),
            )


def _model_of(fields: Fields) -> str | None:
    """Return the model as it was asked for; here, alone of all answers, `properties` says so."""
    properties = fields.raw("properties")
    if not isinstance(properties, dict):
        return None
    asked = Fields(properties)
    return word(asked.get("origin_model_name")) or word(asked.get("upstream_model_name"))
