"""The checkout page: where a customer chooses how to pay, and what shall become of it.

It is one form without need of a script. The script only tells the page that opened it, by postMessage, what Razorpay's
own Checkout hands to its `handler`, the three signed fields, or that there will be none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import urlencode

from stoory.sandbox.razorpay import attempts, reading
from stoory.sandbox.razorpay.control import checkout_fields
from stoory.sandbox.razorpay.gateway import Gateway
from stoory.sandbox.razorpay.http import Reply
from stoory.sandbox.razorpay.refusals import Json, Refusal
from stoory.sandbox.razorpay.routes import Call, Route

PAGES: Final = Path(__file__).parent / "pages"
DECLINED_VPA: Final = "failure@razorpay"
"""Razorpay documentation, "Test UPI details"."""

ORIGIN: Final = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
NO_ORIGIN: Final = "The origin must be a scheme, a host and perhaps a port, such as https://shop.example.org."

OUTCOMES: Final = ("paid", "failed", "late", "dismissed")
PARAMETERS: Final = ("order_id", "key_id", "origin")
LONGEST_PARAMETER: Final = 300
DISMISSED: Final = {"event": "checkout.dismissed"}
LATE: Final = {"event": "payment.pending"}
HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def show_checkout(call: Call) -> Reply:
    """Ask how to pay an order: `order_id`, `key_id`, and `origin` of the page that wants to be told."""
    asked = dict(call.request.query)
    return _or_sorry(asked, lambda: _choose(call.gateway, asked))


def _choose(gateway: Gateway, asked: Json) -> Reply:
    order = _open_order(gateway, asked)
    amount = _rupees(order["amount_due"])
    return _page(f"Pay {amount}", "choose.html", {**_parameters(asked), "amount": amount})


def pay(call: Call) -> Reply:
    """Do what the customer chose, and lead to a page that may be loaded again without paying again."""
    return _or_sorry(call.body, lambda: _pay(call.gateway, call.body))


def _pay(gateway: Gateway, form: Json) -> Reply:
    outcome = reading.choice(form, "outcome", OUTCOMES)
    order = _open_order(gateway, form)
    if outcome == "dismissed":
        return _told(form, DISMISSED, "Nothing was paid", "You can close this window.")
    method = reading.choice(form, "method", attempts.METHODS)
    vpa = reading.text(form, "vpa", longest=100) if method == "upi" else None
    if outcome == "paid":
        is_declined = vpa == DECLINED_VPA
        outcome = "failed" if is_declined else attempts.usual_outcome(gateway, order)
    payment = attempts.pay(gateway, order, method=method, outcome=outcome, vpa=vpa)
    query = urlencode({**_parameters(form), "payment_id": payment["id"]})
    return Reply(status=303, body=b"", headers={**HEADERS, "location": f"/checkout/outcome?{query}"})


def show_outcome(call: Call) -> Reply:
    """Tell what has become of a payment."""
    asked = dict(call.request.query)
    return _or_sorry(asked, lambda: _outcome(call.gateway, asked))


def _outcome(gateway: Gateway, asked: Json) -> Reply:
    _refuse_other_keys(gateway, asked)
    payment = gateway.find("payment", asked.get("payment_id"))
    if payment["status"] == "created":
        return _told(
            asked, LATE, "The bank has not answered", "It may still do so. You can close this window."
        )
    if payment["status"] == "failed":
        return _told(asked, _failure(payment), "The payment failed", payment["error_description"])
    message = {"event": "payment.success", **checkout_fields(gateway, payment)}
    return _told(
        asked, message, "Paid", f"{_rupees(payment['amount'])} were paid. You can close this window."
    )


def _failure(payment: Json) -> Json:
    """Say a failure as Checkout says it. Razorpay documentation, "Handle payment failures"."""
    parts = ("code", "description", "source", "step", "reason")
    told = {part: payment[f"error_{part}"] for part in parts}
    ids = {"payment_id": payment["id"], "order_id": payment["order_id"]}
    return {"event": "payment.failed", "error": {**told, "metadata": ids}}


def _told(asked: Json, message: Json, heading: str, sentence: str, status: int = 200) -> Reply:
    """Show what happened, and hand it to the script."""
    fields = [(name, text) for name, text in message.items() if name.startswith("razorpay_")]
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in fields)
    is_failed = message["event"] == "payment.failed"
    parameters = _parameters(asked)
    values = {
        "role": "alert" if "error" in message else "status",
        "message": json.dumps(message),
        "origin": parameters["origin"],
        "heading": heading,
        "sentence": sentence,
    }
    again = f'<a class="button" href="/checkout?{escape(urlencode(parameters))}">Try again</a>'
    markup = {"fields": f"<dl>{listed}</dl>" if listed else "", "again": again if is_failed else ""}
    return _page(heading, "told.html", values, markup, status)


def _parameters(asked: Json) -> dict[str, str]:
    return {name: reading.text(asked, name, longest=LONGEST_PARAMETER) or "" for name in PARAMETERS}


def _open_order(gateway: Gateway, asked: Json) -> Json:
    """Return the order to be paid."""
    _refuse_other_keys(gateway, asked)
    order = gateway.find("order", asked.get("order_id"))
    if order["status"] == "paid":
        raise Refusal(attempts.ALREADY_PAID)
    attempts.refuse_closed(gateway, order)
    return order


def _refuse_other_keys(gateway: Gateway, asked: Json) -> None:
    """Refuse another merchant's page; Checkout knows the merchant by the key's id only."""
    if asked.get("key_id") != gateway.config.key_id:
        raise Refusal("The api key provided is invalid")


def _or_sorry(asked: Json, show: Callable[[], Reply]) -> Reply:
    """Return the page, or one that says why not; to whom it is told is read first."""
    heading = "This cannot be paid"
    try:
        _refuse_no_origin(_parameters(asked)["origin"])
    except Refusal as refusal:
        values = {"role": "alert", "message": "", "origin": "", "heading": heading, "sentence": str(refusal)}
        return _page(heading, "told.html", values, {"fields": "", "again": ""}, refusal.status)
    try:
        return show()
    except Refusal as refusal:
        return _told(
            asked, {"event": "checkout.error", **refusal.body}, heading, str(refusal), refusal.status
        )


def _refuse_no_origin(origin: str) -> None:
    if origin and not ORIGIN.fullmatch(origin):
        raise Refusal(NO_ORIGIN)


def show_style(call: Call) -> Reply:
    """Return the page's style."""
    del call
    return Reply(body=_file("checkout.css").encode(), content_type="text/css; charset=utf-8")


def show_script(call: Call) -> Reply:
    """Return the page's script."""
    del call
    return Reply(body=_file("checkout.js").encode(), content_type="text/javascript; charset=utf-8")


def _page(
    title: str,
    name: str,
    values: Mapping[str, str],
    markup: Mapping[str, str] | None = None,
    status: int = 200,
) -> Reply:
    """Fill a page; values are escaped, markup is ours."""
    escaped = {key: escape(value) for key, value in values.items()}
    content = Template(_file(name)).substitute(escaped, **(markup or {}))
    page = Template(_file("frame.html")).substitute(title=escape(title), content=content)
    return Reply(
        status=status, body=page.encode(), content_type="text/html; charset=utf-8", headers=dict(HEADERS)
    )


@cache
def _file(name: str) -> str:
    return (PAGES / name).read_text()


def _rupees(paise: int) -> str:
    return f"₹{paise // 100:,}.{paise % 100:02}"


ROUTES: Final = [
    Route("GET", "/checkout", show_checkout),
    Route("POST", "/checkout", pay),
    Route("GET", "/checkout/outcome", show_outcome),
    Route("GET", "/checkout/checkout.css", show_style),
    Route("GET", "/checkout/checkout.js", show_script),
]
