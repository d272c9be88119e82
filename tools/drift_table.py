"""The calls that the mock is asked to compare its replies: for each operation some that show all it can say."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xff\xff?"
    b"\0\x05\xfe\x02\xfe\xa75\x81\x84\0\0\0\0IEND\xaeB`\x82"
)
SECOND = b"\0" * 32_000
WAV = (
    struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", 32_036, b"WAVEfmt ", 16, 1, 1, 16_000, 32_000, 2, 16, b"data", 32_000)
    + SECOND
)
LINES = json.dumps(
    {
        "custom_id": "a",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]},
    }
).encode()
TUNING = b'{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho"}]}\n' * 12
TEXT = b"The capital of France is Paris. It lies on the Seine."
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
HI = [{"role": "user", "content": "Hi"}]
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": SCHEMA}}
TOOL = {"type": "function", "name": "f", "parameters": SCHEMA, "strict": True}


@dataclass(frozen=True, slots=True)
class Call:
    """A call: `body` as JSON, or as the fields of a form with `files`; `{a}` is the id that a call `saves` as `a`."""

    method: str
    path: str
    body: Any = None
    files: Any = None
    saves: str = ""
    template: str = ""
    """The path of the operation, where that cannot be told from the path."""

    @property
    def operation(self) -> str:
        """`POST /chat/completions`, and whether it is streamed."""
        path = self.template or self.path.partition("?")[0]
        streamed = isinstance(self.body, dict) and str(self.body.get("stream")).lower() == "true"
        return f"{self.method} {path}{', streamed' if streamed else ''}"


def chat(**more: Any) -> Call:
    """A chat completion."""
    return Call("POST", "/chat/completions", {"model": "gpt-4o", "messages": HI, **more})


def respond(**more: Any) -> Call:
    """A response."""
    return Call("POST", "/responses", {"model": "gpt-4o", "input": "Hi", **more})


def _both(make: Any, **more: Any) -> tuple[Call, Call]:
    return make(**more), make(**more, stream=True)


CALLS: tuple[Call, ...] = (
    *_both(chat, logprobs=True, top_logprobs=1),
    *_both(chat, tools=[FUNCTION], tool_choice="required"),
    chat(stream=True, stream_options={"include_usage": True}),
    Call(
        "POST",
        "/chat/completions",
        {"model": "gpt-4o", "messages": HI, "store": True, "metadata": {"a": "b"}},
        saves="chat",
    ),
    Call("GET", "/chat/completions"),
    Call("GET", "/chat/completions/{chat}", template="/chat/completions/{completion_id}"),
    Call("POST", "/chat/completions/{chat}", {"metadata": {"a": "c"}}, template="/chat/completions/{completion_id}"),
    Call("GET", "/chat/completions/{chat}/messages", template="/chat/completions/{completion_id}/messages"),
    Call("DELETE", "/chat/completions/{chat}", template="/chat/completions/{completion_id}"),
    Call("POST", "/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "Say", "logprobs": 1}),
    Call("POST", "/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "Say", "stream": True}),
    *_both(respond),
    *_both(respond, tools=[TOOL], tool_choice="required"),
    *_both(respond, model="o3", reasoning={"effort": "medium", "summary": "auto"}),
    *_both(respond, model="gpt-5.5"),
    respond(model="o3", reasoning={"summary": "auto"}, include=["reasoning.encrypted_content"], store=False),
    *_both(respond, tools=[{"type": "web_search"}], tool_choice={"type": "web_search"}),
    Call("POST", "/responses", {"model": "gpt-4o", "input": "Hi", "store": True}, saves="response"),
    Call("GET", "/responses/{response}", template="/responses/{response_id}"),
    Call("GET", "/responses/{response}/input_items", template="/responses/{response_id}/input_items"),
    Call("DELETE", "/responses/{response}", template="/responses/{response_id}"),
    Call("POST", "/responses/input_tokens", {"model": "gpt-4o", "input": "Hi"}),
    Call("POST", "/embeddings", {"model": "text-embedding-ada-002", "input": "Hi"}),
    Call("POST", "/moderations", {"input": "I will kill you"}),
    Call("GET", "/models"),
    Call("GET", "/models/gpt-4o", template="/models/{model}"),
    Call(
        "POST",
        "/conversations",
        {"metadata": {"a": "b"}, "items": [{"type": "message", "role": "user", "content": "Hi"}]},
        saves="conv",
    ),
    Call("GET", "/conversations/{conv}", template="/conversations/{conversation_id}"),
    Call("POST", "/conversations/{conv}", {"metadata": {"a": "c"}}, template="/conversations/{conversation_id}"),
    Call(
        "POST",
        "/conversations/{conv}/items",
        {"items": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Ho"}]}]},
        template="/conversations/{conversation_id}/items",
    ),
    Call("GET", "/conversations/{conv}/items", template="/conversations/{conversation_id}/items"),
    Call("DELETE", "/conversations/{conv}", template="/conversations/{conversation_id}"),
    Call("POST", "/files", {"purpose": "batch"}, {"file": ("b.jsonl", LINES)}, saves="batchfile"),
    Call("POST", "/files", {"purpose": "fine-tune"}, {"file": ("t.jsonl", TUNING)}, saves="tuning"),
    Call("POST", "/files", {"purpose": "assistants"}, {"file": ("a.txt", TEXT)}, saves="file"),
    Call("GET", "/files"),
    Call("GET", "/files/{file}", template="/files/{file_id}"),
    Call(
        "POST",
        "/batches",
        {
            "input_file_id": "{batchfile}",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "metadata": {"a": "b"},
        },
        saves="batch",
    ),
    Call("GET", "/batches"),
    Call("GET", "/batches/{batch}", template="/batches/{batch_id}"),
    Call("POST", "/batches/{batch}/cancel", template="/batches/{batch_id}/cancel"),
    Call(
        "POST",
        "/uploads",
        {"purpose": "assistants", "filename": "a.txt", "bytes": 53, "mime_type": "text/plain"},
        saves="upload",
    ),
    Call(
        "POST",
        "/uploads/{upload}/parts",
        {},
        {"data": ("a", TEXT)},
        saves="part",
        template="/uploads/{upload_id}/parts",
    ),
    Call("POST", "/uploads/{upload}/complete", {"part_ids": ["{part}"]}, template="/uploads/{upload_id}/complete"),
    Call("POST", "/vector_stores", {"name": "s", "file_ids": ["{file}"]}, saves="store"),
    Call("GET", "/vector_stores"),
    Call("GET", "/vector_stores/{store}", template="/vector_stores/{vector_store_id}"),
    Call("POST", "/vector_stores/{store}", {"name": "t"}, template="/vector_stores/{vector_store_id}"),
    Call(
        "POST",
        "/vector_stores/{store}/search",
        {"query": "capital"},
        template="/vector_stores/{vector_store_id}/search",
    ),
    respond(
        tools=[{"type": "file_search", "vector_store_ids": ["{store}"]}],
        tool_choice="required",
        include=["file_search_call.results"],
    ),
    Call(
        "POST", "/vector_stores/{store}/files", {"file_id": "{file}"}, template="/vector_stores/{vector_store_id}/files"
    ),
    Call("GET", "/vector_stores/{store}/files", template="/vector_stores/{vector_store_id}/files"),
    Call("GET", "/vector_stores/{store}/files/{file}", template="/vector_stores/{vector_store_id}/files/{file_id}"),
    Call(
        "POST",
        "/vector_stores/{store}/file_batches",
        {"file_ids": ["{file}"]},
        saves="fb",
        template="/vector_stores/{vector_store_id}/file_batches",
    ),
    Call(
        "GET",
        "/vector_stores/{store}/file_batches/{fb}",
        template="/vector_stores/{vector_store_id}/file_batches/{batch_id}",
    ),
    Call("DELETE", "/vector_stores/{store}/files/{file}", template="/vector_stores/{vector_store_id}/files/{file_id}"),
    Call("DELETE", "/vector_stores/{store}", template="/vector_stores/{vector_store_id}"),
    Call("POST", "/vector_stores", {"name": "u"}, saves="other"),
    Call(
        "POST",
        "/assistants",
        {
            "model": "gpt-4o",
            "tools": [{"type": "file_search"}],
            "tool_resources": {"file_search": {"vector_store_ids": ["{other}"]}},
        },
        saves="asst",
    ),
    Call(
        "POST",
        "/assistants/{asst}",
        {"name": "b", "tools": [{"type": "file_search"}, {"type": "code_interpreter"}]},
        template="/assistants/{assistant_id}",
    ),
    Call(
        "POST", "/assistants", {"model": "gpt-4o", "name": "a", "tools": [{"type": "code_interpreter"}]}, saves="asst"
    ),
    Call("GET", "/assistants"),
    Call("GET", "/assistants/{asst}", template="/assistants/{assistant_id}"),
    Call("POST", "/assistants/{asst}", {"name": "b"}, template="/assistants/{assistant_id}"),
    Call(
        "POST",
        "/threads",
        {"messages": HI, "tool_resources": {"code_interpreter": {"file_ids": ["{file}"]}}},
        saves="thread",
    ),
    Call("GET", "/threads/{thread}", template="/threads/{thread_id}"),
    Call(
        "POST",
        "/threads/{thread}/messages",
        {"role": "user", "content": "Hi"},
        saves="message",
        template="/threads/{thread_id}/messages",
    ),
    Call("GET", "/threads/{thread}/messages", template="/threads/{thread_id}/messages"),
    Call("GET", "/threads/{thread}/messages/{message}", template="/threads/{thread_id}/messages/{message_id}"),
    Call(
        "POST",
        "/threads/{thread}/runs",
        {"assistant_id": "{asst}", "stream": True},
        template="/threads/{thread_id}/runs",
    ),
    Call(
        "POST", "/threads/{thread}/runs", {"assistant_id": "{asst}"}, saves="run", template="/threads/{thread_id}/runs"
    ),
    Call("GET", "/threads/{thread}/runs/{run}", template="/threads/{thread_id}/runs/{run_id}"),
    Call("GET", "/threads/{thread}/runs", template="/threads/{thread_id}/runs"),
    Call("GET", "/threads/{thread}/runs/{run}/steps", template="/threads/{thread_id}/runs/{run_id}/steps"),
    Call("DELETE", "/assistants/{asst}", template="/assistants/{assistant_id}"),
    Call("POST", "/images/generations", {"model": "gpt-image-1", "prompt": "a dot"}),
    Call(
        "POST", "/images/generations", {"model": "gpt-image-1", "prompt": "a dot", "stream": True, "partial_images": 1}
    ),
    Call("POST", "/images/edits", {"model": "gpt-image-1", "prompt": "a dot"}, {"image": ("a.png", PNG)}),
    Call("POST", "/images/variations", {}, {"image": ("a.png", PNG)}),
    Call("POST", "/audio/transcriptions", {"model": "gpt-4o-transcribe"}, {"file": ("a.wav", WAV)}),
    Call(
        "POST",
        "/audio/transcriptions",
        {"model": "gpt-4o-transcribe", "include[]": "logprobs", "response_format": "json"},
        {"file": ("a.wav", WAV)},
    ),
    Call("POST", "/audio/transcriptions", {"model": "gpt-4o-transcribe", "stream": "true"}, {"file": ("a.wav", WAV)}),
    Call(
        "POST",
        "/audio/transcriptions",
        {"model": "whisper-1", "response_format": "verbose_json", "timestamp_granularities[]": ["word", "segment"]},
        {"file": ("a.wav", WAV)},
    ),
    Call("POST", "/audio/translations", {"model": "whisper-1"}, {"file": ("a.wav", WAV)}),
    Call("POST", "/fine_tuning/jobs", {"model": "gpt-4o-mini-2024-07-18", "training_file": "{tuning}"}),
    Call(
        "POST",
        "/fine_tuning/jobs",
        {
            "model": "gpt-4o-mini-2024-07-18",
            "training_file": "{tuning}",
            "method": {
                "type": "supervised",
                "supervised": {"hyperparameters": {"n_epochs": 2, "batch_size": 1, "learning_rate_multiplier": 1.5}},
            },
        },
        saves="job",
    ),
    Call("GET", "/fine_tuning/jobs"),
    Call("GET", "/fine_tuning/jobs/{job}", template="/fine_tuning/jobs/{fine_tuning_job_id}"),
    Call("GET", "/fine_tuning/jobs/{job}/events", template="/fine_tuning/jobs/{fine_tuning_job_id}/events"),
    Call("POST", "/fine_tuning/jobs/{job}/cancel", template="/fine_tuning/jobs/{fine_tuning_job_id}/cancel"),
    Call(
        "POST",
        "/containers",
        {"name": "c", "memory_limit": "4g", "network_policy": {"type": "allowlist", "allowed_domains": ["a.com"]}},
        saves="container",
    ),
    Call("GET", "/containers"),
    Call("GET", "/containers/{container}", template="/containers/{container_id}"),
    Call(
        "POST",
        "/containers/{container}/files",
        {},
        {"file": ("a.txt", TEXT)},
        saves="cfile",
        template="/containers/{container_id}/files",
    ),
    Call("GET", "/containers/{container}/files", template="/containers/{container_id}/files"),
    Call("GET", "/containers/{container}/files/{cfile}", template="/containers/{container_id}/files/{file_id}"),
    Call("DELETE", "/containers/{container}", template="/containers/{container_id}"),
    Call("POST", "/videos", {"model": "sora-2", "prompt": "a dot"}, saves="video"),
    Call("GET", "/videos"),
    Call("GET", "/videos/{video}", template="/videos/{video_id}"),
    Call("POST", "/realtime/client_secrets", {"session": {"type": "realtime", "model": "gpt-realtime"}}),
    Call("DELETE", "/files/{file}", template="/files/{file_id}"),
)
