"""Every parameter type of the installed SDK can be read, by the names of the wire, also by many threads at once."""

from __future__ import annotations

import pkgutil
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import openai.types
import pytest
import typing_extensions as te

from pytest_mockopenai.contract import params, typed
from pytest_mockopenai.contract.shapes import Plan

CHAT = "openai.types.chat.completion_create_params:CompletionCreateParams"
EMBEDDINGS = "openai.types.embedding_create_params:EmbeddingCreateParams"


def every_type() -> list[str]:
    """The name of each parameter type of the installed SDK, for bodies and queries."""
    found = []
    for module in pkgutil.walk_packages(openai.types.__path__, "openai.types."):
        wanted = module.name.rsplit(".", 1)[1].replace("_", "")
        if wanted.endswith("params") and not module.ispkg:
            types = vars(import_module(module.name))
            found += [f"{module.name}:{name}" for name in types if name.lower() == wanted and _is_params(types[name])]
    return found


def _is_params(type_: Any) -> bool:
    return all(map(te.is_typeddict, te.get_args(type_) or (type_,)))


def test_every_type_of_the_sdk_can_be_read() -> None:
    names = every_type()
    assert len(names) >= 75
    done: set[int] = set()
    for name in names:
        assert all(isinstance(each, str) for each in params.names(name))
        _read_all(typed.plan_of(name), done)
    assert len(done) > 300


def _read_all(plan: Plan, done: set[int]) -> None:
    todo: list[Any] = [field.shape for field in plan.fields.values()]
    while todo:
        shape = todo.pop()
        if id(shape) not in done:
            done.add(id(shape))
            assert shape.phrase
            assert shape.types
            todo += [field.shape for field in shape.plan().fields.values()] if hasattr(shape, "plan") else ()
            todo += [*getattr(shape, "members", ()), *getattr(shape, "objects", ())]
            todo += [*getattr(shape, "by_type", {}).values(), *([shape.item] if hasattr(shape, "item") else ())]


def test_names_are_those_of_the_wire() -> None:
    assert {"model", "messages", "stream", "stream_options"} <= params.names(CHAT)
    assert params.names(EMBEDDINGS) == {"input", "model", "dimensions", "encoding_format", "user"}


def test_an_alias_is_the_name_on_the_wire() -> None:
    aliased = "openai.types.beta.agent_create_params:AgentCreateParams"
    if aliased not in every_type():
        pytest.skip("the installed SDK has no aliased parameter")
    assert "async" in {name.rstrip("_") for name in _all_names(typed.plan_of(aliased))}
    assert "async_" not in _all_names(typed.plan_of(aliased))


def _all_names(plan: Plan) -> set[str]:
    plans = (field.shape.plan() for field in plan.fields.values() if hasattr(field.shape, "plan"))
    return set(plan.fields).union(*(_all_names(inner) for inner in plans))


@pytest.mark.parametrize("name", ["openai.types.nothing_params:NothingParams", "openai.types.batch:Batch", f"{CHAT}X"])
def test_a_type_that_the_sdk_lacks_is_our_bug(name: str) -> None:
    with pytest.raises(typed.NoSuchType) as caught:
        params.names(name)
    assert name in str(caught.value)
    assert openai.__version__ in str(caught.value)


def test_threads_that_come_first_at_once_get_the_same() -> None:
    typed.plan_of.cache_clear()
    typed._plan.cache_clear()
    body = {"model": "m", "messages": [{"role": "user", "content": [{"type": "text"}]}]}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: params.check(CHAT, body), range(32)))
    assert {answer.param for answer in answers if answer} == {"messages[0].content[0].text"}
