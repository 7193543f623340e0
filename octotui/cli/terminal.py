"""What the terminal can do: size, colours, glyphs, clipboard, and the settings of a tmux around it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping

from octotui.engine.diagnostics.finding import Finding, ok, warn
from octotui.sanitize import clean

_LEAST = (40, 12)
"""Columns and lines below which the screen shows too little."""
_SLOW_ESCAPE = 50
"""Milliseconds tmux may wait after Esc before anybody notices."""
_PATIENCE = 2.0

TmuxOption = Callable[[str], str | None]
"""From the name of a server option of tmux to its value; None where that cannot be told."""


def examine(
    environ: Mapping[str, str], size: tuple[int, int] | None, encoding: str, tmux_option: TmuxOption
) -> list[Finding]:
    """Judge the terminal; `size` is (columns, lines), None when stdout is none."""
    findings = [] if size is None else [judge_size(*size), judge_colours(environ), judge_glyphs(encoding)]
    if environ.get("TMUX"):
        findings += judge_tmux(tmux_option("set-clipboard"), tmux_option("escape-time"))
    elif size is not None:
        findings.append(judge_clipboard(environ))
    return findings


def judge_size(columns: int, lines: int) -> Finding:
    """Whether the screen has room."""
    says = f"{columns} × {lines}"
    if columns >= 80 and lines >= 24:
        return ok("terminal", says)
    if columns >= _LEAST[0] and lines >= _LEAST[1]:
        return ok("terminal", f"{says}: marks, ids and deadlines fit; 80 × 24 shows more")
    return warn("terminal", f"{says} is very small", f"make it {_LEAST[0]} × {_LEAST[1]} or more")


def judge_colours(environ: Mapping[str, str]) -> Finding:
    """How many colours there are."""
    term = environ.get("TERM", "")
    if environ.get("NO_COLOR"):
        return ok("colours", "switched off (NO_COLOR); states are words and marks as well")
    if term in {"", "dumb"}:
        return warn("colours", f"TERM is {clean(term, 40) or 'not set'}: no screen can be drawn", "set TERM")
    if environ.get("COLORTERM", "") in {"truecolor", "24bit"} or term.endswith("-direct"):
        return ok("colours", "16 million")
    if "256color" in term:
        return ok("colours", "256; COLORTERM=truecolor shows more, where the terminal has them")
    return warn(
        "colours", f"few (TERM is {clean(term, 40)})", "set TERM=xterm-256color if the terminal has 256 colours"
    )


def judge_glyphs(encoding: str) -> Finding:
    """Whether marks other than ASCII can be shown."""
    if encoding.lower().replace("-", "") == "utf8":
        return ok("glyphs", "UTF-8")
    return warn("glyphs", f"the encoding is {clean(encoding, 40)}", "set LANG=C.UTF-8, or use octotui --ascii")


def judge_widths(setting: bool | None, measured: bool | None) -> Finding:
    """Say whether characters of ambiguous width take two cells; `measured` is None where the terminal said nothing."""
    if setting is False and measured:
        said = "the terminal draws characters of ambiguous width in two cells, and ambiguous_wide is false"
        return warn("widths", said, 'set ambiguous_wide = "auto"')
    is_wide = measured if setting is None else setting
    if is_wide is None:
        return ok("widths", "the terminal does not say; if rows are shifted, set ambiguous_wide = true")
    shown = "two cells for characters of ambiguous width, ASCII stands in" if is_wide else "one cell for every mark"
    return ok("widths", f"{shown} ({'measured' if setting is None else 'ambiguous_wide'})")


def judge_clipboard(environ: Mapping[str, str]) -> Finding:
    """Whether y (copy) reaches the clipboard where there is no tmux."""
    if environ.get("STY"):
        return warn(
            "clipboard", "GNU screen passes no copies on (OSC 52)", "select the text octotui shows, or use tmux"
        )
    if environ.get("TERM_PROGRAM") == "Apple_Terminal":
        said = "this terminal takes no copies (OSC 52)"
        return warn("clipboard", said, "select the text octotui shows, or use another terminal")
    return ok("clipboard", "copies go through the terminal (OSC 52); some ask for that to be allowed in their settings")


def judge_tmux(set_clipboard: str | None, escape_time: str | None) -> list[Finding]:
    """Judge tmux's `set-clipboard` and `escape-time` (milliseconds)."""
    findings = []
    if set_clipboard is None:
        findings.append(warn("clipboard", "tmux does not say its set-clipboard", "tmux set -s set-clipboard on"))
    elif set_clipboard == "off":
        said = "tmux keeps copies to itself (set-clipboard off)"
        findings.append(warn("clipboard", said, "put set -s set-clipboard on into ~/.tmux.conf"))
    else:
        findings.append(ok("clipboard", f"tmux passes copies on (set-clipboard {clean(set_clipboard, 20)})"))
    if escape_time is not None and escape_time.isdigit():
        says = f"tmux holds Esc back for {escape_time} ms"
        slow = int(escape_time) > _SLOW_ESCAPE
        remedy = "put set -s escape-time 10 into ~/.tmux.conf"
        findings.append(warn("escape key", says, remedy) if slow else ok("escape key", says))
    return findings


def tmux_option(name: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """Ask the tmux around us for one of its server options; None where it does not answer."""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command and a name from this file
            ["tmux", "show-options", "-sv", name],  # noqa: S607 - whichever tmux one is in
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
            env=dict(environ),
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
