"""What bodies can say, one line a route, and what they say where their documented example does not do."""

from __future__ import annotations

from typing import Any, Final

BODIES: Final[dict[str, dict[str, Any]]] = {
    "POST /api/auth/register": {"phone": "+919800000077"},
    "POST /api/auth/login": {"password": "stoory-demo-1"},
    "PUT /api/auth/password": {"current_password": "stoory-demo-1"},
    "POST /api/bids/automated/initialize": {"proposed_amount": 3500},
    "POST /api/requests": {"bid_id": None, "campaign_id": None},
    "POST /api/payments/create-order": {"amount": 3500},
    "POST /api/payments/orders/{order_id}/refund": {"amount": 100, "platform_pays": True},
    "POST /api/subscriptions/{subscription_id}/downgrade": {"plan": "basic"},
    "POST /api/admin/coupons": {"code": "ANOTHER25"},
    "POST /api/wallet/payout-account": {"password": "stoory-demo-1"},
    "POST /api/wallet/payouts": {"amount": 1},
    "POST /api/messages/conversations/{conversation_id}/button-click": {"data": {"amount": 3500}},
}
"""Where the example of a body is about something the scene does not have, or has already."""


DRAFT: Final = (
    "title description requirements language platform content_type category starts_at ends_at image_url deliverables "
    "min_followers usage_rights disclosure_required"
)
FIELDS: Final = {
    "POST /__dev/clock": "advance_seconds",
    "POST /api/auth/register": "name phone password role email bio profile_image_url",
    "POST /api/auth/login": "phone email password",
    "POST /api/auth/refresh": "refresh_token",
    "PUT /api/auth/password": "current_password new_password",
    "POST /api/api-keys": "name scope requests_per_minute expires_at",
    "PUT /api/auth/profile": "name email bio profile_image_url languages categories social_platforms locale",
    "PUT /api/admin/users/{user_id}/status": "status reason",
    "POST /api/campaigns": f"{DRAFT} budget",
    "PUT /api/campaigns/{campaign_id}": f"{DRAFT} budget status",
    "POST /api/campaigns/{campaign_id}/invitations": "influencer_id amount message",
    "POST /api/campaigns/automated/initialize": "campaign_id influencer_id proposed_amount",
    "POST /api/bids": f"{DRAFT} min_budget max_budget",
    "PUT /api/bids/{bid_id}": f"{DRAFT} min_budget max_budget status",
    "POST /api/bids/{bid_id}/invitations": "influencer_id amount message",
    "POST /api/bids/automated/initialize": "bid_id influencer_id proposed_amount",
    "POST /api/requests": "campaign_id bid_id proposed_amount message portfolio_links",
    "PUT /api/requests/{request_id}": "proposed_amount message portfolio_links",
    "PUT /api/requests/{request_id}/status": "status reason as_role",
    "PUT /api/requests/{request_id}/amount": "amount agreed_amount",
    "POST /api/payments/create-order": "request_id amount",
    "POST /api/payments/verify-payment": "razorpay_order_id razorpay_payment_id razorpay_signature",
    "POST /api/payments/orders/{order_id}/refund": "amount reason platform_pays",
    "POST /api/admin/quarantine/{oddity_id}/resolve": "note",
    "POST /api/subscriptions/create": "plan period coupon",
    "POST /api/subscriptions/{subscription_id}/upgrade": "plan period",
    "POST /api/subscriptions/{subscription_id}/downgrade": "plan period",
    "PUT /api/subscriptions/{subscription_id}/cancel": "at_period_end",
    "POST /api/admin/plans": "plan name prices limits commission_bp features valid_from",
    "PUT /api/admin/users/{user_id}/terms": "plan prices limits commission_bp features valid_until reason",
    "POST /api/admin/coupons": (
        "code percent amount plans valid_from valid_until max_uses max_uses_per_user"
    ),
    "POST /api/wallet/payout-account": "type name password vpa ifsc account_number",
    "POST /api/wallet/payouts": "amount",
    "POST /api/admin/payouts/{payout_id}/processed": "reference",
    "POST /api/admin/payouts/{payout_id}/failed": "reason",
    "POST /api/admin/payouts/{payout_id}/reversed": "reason",
    "POST /api/messages/conversations": "user_id message",
    "POST /api/messages": "conversation_id receiver_id message media_url client_msg_id",
    "PUT /api/messages/conversations/{conversation_id}/seen": "up_to_seq",
    "POST /api/messages/conversations/{conversation_id}/button-click": "action data message_id",
    "POST /api/messages/conversations/{conversation_id}/text-input": "input_type values message_id",
}
"""What the body of each route can say: nothing else of anything can be changed by it."""
