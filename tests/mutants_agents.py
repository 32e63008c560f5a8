"""Every single-entry mutant of what the roles judge by, made from their source: numbers, comparisons, and the tables beside them.

A number is halved or doubled (a small count: one less, one more), a comparison is asked the other way round, an entry of a table is
left out, and what a table lists in an order is listed in another. What only words are made of is left alone: texts, the digits of a
rounding, how many of a list are shown.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, MappingProxyType, ModuleType
from typing import Any, NamedTuple

from flights import ROOT

from drillbook.agents import Role

__all__ = ["AGENTS", "AgentMutant", "agent_mutants", "fresh_roster"]

PACKAGE = "drillbook.agents"
AGENTS = tuple(sorted(path for path in (ROOT / "agents").glob("*.py") if path.stem != "__init__"))
WORDS = frozenset({"approving", "words"})
"""What is no threshold of the routing: what puts a case into words for all roles weighs to find the right phrase, and the runbook that comes
along wants nothing approved (tests/test_guardrails.py holds who does)."""
JUDGING = tuple(path for path in AGENTS if path.stem not in WORDS)


class AgentMutant(NamedTuple):
    """One entry of a role's source changed: the kind, the module, the function or table in it, what was made of it, and the source then.

    `statement` is the line of the function's statement that it is in, None in a table; `words` are the texts beside it.
    """

    kind: str
    module: str
    within: str
    what: str
    statement: int | None
    words: tuple[str, ...]
    tree: ast.Module

    @property
    def name(self) -> str:
        return f"{self.module}.{self.within}: {self.what}"


class Site(NamedTuple):
    """A node that may be changed, and the nodes around it, the nearest last."""

    node: ast.AST
    around: tuple[ast.AST, ...]


Change = tuple[str, str, ast.AST]
"""The kind of a change, in words, and the node that stands there instead."""


def agent_mutants(paths: Sequence[Path] = JUDGING) -> Iterator[AgentMutant]:
    """Every mutant of the roles' source, in the order of the files. Those of one name are told apart by a number."""
    seen: dict[str, int] = {}
    for path in paths:
        tree = ast.parse(path.read_text(), str(path))
        for site in _sites(tree):
            for kind, what, instead in _changes(site):
                within = _within(site)
                number = seen[f"{path.stem} {within} {what}"] = seen.get(f"{path.stem} {within} {what}", 0) + 1
                told = what if number == 1 else f"{what} ({number})"
                yield AgentMutant(kind, path.stem, within, told, _statement(site), _words(site), _with(tree, site, instead))


def _statement(site: Site) -> int | None:
    """The line of the innermost statement of a function around a node."""
    inside = any(isinstance(one, ast.FunctionDef) for one in site.around)
    return next((one.lineno for one in reversed(site.around) if isinstance(one, ast.stmt)), None) if inside else None


def _words(site: Site) -> tuple[str, ...]:
    """The texts of the row or the call that a node is in: where they come up, the node may matter."""
    near = next((one for one in reversed((*site.around, site.node)) if isinstance(one, ast.Tuple | ast.Call)), site.node)
    texts = [one.value for one in ast.walk(near) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return tuple(word for text in texts for word in re.findall(r"[\w ]{3,}", text))


def _sites(node: ast.AST, around: tuple[ast.AST, ...] = ()) -> Iterator[Site]:
    yield Site(node, around)
    for child in ast.iter_child_nodes(node):
        yield from _sites(child, (*around, node))


def _with(tree: ast.Module, site: Site, instead: ast.AST) -> ast.Module:
    """The module with another node; what is not on the way to it is shared."""
    return _replaced((*site.around, site.node), ast.copy_location(instead, site.node))  # type: ignore[return-value]


def _replaced(way: Sequence[ast.AST], instead: ast.AST) -> ast.AST:
    if len(way) == 1:
        return instead
    here, inner = way[0], _replaced(way[1:], instead)
    fields = {name: _swapped(value, way[1], inner) for name, value in ast.iter_fields(here)}
    return ast.copy_location(type(here)(**fields), here)


def _swapped(value: Any, old: ast.AST, new: ast.AST) -> Any:
    if isinstance(value, list):
        return [new if one is old else one for one in value]
    return new if value is old else value


def _within(site: Site) -> str:
    """The function or the table that a node is in."""
    named = (_name(node) for node in reversed((*site.around, site.node)))
    return next((name for name in named if name), "")


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
    return target.id if isinstance(target, ast.Name) and target.id.strip("_").isupper() else ""


def _changes(site: Site) -> Iterator[Change]:
    node = site.node
    if _within(site) == "CHARTER" or any(isinstance(one, ast.FormattedValue) for one in site.around):
        return
    if isinstance(node, ast.Constant) and type(node.value) in (int, float) and not _of_words(site):
        yield from _other_numbers(node, site.around)
    elif isinstance(node, ast.Compare):
        yield from _other_comparisons(node)
    elif _module_level(site) and isinstance(node, ast.Dict | ast.Tuple | ast.Set):
        yield from _other_tables(node)


_OPPOSITE: Mapping[type[ast.cmpop], type[ast.cmpop]] = MappingProxyType({
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn,
    ast.NotIn: ast.In,
})  # fmt: skip


def _other_comparisons(node: ast.Compare) -> Iterator[Change]:
    for place, operator in enumerate(node.ops):
        other = _OPPOSITE.get(type(operator))
        if other is not None:
            changed = ast.Compare(node.left, [*node.ops[:place], other(), *node.ops[place + 1 :]], node.comparators)
            yield "comparison", f"{ast.unparse(node)} → {ast.unparse(changed)}", changed


def _other_numbers(node: ast.Constant, around: Sequence[ast.AST]) -> Iterator[Change]:
    value: float = node.value  # type: ignore[assignment]
    whole = isinstance(value, int)
    others = (value + 1,) if value == 0 else (value - 1, value + 1) if whole and value <= 2 else (value // 2 if whole else value / 2, value * 2)
    about = next((one for one in reversed(around) if isinstance(one, ast.expr) and not isinstance(one, ast.UnaryOp)), node)
    for other in others:
        yield "number", f"{value:g} → {other:g} in {ast.unparse(about)[:60]}" if about is not node else f"{value:g} → {other:g}", ast.Constant(other)


def _of_words(site: Site) -> bool:
    """Whether a number says how something is shown or what stands for nothing, and judges nothing."""
    parents = [*site.around]
    above, node = parents[-1], site.node
    shown = any(isinstance(one, ast.Subscript | ast.Slice) for one in parents)
    nothing = node.value == 0 and (isinstance(above, ast.BoolOp | ast.IfExp) or (isinstance(above, ast.keyword) and above.arg == "default"))  # type: ignore[attr-defined]
    rounding = isinstance(above, ast.Call) and ast.unparse(above.func) in ("round", "enumerate")
    return shown or nothing or rounding


def _module_level(site: Site) -> bool:
    return not any(isinstance(one, ast.FunctionDef | ast.Lambda | ast.ClassDef | ast.Subscript) for one in site.around) and bool(_within(site))


def _other_tables(node: ast.Dict | ast.Tuple | ast.Set) -> Iterator[Change]:
    """A row left out; of names listed in an order, two neighbours in the other order."""
    items: Sequence[Any] = [*zip(node.keys, node.values, strict=True)] if isinstance(node, ast.Dict) else node.elts
    rows = isinstance(node, ast.Dict | ast.Set) or all(isinstance(one, ast.Tuple) for one in items)
    names = isinstance(node, ast.Tuple) and all(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in items)
    for place, one in enumerate(items if rows else ()):
        if isinstance(one, tuple) and _is_prose(one[1]):
            continue
        told = ast.unparse(one[0] if isinstance(one, tuple) else one)
        yield "table entry dropped", f"without {told[:60]}", _of(node, [*items[:place], *items[place + 1 :]])
    if names:
        for place in range(len(items) - 1):
            told = f"{ast.unparse(items[place + 1])} before {ast.unparse(items[place])}"
            yield "table order", told, _of(node, [*items[:place], items[place + 1], items[place], *items[place + 2 :]])


def _is_prose(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, str) and " " in value.value


def _of(node: ast.Dict | ast.Tuple | ast.Set, items: Sequence[Any]) -> ast.AST:
    if isinstance(node, ast.Dict):
        return ast.Dict([key for key, _ in items], [value for _, value in items])
    if isinstance(node, ast.Set):
        return ast.Set([*items]) if items else ast.Tuple([], ast.Load())
    return ast.Tuple([*items], ast.Load())


@cache
def _code(path: Path) -> CodeType:
    return compile(path.read_text(), str(path), "exec")


class _Fresh(MetaPathFinder):
    """Finds the modules of the roles, some of them as they were changed, each with some names given."""

    def __init__(self, trees: Mapping[str, ast.Module], given: Mapping[str, Any]) -> None:
        self.trees, self.given = trees, given

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != PACKAGE and not fullname.startswith(f"{PACKAGE}."):
            return None
        file = ROOT / "agents" / f"{fullname.removeprefix(PACKAGE).removeprefix('.') or '__init__'}.py"
        inside = [str(file.parent)] if fullname == PACKAGE else None
        loader = _Loader(fullname, str(file), self.trees.get(file.stem), self.given)
        return importlib.util.spec_from_file_location(fullname, file, loader=loader, submodule_search_locations=inside)


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, tree: ast.Module | None, given: Mapping[str, Any]) -> None:
        super().__init__(fullname, path)
        self.tree, self.given = tree, given

    def get_code(self, fullname: str) -> CodeType:
        """The code of a module: as it stands in the file, or as it was changed."""
        return _code(Path(self.path)) if self.tree is None else compile(ast.fix_missing_locations(self.tree), self.path, "exec")

    def exec_module(self, module: ModuleType) -> None:
        vars(module).update(self.given)
        super().exec_module(module)


def fresh_roster(trees: Mapping[str, ast.Module], given: Mapping[str, Any] | None = None) -> Mapping[str, Role]:
    """The roles in modules of their own, some of them changed; those that everybody else imported stay as they are."""
    parent, finder = sys.modules["drillbook"], _Fresh(trees, given or {})
    kept = {name: sys.modules.pop(name) for name in _loaded()}
    sys.meta_path.insert(0, finder)
    try:
        roster: Mapping[str, Role] = import_module(PACKAGE).ROSTER
        return roster
    finally:
        sys.meta_path.remove(finder)
        for name in _loaded():
            del sys.modules[name]
        sys.modules.update(kept)
        parent.agents = kept[PACKAGE]  # type: ignore[attr-defined]


def _loaded() -> list[str]:
    return [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]
