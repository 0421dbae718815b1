"""The second half of the story: the money. It is paid, held, worked for, released and paid out."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.table import Table

from stoory.demo.stage import Json, Stage
from stoory.home import DEMO_PASSWORD

AGREED: Final = 4800
SHARE: Final = 4320
"""What is Ravi's of it: ten per cent are the commission."""
PAYOUT_ACCOUNT: Final = {"type": "vpa", "name": "Ravi Kumar", "vpa": "ravi@okaxis"}


async def play_money(stage: Stage, request: Json, conversation: Json) -> None:
    """Take the accepted deal to the end, and Ravi's share to his account."""
    order = await _payment(stage, request, conversation)
    await _work(stage, conversation)
    await _release(stage, request, conversation, order)
    await _payout(stage)


async def _payment(stage: Stage, request: Json, conversation: Json) -> Json:
    stage.scene("The brand pays, and the money waits in escrow")
    chat = f"/api/messages/conversations/{conversation['id']}"
    pressed = await stage.step(
        "Asha", "proceeds to payment", "POST", f"{chat}/button-click", {"action": "proceed_to_payment"}
    )
    order: Json = pressed["order"]
    again = await stage.step(
        "Asha", "asks for the order again", "POST", f"/api/requests/{request['id']}/payment"
    )
    stage.check(
        "it is the same order, for 4,800",
        holds=(again["order"]["id"], order["amount"]) == (order["id"], AGREED),
    )
    failed = await stage.at_checkout(order["razorpay_order_id"], "failed")
    forged = {**failed, "razorpay_signature": "0" * 64}
    verify = "/api/payments/verify-payment"
    await stage.step("Asha", "is declined by her bank", "POST", verify, failed, expect=(409,))
    await stage.step("Asha", "sends a forged signature", "POST", verify, forged, expect=(400,))
    paid = await stage.at_checkout(order["razorpay_order_id"], "captured")
    verified = await stage.step("Asha", "pays by UPI", "POST", verify, paid)
    stage.check("the request is paid and in progress", holds=verified["request"]["status"] == "in_progress")
    repeated = await stage.step("Asha", "says so again", "POST", verify, paid)
    stage.check("the answer is the same", holds=repeated["payment"] == verified["payment"])
    wallet = (await stage.step("Ravi", "looks at his wallet", "GET", "/api/wallet"))["wallet"]
    stage.check("the escrow holds 4,800 for him", holds=wallet["held"] >= AGREED)
    contract = await stage.download("Ravi", "reads the contract", f"/api/requests/{request['id']}/contract")
    stage.check("it names the amount", holds="₹4,800" in contract.decode())
    return order


async def _work(stage: Stage, conversation: Json) -> None:
    stage.scene("The influencer works")
    chat = f"/api/messages/conversations/{conversation['id']}"
    work = {
        "input_type": "work_submission",
        "values": {"description": "Two videos of 20 seconds", "links": ["https://example.com/video-1"]},
    }
    await stage.step("Ravi", "hands in his work", "POST", f"{chat}/text-input", work)
    change = {"input_type": "change_request", "values": {"feedback": "Please show the logo at the end."}}
    await stage.step("Asha", "asks for a change", "POST", f"{chat}/text-input", change)
    work["values"] = {"description": "With the logo now", "links": "https://example.com/video-2"}
    await stage.step("Ravi", "hands in again", "POST", f"{chat}/text-input", work)


async def _release(stage: Stage, request: Json, conversation: Json, order: Json) -> None:
    stage.scene("The brand approves, and the escrow is released")
    chat = f"/api/messages/conversations/{conversation['id']}"
    done = await stage.step(
        "Asha", "approves the work", "POST", f"{chat}/button-click", {"action": "approve_work"}
    )
    stage.check("the deal is completed", holds=done["next_flow_state"] == "completed")
    refund = {"reason": "Too late"}
    await stage.step(
        "Om",
        "tries to give it back",
        "POST",
        f"/api/payments/orders/{order['id']}/refund",
        refund,
        expect=(409,),
    )
    seen = (await stage.step("Ravi", "looks at his application", "GET", f"/api/requests/{request['id']}"))[
        "request"
    ]
    stage.check(
        "it is completed and paid", holds=(seen["status"], seen["payment_status"]) == ("completed", "paid")
    )


async def _payout(stage: Stage) -> None:
    stage.scene("The influencer is paid")
    wallet = (await stage.step("Ravi", "looks at his wallet", "GET", "/api/wallet"))["wallet"]
    stage.check("4,320 of it are this deal's: 4,800 less 10 %", holds=wallet["available"] >= SHARE)
    account = {**PAYOUT_ACCOUNT, "password": DEMO_PASSWORD}
    await stage.step("Ravi", "says where to", "POST", "/api/wallet/payout-account", account, expect=(201,))
    payout = (
        await stage.step(
            "Ravi",
            "asks for his money",
            "POST",
            "/api/wallet/payouts",
            {"amount": wallet["available"]},
            expect=(201,),
        )
    )["payout"]
    await stage.step(
        "Om",
        "has paid it by UPI",
        "POST",
        f"/api/admin/payouts/{payout['id']}/processed",
        {"reference": f"UPI{payout['id'][:8]}"},
    )
    mine = (await stage.step("Ravi", "looks again", "GET", "/api/wallet/payouts"))["payouts"]
    stage.check("it has arrived", holds=mine[0]["status"] == "processed")


async def show_ledger(stage: Stage, console: Console) -> None:
    """Print the ledger: every account, and the sum of all, which is nothing."""
    stage.scene("The books")
    books = await stage.step("Om", "opens the ledger", "GET", "/api/admin/ledger/balance")
    table = Table(title="Trial balance, in rupees", title_justify="left")
    for heading in ("Account", "Debit", "Credit", "Balance"):
        table.add_column(heading, justify="left" if heading == "Account" else "right")
    for row in books["accounts"]:
        table.add_row(row["account"], *(f"{row[name]:,.2f}" for name in ("debit", "credit", "balance")))
    table.add_section()
    table.add_row("total", "", "", f"{books['total']:,.2f}")
    console.print(table)
    stage.check("everything adds up to nothing", holds=books["total"] == 0)
