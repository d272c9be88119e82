"""The commands: the options each takes, and the function that runs it."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from pytest_mockopenai.standalone import background, config, importing, listing, options
from pytest_mockopenai.standalone.banner import banner, ready_line
from pytest_mockopenai.standalone.building import has_metrics
from pytest_mockopenai.standalone.certificates import with_certificate
from pytest_mockopenai.standalone.config import BadOption, Config
from pytest_mockopenai.standalone.load import command as load
from pytest_mockopenai.standalone.pidfile import Pidfile
from pytest_mockopenai.standalone.server import STDOUT, Server, run, say

# --- the options of serve ---------------------------------------------------------------------------------------------


def add_serve_options(parser: argparse.ArgumentParser) -> None:
    """The options of `serve`, as text; `config_of` reads them."""
    for title, group in options.GROUPS.items():
        part = parser.add_argument_group(title)
        for option in group:
            told: dict[str, Any] = {"default": argparse.SUPPRESS, "dest": option.name}
            shown = option.help.replace("%", "%%") + _default(option.name)
            if not option.metavar:
                part.add_argument(options.flag(option.name), action=argparse.BooleanOptionalAction, help=shown, **told)
            elif option.name == "stubs":
                part.add_argument("--stubs", metavar="FILE", help=shown, action="append", **told)
            else:
                part.add_argument(options.flag(option.name), metavar=option.metavar, help=shown, **told)


def _default(name: str) -> str:
    """The default, as the help says it."""
    text = options.written_default(name)
    return f" [{text}]" if text else ""


def told_by(asked: argparse.Namespace) -> dict[str, str]:
    """The options of `serve` on the command line, as text by name."""
    told = {name: value for name, value in vars(asked).items() if name in options.OPTIONS}
    return {name: _text(value) for name, value in told.items()}


def _text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def config_of(told: Mapping[str, str], environ: Mapping[str, str]) -> Config:
    """What `serve` was told: the command line wins over the environment. Raises BadOption."""
    given = {name: options.read(name, value, options.flag(name)) for name, value in told.items()}
    all_given = {**options.of_environment(environ), **given}
    found = Config(fixed=frozenset(all_given), **all_given)
    config.check(found)
    return found


# --- serve ------------------------------------------------------------------------------------------------------------


def serve(asked: argparse.Namespace) -> int:
    """Serves until told to stop."""
    with ExitStack() as stack:
        told = with_certificate(config_of(told_by(asked), os.environ), stack)
        pidfile = stack.enter_context(Pidfile(told.pidfile)) if told.pidfile else None

        def ready(urls: Sequence[str]) -> None:
            if told.log_format == "text":
                os.write(sys.stderr.fileno(), banner(told, urls, metrics=has_metrics(told)).encode())
            os.write(STDOUT, f"{ready_line(urls, told.log_format)}\n".encode())
            if pidfile is not None:
                pidfile.write(urls[0])

        return _run(told, ready)


def _run(told: Config, ready: Callable[[Sequence[str]], None]) -> int:
    from pytest_mockopenai.hosts.aio import CannotListen

    try:
        if told.workers > 1:
            from pytest_mockopenai.standalone.workers import Crew

            return asyncio.run(Crew(told, ready).run())
        return run(Server(told, ready))
    except CannotListen as error:
        say(str(error))
        return 1


# --- the others -------------------------------------------------------------------------------------------------------


def check(asked: argparse.Namespace) -> int:
    """Checks stubs files: says what is wrong and where."""
    from pytest_mockopenai.standalone.checking import check_files

    return check_files(asked.files)


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="a stubs file: YAML, TOML or JSON")


def start(asked: argparse.Namespace) -> int:
    """Serves in the background."""
    told = told_by(asked)
    config_of(told, os.environ)  # what is wrong with the options is said here rather than in a log
    return background.start(background.Place.of(asked.name), told, patience=asked.wait)


def restart(asked: argparse.Namespace) -> int:
    """Stops and starts again, with the options of before if none are given."""
    place = background.Place.of(asked.name)
    told = told_by(asked) or place.told()
    config_of(told, os.environ)
    if place.pidfile.exists():
        background.stop(place, patience=asked.wait)
    return background.start(place, told, patience=asked.wait)


def stop(asked: argparse.Namespace) -> int:
    """Stops the server in the background."""
    return background.stop(background.Place.of(asked.name), patience=asked.wait)


def status(asked: argparse.Namespace) -> int:
    """Says whether it runs."""
    return background.status(background.Place.of(asked.name))


def logs(asked: argparse.Namespace) -> int:
    """Prints its log."""
    return background.logs(background.Place.of(asked.name), lines=asked.lines, follow=asked.follow)


def _add_start(parser: argparse.ArgumentParser) -> None:
    _add_stop(parser)
    add_serve_options(parser)


def _add_stop(parser: argparse.ArgumentParser) -> None:
    _add_name(parser)
    parser.add_argument("--wait", metavar="SECONDS", type=float, default=40.0, help="how long it may take [40]")


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", metavar="NAME", type=_name, default="mockopenai", help="which server [mockopenai]")


def _name(text: str) -> str:
    if not text.replace("-", "").replace("_", "").isalnum():
        raise argparse.ArgumentTypeError(f"'{text}' is no name: letters, digits, - and _")
    return text


def _add_logs(parser: argparse.ArgumentParser) -> None:
    _add_name(parser)
    parser.add_argument("-n", "--lines", metavar="N", type=int, default=50, help="so many lines from the end [50]")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what is written from now on")


def _add_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON")


Add = Callable[[argparse.ArgumentParser], None]
COMMANDS: Sequence[tuple[str, str, Add, Callable[[argparse.Namespace], int]]] = (
    ("serve", "serve in the foreground", add_serve_options, serve),
    ("start", "serve in the background", _add_start, start),
    ("stop", "stop the server in the background", _add_stop, stop),
    ("restart", "stop and start again, with the same options if none are given", _add_start, restart),
    ("status", "say whether the server in the background runs", _add_name, status),
    ("logs", "print the log of the server in the background", _add_logs, logs),
    ("check", "check a stubs file", _add_check, check),
    ("import", "turn recordings and VCR cassettes into a stubs file", importing.add_options, importing.run),
    ("load", "send many calls to a server and measure it", load.add_options, load.run),
    ("words", "list the vocabulary of replies", _add_words, lambda asked: listing.show(as_json=asked.json)),
)

__all__ = ["COMMANDS", "BadOption", "add_serve_options", "config_of", "told_by"]
