"""Writes the parts of docs/ that follow from the code, between `<!-- generated: NAME -->` and `<!-- end -->`.

Between `<!-- file: NAME -->` and `<!-- end -->` it writes the file of this name, which is beside the page.

`--check` writes nothing and fails if a page is not as it would be written.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from importlib import metadata
from pathlib import Path

import pytest_mockopenai.core.words  # noqa: F401 - fills the vocabulary
from pytest_mockopenai.contract.derived.beyond import Derived
from pytest_mockopenai.contract.derived.table import all_operations
from pytest_mockopenai.core.latency import PRESETS, Latency
from pytest_mockopenai.core.script import When
from pytest_mockopenai.core.word import VOCABULARY
from pytest_mockopenai.endpoints import all_endpoints
from pytest_mockopenai.settings import Budget, Record, Settings
from pytest_mockopenai.standalone import options
from pytest_mockopenai.standalone.metrics import Metrics

DOCS = Path(__file__).parent.parent / "docs"
PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
FILE = re.compile(r"(<!-- file: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
LANGUAGES = {".yaml": "yaml", ".json": "json", ".conf": "nginx", ".py": "python", "": "dockerfile"}


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def word_table() -> str:
    """Every word with its parameters and what it does."""
    rows = [(f"`{name}{_signature(make)}`", _paragraph(make.__doc__)) for name, make in VOCABULARY.items()]
    return table(("word", "what it does"), rows)


def _signature(make: Callable[..., object]) -> str:
    signature = inspect.signature(make)
    plain = [item.replace(annotation=inspect.Parameter.empty) for item in signature.parameters.values()]
    return str(signature.replace(parameters=plain, return_annotation=inspect.Signature.empty))


def _paragraph(text: str | None) -> str:
    return " ".join((text or "").split())


def endpoint_table() -> str:
    """Every endpoint with the SDK's resource that calls it."""
    rows = [
        (f"`{item.method} /v1{item.path}`", f"`{item.resource}`", "yes" if item.events else "")
        for item in all_endpoints()
    ]
    return table(("operation", "`endpoint=`", "streams"), rows)


def operation_table() -> str:
    """Every operation of the installed SDK, and who answers it."""
    derived = Derived(all_endpoints())
    rows = [
        (
            f"`{operation.method} /v1{operation.path}`",
            f"`{operation.resource}.{operation.name}`",
            "modelled" if derived.is_modelled(operation) else "derived",
            "yes" if operation.stream else "",
            "yes" if derived.keeps(operation) else "",
        )
        for operation in all_operations()
        if not operation.query
    ]
    head = ("operation", "method of the SDK", "answered", "streams", "keeps")
    return f"Of {_SDK}, {len(rows)} operations:\n\n{table(head, rows)}"


_SDK = f"openai {metadata.version('openai')}"


def condition_list() -> str:
    """The conditions of a rule."""
    return ", ".join(f"`{field.name}=`" for field in fields(When)) + "\n"


def option_list() -> str:
    """The options of the marker."""
    return ", ".join(f"`{field.name}`" for kind in (Settings, Budget, Record) for field in fields(kind)) + "\n"


def serve_table() -> str:
    """The options of `mockopenai serve`, with their variables and defaults."""
    rows = [
        (f"`{_written(option)}`", f"`{options.env(option.name)}`", options.written_default(option.name), option.help)
        for group in options.GROUPS.values()
        for option in group
    ]
    return table(("option", "variable", "default", "what it does"), rows)


def _written(option: options.Option) -> str:
    return f"{options.flag(option.name)} {option.metavar}".strip()


def latency_table() -> str:
    """The latency models that have a name."""
    heads = [field.name.replace("_", "-") for field in fields(Latency)]
    shown = [[getattr(model, field.name) for field in fields(Latency)] for model in PRESETS.values()]
    kept = [index for index, _ in enumerate(heads) if len({row[index] for row in shown}) > 1]
    rows = [(f"`{name}`", *(_plain(row[index]) for index in kept)) for name, row in zip(PRESETS, shown, strict=True)]
    return table(("model", *(f"`{heads[index]}`" for index in kept)), rows)


def _plain(value: object) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def metric_table() -> str:
    """The metrics of `/metrics`."""
    rows = [(f"`{name}`", kind, ", ".join(f"`{label}`" for label in labels), does)
            for name, kind, labels, does in Metrics().described()]  # fmt: skip
    return table(("metric", "type", "labels", "what it counts"), rows)


PARTS = {
    "words": word_table,
    "endpoints": endpoint_table,
    "operations": operation_table,
    "conditions": condition_list,
    "options": option_list,
    "serve": serve_table,
    "latencies": latency_table,
    "metrics": metric_table,
}


def listing(file: Path) -> str:
    """A file as a block of code."""
    return f"```{LANGUAGES[file.suffix]}\n{file.read_text('utf-8')}```\n"


def rendered(page: Path, *, any_sdk: bool = False) -> str:
    """The page with its generated parts as they should be; `any_sdk` leaves one be that is of another SDK."""

    def part(found: re.Match[str]) -> str:
        of_another = found[2] == "operations" and f"Of {_SDK}," not in found[0]
        return found[0] if any_sdk and of_another else found[1] + PARTS[found[2]]() + found[3]

    text = PART.sub(part, page.read_text("utf-8"))
    return FILE.sub(lambda found: found[1] + listing(page.parent / found[2]) + found[3], text)


def main(arguments: list[str]) -> int:
    """Write all pages, or with `--check` say which are stale; returns the exit code."""
    check = "--check" in arguments
    stale = [page for page in sorted(DOCS.rglob("*.md")) if rendered(page, any_sdk=check) != page.read_text("utf-8")]
    for page in stale:
        print(f"{'stale' if check else 'written'}: docs/{page.relative_to(DOCS).as_posix()}")
        if not check:
            page.write_text(rendered(page), "utf-8")
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
