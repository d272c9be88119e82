"""The layers of the package: it reads every import and enforces that imports point down only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import pytest_mockopenai

PACKAGE = Path(pytest_mockopenai.__file__).parent
NAME = PACKAGE.name

LAYERS = (
    ("plugin", "fixtures", "marker", "recorded", "summary", "standalone", "__main__"),
    ("mock",),
    ("remote", "stage"),
    ("admin",),
    ("scene",),
    (
        "asserts",
        "budgets",
        "calls",
        "clients",
        "compare",
        "cost",
        "crossing",
        "hosts",
        "isolation",
        "models",
        "recordings",
        "scripting",
        "stubs",
        "verdict",
    ),
    ("app",),
    ("answering",),
    ("reader", "stamping", "wording"),
    ("exchange", "observing", "reading", "webhooks"),
    ("limiting",),
    ("clock", "state"),
    ("explain", "recorder", "settings", "store", "taping"),
    ("contract", "endpoints"),
    ("rendering", "retrieval"),
    ("core", "tokens"),
)
"""From the top down. A module may import from its own layer and from all below it, never from one above."""

STRANGERS = (("core", "tokens"), ("hosts", "isolation"), ("hosts", "app"), ("contract", "endpoints"))
"""These know nothing of each other: tests can put one beside anything."""

RULE = (
    "Imports point down only:\n  "
    + "\n  -> ".join(", ".join(layer) for layer in LAYERS)
    + "\nand these never import each other: "
    + "; ".join(" and ".join(pair) for pair in (*STRANGERS, ("one endpoint", "another")))
    + ".\nMove what is shared down, or hand it over as an argument."
)

HEAVY = (
    "openai",
    "numpy",
    "werkzeug",
    "httpx",
    "httpx2",
    "pydantic",
    "pytest_httpserver",
    "genai_prices",
    "redis",
    "websockets",
    "yaml",
    "uvloop",
)
"""Loaded on first use, inside functions; only these modules, which are loaded on first use themselves, may need one."""
USERS = ("clients", "hosts")

FILES = sorted(path for path in PACKAGE.rglob("*.py") if "sitecustomize" not in path.parts)


def module_of(path: Path) -> str:
    """`core.word` for `core/word.py`, `core` for `core/__init__.py`, nothing for the package itself."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in FILES}


def imports_of(path: Path, *, when_loaded: bool = False) -> Iterator[str]:
    """The full names that a file imports; `when_loaded`: only those that loading it imports."""
    for node in _nodes(ast.parse(path.read_text(encoding="utf-8")), into_functions=not when_loaded):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(path, node)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _nodes(tree: ast.AST, *, into_functions: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        yield node
        for_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if not for_types and (into_functions or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))):
            yield from _nodes(node, into_functions=into_functions)


def _base(path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = [NAME, *path.relative_to(PACKAGE).parts[:-1]]
    return ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])


def uses(path: Path, *, when_loaded: bool = False) -> set[str]:
    """The modules of the package that a file imports, as in `MODULES`."""
    found = set()
    for name in imports_of(path, when_loaded=when_loaded):
        inside = name.removeprefix(NAME).removeprefix(".") if name.split(".")[0] == NAME else None
        while inside and inside not in MODULES:
            inside = inside.rpartition(".")[0]
        if inside:
            found.add(inside)
    return found


def part_of(module: str) -> str:
    return module.split(".")[0]


def layer_of(module: str) -> int:
    (layer,) = (number for number, parts in enumerate(LAYERS) if part_of(module) in parts)
    return layer


def test_every_module_has_a_layer():
    known = {part for layer in LAYERS for part in layer}
    homeless = {part_of(module) for module in MODULES if module} - known
    assert not homeless, f"Give {sorted(homeless)} a place in LAYERS.\n{RULE}"


@pytest.mark.parametrize("module", [module for module in MODULES if module])
def test_imports_point_down(module):
    up = [used for used in uses(MODULES[module]) if layer_of(used) < layer_of(module)]
    assert not up, f"{module} imports {', '.join(up)} from above.\n{RULE}"


@pytest.mark.parametrize("module", [module for module in MODULES if module])
def test_strangers_stay_strangers(module):
    mine = part_of(module)
    met = [used for used in uses(MODULES[module]) if {mine, part_of(used)} in map(set, STRANGERS)]
    assert not met, f"{module} imports {', '.join(met)}.\n{RULE}"


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("endpoints.")])
def test_endpoints_never_import_each_other(module):
    mine = module.split(".")[:2]
    others = [used for used in uses(MODULES[module]) if used.startswith("endpoints.") and used.split(".")[:2] != mine]
    assert not others, f"{module} imports {', '.join(others)}.\n{RULE}"


def test_there_is_no_import_cycle():
    graph = {module: uses(path) - {module} for module, path in MODULES.items() if module}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"These import each other in a circle: {' -> '.join(error.args[1])}\n{RULE}", pytrace=False)


@pytest.mark.parametrize("module", [module for module in MODULES if not module.startswith(USERS)])
def test_heavy_packages_are_loaded_on_first_use(module):
    heavy = {name.split(".")[0] for name in imports_of(MODULES[module], when_loaded=True)} & set(HEAVY)
    assert not heavy, (
        f"{module} loads {', '.join(heavy)} when it is imported: import it inside the function that needs it"
    )


def test_the_plugin_and_what_it_loads_load_only_pytest():
    seen, waiting = set(), {"plugin"}
    while waiting:
        module = waiting.pop()
        seen.add(module)
        waiting |= uses(MODULES[module], when_loaded=True) - seen
    assert seen <= {"plugin", "fixtures", "marker", "recorded", "summary"}


def test_the_test_itself_reads_what_it_should():
    assert uses(MODULES["mock"]) >= {"stage", "budgets", "core.script", "hosts.httpserver", "clients"}
    assert "clients" not in uses(MODULES["mock"], when_loaded=True)
    assert uses(MODULES["isolation"]) >= {"isolation.guard", "isolation.hosts"}
    assert "pytest" in set(imports_of(MODULES["plugin"], when_loaded=True))
