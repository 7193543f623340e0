"""Completion in the shells: click's, where it is mended for ids with a colon, filters and long descriptions.

Importing this module has click use it. Only a shell that asks how to go on, and `octotui completion`, do so.
"""

from __future__ import annotations

import os
import re
from typing import Any, ClassVar

from click.shell_completion import BashComplete, CompletionItem, FishComplete, add_completion_class, split_arg_string

_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' response completion type value
    # bash takes words apart at colons and signs (COMP_WORDBREAKS); ids and filters have them inside.
    response=$(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_PIECE="${COMP_WORDS[COMP_CWORD]}" \\
        COMP_WORDBREAKS="$COMP_WORDBREAKS" %(complete_var)s=bash_complete "$1")
    COMPREPLY=()
    for completion in $response; do
        IFS=',' read -r type value <<< "$completion"
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                COMPREPLY+=("$value")
                [[ $value == *[:,\\<] ]] && compopt -o nospace
                ;;
        esac
    done
    return 0
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_FISH = """\
function %(complete_func)s
    set -l begun (commandline -cp)
    set -l response (env %(complete_var)s=fish_complete COMP_WORDS=$begun COMP_CWORD=(commandline -t) %(prog_name)s)
    for completion in $response
        # Descriptions have commas, too: only the first one ends the kind of a completion.
        set -l metadata (string split --max 1 "," -- $completion)
        switch $metadata[1]
            case dir
                __fish_complete_directories $metadata[2]
            case file
                __fish_complete_path $metadata[2]
            case plain
                echo -- $metadata[2]
        end
    end
end

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""

_SPECIAL = re.compile(r"[^\w@%+=:,./!~^-]")
"""What bash reads as more than itself."""


class BashWithColons(BashComplete):
    """Completes words as octotui sees them, and answers with the piece of one that bash replaces."""

    source_template: ClassVar[str] = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is typed, and that one."""
        if "COMP_LINE" not in os.environ:
            # A script that 0.1.0 printed is still in use.
            return super().get_completion_args()
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)
        is_begun = bool(words) and (not line[-1:].isspace() or _open_quote(line) != "")
        incomplete = words.pop() if is_begun else ""
        return words[1:], incomplete

    def complete(self) -> str:
        """Return a line for each completion, without what bash leaves standing before its piece of the word."""
        if "COMP_LINE" not in os.environ:
            return super().complete()
        words, incomplete = self.get_completion_args()
        line, piece = os.environ["COMP_LINE"], os.environ.get("COMP_PIECE", "")
        is_quoted = _open_quote(line) != ""
        if not piece.strip(os.environ.get("COMP_WORDBREAKS", "")):
            piece = ""
        kept = "" if is_quoted else incomplete[: max(0, len(incomplete) - len(_plain(piece)))]
        lines = []
        for item in self.get_completions(words, incomplete):
            value = str(item.value)
            if item.type == "plain":
                value = value.removeprefix(kept)
                value = value if is_quoted else _SPECIAL.sub(r"\\\g<0>", value)
            lines.append(f"{item.type},{value}")
        return "\n".join(lines)


class FishWithDescriptions(FishComplete):
    """Keeps descriptions whole that have a comma in them."""

    source_template: ClassVar[str] = _FISH

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Return the kind, the value and its description in one line."""
        return " ".join(super().format_completion(item).splitlines())


def _open_quote(line: str) -> str:
    """Return the quote that is open at the end of a line, empty where none is."""
    quote = ""
    is_escaped = False
    for character in line:
        if is_escaped:
            is_escaped = False
        elif character == "\\" and quote != "'":
            is_escaped = True
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
    return quote


def _plain(piece: str) -> str:
    words = split_arg_string(piece)
    return words[0] if words else ""


add_completion_class(BashWithColons, "bash")
add_completion_class(FishWithDescriptions, "fish")
