"""What the names of fields, columns and labels mean: which one names a task, which one says something about it."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set: how lists of names are written here."""
    return frozenset(text.split())


class Label(Enum):
    """What stands behind a name."""

    TASK = "task"
    """An id of a task, said so: `task_id`, `videoId`, `Generation ID`."""
    PLAIN = "plain"
    """`id`: a task's where nothing says otherwise."""
    BARE = "bare"
    """`task`, `job`, `video`: an id, or anything else of the task."""
    REQUEST = "request"
    """`request_id`: xAI's and fal's id of a task, everybody else's id of a request."""
    OTHER = "other"
    """The id of something that is no task: `user_id`, `trace_id`, `remixed_from_video_id`."""
    UNKNOWN = "unknown"
    """The id of something that nothing says to be a task or any other thing: `render_id`, `v.id`."""
    MODEL = "model"
    PROVIDER = "provider"
    PROMPT = "prompt"
    TITLE = "title"
    SHOT = "shot"
    SECONDS = "seconds"
    SIZE = "size"
    STATE = "state"
    """Says that an object is about work that goes on: status, progress."""


ID_LABELS = frozenset({Label.TASK, Label.PLAIN, Label.BARE, Label.REQUEST})
FACTS = frozenset(
    {Label.MODEL, Label.PROVIDER, Label.PROMPT, Label.TITLE, Label.SHOT, Label.SECONDS, Label.SIZE, Label.STATE}
)

_OF_TASKS = words(
    "task tasks video videos job jobs generation generations prediction predictions gen "
    "任务 任務 视频 視頻 影片 作业 作業 生成 タスク ジョブ ビデオ 動画 작업 비디오 영상 "
    "aufgabe aufgaben auftrag auftrags tâche tarea tarefa attività compito taak opdracht zadanie zadania uppgift görev "
    "задача задачи задание задания vidéo vídeo видео"
)
_OF_TASKS_GLUED = tuple(word for word in _OF_TASKS if not word.isascii())
_OF_OTHERS = words(
    "remixed remix from parent source src previous prev original origin reference ref external ext custom input "
    "user project model image prompt request req trace celery worker workflow node platform batch build thread "
    "pid upstream character channel file asset session run cron deduplication owner author shot scene client "
    "message msg correlation first last frame key dag parentid origintask"
)
_OF_FACTS = {
    Label.MODEL: "model modelname modelid originmodelname upstreammodelname modelslug modelversion engine "
    "模型 模型名称 モデル モデル名 모델 modell modèle modele modelo modello модель",
    Label.PROVIDER: "provider vendor providername platform 平台 渠道 供应商 服务商 プロバイダー "
    "anbieter fournisseur proveedor fornecedor fornitore провайдер 제공자",
    Label.PROMPT: "prompt inputprompt textprompt originalprompt 提示词 提示詞 プロンプト 프롬프트 промпт",
    Label.TITLE: "title name label caption displayname",
    Label.SHOT: "shot scene clip shotname shotid shotno scenename clipname sequence",
    Label.SECONDS: "seconds secs sec duration durationseconds length videolength videoduration 时长 秒数 長さ "
    "sekunden dauer durée duración duração durata длительность",
    Label.SIZE: "size resolution aspectratio dimensions",
    Label.STATE: "status state taskstatus progress object createdat completedat videourl pollingurl outputurl "
    "resulturl submittime queued statusurl responseurl 状态 狀態 任务状态 进度 状態 ステータス 進捗 상태 "
    "zustand statut estado stato статус",
}
_FACT_OF = {name: label for label, names in _OF_FACTS.items() for name in names.split()}
_IDS = words("id ids uuid 编号 編號 番号")
_GLUED_IDS = ("编号", "編號", "番号")
_NOT_ITS_OWN = words("default fallback base previous prev old available llm chat text tts image audio")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+|\d+")
_GLUED = re.compile(r"(?:task|video|job|generation|prediction)s?(?:id|uuid)")
_CURSORS = words("after before cursor next nextcursor startingafter pagetoken nextpagetoken")
"""Where a list goes on: an id there is that of a page."""


@lru_cache(maxsize=4096)
def label_of(name: str) -> Label | None:
    """Return what a name means in any case style (`task_id`, `taskId`, `TaskID`, `Task ID`), None where nothing."""
    if len(name) > 60:
        return None
    parts = [part.lower() for part in _PART.findall(name.replace("IDs", "Ids"))]
    folded = "".join(parts)
    if folded in _IDS:
        return Label.PLAIN
    if folded in _CURSORS:
        return Label.OTHER
    if folded == "requestid":
        return Label.REQUEST
    if _GLUED.fullmatch(folded):
        return Label.TASK
    if folded in _FACT_OF or folded.endswith("模型"):
        return _FACT_OF.get(folded, Label.MODEL)
    if (label := _of_named_id(parts, folded)) is not None:
        return label
    if len(parts) > 1 and parts[-1] in {"model", "provider"} and not frozenset(parts) & _NOT_ITS_OWN:
        return _FACT_OF[parts[-1]]  # `VIDEO_MODEL`, `video_provider`
    return Label.BARE if folded in _OF_TASKS and (len(parts) == 1 or not folded.isascii()) else None


def _of_named_id(parts: list[str], folded: str) -> Label | None:
    """Return whose id a name says it is, None where it says nothing of an id."""
    if parts and parts[-1] in _IDS:
        return _of_id(frozenset(parts[:-1]))
    if parts and parts[0] in _IDS and parts[-1] in _OF_TASKS:
        return Label.TASK  # `ID da tarefa`
    word = next((each for each in _GLUED_IDS if folded.endswith(each)), None)
    if word is None:
        return None
    named = folded.removesuffix(word)
    return Label.TASK if named.endswith(_OF_TASKS_GLUED) else _of_id(frozenset({named}))


def _of_id(parts: frozenset[str]) -> Label:
    if parts & _OF_OTHERS:
        return Label.OTHER
    if parts & _OF_TASKS:
        return Label.TASK
    return Label.OTHER if {part.removesuffix("s") for part in parts} & (_THINGS | _OF_RELATED) else Label.UNKNOWN


def whose_task(name: str) -> str | None:
    """Return what tells a task from others in the name of its id: `intro` of `intro_task_id`; else None."""
    parts = [part.lower() for part in _PART.findall(name[:60])]
    at = next((at for at, part in enumerate(parts) if part in _OF_TASKS), 0)
    return "_".join(parts[:at]) if at and not frozenset(parts[:at]) & _OF_THE_SAME else None


_OF_RELATED = words("old related linked duplicate copy copied replace replaced replacement retry retried superseded")
"""Before an `id`, of another task than the one spoken of."""
_OF_THE_SAME = words(
    "public internal gateway vendor local remote new our api my the openai client server full raw video current"
)
"""Before `task_id`, of one task that has several ids."""


@lru_cache(maxsize=4096)
def is_other_thing(name: str) -> bool:
    """Whether what stands below a name is no task, so that its `id` is none: `user`, `node`, `cells`, `image`."""
    parts = {part.lower().removesuffix("s") for part in _PART.findall(name[:60])}
    return bool(parts & _THINGS)


_THINGS = words(
    "user owner author creator account project team org organization workspace image file asset model channel "
    "character reference source parent session trace node cell page block property thread message event metadata "
    "label repository commit input req request prompt header usage choice remixed group database relation "
    "thumbnail cover poster preview frame keyframe mask voice subtitle transcript artifact link attachment member "
    "actor sender customer tenant pod container audio music speech chat host service device machine server cluster "
    "environment process application release runner ticket order payment invoice subscription"
)
