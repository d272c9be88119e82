"""Operations read from the text of a resource file, in every way that the SDK's generators have written it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mockopenai.contract.derived import library, table
from pytest_mockopenai.contract.derived.library import Source
from pytest_mockopenai.contract.derived.operation import Operation
from pytest_mockopenai.contract.derived.reading import operations_of

HEAD = """
from __future__ import annotations
from typing import Any, cast
from ... import _legacy_response
from ..._types import NoneType
from ..._streaming import Stream
from ...pagination import SyncCursorPage
from ...types.things import Thing, thing_create_params
from ...types.things.thing_event import ThingEvent

class Things:
"""


def read(tmp_path: Path, *methods: str) -> list[Operation]:
    file = tmp_path / "things.py"
    file.write_text(HEAD + "\n".join(f"    {line}" for method in methods for line in method.splitlines()))
    return list(operations_of(Source(file, "openai.resources.things.things", frozenset())))


CREATE = """
def create(self, *, name):
    body = deepcopy_minimal({"name": name})
    return self._post(
        "/things",
        body=maybe_transform(body, thing_create_params.ThingCreateParams),
        files=files,
        cast_to=Thing,
        stream=stream or False,
        stream_cls=Stream[ThingEvent],
    )
"""


def test_a_creation(tmp_path: Path) -> None:
    assert read(tmp_path, CREATE) == [
        Operation(
            "POST",
            "/things",
            (),
            "things",
            "create",
            "object",
            reply="openai.types.things:Thing",
            stream="openai.types.things.thing_event:ThingEvent",
            params="openai.types.things.thing_create_params:ThingCreateParams",
            form=True,
        )
    ]


@pytest.mark.parametrize("path", ['f"/things/{thing_id}"', 'path_template("/things/{thing_id}", thing_id=thing_id)'])
def test_paths(tmp_path: Path, path: str) -> None:
    (operation,) = read(tmp_path, f"def retrieve(self, thing_id):\n    return self._get({path}, cast_to=Thing)")
    assert (operation.method, operation.path, operation.parameters) == ("GET", "/things/{thing_id}", ("thing_id",))
    assert (operation.collection, operation.segments) == ("/things", ("things", "{thing_id}"))


def test_a_fixed_query(tmp_path: Path) -> None:
    (operation,) = read(tmp_path, 'def list(self):\n    return self._get("/things?beta=true", cast_to=Thing)')
    assert (operation.path, operation.query) == ("/things", (("beta", "true"),))


def test_lists(tmp_path: Path) -> None:
    listed = 'self._get_api_list("/things", page=SyncCursorPage[Thing], model=Thing{0})'
    (get,) = read(tmp_path, f"def list(self):\n    return {listed.format('')}")
    assert (get.method, get.page, get.reply) == ("GET", "CursorPage", "openai.types.things:Thing")


def test_lists_that_are_asked_for_with_post(tmp_path: Path) -> None:
    call = 'self._get_api_list("/things/search", page=SyncCursorPage[Thing], model=Thing, method="post")'
    (operation,) = read(tmp_path, f"def search(self):\n    return {call}")
    assert (operation.method, operation.page) == ("POST", "CursorPage")


@pytest.mark.parametrize(
    ("cast_to", "kind", "reply"),
    [
        ("Thing", "object", "openai.types.things:Thing"),
        ("cast(Any, Thing)", "object", "openai.types.things:Thing"),
        ("NoneType", "nothing", None),
        ("str", "text", None),
        ("_legacy_response.HttpxBinaryResponseContent", "binary", None),
        ("_get_response_format_type(response_format)", "object", "openai.types.audio.transcription:Transcription"),
    ],
)
def test_replies(tmp_path: Path, cast_to: str, kind: str, reply: str | None) -> None:
    (operation,) = read(tmp_path, f'def do(self):\n    return self._post("/things", cast_to={cast_to})')
    assert (operation.kind, operation.reply, operation.params) == (kind, reply, None)


def test_a_body_for_streaming_and_one_for_not(tmp_path: Path) -> None:
    params = "thing_create_params.CreateParamsStreaming if stream else thing_create_params.CreateParamsNonStreaming"
    call = f'self._post("/things", body=maybe_transform({{"a": a}}, {params}), cast_to=Thing)'
    (operation,) = read(tmp_path, f"def create(self, stream):\n    return {call}")
    assert operation.params == "openai.types.things.thing_create_params:CreateParams"


def test_what_several_methods_call_is_named_after_what_it_does(tmp_path: Path) -> None:
    parse = 'def parse(self):\n    return self._post("/things", cast_to=cast(Any, Thing))'
    (operation,) = read(tmp_path, parse, CREATE)
    assert operation.name == "create"
    (operation,) = read(tmp_path, CREATE, parse)
    assert (operation.name, operation.stream is not None) == ("create", True)


def test_a_path_that_is_an_object_and_a_list_is_a_list(tmp_path: Path) -> None:
    one = 'def retrieve(self):\n    return self._get("/things", cast_to=Thing)'
    many = 'def list(self):\n    return self._get_api_list("/things", page=SyncCursorPage[Thing], model=Thing)'
    (operation,) = read(tmp_path, one, many)
    assert operation.page == "CursorPage"


def test_always_streams(tmp_path: Path) -> None:
    call = 'self._get("/things/events", cast_to=cast(Any, ThingEvent), stream=True, stream_cls=Stream[ThingEvent])'
    (operation,) = read(tmp_path, f"def stream(self):\n    return {call}")
    assert operation.always_streams


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, "def do(self, path):\n    return self._post(path, cast_to=Thing)") == []


# --- the installed package --------------------------------------------------------------------------------------------


def test_every_path_in_the_source_is_found() -> None:
    """The index and the reading agree: what a file is parsed for is there."""
    operations = table.all_operations()
    assert len(operations) > 100
    assert {each.path for each in operations} == set(table.paths()) - _not_called(operations)


def _not_called(operations: tuple[Operation, ...]) -> set[str]:
    """Paths that are opened as a WebSocket or mentioned, and never called over HTTP."""
    called = {each.path for each in operations}
    return {path for path in table.paths() if path not in called and ("{" not in path or "/live/" in path)}


def test_resources_are_written_as_with_a_client() -> None:
    known = library.resources()
    assert {"chat.completions", "files", "vector_stores.files", "models"} <= known
    assert {each.resource for each in table.all_operations()} <= known


def test_a_literal_segment_comes_before_a_parameter() -> None:
    if not table.at("/videos/characters"):
        pytest.skip("this SDK has no characters")
    first, _ = next(iter(table.matching("/videos/characters")))
    assert first.path == "/videos/characters"
