"""The operations of the admin API, and the table of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, get_args

from pytest_mockopenai.admin import filters, judging, webhooks
from pytest_mockopenai.admin.route import JSON, Asked, Route
from pytest_mockopenai.admin.schemas import (
    ANYTHING,
    NUMBER,
    TEXT,
    WHOLE,
    YES_OR_NO,
    list_of,
    maybe,
    object_of,
    ref,
    texts,
)
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.word import VOCABULARY
from pytest_mockopenai.crossing import written_call, written_rule, written_usage
from pytest_mockopenai.scene import Scene
from pytest_mockopenai.settings import UnknownIds, written
from pytest_mockopenai.stubs import grammar
from pytest_mockopenai.stubs.document import Wrong

_DONE = object_of({"status": TEXT})
_HEALTH = object_of({"status": TEXT, "version": TEXT})
_CALLS = list_of(ref("Call"), total=WHOLE, has_more=YES_OR_NO)
_COST = object_of({"amount": NUMBER, "unpriced": {"type": "array", "items": TEXT}, "source": TEXT})
_BY_MODEL: JSON = {"type": "object", "additionalProperties": ref("Usage")}
_USAGE = object_of({"calls": WHOLE, "usage": ref("Usage"), "models": _BY_MODEL, "cost": maybe(_COST)})
_RULES = list_of(ref("Rule"))
_NEW_RULES = object_of({"rules": {"type": "array", "items": ref("NewRule")}})
_NEW_MODELS = object_of({"models": {"type": "array", "items": {"type": ["string", "object"]}}})
_WORD = object_of({"name": ref("Vocabulary"), "signature": TEXT, "description": TEXT})
_CLOCK = object_of({"now": NUMBER, "frozen": YES_OR_NO})
_FREEZE = object_of({}, at=NUMBER)
_ADVANCE = object_of({"seconds": NUMBER})
_OK: JSON = {"status": "ok"}
_RULE_KEYS = ("when", "reply", "always", "origin")
_SHOWN_SETTINGS = tuple(name for name in grammar.SETTINGS if name not in ("invalid_keys", "webhook_secret"))
_CONFIG = object_of(
    {
        "seed": {"type": "integer"},
        "strict": YES_OR_NO,
        "models": texts(("any", "strict")),
        "require_key": YES_OR_NO,
        "body_limit": WHOLE,
        "retry_waits": maybe(WHOLE),
        "latency": maybe(TEXT),
        "limits": maybe(TEXT),
        "job_seconds": NUMBER,
        "chaos": maybe(TEXT),
        "webhook_url": maybe(TEXT),
        "scenario_header": YES_OR_NO,
        "unknown_ids": texts(get_args(UnknownIds)),
        "declared_models": {"type": "array", "items": TEXT},
        "stubs_rules": WHOLE,
        "stubs_error": maybe(TEXT),
    }
)


class Operations:
    """What each operation does to a scene."""

    def __init__(self, scene: Scene, version: str, ready: Callable[[], bool], document: Callable[[], JSON]) -> None:
        self._scene = scene
        self._version = version
        self._ready = ready
        self._document = document

    def routes(self) -> Sequence[Route]:
        """The table of operations, in the order of the documentation."""
        return (*self._about_calls(), *self._about_rules(), *webhooks.routes(self._scene), *self._about_itself())

    def _about_calls(self) -> Sequence[Route]:
        calls, one, usage = "/_mock/calls", "/_mock/calls/{index}", "/_mock/usage"
        return (
            Route("GET", calls, "The calls, oldest first.", self.calls, _CALLS, filters.QUERY),
            Route("DELETE", calls, "Forget calls and usage.", self.clear_calls, _DONE),
            Route("GET", one, "One call.", self.call, ref("Call")),
            Route("GET", usage, "Token counts and cost.", self.usage, _USAGE),
            Route("GET", "/_mock/verdict", "How the client behaved.", self.verdict, judging.ANSWER, judging.QUERY),
            Route("GET", "/_mock/problems", "What would fail a test.", self.problems, list_of(TEXT)),
        )

    def _about_rules(self) -> Sequence[Route]:
        rules, one = "/_mock/rules", "/_mock/rules/{number}"
        return (
            Route("GET", rules, "The rules, in the order in which they are tried.", self.rules, _RULES),
            Route("POST", rules, "Add a rule.", self.add, ref("Rule"), body=ref("NewRule"), status=201),
            Route("PUT", rules, "Replace all rules.", self.replace_all, _RULES, body=_NEW_RULES),
            Route("DELETE", rules, "Delete all rules.", self.delete_all, _DONE),
            Route("DELETE", one, "Delete a rule.", self.delete, _DONE),
            Route("POST", "/_mock/reset", "Forget rules, calls, usage, stored objects.", self.reset, _DONE),
            Route("GET", "/_mock/words", "The words.", self.words, list_of(_WORD)),
        )

    def _about_itself(self) -> Sequence[Route]:
        config, options, clock = "/_mock/config", {"type": "object"}, "/_mock/clock"
        return (
            Route("GET", clock, "What the clock shows.", self.clock, _CLOCK),
            Route("POST", f"{clock}/freeze", "Stop the clock, now or at a time.", self.freeze, _CLOCK, body=_FREEZE),
            Route("POST", f"{clock}/advance", "Move the clock on.", self.advance, _CLOCK, body=_ADVANCE),
            Route("POST", f"{clock}/real", "Show real time again.", self.real_time, _CLOCK),
            Route("GET", config, "The settings.", self.config, _CONFIG),
            Route("PATCH", config, "Change settings.", self.change, _CONFIG, body=options),
            Route("DELETE", config, "Put the settings back.", self.restore, _CONFIG),
            Route("POST", "/_mock/models", "Declare models.", self.add_models, _DONE, body=_NEW_MODELS),
            Route("GET", "/_mock/health", "Whether the server lives.", self.health, _HEALTH, open=True),
            Route("GET", "/_mock/ready", "Whether it takes requests: 503 if not.", self.ready, _DONE, open=True),
            Route("GET", "/_mock/openapi.json", "This document.", self.openapi, ANYTHING, open=True),
        )

    def openapi(self, asked: Asked) -> JSON:
        """The OpenAPI document."""
        return self._document()

    # --- probes -------------------------------------------------------------------------------------------------------

    def health(self, asked: Asked) -> JSON:
        """It answers, so it lives."""
        return {"status": "ok", "version": self._version}

    def ready(self, asked: Asked) -> JSON:
        """503 while the server is about to stop."""
        if not self._ready():
            raise Refused(Error(503, "The mock is about to stop.", type="server_error", code="not_ready"))
        return {"status": "ready"}

    # --- calls --------------------------------------------------------------------------------------------------------

    def calls(self, asked: Asked) -> JSON:
        """The calls that the filters let through, one page of them."""
        page = filters.page(self._scene.app.recorder.calls(), asked.query)
        return {**page, "data": [written_call(call) for call in page["data"]]}

    def clear_calls(self, asked: Asked) -> JSON:
        """Forget them; numbering goes on."""
        self._scene.app.recorder.clear()
        return _OK

    def call(self, asked: Asked) -> JSON:
        """One by its index."""
        kept = self._scene.app.recorder.calls()
        found = next((call for call in kept if str(call.index) == asked.path["index"]), None)
        if found is None:
            raise Refused(Error(404, f"No call {asked.path['index']:.60}; {len(kept)} are kept.", code="not_found"))
        return written_call(found)

    def usage(self, asked: Asked) -> JSON:
        """Of all calls; the cost is of those kept."""
        recorder = self._scene.app.recorder
        by_model = recorder.usage()
        cost = self._scene.prices.of_calls(recorder.calls())
        return {
            "calls": recorder.count,
            "usage": written_usage(sum(by_model.values(), Usage())),
            "models": {model: written_usage(usage) for model, usage in by_model.items()},
            "cost": cost and {"amount": cost.amount, "unpriced": list(cost.unpriced), "source": cost.source},
        }

    def verdict(self, asked: Asked) -> JSON:
        """On the client that made the calls kept."""
        return judging.verdict(self._scene.app.recorder.calls(), asked.query)

    # --- rules --------------------------------------------------------------------------------------------------------

    def rules(self, asked: Asked) -> JSON:
        """In the order in which they are tried."""
        rules = self._scene.app.script.rules
        return {"object": "list", "data": [written_rule(rule) for rule in reversed(rules)]}

    def add(self, asked: Asked) -> JSON:
        """One rule, as `when(...).reply(...)` or `.always(...)` adds it."""
        rule = grammar.read_rule(("rule",), _ruled(asked.body), lambda _: _origin(asked.body))
        self._scene.app.add_rule(rule.when, rule.words, standing=rule.standing)
        rules = self._scene.app.script.rules
        return written_rule(next(known for known in rules if known.when == rule.when and not known.group))

    def replace_all(self, asked: Asked) -> JSON:
        """The rules of a stubs file: the first that applies answers. An edit of the files puts theirs back."""
        body = grammar.checked_mapping((), asked.body, ("rules",), "key")
        given = body.get("rules")
        if not isinstance(given, list):
            raise Wrong(("rules",), f"'rules' is a list, not {grammar.kind(given)}")
        rules = grammar.read_rules([_ruled(rule) for rule in given], lambda path: _origin(given[int(path[1])]))
        self._scene.app.change_script(lambda script: replace(script, rules=()))
        self._scene.play(replace(self._scene.stubs, rules=rules))
        return self.rules(asked)

    def delete_all(self, asked: Asked) -> JSON:
        """Those of stubs files too."""
        self.replace_all(replace(asked, body={"rules": []}))
        return _OK

    def delete(self, asked: Asked) -> JSON:
        """One by its number."""
        number = asked.path["number"]
        known = {str(rule.number): rule for rule in self._scene.app.script.rules}
        if number not in known:
            there = ", ".join(known) or "none"
            raise Refused(Error(404, f"No rule {number:.60}. There are: {there}.", code="not_found"))
        self._scene.app.change_script(lambda script: script.without(known[number].number))
        return _OK

    # --- the clock ----------------------------------------------------------------------------------------------------

    def clock(self, asked: Asked) -> JSON:
        """In Unix seconds."""
        clock = self._scene.app.clock
        return {"now": clock.now, "frozen": clock.frozen}

    def freeze(self, asked: Asked) -> JSON:
        """As `Clock.freeze`; `{}` means now."""
        given = grammar.checked_mapping((), asked.body, ("at",), "key")
        _tried(("at",), self._scene.app.clock.freeze, given.get("at"))
        return self.clock(asked)

    def advance(self, asked: Asked) -> JSON:
        """As `Clock.advance`."""
        given = grammar.checked_mapping((), asked.body, ("seconds",), "key")
        _tried(("seconds",), self._scene.app.clock.advance, given.get("seconds"))
        return self.clock(asked)

    def real_time(self, asked: Asked) -> JSON:
        """As `Clock.real`."""
        self._scene.app.clock.real()
        return self.clock(asked)

    # --- the rest -----------------------------------------------------------------------------------------------------

    def add_models(self, asked: Asked) -> JSON:
        """As in a stubs file."""
        body = grammar.checked_mapping((), asked.body, ("models",), "key")
        for model in grammar.read_models(body.get("models")):
            self._scene.models.add(model.name)
            if model.encoding:
                self._scene.set_encoding(model.name, model.encoding)
            if model.price:
                price = model.price
                self._scene.prices.set(model.name, input=price.input, output=price.output, cached=price.cached)
        return _OK

    def config(self, asked: Asked) -> JSON:
        """The settings in force; invalid keys are secrets and left out."""
        scene = self._scene
        return {
            **{name: written(getattr(scene.app.settings, name)) for name in _SHOWN_SETTINGS},
            "declared_models": list(scene.models.declared),
            "stubs_rules": len(scene.stubs.rules),
            "stubs_error": None if scene.trouble is None else str(scene.trouble),
        }

    def change(self, asked: Asked) -> JSON:
        """Settings by name; they hold until they are restored."""
        self._scene.change(grammar.read_settings(asked.body, ()))
        return self.config(asked)

    def restore(self, asked: Asked) -> JSON:
        """Undo every `change`."""
        self._scene.restore()
        return self.config(asked)

    def problems(self, asked: Asked) -> JSON:
        """Unused replies, calls that a strict mock refused, the mock's own failures; each a text of several lines."""
        return {"object": "list", "data": self._scene.problems()}

    def reset(self, asked: Asked) -> JSON:
        """Rules of stubs files begin anew; settings stay."""
        self._scene.reset()
        return _OK

    def words(self, asked: Asked) -> JSON:
        """Every word with its signature."""
        return {"object": "list", "data": [_word(name, make) for name, make in VOCABULARY.items()]}


def _tried(path: tuple[str, ...], act: Callable[[Any], object], value: Any) -> None:
    try:
        act(value)
    except ValueError as error:
        raise Wrong(path, str(error)) from None


def _ruled(body: Any) -> JSON:
    """A rule as a stubs file has it, without where it is written."""
    grammar.checked_mapping(("rule",), body, _RULE_KEYS, "key of a rule")
    return {key: value for key, value in body.items() if key != "origin"}


def _origin(body: JSON) -> str:
    origin = body.get("origin", "admin API")
    if not isinstance(origin, str):
        raise Wrong(("origin",), f"'origin' is a text, not {grammar.kind(origin)}")
    return origin


def _word(name: str, make: Callable[..., object]) -> JSON:
    signature = inspect.signature(make).replace(return_annotation=inspect.Signature.empty)
    return {"name": name, "signature": f"{name}{signature}", "description": " ".join((make.__doc__ or "").split())}
