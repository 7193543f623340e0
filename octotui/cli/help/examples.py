"""Examples of every command: shown under its `--help`, and in the man page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import click


class Example(NamedTuple):
    """One line to type, and what it does."""

    line: str
    does: str


def _of(*pairs: tuple[str, str]) -> tuple[Example, ...]:
    return tuple(Example(f"octotui {line}".rstrip(), does) for line, does in pairs)


EXAMPLES: dict[str, tuple[Example, ...]] = {
    "": _of(
        ("", "the dashboard"),
        ("demo", "the same without a key, against a gateway in a box"),
        ("add video_6a8f… --title 'red car'", "watch a task"),
        ("wait --download", "wait until all are final and saved"),
    ),
    "demo": _of(("demo", "play"), ("demo --headless", "without a screen, to the end")),
    "add": _of(
        ("add video_6a8f --provider sora --tag night", "watch a task, and tag it"),
        ("add video_6a8f --title 'red car, take 2'", "the same with a title; a known task gets it too"),
        ("add - < create-answers.jsonl", "whatever names tasks in a file"),
        ("add --follow worker.log", "whatever a growing log names"),
    ),
    "ls": _of(
        ("ls -f 'state:ready left<2h'", "what will be lost within two hours"),
        ("ls -f 'created:today !state:saved' -o wide", "today's that are not saved, with more columns"),
        ("ls --columns id,title,size,file -f 'size>50MB'", "chosen columns of large files"),
        ("ls -o csv -f done:7d > week.csv", "what became final in a week, for a spreadsheet"),
        ("ls -o jsonl -f error:policy", "one JSON object a line"),
    ),
    "show": _of(
        ("show video_6a8", "part of an id is enough where one task fits"),
        ("show video_6a8f --report", "a report for the gateway's owner"),
    ),
    "poll": _of(("poll", "ask once about all that are not final"), ("poll video_6a8f --json", "the answer as JSON")),
    "get": _of(
        ("get", "save all that is ready"),
        ("get -f tag:night --out /media/night", "save what is tagged so, into a folder"),
        ("get video_6a8f --out /media/usb", "copy what is saved already into a folder"),
        ("get video_6a8f --anyway", "try what no answer calls completed"),
    ),
    "retry": _of(
        ("retry video_6a8f", "ask again, then save what failed or was given up"),
        ("retry video_6a8f --out /media/usb", "the same into another folder"),
    ),
    "serve": _of(
        ("serve", "a page at http://127.0.0.1:8420 for this machine"),
        ("serve --listen 0.0.0.0:8420", "for others, too: with the token that web_token_file names"),
        ("serve --listen '[::1]:9000' --profile night", "another port, another profile"),
        ("serve --terminal", "the dashboard itself, too, at /terminal"),
    ),
    "watch": _of(
        ("watch --download", "ask and save, one line a change"),
        ("watch --jsonl -f tag:night", "only changes of what is tagged so"),
        ("watch --download --until-done", "end when everything is saved"),
        ("watch --download --metrics 127.0.0.1:9464", "the same, with metrics for Prometheus"),
        ("watch --download --print-unit", "a systemd unit that does this"),
    ),
    "wait": _of(
        ("wait video_6a8f --timeout 30m", "wait for one task"),
        ("wait -f tag:night --download --json", "wait for what is tagged so, and save it"),
    ),
    "tag": _of(
        ("tag video_6a8f +night -draft", "add a tag, take another away"),
        ("tag -f 'created:today model:sora' +night", "tag all that match"),
        ("tag -f tag:draft -draft --dry-run", "say which would change"),
    ),
    "title": _of(
        ("title video_6a8f red car, take 2", "give a title"),
        ("title video_6a8f ''", "take it away: the prompt is shown again"),
    ),
    "open": _of(
        ("open video_6a8f", "play a saved file"),
    ),
    "log": _of(
        ("log --since 8h", "what happened in eight hours"),
        ("log -f kind:lost --jsonl", "every loss, one JSON object a line"),
        ("log --follow", "what happens from now on"),
    ),
    "rm": _of(
        ("rm video_6a8f", "stop watching a task; its file stays"),
        ("rm -f 'state:failed age>7d' --dry-run", "say what would be removed"),
        ("rm -f 'state:failed age>7d' --yes", "remove it without a question"),
    ),
    "prune": _of(
        ("prune --saved --older 30d --dry-run", "say what would be removed"),
        ("prune --saved --older 30d --yes", "stop watching it, without a question; files stay"),
    ),
    "pause": _of(
        ("pause", "nothing is asked or saved from now on, in every window"),
    ),
    "resume": _of(
        ("resume", "go on"),
    ),
    "import": _of(
        ("import ~/Videos/octotui", "watch again what side-cars tell of"),
        ("import /media/usb --verify", "the same, and read every file"),
    ),
    "boxes": _of(
        ("boxes", "who works on the ledger, who is silent, what each of them saves"),
        ("boxes --json | jq -r '.[] | select(.gone) | .box'", "the machines that are gone"),
    ),
    "report": _of(
        ("report --since 8h", "what came of the night"),
        ("report --since 7d --by model", "of a week, a row a model"),
        ("report --since 30d --by reason -o csv > failures.csv", "why tasks failed, for a spreadsheet"),
        ("report --since 7d --html week.html", "a page with charts that can be sent to somebody"),
        ("report --since 7d -f tag:night --json", "of a week, of what is tagged so, as JSON"),
    ),
    "discover": _of(
        ("discover", "tasks of the account that are not watched yet"),
    ),
    "doctor": _of(("doctor", "what works, what does not, and what to do"), ("doctor --json", "the same as JSON")),
    "metrics": _of(
        ("metrics dashboard > octotui.json", "a Grafana dashboard"),
        ("metrics alerts > octotui.rules.yml", "alert rules for Prometheus"),
    ),
    "metrics dashboard": _of(
        ("metrics dashboard > octotui.json", "import it in Grafana"),
    ),
    "metrics alerts": _of(
        ("metrics alerts > /etc/prometheus/octotui.rules.yml", "name the file under rule_files"),
    ),
    "ledger": _of(
        ("ledger check", "read all of it, and say what is wrong"),
        ("ledger copy ~/.local/state/octotui/ledger.db postgresql://farm@db/farm", "onto a server that machines share"),
    ),
    "ledger check": _of(
        ("ledger check", "read all of it, and say what is wrong"),
        ("ledger check ledger.db.copied-20261130-203000", "of another file"),
    ),
    "ledger copy": _of(
        ("ledger copy ledger.db postgresql://farm@db/farm --dry-run", "how much there is"),
        ("ledger copy ~/.local/state/octotui/ledger.db postgresql://farm@db/farm", "onto a server that machines share"),
        ("ledger copy postgresql://farm@db/farm ~/ledger.db", "and back into a file"),
    ),
    "config": _of(
        ("config init", "write the commented example"),
        ("config set download_dir ~/Videos", "change a setting, and nothing else in the file"),
    ),
    "config path": _of(
        ("config path", "where the file is, or would be"),
    ),
    "config init": _of(
        ("config init", "write the commented example, unless there is a file"),
    ),
    "config check": _of(
        ("config check", "what is wrong, else what holds"),
    ),
    "config get": _of(
        ("config get", "all settings, and where each comes from"),
        ("config get download_dir --json", "one of them as JSON"),
    ),
    "config set": _of(
        ("config set auto_download true", "save whatever completes"),
        ('config set player \'["mpv", "--loop"]\'', "a list, as TOML"),
    ),
    "config unset": _of(
        ("config unset download_dir", "the default holds again"),
    ),
    "config edit": _of(
        ("config edit", "open the file in $EDITOR, then check it"),
    ),
    "completion": _of(
        ("completion bash > ~/.local/share/bash-completion/completions/octotui", "completion in every new bash"),
        ("completion fish | source", "in this fish"),
        ("completion man > ~/.local/share/man/man1/octotui.1", "the man page: man octotui"),
    ),
}
"""Of every command, by its name; the empty name is octotui itself."""


def examples_of(command_path: str) -> tuple[Example, ...]:
    """Return the examples of a command, by its path (`octotui config get`)."""
    return EXAMPLES.get(command_path.partition(" ")[2], ())


def write_examples(command_path: str, formatter: click.HelpFormatter) -> None:
    """Write examples under the help of a command, and for `ls` the fields of filters and the columns."""
    if command_path.endswith(" ls"):
        _write_table(formatter, "Filters", _fields())
        _write_table(formatter, "Columns", _columns())
    examples = examples_of(command_path)
    if examples:
        with formatter.section("Examples"):
            for line, does in examples:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
                formatter.write(f"{'':>{formatter.current_indent}}    {does}\n")


def _write_table(formatter: click.HelpFormatter, title: str, rows: Iterable[tuple[str, str]]) -> None:
    with formatter.section(title):
        formatter.write_dl(list(rows))


def _fields() -> list[tuple[str, str]]:
    from octotui.presentation.filters import FIELDS, MEASURES  # noqa: PLC0415 - only when somebody asks for help

    rows = [(f"{name}{'<' if name in MEASURES else ':'}", says) for name, says in FIELDS.items()]
    return [*rows, ("!", "turns a term round: !state:saved"), ("a,b", "either; terms side by side must all hold")]


def _columns() -> list[tuple[str, str]]:
    from octotui.presentation.fields import ALL  # noqa: PLC0415 - as above

    return [(field.name, field.help) for field in ALL]
