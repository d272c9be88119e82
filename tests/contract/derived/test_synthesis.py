"""Values of a type: of what is given as far as it fits, valid whatever is given, the same each time."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.contract.derived import ids, table
from pytest_mockopenai.contract.derived.models import Field, fields_of, found, is_model
from pytest_mockopenai.contract.derived.synthesis import Synthesis
from pytest_mockopenai.contract.derived.values import Values
from pytest_mockopenai.core.seed import draw_for

NOW = 1_800_000_000


def made(type_: Any, given: Any = None, *, verb: str = "", **known: str) -> Any:
    draw = draw_for(7, "x")
    synthesis = Synthesis(Values(draw.child("contents"), draw.child("ids"), NOW, verb), known)
    return synthesis.object(type_, given or {})


class Base(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow", defer_build=True)


class Usage(Base):
    input_tokens: int
    input_tokens_details: dict[str, int]
    output_tokens: int
    total_tokens: int


class Text(Base):
    text: str
    type: Literal["text"]


class Picture(Base):
    image_url: str
    type: Literal["picture"]


Part = Annotated[Text | Picture, "discriminated by type"]


class Thing(Base):
    id: str
    content: list[Part]
    created_at: int
    deleted_at: int | None = None
    name: str
    object: Literal["thing"]
    owner_id: str
    status: Literal["queued", "running", "completed", "cancelled"]
    expires_at: int | None = None
    labels: dict[str, str] | None = None
    score: float | None = None
    usage: Usage | None = None


class Node(Base):
    children: list[Node]
    data: list[Node]


def test_what_is_always_there_stands_first() -> None:
    needs = {field.name: field.need for field in fields_of(Thing)}
    assert needs == {
        **dict.fromkeys(("id", "content", "created_at", "name", "object", "owner_id", "status"), "required"),
        "deleted_at": "nullable",
        **dict.fromkeys(("expires_at", "labels", "score", "usage"), "optional"),
    }


def test_without_a_descent_what_follows_the_last_required_field_is_optional() -> None:
    class Plain(Base):
        a: str
        b: str | None = None

    assert fields_of(Plain) == (Field("a", str, "required"), Field("b", fields_of(Plain)[1].type, "optional"))


def test_a_made_up_object() -> None:
    thing = made(Thing, owner_id="user_1")
    assert thing["id"].startswith("thing_")
    assert (thing["created_at"], thing["deleted_at"], thing["owner_id"]) == (NOW, None, "user_1")
    assert (thing["object"], thing["status"]) == ("thing", "completed")
    assert thing.keys() - {"usage"} == {field.name for field in fields_of(Thing) if field.need != "optional"}
    usage = thing["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"] > 0
    assert thing == made(Thing, owner_id="user_1")


def test_a_verb_leaves_its_state() -> None:
    assert made(Thing, verb="cancel")["status"] == "cancelled"
    assert made(Thing, verb="explode")["status"] == "completed"


def test_what_fits_is_taken() -> None:
    body = {
        "name": "n",
        "score": 2,
        "labels": {"a": "b"},
        "content": [{"type": "picture", "image_url": "u", "more": 1}],
        "status": "unheard of",
        "expires_at": "tomorrow",
        "unknown": 1,
    }
    thing = made(Thing, body)
    assert (thing["name"], thing["score"], thing["labels"]) == ("n", 2, {"a": "b"})
    assert thing["content"] == [{"image_url": "u", "type": "picture"}]
    assert thing["status"] == "completed"
    assert "expires_at" not in thing
    assert "unknown" not in thing


def test_types_that_hold_themselves_end() -> None:
    json.dumps(made(Node))


@pytest.mark.parametrize(
    ("kind", "prefix"),
    [
        ("vector_store", "vs_"),
        ("thread.message", "msg_"),
        ("eval.run", "evalrun_"),
        ("organization.project", "proj_"),
        ("gizmo.part_of_it", "part_of_it_"),
    ],
)
def test_prefixes_of_ids(kind: str, prefix: str) -> None:
    assert ids.prefix(kind) == prefix


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("AdminAPIKeyCreateResponse", "admin_api_key"),
        ("BetaResponse", "response"),
        ("Skill", "skill"),
        ("ContainerListResponse", "container"),
    ],
)
def test_the_kind_of_a_class(name: str, kind: str) -> None:
    assert ids.kind_of_class(name) == kind


# --- laws over the installed SDK's types ------------------------------------------------------------------------------

REPLIES = sorted({each.reply for each in table.all_operations() if each.reply})
NAMES = st.sampled_from(
    ["id", "type", "object", "name", "status", "metadata", "content", "tools", "data", "model", "output", "usage"]
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "completed", "text", "message"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)


@given(name=st.sampled_from(REPLIES), body=st.dictionaries(NAMES, JSON_VALUES))
def test_whatever_is_given_the_reply_is_valid(name: str, body: dict[str, Any]) -> None:
    type_ = found(name)
    draw = draw_for(0, "x")
    synthesis = Synthesis(Values(draw, draw, NOW))
    value = synthesis.object(type_, body) if is_model(type_) else synthesis.value(type_, "data", body)
    pydantic.TypeAdapter(type_).validate_json(json.dumps(value), strict=True)
