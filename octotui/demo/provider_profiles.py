"""What tells the demo's five providers apart: routes, habits of links and content, models and frame sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from octotui.demo.lifecycle import ContentStyle, Life, LinkStyle

if TYPE_CHECKING:
    from collections.abc import Iterable

VIDEOS, QUERY, GENERATIONS = "videos", "query", "generations"


@dataclass(slots=True, frozen=True)
class Traits:
    """The habits of one provider."""

    name: str
    route: str
    """The route its document names."""
    routes: frozenset[str]
    """All routes that know its tasks."""
    model_words: tuple[str, ...]
    """A model whose name starts with one of these is this provider's."""
    models: tuple[str, ...]
    """Models of its newcomers; one named twice comes twice as often."""
    id_kinds: tuple[str, ...]
    """Shapes of its ids (`sample_tasks.py`)."""
    link: LinkStyle
    content: ContentStyle
    keeps: float
    """Seconds a result is kept after completion."""
    sizes: tuple[str, ...]
    seconds: tuple[str, ...]


_HOUR = 3600.0

TRAITS: dict[str, Traits] = {
    traits.name: traits
    for traits in (
        Traits(
            name="sora",
            route=VIDEOS,
            routes=frozenset({VIDEOS, QUERY}),
            model_words=("sora",),
            models=("sora-2", "sora-2", "sora-2-pro"),
            id_kinds=("video_", "sora-2:task_ulid"),
            link=LinkStyle.AZURE,
            content=ContentStyle.MODERN,
            keeps=_HOUR,
            sizes=("720x1280", "1280x720"),
            seconds=("10", "15"),
        ),
        Traits(
            name="grok",
            route=VIDEOS,
            routes=frozenset({VIDEOS, QUERY}),
            model_words=("grok",),
            models=("grok-video-3",),
            id_kinds=("grok:uuid", "video_"),
            link=LinkStyle.AWS,
            content=ContentStyle.MODERN,
            keeps=24 * _HOUR,
            sizes=("720P", "480P"),
            seconds=("6",),
        ),
        Traits(
            name="doubao",
            route=VIDEOS,
            routes=frozenset({VIDEOS, GENERATIONS}),
            model_words=("doubao", "seedance"),
            models=("doubao-seedance-1-5-pro_720p", "doubao-seedance-2-0", "doubao-seedance-1-0-pro"),
            id_kinds=("video_uuid", "day"),
            link=LinkStyle.VOLCENGINE,
            content=ContentStyle.REDIRECT,
            keeps=24 * _HOUR,
            sizes=("720x720", "1280x720"),
            seconds=("5", "10"),
        ),
        Traits(
            name="veo",
            route=QUERY,
            routes=frozenset({QUERY}),
            model_words=("veo",),
            models=("veo3.1-fast", "veo3.1", "veo3.1-fast-components"),
            id_kinds=("task_ulid", "stamp"),
            link=LinkStyle.GOOGLE,
            content=ContentStyle.OLDER,
            keeps=48 * _HOUR,
            sizes=("1280x720", "720x1280"),
            seconds=("8",),
        ),
        Traits(
            name="unified",
            route=GENERATIONS,
            routes=frozenset({GENERATIONS, VIDEOS}),
            model_words=(),
            models=("kling-v3", "viduq3-pro", "wan2.6", "jimeng-video-3"),
            id_kinds=("task-video-", "row"),
            link=LinkStyle.ALIYUN,
            content=ContentStyle.JSON,
            keeps=24 * _HOUR,
            sizes=("1920x1080", "1080x1920"),
            seconds=("5", "8"),
        ),
    )
}


def provider_of(model: str) -> str:
    """The provider whose model this is; the unified entry takes every other one."""
    wanted = model.lower()
    for traits in TRAITS.values():
        if wanted.startswith(traits.model_words or ("\0",)):
            return traits.name
    return "unified"


@dataclass(slots=True, frozen=True)
class Render:
    """One task the gateway in a box knows."""

    id: str
    provider: str
    model: str
    life: Life
    submitted_at: float
    """Unix seconds."""
    seconds: str
    size: str
    clip: int
    """Which of the clips it shows."""
    tags: tuple[str, ...] = ()
    prompt: str = ""
    """What it was asked for with."""
    title: str | None = None
    """What a person calls it."""

    @property
    def traits(self) -> Traits:
        """The habits of its provider."""
        return TRAITS[self.provider]

    @property
    def ended_at(self) -> float:
        """When it becomes, or became, final; unix seconds."""
        return self.submitted_at + self.life.ends_at

    @property
    def lost_at(self) -> float:
        """When its result is, or was, deleted; unix seconds."""
        return self.ended_at + (self.traits.keeps if self.life.keeps is None else self.life.keeps)

    @property
    def link(self) -> LinkStyle:
        """How its result links are signed."""
        return self.life.link or self.traits.link

    @property
    def content(self) -> ContentStyle:
        """How `/content` answers for it."""
        return self.life.content or self.traits.content


def check_provider(name: str, known: Iterable[str] = tuple(TRAITS)) -> str:
    """`name` itself; raises `ValueError` with the valid choices when the box has no such provider."""
    if name not in known:
        raise ValueError(f"unknown provider {name!r}: choose one of {', '.join(known)}")
    return name
