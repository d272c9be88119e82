"""The command line: `mockopenai serve`, and what goes with it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

import pytest_mockopenai
from pytest_mockopenai.core.suggest import closest, did_you_mean
from pytest_mockopenai.standalone.config import BadOption

DESCRIPTION = """\
A mock of OpenAI's HTTP API as a server of its own, for gateways, load tests and applications in any language.
"""
EPILOG = """\
Every option of serve can also be told by an environment variable (--body-limit: MOCKOPENAI_BODY_LIMIT), and what
decides answers by the settings of a stubs file. The command line wins over the environment, that over the file.

exit codes: 0 done; 1 it failed, and standard error says why; 2 wrong usage; 3 (status) not running
"""
Command = Callable[[argparse.Namespace], int]


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in a sentence, without the list of all options before it."""

    def error(self, message: str) -> NoReturn:
        """Ends with exit code 2."""
        self.exit(2, f"{self.prog}: {message}\nSee {self.prog} --help\n")


def parser() -> argparse.ArgumentParser:
    """The whole command line; each command's function is its `run`."""
    from pytest_mockopenai.standalone import commands

    top = Parser(
        prog="mockopenai",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"mockopenai {pytest_mockopenai.__version__}")
    parts = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, help_, add, run in commands.COMMANDS:
        one = parts.add_parser(name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.", allow_abbrev=False)
        add(one)
        one.set_defaults(run=run, parser=one)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit code. What goes wrong is a sentence on standard error."""
    asked, unknown = parser().parse_known_args(arguments)
    if unknown:
        _refuse(_command(asked), unknown[0])
    try:
        run: Command = asked.run
        return run(asked)
    except BadOption as error:
        _command(asked).error(str(error))
    except OSError as error:
        print(f"mockopenai: {_sentence(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _command(asked: argparse.Namespace) -> argparse.ArgumentParser:
    found: argparse.ArgumentParser = asked.parser
    return found


def _refuse(command: argparse.ArgumentParser, unknown: str) -> NoReturn:
    """Says that there is no such option, and which was meant."""
    name = unknown.partition("=")[0]
    flags = [flag for action in command._actions for flag in action.option_strings if flag.startswith("--")]
    known = did_you_mean(name, flags) if closest(name, flags) else ""
    command.error(f"there is no option or argument '{name}'.{known}")


def _sentence(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror}." if error.strerror else str(error)
