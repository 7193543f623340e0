"""The import graph of a package as its source says it: every import counts, wherever it stands and whatever for."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Import:
    """One import of a module by another one."""

    importer: str
    imported: str
    line: int


class ImportGraph:
    """The modules below one package folder, and who imports whom: at the top, for the type check, inside functions."""

    def __init__(self, package: Path) -> None:
        self.modules = dict(sorted(_modules(package)))
        self.imports = [each for name, path in self.modules.items() for each in self._imports_of(name, path)]

    def circles(self) -> list[set[str]]:
        """The sets of modules that all reach one another by imports, largest first."""
        reached = {name: self._reached_from(name) for name in self.modules}
        circles: list[set[str]] = []
        for name in self.modules:
            if name in reached[name] and not any(name in circle for circle in circles):
                circles.append({other for other in reached[name] if name in reached[other]})
        return sorted(circles, key=len, reverse=True)

    def climbing(self, floors: Sequence[Sequence[str]]) -> list[Import]:
        """The imports that lead up: from a floor to one above it, or to another room of the same floor.

        `floors` holds the rooms of each floor, the highest first, as import-linter's layers do.
        """
        places = {name: place_of(name, floors) for name in self.modules}
        found = []
        for each in self.imports:
            here, there = places[each.importer], places[each.imported]
            if here is not None and there is not None and here != there and there[0] <= here[0]:
                found.append(each)
        return found

    def drawn(self, imports: Sequence[Import]) -> str:
        """The importers with what they import below them, for people."""
        lines = []
        for importer in dict.fromkeys(each.importer for each in imports):
            lines.append(importer)
            mine = [each for each in imports if each.importer == importer]
            lines += [f"  └─ line {each.line}: {each.imported}" for each in mine]
        return "\n".join(lines)

    def drawn_circles(self) -> str:
        """Each circle with the imports that make it; nothing where there is none."""
        drawn = []
        for circle in self.circles():
            imports = [each for each in self.imports if each.importer in circle and each.imported in circle]
            drawn.append(f"a circle of {len(circle)}:\n{self.drawn(imports)}")
        return "\n\n".join(drawn)

    def _reached_from(self, start: str) -> set[str]:
        imported: dict[str, set[str]] = {name: set() for name in self.modules}
        for each in self.imports:
            imported[each.importer].add(each.imported)
        reached: set[str] = set()
        waiting = list(imported[start])
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += imported[name]
        return reached

    def _imports_of(self, name: str, path: Path) -> Iterator[Import]:
        room = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for node in ast.walk(ast.parse(path.read_text(), path)):
            if isinstance(node, ast.Import):
                wanted = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                above = room.split(".")[: len(room.split(".")) - node.level + 1] if node.level else []
                base = ".".join([*above, *([node.module] if node.module else [])])
                wanted = [f"{base}.{alias.name}" for alias in node.names]
            else:
                continue
            for imported in dict.fromkeys(self._module_named(word) for word in wanted):
                if imported is not None:
                    yield Import(name, imported, node.lineno)

    def _module_named(self, word: str) -> str | None:
        """The module that is meant: `word` itself, or the one that it names something of; None for other packages."""
        while word and word not in self.modules:
            word = word.rpartition(".")[0]
        return word or None


def place_of(module: str, floors: Sequence[Sequence[str]]) -> tuple[int, str] | None:
    """The number of the floor (0 is the highest) and the room in which `module` lies; None where it has none."""
    for number, rooms in enumerate(floors):
        for room in rooms:
            if module == room or module.startswith(f"{room}."):
                return number, room
    return None


def _modules(package: Path) -> Iterator[tuple[str, Path]]:
    for path in package.rglob("*.py"):
        parts = path.relative_to(package.parent).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path
