"""Contracts and receipts: for those they concern, as a page and as PDF; what people wrote stays text."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from uuid import UUID

import pytest
from pypdf import PdfReader

from stoory.deals.actions.contract import draw_up
from stoory.deals.queries import deal_of
from stoory.platform.documents import Document, Section, as_html, as_pdf
from tests.money import Market, agreed, funded
from tests.rules.bargain import NOON

NASTY = (
    '#panic() *bold* _it_ $x$ \\ @ref <label> // no `raw` #read("/etc/passwd") {title} %s ₹5,000\n\n'
    "= <script>alert(1)</script> \u202eRTL\u2066 \x07\x00\u200b हिन्दी עברית 😀 " + "w" * 2000
)


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


async def test_the_hash_of_a_contract_is_of_the_json_that_can_be_downloaded(market: Market) -> None:
    request, _ = await funded(market.asha, market.ravi, market.till)
    path = f"/api/requests/{request['id']}/contract"

    page, accepted = await market.ravi.get(path), await market.asha.get(f"{path}?format=json")

    assert page.headers["etag"] == accepted.headers["etag"] == f'"{sha256(accepted.content).hexdigest()}"'
    assert sha256(accepted.content).hexdigest() in page.text
    assert accepted.json()["agreed_amount"] == 5000


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/pdf", "application/pdf"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
        ("image/png", "text/html; charset=utf-8"),
    ],
)
async def test_a_document_comes_as_the_client_would_rather_have_it(
    market: Market, accept: str, kind: str
) -> None:
    request, order = await funded(market.asha, market.ravi, market.till)

    for path in (f"/api/requests/{request['id']}/contract", f"/api/payments/orders/{order['id']}/receipt"):
        answer = await market.asha.get(path, headers={"Accept": accept})
        assert answer.headers["content-type"] == kind
        assert answer.headers["vary"] == "Accept"


async def test_a_contract_whose_files_are_lost_is_set_anew(market: Market) -> None:
    request, _ = await funded(market.asha, market.ravi, market.till)
    path = f"/api/requests/{request['id']}/contract"
    await market.world.do_jobs()
    stored = list((market.world.app.settings.home / "files").rglob(f"{request['id']}/*"))
    before = await market.asha.get(path)
    for file in stored:
        file.write_bytes(b"As it was stored")
    assert (await market.asha.get(path)).content == b"As it was stored"
    for file in stored:
        file.unlink()

    after = await market.asha.get(path)

    assert {file.name for file in stored} == {"contract.html", "contract.pdf"}
    assert after.content == before.content


async def test_a_contract_is_drawn_up_once_and_never_changes(market: Market) -> None:
    request, _ = await funded(market.asha, market.ravi, market.till)
    path = f"/api/requests/{request['id']}/contract"
    before = await market.asha.get(path)
    await market.world.do_jobs()
    await market.asha.put("/api/auth/profile", json={"name": "Asha & Daughters"})

    async with market.world.db.as_system("a test draws it up again") as tx:
        await draw_up(tx, await deal_of(tx, UUID(request["id"])))
    await market.world.do_jobs()

    assert (await market.asha.get(path)).content == before.content


async def test_a_receipt_names_its_order_and_what_razorpay_calls_it(market: Market) -> None:
    _, order = await funded(market.asha, market.ravi, market.till)

    page = (await market.asha.get(f"/api/payments/orders/{order['id']}/receipt")).text

    for each in (order["receipt"], order["razorpay_order_id"], "pay_", "₹5000.00", "Asha"):
        assert each in page


async def test_what_people_wrote_is_never_code() -> None:
    page, pdf = as_html(nasty()).decode(), await as_pdf(nasty())

    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "{title}" in page, "what is written is not filled in"
    printed = read(pdf)
    for each in ("#panic()", "*bold*", "$x$", "\\", "@ref", "#read", "₹5,000"):
        assert each in printed


async def test_nobody_turns_the_words_of_a_document_around() -> None:
    page, title = as_html(nasty()).decode(), reader(await as_pdf(nasty())).metadata

    assert title is not None
    assert "RTL" in str(title.title)
    for text in (page, str(title.title)):
        assert not set("\u202e\u2066\u200b\x07\x00") & set(text)


async def test_no_word_runs_off_the_paper() -> None:
    lines = read(await as_pdf(nasty())).split("\n")

    assert sum(line.count("w") for line in lines) >= 5 * 2000
    assert max(len(line) for line in lines) < 200, "2000 letters stand in one line"


async def test_one_content_makes_one_document() -> None:
    assert await as_pdf(nasty()) == await as_pdf(nasty())


@pytest.mark.parametrize(
    ("said", "is_complete"),
    [("Crème brûlée ₹ हिन्दी русский", True), ("தமிழ்", False), ("well done 👍", False)],
)
async def test_a_pdf_says_when_it_has_not_all_letters(said: str, *, is_complete: bool) -> None:
    pdf = await as_pdf(nasty(said))

    assert ("Some letters cannot be printed" in read(pdf)) is not is_complete
    assert said in as_html(nasty(said)).decode()


def nasty(said: str = NASTY) -> Document:
    return Document(
        title=said,
        subtitle=said,
        facts=[("Brand", said)],
        sections=[Section(said, [said])],
        footer="",
        at=NOON,
    )


def reader(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf))


def read(pdf: bytes) -> str:
    """Return what can be read in a PDF, without the places where a long word may break."""
    text = "\n".join(page.extract_text() for page in reader(pdf).pages)
    return text.replace("\u200b", "")
