"""Ids in OpenAI's forms: what they begin with, by the kind of the object."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pytest_mockopenai.core.seed import Draw

_LENGTH = 24  # letters and digits after the prefix

# As in the API reference's examples and the SDK's docstrings.
_PREFIXES: Mapping[str, str] = {
    "admin_api_key": "key_",
    "api_key": "key_",
    "assistant": "asst_",
    "audit_log": "audit_log-",
    "batch": "batch_",
    "call": "call_",
    "certificate": "cert_",
    "chat.completion": "chatcmpl-",
    "chatkit.session": "cksess_",
    "chatkit.thread": "cthr_",
    "checkpoint": "ftckpt_",
    "checkpoint.permission": "cp_",
    "container": "cntr_",
    "container.file": "cfile_",
    "conversation": "conv_",
    "eval": "eval_",
    "eval.run": "evalrun_",
    "event": "event_",
    "file": "file-",
    "fine_tuning.job": "ftjob-",
    "fine_tuning.job.checkpoint": "ftckpt_",
    "fine_tuning.job.event": "ftevent-",
    "fine_tuning_job": "ftjob-",
    "group": "group_",
    "invite": "invite-",
    "item": "item_",
    "message": "msg_",
    "organization": "org-",
    "output_item": "outputitem_",
    "part": "part_",
    "previous_response": "resp_",
    "project": "proj_",
    "response": "resp_",
    "role": "role_",
    "run": "run_",
    "service_account": "svc_acct_",
    "session": "sess_",
    "skill": "skill_",
    "skill.version": "skillver_",
    "step": "step_",
    "text_completion": "cmpl-",
    "thread": "thread_",
    "upload": "upload_",
    "user": "user-",
    "vector_store": "vs_",
    "vector_store.file": "file-",
    "vector_store.file_batch": "vsfb_",
    "vector_store.files_batch": "vsfb_",
    "video": "video_",
    "webhook_endpoint": "we_",
}


def new_id(kind: str, draw: Draw, place: str) -> str:
    """An id for an object of this kind, `vector_store` or `thread.message`; another one for each place of a reply."""
    return prefix(kind) + draw.token(f"id {place}", _LENGTH)


def prefix(kind: str) -> str:
    """What the ids of a kind begin with: its own name where OpenAI's prefix is not known."""
    last = kind.rpartition(".")[2]
    known = _PREFIXES.get(kind) or _PREFIXES.get(last)
    return known if known else f"{last}_"


def kind_of_class(name: str) -> str:
    """`webhook_endpoint` for WebhookEndpoint, WebhookEndpointCreateResponse or BetaWebhookEndpoint."""
    bare = re.sub(r"(?<=.)(Create|Retrieve|List|Update|Cancel)?Response$", "", name.removeprefix("Beta"))
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", bare).lower()
