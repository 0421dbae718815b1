"""The application: authentication, faults, routes, and the courier beside them."""

from __future__ import annotations

import asyncio
import hmac
import logging
from contextlib import suppress
from typing import Final

import httpx

from stoory.sandbox.razorpay import (
    attempts,
    checkout,
    contacts,
    control,
    control_webhooks,
    customers,
    faults,
    linked_accounts,
    orders,
    payments,
    payouts,
    reading,
    refunding,
    refunds,
    transfers,
)
from stoory.sandbox.razorpay.courier import Courier
from stoory.sandbox.razorpay.faults import Fault
from stoory.sandbox.razorpay.gateway import Config, Gateway
from stoory.sandbox.razorpay.http import (
    Receive,
    Reply,
    Request,
    Scope,
    Send,
    json_reply,
    read_request,
    send_head,
    send_reply,
)
from stoory.sandbox.razorpay.refusals import Json, Refusal, breakdown, unauthenticated, unknown_route
from stoory.sandbox.razorpay.routes import Call, Router

LOG: Final = logging.getLogger(__name__)

API: Final = Router(
    [
        *orders.ROUTES,
        *payments.ROUTES,
        *refunds.ROUTES,
        *customers.ROUTES,
        *contacts.ROUTES,
        *payouts.ROUTES,
        *transfers.ROUTES,
        *linked_accounts.ROUTES,
    ]
)
OPEN_PREFIXES: Final = ("/__sandbox", "/checkout")
"""What needs no key and suffers no faults: customers and testers come here."""

OPEN: Final = Router([*control.ROUTES, *control_webhooks.ROUTES, *checkout.ROUTES])
ADVANCE: Final = ("POST", "/__sandbox/clock")
DELIVER: Final = ("POST", "/__sandbox/webhooks/deliver")
"""The two controls that take their time: webhooks leave, and are waited for."""

TIMERS: Final = {
    "give up on the bank": attempts.give_up,
    "hear from a late bank": attempts.hear_late,
    "return what nobody captured": attempts.return_uncaptured,
    "settle a refund": refunding.settle_by_timer,
    "process a payout": payouts.process_by_timer,
    "release a transfer": transfers.release,
}


class Sandbox:
    """The ASGI application."""

    def __init__(self, config: Config, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Take the configuration, and a transport for webhooks in place of the network."""
        self.gateway = Gateway(config)
        for what, do in TIMERS.items():
            self.gateway.on(what, do)
        self.courier = Courier(self.gateway, transport)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or live as long as the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        carrying = asyncio.create_task(self.courier.run())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        carrying.cancel()
        await asyncio.wait([carrying])
        try:
            await self.courier.close()
        finally:
            self.gateway.store.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = await read_request(scope, receive)
        except Refusal as refusal:
            await send_reply(send, json_reply(refusal.body, refusal.status))
            return
        if request is None:
            return
        if (request.method, request.path) in (ADVANCE, DELIVER):
            await send_reply(send, await self._carry(request))
            self.courier.wake()
            return
        fault = self._fault(request)
        if fault is None:
            await send_reply(send, self.reply(request))
        else:
            await self._suffer(fault, request, receive, send)
        self.courier.wake()

    async def _carry(self, request: Request) -> Reply:
        """Move time on, or send what is due now. These are many transactions: what has arrived stays so."""
        try:
            if (request.method, request.path) == DELIVER:
                return json_reply({"attempts": await self.courier.deliver()})
            most = reading.A_CENTURY_SECONDS
            await self.courier.advance(reading.number(request.body, "advance_seconds", least=0, most=most))
        except Exception as problem:  # noqa: BLE001 - a refusal, or told to the log
            return _sorry(problem, request)
        return json_reply({"now": self.gateway.now})

    def _fault(self, request: Request) -> Fault | None:
        return None if _is_open(request) else faults.strike(self.gateway.store, request)

    async def _suffer(self, fault: Fault, request: Request, receive: Receive, send: Send) -> None:
        """Let a request go wrong. What hangs never happened; what is slow, or lost on its way back, did."""
        if fault.kind in faults.BEFORE:
            await send_reply(send, faults.reply(fault))
            return
        reply = Reply(status=504, body=b"late") if fault.kind == "hang" else self.reply(request)
        if fault.kind in ("hang", "slow"):
            with suppress(TimeoutError):
                await asyncio.wait_for(_disconnected(receive), fault.seconds)
        await (send_reply if fault.kind == "slow" else send_head)(send, reply)

    def reply(self, request: Request) -> Reply:
        """Do what is asked, wholly or not at all."""
        try:
            with self.gateway.store.transaction():
                answer = self._do(request)
        except Exception as problem:  # noqa: BLE001 - a refusal, or told to the log
            return _sorry(problem, request)
        return answer if isinstance(answer, Reply) else json_reply(answer)

    def _do(self, request: Request) -> Json | Reply:
        self.gateway.ring()
        is_open = _is_open(request)
        if not is_open:
            self._authenticate(request)
        found = (OPEN if is_open else API).find(request.method, request.path)
        if found is None and is_open:
            raise control.no_such_door(request.path)
        if found is None:
            raise unknown_route(self.gateway.quirks.unknown_route_status)
        handler, ids = found
        return handler(Call(self.gateway, request), **ids)

    def _authenticate(self, request: Request) -> None:
        config, given = self.gateway.config, request.credentials
        known = f"{config.key_id}:{config.key_secret}".encode()
        if given is None or not hmac.compare_digest(":".join(given).encode(), known):
            raise unauthenticated(self.gateway.quirks.wrong_credentials_status)


def _sorry(problem: Exception, request: Request) -> Reply:
    """Say no in Razorpay's envelope; what nobody has foreseen is ours, and its trace goes to the log."""
    if not isinstance(problem, Refusal):
        LOG.error("%s %s broke.", request.method, request.path, exc_info=problem)
    refusal = problem if isinstance(problem, Refusal) else breakdown()
    return json_reply(refusal.body, refusal.status)


def _is_open(request: Request) -> bool:
    return request.path.startswith(OPEN_PREFIXES)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
