"""The control door's hand on webhooks: where they go, and what befalls each on its way."""

from __future__ import annotations

import random
import re
from typing import Any, Final, cast

import httpx
import msgspec

from stoory.sandbox.razorpay import deliveries, reading
from stoory.sandbox.razorpay.deliveries import Delivery, Webhook
from stoory.sandbox.razorpay.gateway import Gateway
from stoory.sandbox.razorpay.refusals import Json, Refusal, wrong_field
from stoory.sandbox.razorpay.routes import Call, Route

ORDERS: Final = ("reverse", "shuffle")
HIGHEST_PORT: Final = 65_535


def show_webhook(call: Call) -> Json:
    """Return where events go; the secret too, for it guards nothing here."""
    return msgspec.to_builtins(deliveries.webhook(call.gateway.store))


def change_webhook(call: Call) -> Json:
    """Set where events go, hold them back (`is_held`), or switch the webhook on again (`is_enabled`)."""
    store = call.gateway.store
    reading.only(call.body, Webhook.__struct_fields__)
    known = msgspec.to_builtins(deliveries.webhook(store))
    try:
        hook = msgspec.convert({**known, **call.body}, Webhook)
    except msgspec.ValidationError as problem:
        raise Refusal(str(problem)) from None
    if hook.url is not None and not _can_be_reached(hook.url):
        raise wrong_field("url", "The url must be one of http or https, with a host and a port up to 65535.")
    deliveries.set_webhook(store, hook)
    if hook.is_open:
        deliveries.renew(store, call.gateway.now)
    return show_webhook(call)


def _can_be_reached(address: str) -> bool:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        return False
    is_port = url.port is None or 0 < url.port <= HIGHEST_PORT
    return url.scheme in ("http", "https") and bool(url.host) and is_port


def list_deliveries(call: Call) -> Json:
    """List deliveries, the oldest first."""
    request = call.request
    found = deliveries.listed(
        call.gateway.store, status=request.parameter("status"), event=request.parameter("event")
    )
    return reading.collection([delivery.shown for delivery in found])


def show_delivery(call: Call, delivery_id: str) -> Json:
    """Return one delivery."""
    return _found(call.gateway, delivery_id).shown


def replay(call: Call, delivery_id: str) -> Json:
    """Send it again now, whatever became of it: same event id, body and signature."""
    delivery = _found(call.gateway, delivery_id)
    return _sent_at(call.gateway, delivery, call.gateway.now)


def duplicate(call: Call, delivery_id: str) -> Json:
    """Let the same event arrive so many more times, as Razorpay's at-least-once may."""
    delivery = _found(call.gateway, delivery_id)
    times = reading.number({"times": 1, **call.body}, "times", least=1, most=reading.MOST_COUNT)
    now = call.gateway.now
    for _ in range(times):
        call.gateway.store.sql.execute(
            "insert into deliveries (event_id, event, url, body, signature, created_at, due_at, tried_until)"
            " select event_id, event, url, body, signature, created_at, ?, ? from deliveries where seq = ?",
            (now, now + deliveries.TRIED_FOR_SECONDS, delivery.seq),
        )
    made = deliveries.listed(call.gateway.store)[-times:]
    return reading.collection([copy.shown for copy in made])


def delay(call: Call, delivery_id: str) -> Json:
    """Let it arrive so many seconds from now on the sandbox's clock."""
    delivery = _found(call.gateway, delivery_id)
    seconds = reading.number(call.body, "seconds", least=0, most=reading.A_CENTURY_SECONDS)
    return _sent_at(call.gateway, delivery, call.gateway.now + seconds)


def drop(call: Call, delivery_id: str) -> Json:
    """Let it never arrive."""
    return _changed(call.gateway, _found(call.gateway, delivery_id), "status = ?", "dropped")


def tamper(call: Call, delivery_id: str) -> Json:
    """Let it arrive changed, under the signature of the original: an amount grows hundredfold unless `body` is said."""
    delivery = _found(call.gateway, delivery_id)
    body = call.body.get("body")
    inflated = re.sub(rb'"amount":(\d+)', rb'"amount":\g<1>00', delivery.body)
    changed = inflated if body is None else str(body).encode()
    return _changed(call.gateway, delivery, "body = ?", changed)


def reorder(call: Call) -> Json:
    """Let what waits arrive one by one in the order of `ids`, reversed, or shuffled with a `seed`."""
    waiting = [delivery.seq for delivery in deliveries.listed(call.gateway.store, status="waiting")]
    if "ids" in call.body:
        given = call.body["ids"]
        wanted = cast("list[Any]", given) if isinstance(given, list) else []
        if not wanted or any(seq not in waiting for seq in wanted):
            raise wrong_field("ids", "The ids must be those of waiting deliveries.")
        waiting = [*wanted, *(seq for seq in waiting if seq not in wanted)]
    elif reading.choice(call.body, "order", ORDERS) == "reverse":
        waiting.reverse()
    else:
        random.Random(call.body.get("seed", 0)).shuffle(waiting)  # noqa: S311 - chaos that can be repeated
    call.gateway.store.sql.executemany(
        "update deliveries set place = ? where seq = ?", [*enumerate(waiting, 1)]
    )
    return {"ids": waiting}


def _found(gateway: Gateway, delivery_id: str) -> Delivery:
    is_number = delivery_id.isdecimal() and len(delivery_id) <= reading.MOST_DIGITS
    delivery = deliveries.found(gateway.store, int(delivery_id)) if is_number else None
    if delivery is None:
        raise Refusal("There is no such delivery.", status=404)
    return delivery


def _sent_at(gateway: Gateway, delivery: Delivery, moment: int) -> Json:
    """Send it then. Whoever plays with the past must not be punished for it: the webhook stays enabled."""
    change = "status = 'waiting', due_at = ?, tried_until = ?"
    return _changed(gateway, delivery, change, moment, moment + deliveries.TRIED_FOR_SECONDS)


def _changed(gateway: Gateway, delivery: Delivery, change: str, *values: object) -> Json:
    gateway.store.sql.execute(
        f"update deliveries set {change} where seq = ?",  # noqa: S608 - the change is a literal of this file
        (*values, delivery.seq),
    )
    return _found(gateway, str(delivery.seq)).shown


ROUTES: Final = [
    Route("GET", "/__sandbox/webhook", show_webhook),
    Route("PUT", "/__sandbox/webhook", change_webhook),
    Route("GET", "/__sandbox/webhooks", list_deliveries),
    Route("POST", "/__sandbox/webhooks/reorder", reorder),
    Route("GET", "/__sandbox/webhooks/{delivery_id}", show_delivery),
    Route("POST", "/__sandbox/webhooks/{delivery_id}/replay", replay),
    Route("POST", "/__sandbox/webhooks/{delivery_id}/duplicate", duplicate),
    Route("POST", "/__sandbox/webhooks/{delivery_id}/delay", delay),
    Route("POST", "/__sandbox/webhooks/{delivery_id}/drop", drop),
    Route("POST", "/__sandbox/webhooks/{delivery_id}/tamper", tamper),
]
