"""The checkout page: where a customer chooses how to pay, and what shall become of it.

It is one form without need of a script. The script only tells the page that opened it, by postMessage, what Razorpay's
own Checkout hands to its `handler`: the three signed fields.
"""

from __future__ import annotations

import json
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

OUTCOMES: Final = ("paid", "failed", "late", "dismissed")
PARAMETERS: Final = ("order_id", "key_id", "origin")
DISMISSED: Final = {"event": "checkout.dismissed"}
LATE: Final = {"event": "payment.pending"}
HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def show_checkout(call: Call) -> Reply:
    """Ask how to pay an order: `order_id`, `key_id`, and `origin` of the page that wants to be told."""
    asked = {name: call.request.parameter(name) or "" for name in PARAMETERS}
    return _or_sorry(lambda: _choose(call.gateway, asked))


def _choose(gateway: Gateway, asked: Mapping[str, str]) -> Reply:
    order = _open_order(gateway, asked)
    amount = _rupees(order["amount_due"])
    return _page(f"Pay {amount}", "choose.html", {**asked, "amount": amount})


def pay(call: Call) -> Reply:
    """Do what the customer chose, and tell it."""
    return _or_sorry(lambda: _pay(call.gateway, call.body))


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
    if outcome == "late":
        return _told(
            form, LATE, "The bank has not answered", "It may still do so. You can close this window."
        )
    if outcome == "failed":
        return _told(form, _failure(payment), "The payment failed", payment["error_description"])
    message = {"event": "payment.success", **checkout_fields(gateway, payment)}
    return _told(form, message, "Paid", f"{_rupees(payment['amount'])} were paid. You can close this window.")


def _failure(payment: Json) -> Json:
    """Say a failure as Checkout says it. Razorpay documentation, "Handle payment failures"."""
    parts = ("code", "description", "source", "step", "reason")
    told = {part: payment[f"error_{part}"] for part in parts}
    ids = {"payment_id": payment["id"], "order_id": payment["order_id"]}
    return {"event": "payment.failed", "error": {**told, "metadata": ids}}


def _told(form: Json, message: Json, heading: str, sentence: str) -> Reply:
    """Show what happened, and hand it to the script."""
    fields = [(name, text) for name, text in message.items() if name.startswith("razorpay_")]
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in fields)
    is_failed = message["event"] == "payment.failed"
    query = urlencode({name: form.get(name) or "" for name in PARAMETERS})
    values = {
        "role": "alert" if is_failed else "status",
        "message": json.dumps(message),
        "origin": form.get("origin") or "",
        "heading": heading,
        "sentence": sentence,
    }
    markup = {
        "fields": f"<dl>{listed}</dl>" if listed else "",
        "again": f'<a class="button" href="/checkout?{escape(query)}">Try again</a>' if is_failed else "",
    }
    return _page(heading, "told.html", values, markup)


def _open_order(gateway: Gateway, asked: Mapping[str, str]) -> Json:
    """Return the order to be paid; Checkout knows the merchant by the key's id only."""
    if asked.get("key_id") != gateway.config.key_id:
        raise Refusal("The api key provided is invalid")
    order = gateway.find("order", asked.get("order_id"))
    if order["status"] == "paid":
        raise Refusal(attempts.ALREADY_PAID)
    attempts.refuse_closed(gateway, order)
    return order


def _or_sorry(show: Callable[[], Reply]) -> Reply:
    """Return the page, or one that says why not."""
    try:
        return show()
    except Refusal as refusal:
        values = {"role": "alert", "message": json.dumps(DISMISSED), "origin": "", "sentence": str(refusal)}
        values["heading"] = "This cannot be paid"
        return _page(values["heading"], "told.html", values, {"fields": "", "again": ""}, refusal.status)


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
    Route("GET", "/checkout/checkout.css", show_style),
    Route("GET", "/checkout/checkout.js", show_script),
]
