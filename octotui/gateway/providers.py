"""Providers as data: who makes a video, where it is asked, how long its result is kept, where its link stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

HOUR: Final = 3600.0
"""Seconds."""

URL_ORDER: Final[tuple[str, ...]] = (
    "output.url",
    "output",
    "video_url",
    "url",
    "detail.url",
    "result_url",
    "detail.upsample_video_url",
    "detail.video_url",
    "detail.downloadable_url",
    "detail.draft_info.downloadable_url",
    "metadata.url",
    "metadata.video_url",
    "video.url",
    "content.video_url",
)
"""Dotted paths to a result link, first one first (Grok's document and `GATEWAY.md`, "Result URL")."""


class Provider(NamedTuple):
    """One row of the screen: everything octotui has to know about who makes a video. A user can add more."""

    name: str
    """The word in ids, commands and file names: lower case, no blanks."""
    label: str
    """What the pane is called."""
    route: str
    """Name of the route its tasks are asked on first (`routes.ROUTES`)."""
    id_prefixes: tuple[str, ...] = ()
    """Beginnings of task ids that only this provider has; upper and lower case are the same."""
    model_prefixes: tuple[str, ...] = ()
    """Beginnings of model names; upper and lower case are the same."""
    retention: float | None = None
    """Seconds a result is kept, counted from completion: a rule of thumb, shown as an estimate."""
    accent: str = "#8a8a8a"
    """Colour of its pane, `#rrggbb`."""
    url_order: tuple[str, ...] = URL_ORDER
    """Dotted paths to the result link, tried in this order in the answer and then in each `data` inside it."""


BUILTIN: Final[tuple[Provider, ...]] = (
    # A Sora link lives 1 h and says so in its signature; the bytes stay behind /content for 24 h. So the rule is 24 h:
    # it is what is left to save the result, and the shorter link is read from the link itself.
    Provider(
        "sora", "Sora", "videos", id_prefixes=("sora",), model_prefixes=("sora",), retention=24 * HOUR, accent="#5fc9c1"
    ),
    Provider(
        "grok", "Grok", "videos", id_prefixes=("grok",), model_prefixes=("grok",), retention=24 * HOUR, accent="#d787c7"
    ),
    # Seedance links are seen to live 12 to 24 h: the shorter one loses nothing.
    Provider(
        "doubao",
        "Doubao",
        "videos",
        id_prefixes=("cgt-", "doubao", "seedance"),
        model_prefixes=("doubao", "seedance"),
        retention=12 * HOUR,
        accent="#af87d7",
    ),
    Provider(
        "veo", "Veo", "query", id_prefixes=("veo",), model_prefixes=("veo",), retention=48 * HOUR, accent="#b3bf62"
    ),
    Provider(
        "unified",
        "Unified",
        "generations",
        id_prefixes=("task-video-", "kling", "vidu", "viduq", "jimeng", "hailuo", "minimax", "wan"),
        model_prefixes=("kling", "vidu", "jimeng", "hailuo", "minimax", "wan"),
        retention=24 * HOUR,
        accent="#9fa4f0",
    ),
)
"""The five documents of the gateway, each as its own row, in the order of the panes."""


def infer(providers: Iterable[Provider], task_id: str, model: str | None) -> Provider | None:
    """Return who makes a task, from its model's name or else its id's beginning; None when neither says.

    The longest prefix wins, and among equals the provider that comes last: one a user adds takes its models from the
    built-in rows. `video_…`, `task_…`, bare UUIDs and base64 say nothing (`GATEWAY.md`).
    """
    known = tuple(providers)
    if model is not None:
        spoken = model.strip().lower()
        # Vendors are written before the model by some gateways: `openai/sora-2`.
        for name in (spoken, spoken.rpartition("/")[2]):
            found = _longest(
                (len(prefix), provider) for provider in known for prefix in _matching_model(provider, name)
            )
            if found is not None:
                return found
    spoken_id = task_id.strip().lower()
    return _longest((len(prefix), provider) for provider in known for prefix in _matching_id(provider, spoken_id))


def _matching_model(provider: Provider, model: str) -> Iterable[str]:
    return (prefix for prefix in provider.model_prefixes if prefix and model.startswith(prefix.lower()))


def _matching_id(provider: Provider, task_id: str) -> Iterable[str]:
    # base64 ids can begin with any letters: a prefix counts only where a word ends behind it (`sora-2:`, `veo3.1-`).
    return (
        prefix
        for prefix in provider.id_prefixes
        if prefix
        and task_id.startswith(prefix.lower())
        and not (prefix[-1].isalpha() and task_id[len(prefix) : len(prefix) + 1].isalpha())
    )


def _longest(matches: Iterable[tuple[int, Provider]]) -> Provider | None:
    best: Provider | None = None
    longest = 0
    for length, provider in matches:
        if length >= longest:
            best, longest = provider, length
    return best
