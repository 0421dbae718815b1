"""Who may do what: the whole authorization of the API on a page, one line a route and an object.

An object is one of the scene's: Ravi has a deal of each of Asha's postings that is open or hired, nobody has one of a
bare posting, Meera has one of Kabir's coffee-bid. A number is the status each actor is answered when everything else
about the request is right. 401: who are you; 403: not your role; 404: not yours, so there is nothing there; 409 and
422: yours, but not now, or not so. A line for each route, or test_matrix_routes.py names the route that has none.
"""

from __future__ import annotations

from typing import Any, Final

from litestar import Litestar
from msgspec import Struct

from tests.policies.scene import ACTORS

LINES: Final = """
                                                              object               nobody asha ravi meera kabir  om
GET    /                                                      .                       200  200  200  200  200  200
GET    /health                                                .                       200  200  200  200  200  200
GET    /ready                                                 .                       200  200  200  200  200  200
GET    /metrics                                               .                       200  200  200  200  200  200
GET    /schema                                                .                       200  200  200  200  200  200
GET    /schema/openapi.json                                   .                       200  200  200  200  200  200
GET    /schema/asyncapi.json                                  .                       200  200  200  200  200  200
GET    /schema/live                                           .                       200  200  200  200  200  200
POST   /__dev/clock                                           .                       401  403  403  403  403  200

POST   /api/auth/register                                     .                       201  201  201  201  201  201
POST   /api/auth/login                                        .                       200  200  200  200  200  200
POST   /api/auth/refresh                                      .                       200  200  200  200  200  200
POST   /api/auth/logout                                       .                       401  200  200  200  200  200
GET    /api/auth/sessions                                     .                       401  200  200  200  200  200
DELETE /api/auth/sessions/{session_id}                        asha-session            401  200  404  404  404  404
DELETE /api/auth/sessions/{session_id}                        ravi-session            401  404  200  404  404  404
PUT    /api/auth/password                                     .                       401  200  200  200  200  200
GET    /api/auth/profile                                      .                       401  200  200  200  200  200
PUT    /api/auth/profile                                      .                       401  200  200  200  200  200
POST   /api/api-keys                                          .                       401  201  201  201  201  201
GET    /api/api-keys                                          .                       401  200  200  200  200  200
DELETE /api/api-keys/{key_id}                                 asha-key                401  200  404  404  404  404
DELETE /api/api-keys/{key_id}                                 ravi-key                401  404  200  404  404  404
GET    /api/users/{user_id}                                   asha                    401  200  200  200  200  200
GET    /api/users/{user_id}                                   system                  401  404  404  404  404  404
GET    /api/admin/users                                       .                       401  403  403  403  403  200
PUT    /api/admin/users/{user_id}/status                      ravi                    401  403  403  403  403  200
PUT    /api/admin/users/{user_id}/status                      om                      401  403  403  403  403  409
PUT    /api/admin/users/{user_id}/status                      system                  401  403  403  403  403  404

GET    /api/campaigns                                         .                       401  200  200  200  200  200
POST   /api/campaigns                                         .                       401  201  403  403  201  201
GET    /api/campaigns/{campaign_id}                           open-campaign           401  200  200  200  404  200
GET    /api/campaigns/{campaign_id}                           hired-campaign          401  200  200  404  404  200
GET    /api/campaigns/{campaign_id}                           bare-campaign           401  200  404  404  404  200
PUT    /api/campaigns/{campaign_id}                           open-campaign           401  200  403  403  404  200
DELETE /api/campaigns/{campaign_id}                           open-campaign           401  409  403  403  404  409
DELETE /api/campaigns/{campaign_id}                           bare-campaign           401  200  403  403  404  200
GET    /api/campaigns/{campaign_id}/applications              open-campaign           401  200  403  403  404  200
POST   /api/campaigns/{campaign_id}/invitations               open-campaign           401  201  403  403  404  201
POST   /api/campaigns/automated/initialize                    deal-of-open-campaign   401  201  201  404  404  201
POST   /api/campaigns/automated/initialize                    deal-of-hired-campaign  401  201  201  404  404  201
GET    /api/bids                                              .                       401  200  200  200  200  200
POST   /api/bids                                              .                       401  201  403  403  201  201
GET    /api/bids/{bid_id}                                     open-bid                401  200  200  200  404  200
GET    /api/bids/{bid_id}                                     hired-bid               401  200  200  404  404  200
GET    /api/bids/{bid_id}                                     bare-bid                401  200  404  404  404  200
GET    /api/bids/{bid_id}                                     coffee-bid              401  404  200  200  200  200
PUT    /api/bids/{bid_id}                                     open-bid                401  200  403  403  404  200
PUT    /api/bids/{bid_id}                                     coffee-bid              401  404  403  403  200  200
DELETE /api/bids/{bid_id}                                     open-bid                401  409  403  403  404  409
DELETE /api/bids/{bid_id}                                     bare-bid                401  200  403  403  404  200
GET    /api/bids/{bid_id}/applications                        open-bid                401  200  403  403  404  200
GET    /api/bids/{bid_id}/applications                        coffee-bid              401  404  403  403  200  200
POST   /api/bids/{bid_id}/invitations                         open-bid                401  201  403  403  404  201
POST   /api/bids/automated/initialize                         deal-of-open-bid        401  201  201  404  404  201
POST   /api/bids/automated/initialize                         deal-of-hired-bid       401  201  201  404  404  201
POST   /api/bids/automated/initialize                         deal-of-coffee-bid      401  404  404  201  201  201

GET    /api/requests                                          .                       401  200  200  200  200  200
POST   /api/requests                                          open-bid                401  403  409  201  403  403
POST   /api/requests                                          open-campaign           401  403  409  201  403  403
POST   /api/requests                                          hired-bid               401  403  409  404  403  403
POST   /api/requests                                          bare-bid                401  403  404  404  403  403
GET    /api/requests/{request_id}                             deal-of-open-bid        401  200  200  404  404  200
GET    /api/requests/{request_id}                             deal-of-coffee-bid      401  404  404  200  200  200
PUT    /api/requests/{request_id}                             deal-of-open-bid        401  403  200  404  403  403
DELETE /api/requests/{request_id}                             deal-of-open-bid        401  409  200  404  404  200
PUT    /api/requests/{request_id}/status                      deal-of-open-bid        401  200  409  404  404  200
PUT    /api/requests/{request_id}/amount                      deal-of-open-bid        401  200  403  403  404  200
POST   /api/requests/{request_id}/payment                     deal-of-hired-bid       401  201  403  403  404  201
GET    /api/requests/{request_id}/contract                    deal-of-paid-bid        401  200  200  404  404  200
GET    /api/requests/{request_id}/contract                    deal-of-open-bid        401  404  404  404  404  404

POST   /api/payments/create-order                             deal-of-hired-bid       401  201  403  403  404  201
POST   /api/payments/verify-payment                           paid-order              401  200  404  404  404  200
POST   /api/payments/webhook                                  .                       400  400  400  400  400  400
GET    /api/payments/orders                                   .                       401  200  200  200  200  200
GET    /api/payments/orders/{order_id}                        paid-order              401  200  404  404  404  200
GET    /api/payments/orders/{order_id}/receipt                paid-order              401  200  404  404  404  200
POST   /api/payments/orders/{order_id}/refund                 paid-order              401  403  403  403  403  201
GET    /api/admin/orders                                      .                       401  403  403  403  403  200
POST   /api/admin/orders/{order_id}/retry                     paid-order              401  403  403  403  403  200
GET    /api/admin/quarantine                                  .                       401  403  403  403  403  200
POST   /api/admin/quarantine/{oddity_id}/retry                oddity                  401  403  403  403  403  409
POST   /api/admin/quarantine/{oddity_id}/resolve              oddity                  401  403  403  403  403  200
GET    /api/admin/disputes                                    .                       401  403  403  403  403  200
GET    /api/admin/ledger/balance                              .                       401  403  403  403  403  200
GET    /api/admin/ledger/entries                              .                       401  403  403  403  403  200

GET    /api/subscriptions/plans                               .                       401  200  200  200  200  200
GET    /api/account/usage                                     .                       401  200  200  200  200  200
POST   /api/subscriptions/create                              .                       401  409  201  201  201  403
GET    /api/subscriptions                                     .                       401  200  200  200  200  200
GET    /api/subscriptions/{subscription_id}                   asha-subscription       401  200  404  404  404  200
GET    /api/subscriptions/{subscription_id}                   kabir-subscription      401  404  404  404  200  200
POST   /api/subscriptions/{subscription_id}/checkout          asha-subscription       401  409  404  404  404  403
POST   /api/subscriptions/{subscription_id}/checkout          kabir-subscription      401  404  404  404  200  403
POST   /api/subscriptions/{subscription_id}/upgrade           asha-subscription       401  201  404  404  404  403
POST   /api/subscriptions/{subscription_id}/upgrade           kabir-subscription      401  404  404  404  409  403
POST   /api/subscriptions/{subscription_id}/downgrade         asha-subscription       401  200  404  404  404  403
PUT    /api/subscriptions/{subscription_id}/cancel            asha-subscription       401  200  404  404  404  200
PUT    /api/subscriptions/{subscription_id}/cancel            kabir-subscription      401  404  404  404  200  200
POST   /api/subscriptions/{subscription_id}/resume            asha-subscription       401  409  404  404  404  409
GET    /api/subscriptions/{subscription_id}/invoices          asha-subscription       401  200  404  404  404  200
GET    /api/subscriptions/{subscription_id}/invoices/{invoice_id} asha-subscription   401  200  404  404  404  200
GET    /api/subscriptions/{subscription_id}/invoices/{invoice_id} kabir-subscription  401  404  404  404  404  404
GET    /api/admin/plans                                       .                       401  403  403  403  403  200
POST   /api/admin/plans                                       .                       401  403  403  403  403  201
GET    /api/admin/users/{user_id}/terms                       asha                    401  403  403  403  403  200
PUT    /api/admin/users/{user_id}/terms                       asha                    401  403  403  403  403  200
PUT    /api/admin/users/{user_id}/terms                       system                  401  403  403  403  403  404
GET    /api/admin/coupons                                     .                       401  403  403  403  403  200
POST   /api/admin/coupons                                     .                       401  403  403  403  403  201
DELETE /api/admin/coupons/{coupon_id}                         coupon                  401  403  403  403  403  200

GET    /api/wallet                                            .                       401  403  200  200  403  403
GET    /api/wallet/entries                                    .                       401  403  200  200  403  403
GET    /api/wallet/payout-account                             .                       401  403  200  200  403  403
POST   /api/wallet/payout-account                             .                       401  403  201  201  403  403
GET    /api/wallet/payouts                                    .                       401  403  200  200  403  403
POST   /api/wallet/payouts                                    .                       401  403  201  409  403  403
GET    /api/admin/payouts                                     .                       401  403  403  403  403  200
GET    /api/admin/payouts/{payout_id}                         payout                  401  403  403  403  403  200
POST   /api/admin/payouts/{payout_id}/processed               payout                  401  403  403  403  403  200
POST   /api/admin/payouts/{payout_id}/failed                  payout                  401  403  403  403  403  200
POST   /api/admin/payouts/{payout_id}/reversed                payout                  401  403  403  403  403  409
POST   /api/admin/payouts/{payout_id}/reversed                paid-payout             401  403  403  403  403  200
POST   /api/admin/payouts/{payout_id}/take-over               payout                  401  403  403  403  403  409

GET    /api/messages/conversations                            .                       401  200  200  200  200  200
GET    /api/messages/conversations/direct                     .                       401  200  200  200  200  200
GET    /api/messages/conversations/bids                       .                       401  200  200  200  200  200
GET    /api/messages/conversations/campaigns                  .                       401  200  200  200  200  200
POST   /api/messages/conversations                            ravi                    401  200  422  422  201  200
POST   /api/messages/conversations                            asha                    401  422  200  201  422  201
POST   /api/messages/conversations                            system                  401  404  404  404  404  404
GET    /api/messages/conversations/{conversation_id}          asha-and-ravi           401  200  200  404  404  200
GET    /api/messages/conversations/{conversation_id}          deal-of-open-bid        401  200  200  404  404  200
GET    /api/messages/conversations/{conversation_id}          om-and-ravi             401  404  200  404  404  200
GET    /api/messages/conversations/{conversation_id}/messages asha-and-ravi           401  200  200  404  404  200
GET    /api/messages/conversations/{conversation_id}/messages deal-of-open-bid        401  200  200  404  404  200
GET    /api/messages/conversations/{conversation_id}/messages om-and-ravi             401  404  200  404  404  200
PUT    /api/messages/conversations/{conversation_id}/seen     asha-and-ravi           401  200  200  404  404  404
PUT    /api/messages/conversations/{conversation_id}/seen     deal-of-open-bid        401  200  200  404  404  404
GET    /api/messages/unread-count                             .                       401  200  200  200  200  200
POST   /api/messages                                          asha-and-ravi           401  201  201  404  404  404
POST   /api/messages                                          deal-of-open-bid        401  201  201  404  404  404
POST   /api/messages                                          om-and-ravi             401  404  201  404  404  201
DELETE /api/messages/{message_id}                             asha-and-ravi           401  200  404  404  404  404
DELETE /api/messages/{message_id}                             om-and-ravi             401  404  404  404  404  200
DELETE /api/messages/{message_id}                             deal-of-open-bid        401  404  404  404  404  404
GET    /api/messages/conversations/{conversation_id}/context  deal-of-open-bid        401  200  200  404  404  200
GET    /api/messages/conversations/{conversation_id}/context  asha-and-ravi           401  404  404  404  404  404
POST   /api/messages/conversations/{conversation_id}/button-click deal-of-open-bid    401  200  409  404  404  200
POST   /api/messages/conversations/{conversation_id}/button-click asha-and-ravi       401  404  404  404  404  404
POST   /api/messages/conversations/{conversation_id}/text-input deal-of-open-campaign 401  200  409  404  404  200

GET    /api/debug/conversations/{conversation_id}             asha-and-ravi           401  403  403  403  403  200
GET    /api/debug/messages/{message_id}                       asha-and-ravi           401  403  403  403  403  200
GET    /api/debug/flow/{conversation_id}                      deal-of-open-bid        401  403  403  403  403  200
"""

BAD_REQUEST: Final = 400


class Line(Struct, frozen=True):
    """What each actor is answered who asks this of that object."""

    method: str
    path: str
    object: str
    statuses: dict[str, int]

    @property
    def route(self) -> str:
        """The method and the address."""
        return f"{self.method} {self.path}"

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing."""
        return self.method == "GET"

    @property
    def is_public(self) -> bool:
        """Whether one need not be signed in."""
        return self.statuses["nobody"] < BAD_REQUEST

    @property
    def refused(self) -> list[str]:
        """Who gets nothing."""
        return [actor for actor, status in self.statuses.items() if status >= BAD_REQUEST]

    @property
    def first_allowed(self) -> str | None:
        """Somebody signed in who may, if anybody."""
        return next((actor for actor in ACTORS[1:] if actor not in self.refused), None)

    def __str__(self) -> str:
        return f"{self.method} {self.path} of {self.object}"


def _parsed(line: str) -> Line:
    method, path, about, *statuses = line.split()
    return Line(method, path, about, dict(zip(ACTORS, map(int, statuses), strict=True)))


MATRIX: Final = [_parsed(line) for line in LINES.splitlines()[2:] if line]
READS: Final = [line for line in MATRIX if line.is_read]
WRITES: Final = [line for line in MATRIX if not line.is_read]


def handlers(app: Litestar) -> dict[str, Any]:
    """Return every handler the application has, by its method and address; OPTIONS only names the methods."""
    return {
        f"{method} {route.path_format}": handler
        for route in app.routes
        for method, (handler, _) in getattr(route, "route_handler_map", {}).items()
        if method != "OPTIONS"
    }
