"""Contracts and receipts: for those they concern, as a page and as PDF; what people wrote stays text."""

from __future__ import annotations

import pytest

from stoory.deals.contract import offer_hash
from stoory.platform.documents import Document, Section, as_html, as_pdf
from tests.money import Market, agreed, funded
from tests.rules.bargain import ASHA, NOON, Bargain, accepted

NASTY = "#panic() *bold* $x$ \\ <script>alert(1)</script> ₹ हिन्दी \u202eRTL" + "w" * 2000


@pytest.mark.parametrize("is_stored", [False, True])
@pytest.mark.parametrize("form", ["html", "pdf"])
async def test_both_can_download_the_contract_of_a_funded_deal(
    market: Market, form: str, *, is_stored: bool
) -> None:
    request, _ = await funded(market.asha, market.ravi, market.till)
    if is_stored:
        await market.world.do_jobs()

    answers = [
        await who.get(f"/api/requests/{request['id']}/contract?format={form}")
        for who in (market.asha, market.ravi, market.om)
    ]

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    page = answers[0]
    if form == "html":
        assert "Quick Video Promotion" in page.text
        assert "₹5,000" in page.text
        assert "10 %" not in page.text, "the commission is between the influencer and the platform"
    else:
        assert page.content.startswith(b"%PDF-")
    assert "sandbox" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"


async def test_nobody_else_sees_it_and_there_is_none_before_payment(market: Market) -> None:
    request = await agreed(market.asha, market.ravi)
    before = await market.asha.get(f"/api/requests/{request['id']}/contract")

    assert before.status_code == 404


@pytest.mark.parametrize("form", ["html", "pdf"])
async def test_the_payer_gets_a_receipt_with_what_was_given_back(market: Market, form: str) -> None:
    _, order = await funded(market.asha, market.ravi, market.till)
    refund = {"amount": 1500, "reason": "One video less"}
    await market.om.post(f"/api/payments/orders/{order['id']}/refund", json=refund)
    await market.world.do_jobs()

    answer = await market.asha.get(f"/api/payments/orders/{order['id']}/receipt?format={form}")

    assert answer.status_code == 200
    assert form == "pdf" or "₹1500.00 on" in answer.text
    assert (await market.ravi.get(f"/api/payments/orders/{order['id']}/receipt")).status_code == 404


async def test_what_people_wrote_is_never_code() -> None:
    document = Document(
        title=NASTY,
        subtitle=NASTY,
        facts=[(NASTY, NASTY)],
        sections=[Section(NASTY, [NASTY])],
        footer=NASTY,
        at=NOON,
    )

    page, pdf = as_html(document).decode(), await as_pdf(document)

    assert "<script>" not in page
    assert "\u202e" not in page
    assert pdf.startswith(b"%PDF-")
    assert pdf == await as_pdf(document)


def test_the_fingerprint_is_of_what_was_accepted() -> None:
    other = Bargain(amount=5001)
    other.press(ASHA, "accept_proposal")

    assert offer_hash(accepted().deal) == offer_hash(accepted().deal)
    assert offer_hash(accepted().deal) != offer_hash(other.deal)
