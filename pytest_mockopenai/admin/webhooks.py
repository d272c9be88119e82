"""The operations of the admin API about webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from pytest_mockopenai.admin.route import JSON, Asked, Route
from pytest_mockopenai.admin.schemas import TEXT, YES_OR_NO, list_of, object_of, ref
from pytest_mockopenai.scene import Scene
from pytest_mockopenai.stubs import grammar
from pytest_mockopenai.stubs.document import Wrong

_PATH = "/_mock/webhooks"
_DELIVERIES = list_of(ref("Delivery"), due=YES_OR_NO)
_SENT = object_of({"webhook_id": TEXT})
_WEBHOOK = object_of({"type": TEXT}, id=TEXT, url=TEXT, data={"type": "object"}, secret=TEXT)


def routes(scene: Scene) -> Sequence[Route]:
    """The table of them."""
    return (
        Route("GET", _PATH, "The webhooks that were sent, oldest first.", lambda _: deliveries(scene), _DELIVERIES),
        Route("POST", _PATH, "Send a webhook.", lambda asked: send(scene, asked), _SENT, body=_WEBHOOK, status=202),
    )


def deliveries(scene: Scene) -> JSON:
    """Those sent; `due` says whether there are some that ought to have been sent by now."""
    webhooks = scene.app.webhooks
    return {"object": "list", "data": [asdict(each) for each in webhooks.deliveries], "due": webhooks.due}


def send(scene: Scene, asked: Asked) -> JSON:
    """As `Webhooks.send`, but it does not wait for the receiver, which may itself ask the mock something."""
    given = grammar.checked_mapping((), asked.body, tuple(_WEBHOOK["properties"]), "key")
    for name, value in {"type": None, **given}.items():
        wanted, kind = (dict, "a mapping") if name == "data" else (str, "a text")
        if not isinstance(value, wanted):
            raise Wrong((name,), f"'{name}' is {kind}, not {grammar.kind(value)}")
    try:
        return {"webhook_id": scene.app.webhooks.send_soon(**given)}
    except ValueError as error:
        raise Wrong((), str(error)) from None
