"""What pytest sees: options, marker and hooks. It loads only pytest; the first test that uses the mock loads that."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Generator, Mapping
from typing import Any

import pytest

from pytest_mockopenai import fixtures, marker, recorded, summary

_SECTION = "mock_openai calls"
_SEED = "mock_openai_seed"

_REMOTE = {
    "url": "Use the mock that runs there (`mockopenai serve`) in the place of one in the test's process.",
    "token": "The token of that mock's admin API.",
    "base-url": "Where clients are pointed: a gateway before that mock, with its path (http://127.0.0.1:4000/v1).",
    "api-key": "The API key for the gateway.",
}

_CHAOS = "How many calls fail, and how, where no test says: 0.1, or 0.1;words=rate_limit,cut."


# --- options ----------------------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """https://docs.pytest.org/en/stable/reference/reference.html#pytest.hookspec.pytest_addoption"""
    group = parser.getgroup("mock_openai", "mock of OpenAI's API")
    seed = "Seed of the answers that the mock makes up, and of chaos; 'random' draws one for this run."
    group.addoption("--mock-openai-seed", type=_seed, metavar="N", help=seed)
    group.addoption("--mock-openai-chaos", metavar="CHAOS", help=_CHAOS)
    parser.addini("mock_openai_chaos", _CHAOS, default="")
    for name, what in _REMOTE.items():
        group.addoption(f"--mock-openai-{name}", metavar=name.upper().replace("-", "_"), help=what)
        parser.addini(f"mock_openai_{name.replace('-', '_')}", what, default="")
    recorded.add_options(parser, group)
    parser.addini("mock_openai_stubs", "Stubs files and folders that every mock begins with.", type="paths")
    parser.addini("mock_openai_seed", "Seed of the answers that the mock makes up (default: 0).", default="0")
    parser.addini(
        "mock_openai_strict", "Fail tests that make a call without a scripted reply.", type="bool", default=False
    )
    parser.addini(
        "mock_openai_unknown_ids",
        "What is said of objects that were never made: not_found, or synthesize a reply (default: not_found).",
        default="",
    )
    parser.addini(
        "mock_openai_env",
        "Set a placeholder OPENAI_API_KEY for the whole run if none is set, so that modules which build a client when "
        "they are imported can be. Off by default: it also wakes tests that are skipped without a key.",
        type="bool",
        default=False,
    )


def _seed(text: str) -> int:
    """The seed that the command line tells."""
    if text == "random":
        return int.from_bytes(os.urandom(4), "big")
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"it is a whole number or 'random', not '{text}'") from None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give a worker of xdist, which reads the command line too, the seed that was drawn here."""
    node.workerinput[_SEED] = node.config.getoption(_SEED)


def pytest_report_header(config: pytest.Config) -> str | None:
    """The seed, if the command line tells one: that of a run with a random one is wanted again."""
    seed = config.getoption(_SEED)
    return None if seed is None else f"mock_openai: --mock-openai-seed={seed}"


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Set the placeholder key before the first `conftest.py` is imported, for that may import the tested code."""
    if _ini(early_config, "mock_openai_env", bool) and not os.environ.get("OPENAI_API_KEY"):
        from pytest_mockopenai.isolation import API_KEY

        patch = pytest.MonkeyPatch()
        patch.setenv("OPENAI_API_KEY", API_KEY)
        early_config.add_cleanup(patch.undo)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, the fixtures and the summary.

    The fixtures are registered here and not with this module because of two plugins that define the same fixture the
    one registered last wins; pytest-mockllm has a `mock_openai` too. Your own in a conftest.py or a class wins always.
    """
    config.addinivalue_line("markers", marker.SIGNATURE)
    seed = getattr(config, "workerinput", {}).get(_SEED, config.getoption(_SEED))
    written = {"seed": _ini(config, "mock_openai_seed", int), "strict": _ini(config, "mock_openai_strict", bool)}
    written["unknown_ids"] = config.getini("mock_openai_unknown_ids")
    defaults: dict[str, Any] = {name: value for name, value in written.items() if value}
    if seed is not None:
        defaults["seed"] = seed
    chaos = config.getoption("mock_openai_chaos") or config.getini("mock_openai_chaos")
    if chaos:
        defaults["chaos"] = chaos
    remote = _remote(config)
    if config.getini("mock_openai_stubs") and not remote:  # a mock elsewhere was started with stubs of its own
        defaults["stubs"] = config.getini("mock_openai_stubs")
    recording = recorded.defaults(config)
    if remote and (config.getoption("mock_openai_record") or "record" in recording):
        raise pytest.UsageError("mock_openai_record is for mocks of this process: start the other with --record DIR")
    config.stash[fixtures.DEFAULTS] = {**recording, **defaults}
    config.stash[fixtures.REMOTE] = remote
    config.pluginmanager.register(fixtures, "mockopenai-fixtures")
    config.pluginmanager.register(summary.Summary(), "mockopenai-summary")


def _remote(config: pytest.Config) -> Mapping[str, str]:
    """What is said of a mock elsewhere; empty if there is none."""
    names = [name.replace("-", "_") for name in _REMOTE]
    said = {name: config.getoption(f"mock_openai_{name}") or config.getini(f"mock_openai_{name}") for name in names}
    given = {name: value for name, value in said.items() if value}
    if given and "url" not in given:
        raise pytest.UsageError(f"mock_openai_{next(iter(given))} goes with mock_openai_url: where does the mock run?")
    return given


def _ini(config: pytest.Config, name: str, kind: Callable[[Any], Any]) -> Any:
    """An ini option's value; UsageError if it is not of this kind."""
    try:
        return kind(config.getini(name))
    except (TypeError, ValueError, pytest.UsageError) as error:
        wanted = {int: "a whole number", bool: "true or false"}[kind]  # type: ignore[index]
        raise pytest.UsageError(f"{name} is {wanted}: {error}") from None


# --- the life of a test -----------------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Start anew (a test may run twice), and let the marker ask for the fixture."""
    item.stash[fixtures.MOCK] = None
    item.stash[fixtures.PASSED] = False
    item.user_properties[:] = summary.without(item.user_properties)
    names: list[str] | None = getattr(item, "fixturenames", None)
    if names is not None and "mock_openai" not in names and item.get_closest_marker(marker.NAME):
        names.insert(_place(item, names), "mock_openai")


def _place(item: Any, names: list[str]) -> int:
    """After the autouse fixtures, which may change the environment, and before those the test asks for: they may call.

    This is where `@pytest.mark.usefixtures("mock_openai")` would put it.
    """
    info = getattr(item, "_fixtureinfo", None)
    if info is None:
        return len(names)
    asked = {*info.argnames, *(name for mark in item.iter_markers("usefixtures") for name in mark.args)}
    scopes = {name: defs[-1].scope for name, defs in info.name2fixturedefs.items()}
    return next((i for i, name in enumerate(names) if name in asked and scopes.get(name) == "function"), len(names))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note whether the test passed, and show its calls if it failed."""
    report = yield
    if report.when == "call":
        item.stash[fixtures.PASSED] = report.passed
    mock = item.stash.get(fixtures.MOCK, None)
    if mock is not None and report.failed and report.when != "teardown":
        report.sections.append((_SECTION, summary.of_failure(mock)))
    return report


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Explain how calls and usages differ; nothing is loaded if there are none."""
    if "pytest_mockopenai.core.usage" not in sys.modules:
        return None
    from pytest_mockopenai import compare

    return compare.lines(op, left, right)
