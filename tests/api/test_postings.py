"""Asha posts campaigns and bids, changes them and takes them back: the same at both addresses."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.postings import BIDS, CAMPAIGNS, Address, Superuser, apply, for_both, posted
from tests.world import ASHA, OM, RAVI

Client = httpx.AsyncClient

EXTRAS: dict[str, Any] = {
    "starts_at": "2026-12-01T00:00:00Z",
    "ends_at": "2026-12-31T18:30:00Z",
    "image_url": "https://example.org/summer.png",
    "deliverables": ["One reel", "Two stories"],
    "min_followers": 10000,
    "usage_rights": "Six months, our own channels",
    "disclosure_required": False,
}
NOTHING_SAID: dict[str, Any] = {
    "starts_at": None,
    "ends_at": None,
    "image_url": None,
    "deliverables": [],
    "min_followers": None,
    "usage_rights": None,
    "disclosure_required": True,
}
"""What a posting is when its owner leaves the extras out."""


def wrong_fields(answer: httpx.Response) -> set[str]:
    """Return the names of the fields a 422 complains of."""
    assert answer.status_code == 422, answer.text
    return {error["field"] for error in answer.json()["errors"]}


@for_both
async def test_the_guides_example_is_posted_and_read_back_as_printed(at: Address, asha: Client):
    answer = await asha.post(at.url, json=at.example)

    assert answer.status_code == 201
    body = answer.json()
    made = body[at.one]
    assert body == {"success": True, at.one: made}
    own = ("id", "created_by", "created_at")
    assert {key: made[key] for key in at.example if key not in own} == {
        key: value for key, value in at.example.items() if key not in own
    }
    assert made["created_by"] == str(ASHA.id)
    assert made["created_at"] == made["updated_at"]
    assert made["applications_count"] == 0
    assert "my_request" not in made
    assert {key: made[key] for key in NOTHING_SAID} == NOTHING_SAID
    assert (await asha.get(f"{at.url}/{made['id']}")).json() == body


@for_both
async def test_a_posting_of_the_world_is_shown_as_the_guide_prints_it(at: Address, asha: Client):
    shown = (await asha.get(f"{at.url}/{at.known}")).json()[at.one]

    printed = at.example | {
        "id": str(at.known),
        "created_by": str(ASHA.id),
        "created_at": "2026-01-15T10:30:00Z",
    }
    assert {key: shown[key] for key in printed} == printed


@for_both
async def test_everything_else_a_posting_can_say_is_kept(at: Address, asha: Client):
    made = await posted(asha, at, **EXTRAS)

    assert {key: made[key] for key in EXTRAS} == EXTRAS
    assert (await asha.get(f"{at.url}/{made['id']}")).json()[at.one] == made


@for_both
async def test_paise_are_kept_to_the_last(at: Address, asha: Client):
    made = await posted(asha, at, **at.budget(4500.55))

    assert {key: made[key] for key in at.budget(0)} == at.budget(4500.55)


@for_both
async def test_what_get_returned_can_be_put_back_and_changes_nothing(at: Address, asha: Client):
    made = await posted(asha, at, **EXTRAS)

    answer = await asha.put(f"{at.url}/{made['id']}", json=made)

    assert answer.status_code == 200
    assert answer.json() == {"success": True, at.one: made}


@for_both
async def test_a_part_of_a_posting_can_be_changed(at: Address, asha: Client):
    made = await posted(asha, at, **EXTRAS)

    change: dict[str, Any] = {
        "title": "Winter",
        "description": None,
        "deliverables": ["A story"],
    } | at.budget(5000)
    changed = (await asha.put(f"{at.url}/{made['id']}", json=change)).json()[at.one]

    assert changed == made | change | {"updated_at": changed["updated_at"]}
    assert changed["updated_at"] > made["updated_at"]
    assert (await asha.get(f"{at.url}/{made['id']}")).json()[at.one] == changed


async def test_one_bound_of_a_bid_must_fit_the_other_that_is_already_there(asha: Client):
    made = await posted(asha, BIDS)
    url = f"{BIDS.url}/{made['id']}"

    assert wrong_fields(await asha.put(url, json={"min_budget": 8000.01})) == {"min_budget", "max_budget"}
    assert wrong_fields(await asha.put(url, json={"max_budget": 2999})) == {"min_budget", "max_budget"}
    assert (await asha.put(url, json={"min_budget": 8000})).status_code == 200


@for_both
async def test_the_end_must_come_after_the_start_that_is_already_there(at: Address, asha: Client):
    made = await posted(asha, at, starts_at="2026-12-01T00:00:00Z")

    answer = await asha.put(f"{at.url}/{made['id']}", json={"ends_at": "2026-12-01T05:30:00+05:30"})

    assert wrong_fields(answer) == {"ends_at"}


@pytest.mark.parametrize(
    ("at", "missing"),
    [(CAMPAIGNS, ["title", "budget"]), (BIDS, ["title", "min_budget", "max_budget"])],
    ids=str,
)
async def test_what_a_posting_cannot_do_without_is_named(at: Address, missing: list[str], asha: Client):
    assert wrong_fields(await asha.post(at.url, json={})) == set(missing)


BAD_FIELDS: dict[str, Any] = {
    "title": "x" * 256,
    "description": 5,
    "requirements": "x" * 5001,
    "language": "",
    "platform": "x" * 51,
    "content_type": ["posts"],
    "category": False,
    "starts_at": "2026-12-01T00:00:00",
    "ends_at": "tomorrow",
    "image_url": "https://" + "x" * 2000,
    "deliverables": ["x"] * 21,
    "min_followers": -1,
    "usage_rights": {},
    "disclosure_required": "yes",
    "colour": "red",
}


@for_both
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_every_wrong_field_is_named_and_not_only_the_first(at: Address, method: str, asha: Client):
    url = at.url if method == "POST" else f"{at.url}/{at.known}"
    bad = BAD_FIELDS | at.budget(0)

    assert wrong_fields(await asha.request(method, url, json=at.example | bad)) == set(bad)


@for_both
@pytest.mark.parametrize("title", ["", " \t ", None])
async def test_a_title_is_never_blank(at: Address, title: str | None, asha: Client):
    assert wrong_fields(await asha.post(at.url, json=at.example | {"title": title})) == {"title"}
    assert wrong_fields(await asha.put(f"{at.url}/{at.known}", json={"title": title})) == {"title"}


@for_both
@pytest.mark.parametrize("amount", [0.99, 0, -1, 100000000, 10.001, "10", True, None])
async def test_a_budget_is_a_number_of_rupees_from_one_on(at: Address, amount: Any, asha: Client):
    fields = at.budget(amount)

    assert wrong_fields(await asha.post(at.url, json=at.example | fields)) == set(fields)
    assert wrong_fields(await asha.put(f"{at.url}/{at.known}", json=fields)) == set(fields)


@for_both
@pytest.mark.parametrize(
    "link", ["http://example.org/a.png", "javascript:alert(1)", "data:image/png;base64,x"]
)
async def test_an_image_stands_at_an_https_address(at: Address, link: str, asha: Client):
    assert wrong_fields(await asha.post(at.url, json=at.example | {"image_url": link})) == {"image_url"}


@for_both
async def test_asha_moves_her_posting_along_and_never_back(at: Address, asha: Client):
    url = f"{at.url}/{at.known}"

    for status in ("open", "in_progress", "in_progress", "completed", "completed"):
        answer = await asha.put(url, json={"status": status})
        assert (answer.status_code, answer.json()[at.one]["status"]) == (200, status)
    answer = await asha.put(url, json={"status": "open"})

    assert answer.status_code == 409
    assert answer.json()["code"] == "invalid_transition"
    assert answer.json()["allowed"] == []


@for_both
async def test_a_move_that_skips_a_step_is_told_the_steps_there_are(at: Address, asha: Client):
    answer = await asha.put(f"{at.url}/{at.known}", json={"status": "completed"})

    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["allowed"]) == (
        "invalid_transition",
        ["cancelled", "in_progress"],
    )
    assert wrong_fields(await asha.put(f"{at.url}/{at.known}", json={"status": "gone"})) == {"status"}


@for_both
async def test_a_closed_posting_can_be_put_back_as_it_is_but_not_changed(at: Address, asha: Client):
    url = f"{at.url}/{at.known}"
    closed = (await asha.put(url, json={"status": "cancelled"})).json()[at.one]

    assert (await asha.put(url, json=closed)).status_code == 200
    answer = await asha.put(url, json={"title": "Too late"})

    assert (answer.status_code, answer.json()["code"]) == (409, "closed")
    assert (await asha.get(url)).json()[at.one] == closed


@for_both
async def test_a_posting_nobody_applied_to_is_deleted_for_good(at: Address, asha: Client):
    url = f"{at.url}/{at.known}"

    assert (await asha.delete(url)).json() == {"success": True, "message": f"The {at.one} was deleted."}
    assert (await asha.get(url)).status_code == 404
    assert (await asha.delete(url)).status_code == 404


@pytest.mark.breaks_invariants
@for_both
@pytest.mark.parametrize("status", ["pending", "cancelled", "rejected"])
async def test_a_posting_somebody_ever_applied_to_stays(
    at: Address, status: str, asha: Client, superuser: Superuser
):
    await apply(superuser, at, at.known, RAVI, status=status)

    answer = await asha.delete(f"{at.url}/{at.known}")

    assert (answer.status_code, answer.json()["code"]) == (409, "has_applications")
    assert (await asha.get(f"{at.url}/{at.known}")).status_code == 200


@for_both
async def test_om_posts_in_his_own_name_and_may_change_and_delete_what_is_ashas(at: Address, om: Client):
    assert (await posted(om, at))["created_by"] == str(OM.id)

    changed = (await om.put(f"{at.url}/{at.known}", json={"title": "Corrected"})).json()[at.one]
    assert (changed["title"], changed["created_by"]) == ("Corrected", str(ASHA.id))
    assert (await om.delete(f"{at.url}/{at.known}")).status_code == 200
