"""Options: each is written in one place, and the command line wins over the environment."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from pytest_mockopenai.core.chaos import Chaos
from pytest_mockopenai.core.latency import PRESETS
from pytest_mockopenai.core.words import cut
from pytest_mockopenai.standalone import building, cli, commands, config, options
from pytest_mockopenai.standalone.config import BadOption, Config


def config_of(*arguments: str, **environ: str) -> Config:
    asked = cli.parser().parse_args(["serve", *arguments])
    return commands.config_of(commands.told_by(asked), environ)


def test_every_field_is_an_option() -> None:
    assert {field.name for field in fields(Config)} == {*options.OPTIONS, "fixed"}


def test_without_options_it_is_the_default() -> None:
    assert config_of() == Config()


def test_the_command_line_wins_over_the_environment() -> None:
    told = config_of("--port=1", MOCKOPENAI_PORT="2", MOCKOPENAI_SEED="3", PATH="/bin")
    assert (told.port, told.seed, told.fixed) == (1, 3, {"port", "seed"})


def test_values_are_read() -> None:
    told = config_of("--latency=gpt-4o", "--stubs=a.yaml", "--stubs=b.toml", "--models=strict,mine", "--no-admin")
    assert told.latency == PRESETS["gpt-4o"]
    assert config_of("--chaos=0.2;words=cut").chaos == Chaos(0.2, (cut(),))
    assert told.stubs == (Path("a.yaml"), Path("b.toml"))
    assert told.models == ("strict", "mine")
    assert not told.admin
    assert config_of("--unknown-ids=synthesize").unknown_ids == "synthesize"
    assert config_of(MOCKOPENAI_CORS="true", MOCKOPENAI_IDLE_TIMEOUT="none").idle_timeout is None


def test_chaos_is_a_setting_of_what_is_served() -> None:
    assert building.settings_of(config_of(MOCKOPENAI_CHAOS="0.2")).chaos == Chaos(0.2)
    assert building.settings_of(config_of()).chaos is None


def test_what_kubernetes_sets_for_a_service_is_no_option() -> None:
    environ = {
        "MOCKOPENAI_PORT": "tcp://10.0.0.1:80",
        "MOCKOPENAI_SERVICE_HOST": "10.0.0.1",
        "MOCKOPENAI_PORT_80_TCP": "",
    }
    assert config_of(**environ) == Config()


@pytest.mark.parametrize(
    ("arguments", "environ", "message"),
    [
        (["--port=x"], {}, "--port: 'x' is no whole number from 0 to 65535"),
        ([], {"MOCKOPENAI_PORT": "x"}, "MOCKOPENAI_PORT: 'x' is no whole number"),
        ([], {"MOCKOPENAI_PROT": "1"}, "there is no variable MOCKOPENAI_PROT. Did you mean 'MOCKOPENAI_PORT'?"),
        (["--chaos=2"], {}, "--chaos: the rate of chaos is a number from 0 to 1, not '2'"),
        (["--cert=a"], {}, "--cert and --key go together"),
        (["--tls", "--cert=a", "--key=b"], {}, "give one of them"),
        (["--ca-file=a"], {}, "give --tls too"),
        (["--unix=a", "--workers=2"], {}, "--workers share a port"),
    ],
)
def test_what_is_wrong_is_said(arguments: list[str], environ: dict[str, str], message: str) -> None:
    with pytest.raises(BadOption, match=re.escape(message)):
        config_of(*arguments, **environ)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serve", "--prot=1"], "mockopenai serve: there is no option or argument '--prot'. Did you mean '--port'?"),
        (["serve", "--port=x"], "mockopenai serve: --port: 'x' is no whole number"),
        (["sing"], "invalid choice: 'sing'"),
        ([], "the following arguments are required: COMMAND"),
        (["load", "-c0"], "'0' is no whole number from 1 to 10000"),
        (["load", "nowhere"], "'nowhere' is no base URL such as http://127.0.0.1:8080/v1"),
        (["load", "https://api.openai.com/v1"], "api.openai.com is no mock"),
        (["load", "--path=embeddings", "--stream"], "embeddings are not streamed"),
        (["load", "--header=none"], "--header is one line such as"),
        (["status", "--name=a/b"], "'a/b' is no name"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_sentence(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    said = capsys.readouterr().err
    assert caught.value.code == 2
    assert message in said
    assert "--help" in said
    assert len(said.splitlines()) == 2


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert (caught.value.code, capsys.readouterr().out) == (0, "mockopenai 0.1.0\n")


@pytest.mark.parametrize("name", [name for name, *_ in commands.COMMANDS])
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([name, "--help"])
    assert caught.value.code == 0
    assert f"usage: mockopenai {name}" in capsys.readouterr().out


def test_options_that_do_not_go_together_are_found_before_anything_is_started() -> None:
    with pytest.raises(BadOption):
        config.check(Config(cert=Path("a")))


def test_words_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["words"]) == 0
    said = capsys.readouterr().out
    assert 'rate-limit;retry_after=1;scope="requests"\n    429 `rate_limit_exceeded`' in said
    assert "slow;first=0.5;each=0.0\n" in said


def test_stubs_files_are_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("settings: {latency: fast}\nrules:\n- {always: Paris}\n")
    bad.write_text("rules:\n- {whn: {}}\n")
    assert cli.main(["check", str(good)]) == 0
    assert cli.main(["check", str(good), str(bad)]) == 1
    said = capsys.readouterr()
    assert f"{good}: 1 rules, 1 settings, 0 models" in said.out
    assert f"{bad}:2:4: rules[0].whn: 'whn' is no key of a rule. Did you mean 'when'?" in said.err


@pytest.mark.parametrize("name", [name for name, *_ in commands.COMMANDS])
def test_every_option_is_documented(name: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "standalone.md").read_text("utf-8")
    (one,) = (run for known, _, run, _ in commands.COMMANDS if known == name)
    parser = cli.Parser()
    one(parser)
    flags = [flag for action in parser._actions for flag in action.option_strings if flag.startswith("--")]
    undocumented = [flag for flag in flags if not flag.startswith(("--no-", "--help")) and f"{flag}" not in page]
    assert undocumented == []
