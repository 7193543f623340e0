"""Text that tries to be more than text, and a ledger with it in every field that comes from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from octotui.ledger import Ledger, SavedView
from octotui.model import Download, DownloadState, FailureKind, GatewayState, LogEntry, RequestFailure, TaskState
from octotui.sanitize import clean
from tests.tui.tasks import NOW, live, ready, record, running, task

HOSTILE = {
    "closing markup": "[/foo]",
    "markup": "[bold]x[/bold] [@click=app.exit]y[/]",
    "clipboard": "\x1b]52;c;aGFja2Vk\x07",
    "title and cursor": "\x1b]0;owned\x07\x1b[2J\x1b[1;1H",
    "link": "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "eight-bit controls": "\x9d0;owned\x9c \x9b2J \x90q\x9c",
    "terminal reset": "\x1bc\x1b[?1049l\x1b[6n\x1b[c",
    "right to left": "\u202egnp.exe\u2066x\u2069\u200f",
    "nul and bells": "a\x00b\x07c\x08\x7f",
    "lone surrogate": "a\ud800b\udfffc",
    "wide": "视频任务字字字字字字字字",
    "combining": "é́́́́́" * 20,
    "joined": "👩‍👩‍👧‍👦🏽❤️" * 5,
    # No spacing vowel sign: the emulator drops whatever follows one.
    "mixed": "影片_😀é_क्ष_ﷺ_ｱ_👍🏿",
    # One cell or two, as the terminal is set.
    "ambiguous": "“引用”……①×2→●─│█ Видео γ½é★\ue000",
    "lines": "line\nbreak\r\tand tab\x0b\x0c\u2028\u2029",
    "long": "x" * 10_000,
    "ligature": "﷽" * 40,
    "hebrew": "שלום עולם",
}

RAW = {name: text.replace("\ud800", "?").replace("\udfff", "?") for name, text in HOSTILE.items()}
"""The same as a body can hold it: UTF-8 has no surrogates."""


def fill(ledger: Ledger, name: str, now: float) -> None:
    """Put one hostile text into every field of tasks in every state, as the engine would: cleaned where it enters.

    What nobody cleans on the way in (the raw answer) stays as it came. `now` is what the clock will say, unix seconds.
    """
    text = clean(HOSTILE[name])
    shift = now - NOW
    failing = RequestFailure(FailureKind.GATEWAY, 502, text, now - 5)
    facts: dict[str, Any] = {"model": text, "tags": (text,), "status": text, "seconds": text, "size": text}
    download = Download(DownloadState.WANTED, 10, 100, error=text)
    on_disk = Download(DownloadState.SAVED, 1, 1, f"/v/{text}", text, now)
    tasks = [
        ready(f"1{text}", 9000 + shift, result_url="https://cdn.example/" + name.replace(" ", "-"), **facts),
        ready(f"2{text}", 9100 + shift, download=Download(DownloadState.FAILED, error=text), **facts),
        ready(f"3{text}", 9200 + shift, download=download, **facts),
        running(f"4{text}", None, last_answer_at=now - 900, failure=failing, **facts),
        running(f"5{text}", 50, **facts),
        task(f"6{text}", last_answer_at=None, failure=failing, **facts),
        task(f"7{text}", **facts),
        task(f"8{text}", state=TaskState.FAILED, error_message=text, error_code=text, **facts),
        task(f"9{text}", state=TaskState.CANCELLED, error_code=text, **facts),
        ready(f"10{text}", 9300 + shift, download=on_disk, **facts),
    ]
    record(ledger, *tasks)
    ledger.set_title([one.id for one in tasks], text)
    for one in tasks:
        ledger.record(one, raw=RAW[name])
        ledger.record(one, raw=f'{{"prompt": {RAW[name]!r}}}')
        ledger.note_attempt(one.id, now - 9, text, text)
        ledger.log(LogEntry(now - 8, "state", one.id, text))
    ledger.log(LogEntry(now - 7, text, None, text))
    ledger.save_view(SavedView(HOSTILE[name], HOSTILE[name], HOSTILE[name], HOSTILE[name]))
    ledger.set_status(live(at=now, gateway=GatewayState.OFFLINE, message=text, host=text, pid=1, downloads_running=0))
    ledger.flush()


def folder_for(folder: Path, name: str, now: float) -> Path:
    """A state folder whose ledger is full of one hostile text."""
    with Ledger.open(folder / "ledger.db") as ledger:
        fill(ledger, name, now)
    (folder / "label").write_text(clean(HOSTILE[name], 60))
    return folder
