"""Runs the SDK's own tests of every operation against this mock, for several versions of the openai package.

Usage: python tools/sdk_suite.py [VERSION ...]; needs the package index. What it installs is below build/sdk-suite.

The tests (tests/api_resources of the source distribution) ask for the status and the shape of one reply for each call,
with made-up ids, so the mock serves with `--unknown-ids synthesize`. A first run, against a server that refuses every
call, tells which of them need a server at all.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import venv
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from bench_tables import table

VERSIONS = ("1.109.1", "2.52.1", "3.54.0")
ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "build" / "sdk-suite"
NEEDED = (
    *("pytest", "pytest-asyncio", "pytest-xdist", "respx", "rich", "inline-snapshot", "dirty-equals", "trio"),
    *("nest-asyncio", "time-machine", "importlib-metadata", "aiohttp", "httpx-aiohttp"),
)
REFUSING = "rules: [{always: bad_request}]\n"
KNOWN = (
    # In strict mode these take the base64 text that the API sends, before it is decoded, for a list of floats.
    re.compile(r"test_embeddings\.\w+\.test_\w+_create\[(strict|aiohttp)\]"),
)
"""Tests that fail, since what the API answers is not of the SDK's type."""
MARK = re.compile(r"^ *@pytest\.mark\.(?:skip|xfail)\([^\n]*(?:[Pp]rism|[Ss]teady|mock server)[^\n]*\)\n", re.MULTILINE)
"""A mark that takes a test out because some mock server cannot answer it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test ended: `passed`, `failed` or `skipped`, and of which resource it is."""

    test: str
    resource: str
    how: str


def prepared(version: str) -> Path:
    """The folder of a version's tests, with an environment that has what they need beside it."""
    folder = FOLDER / version
    python = python_of(folder)
    if not python.exists():
        venv.create(folder / "env", with_pip=True)
        install = [
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--editable",
            f"{ROOT}[server]",
            f"openai=={version}",
        ]
        subprocess.run([*install, *NEEDED], check=True)
    tests = folder / f"openai-{version}"
    if not tests.exists():
        download = [str(python), "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*download, f"openai=={version}", "--dest", str(folder)], check=True)
        with tarfile.open(folder / f"openai-{version}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
        for file in (tests / "tests").rglob("*.py"):
            file.write_text(MARK.sub("", file.read_text("utf-8")), "utf-8")
        (tests / "src").rename(tests / "src-unused")  # what is installed is tested
    return tests


def python_of(folder: Path) -> Path:
    """The interpreter of a version's environment."""
    return folder / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"


@contextmanager
def serving(python: Path, *options: str) -> Iterator[str]:
    """The address of a mock that derives from the SDK of this environment."""
    command = [str(python), "-m", "pytest_mockopenai", "serve", "--port", "0", "--log-level", "off", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout
        ready = re.search(r"http://\S+", process.stdout.readline())
        if ready is None:
            sys.exit("The mock did not start.")
        yield ready[0].removesuffix("/v1")
    finally:
        process.terminate()
        process.wait()


def run(tests: Path, python: Path, url: str) -> list[Outcome]:
    """Run the suite against a server."""
    report = tests.parent / "report.xml"
    report.unlink(missing_ok=True)
    environ = {**os.environ, "TEST_API_BASE_URL": url, "DEFER_PYDANTIC_BUILD": "false", "NO_PROXY": "*"}
    command = [str(python), "-m", "pytest", "tests/api_resources", "-q", "-n", "2", "--no-header", "--tb=line"]
    options = ["-p", "no:cacheprovider", "-p", "no:mockopenai", "-o", "addopts=", f"--junitxml={report}"]
    log = tests.parent / "output.txt"
    with log.open("w") as output:
        subprocess.run([*command, *options], cwd=tests, env=environ, stdout=output, stderr=subprocess.STDOUT)
    if not report.exists():
        sys.exit(f"pytest did not run; see {log}")
    return list(outcomes(report))


def outcomes(report: Path) -> Iterator[Outcome]:
    """The outcomes in a report in JUnit's form."""
    for case in ElementTree.parse(report).iter("testcase"):
        module = case.get("classname", "").removeprefix("tests.api_resources.")
        kinds = {child.tag for child in case}
        how = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        yield Outcome(f"{module}.{case.get('name')}", module.split(".")[0].removeprefix("test_"), how)


def show(version: str, with_mock: list[Outcome], needing: frozenset[str]) -> None:
    """Print of each resource how its tests ended, and of those that need a server how many passed."""
    counts: dict[str, Counter[str]] = {}
    for outcome in with_mock:
        count = counts.setdefault(outcome.resource, Counter())
        count[outcome.how] += 1
        if outcome.test in needing:
            count["need"] += 1
            count["need passed"] += outcome.how == "passed"
    rows = [_row(resource, counts[resource]) for resource in sorted(counts)]
    rows.append(_row("all", sum(counts.values(), Counter())))
    table(f"openai {version}", ("resource", "passed", "failed", "skipped", "of those that need a server"), rows)


def _row(resource: str, count: Mapping[str, int]) -> tuple[str, ...]:
    ends = (str(count.get(how, 0)) for how in ("passed", "failed", "skipped"))
    return (resource, *ends, f"{count.get('need passed', 0)} of {count.get('need', 0)}")


def unexpected(with_mock: list[Outcome]) -> list[str]:
    """The tests that failed and should not have."""
    failed = (outcome.test for outcome in with_mock if outcome.how == "failed")
    return [test for test in failed if not any(known.search(test) for known in KNOWN)]


def main(versions: list[str]) -> int:
    """Run the suite of each version; returns 1 if a test failed that should not."""
    failed = []
    for version in versions or VERSIONS:
        tests = prepared(version)
        python = python_of(tests.parent)
        stubs = tests.parent / "refusing.yaml"
        stubs.write_text(REFUSING)
        with serving(python, "--stubs", str(stubs)) as url:
            needing = frozenset(outcome.test for outcome in run(tests, python, url) if outcome.how == "failed")
        with serving(python, "--unknown-ids", "synthesize") as url:
            with_mock = run(tests, python, url)
        show(version, with_mock, needing)
        failed += [f"{version}: {test}" for test in unexpected(with_mock)]
    print("\n".join(["failed:", *failed]) if failed else "all as expected")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
