"""Generated requests, right ones and wrong ones, to every route as everybody: no answer breaks the contract.

The same SEED makes the same requests. `make soak` sends 100,000 of them, `make test` 2,000.
"""

from __future__ import annotations

import copy
import os
import re
from collections.abc import AsyncIterator, Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from stoory.app import ROUTES, Application
from stoory.deals.states import Action
from stoory.debug import api as debug_api
from stoory.operations import DEVELOPMENT_ROUTES
from stoory.platform.http.openapi import document
from stoory.settings import Settings
from tests.policies.scene import ACTORS, Scene, Superuser, laid
from tests.world import PASSWORD

SEED: Final = int(os.environ.get("SEED", "0"))
CASES: Final = 100_000 if os.environ.get("SOAK") else 2_000

HANDLERS: Final[list[Any]] = [*ROUTES, *debug_api.ROUTES, *DEVELOPMENT_ROUTES]
OPERATIONS: Final = [handler.fn.__name__ for handler in HANDLERS if handler.include_in_schema is not False]
CHECKS: Final[Any] = import_module("schemathesis.specs.openapi.checks")
CONFORMANCE: Final = [
    CHECKS.status_code_conformance,
    CHECKS.content_type_conformance,
    CHECKS.response_headers_conformance,
    CHECKS.response_schema_conformance,
]
NEVER_SAID: Final = re.compile(r"Traceback|asyncpg|litestar|msgspec|/src/|\bselect \w+ from\b", re.IGNORECASE)
SECURITY: Final = ("x-content-type-options", "x-frame-options", "content-security-policy", "referrer-policy")

LISTS: Final = (
    "/api/admin/users",
    "/api/bids",
    "/api/bids?sort=budget_high",
    "/api/campaigns?sort=oldest",
    "/api/messages/conversations",
    "/api/requests",
)
"""Lists whose cursors are sent to every list."""

PRESSED: Final[list[dict[str, Any]]] = [
    {},
    {"amount": 3500},
    {"amount": 4000, "additional_notes": "Great!", "as_role": "influencer"},
    {"proposed_amount": 3600.5, "reasoning": "market", "deliver_by": "2031-01-01"},
    {"proposed_amount": "3600", "deliver_by": "2020-02-30", "more": [1, {"a": None}]},
    {"as_role": "brand_owner", "reason": "none"},
]
"""What a button or a form may carry: a schema says of it only that it is an object."""


@cache
def operations() -> dict[str, Any]:
    """Return the operations of the document by the names of their handlers."""
    app = Application(Settings(home=Path(), secret="s" * 40), database_dsn="", with_worker=False)
    schema: Any = schemathesis.openapi.from_dict(copy.deepcopy(document(app.litestar)))
    found = [each.ok() for each in schema.get_all_operations()]
    return {one.definition.raw["operationId"]: one for one in found}


@pytest.fixture(scope="module")
async def _laid(application: Application, superuser: Superuser) -> AsyncIterator[Scene]:
    async with laid(application, superuser) as scene:
        for i, path in enumerate(LISTS):
            first = (await scene.clients["om"].get(path, params={"limit": 1})).json()
            cursor = first.get("data", first)["pagination"]["next_cursor"]
            scene.ids[f"cursor-{i}"] = {"cursor": cursor}
        yield scene


@pytest.fixture
async def scene(_laid: Scene) -> Scene:
    """Return a world in which everybody has something of everything."""
    await _laid.restore()
    return _laid


def test_every_operation_of_the_document_is_asked() -> None:
    assert sorted(operations()) == sorted(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS)
@seed(SEED)
@settings(
    max_examples=CASES // len(OPERATIONS),
    phases=[Phase.generate],
    database=None,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
@given(data=st.data())
async def test_no_request_brings_an_answer_out_of_its_frame(
    scene: Scene, operation: str, data: st.DataObject
) -> None:
    case = data.draw(cases(operation), label="case")
    make_alive(case, scene, data)
    actor = data.draw(st.sampled_from(ACTORS), label="actor")
    answer = await send(case, scene.clients[actor])

    def told() -> str:
        return f"SEED={SEED} {actor}: {case.as_curl_command()}\n{answer.status_code} {answer.text[:2000]}"

    assert answer.status_code < 500, told()
    check_frame(answer, told)
    case.validate_response(answer, checks=CONFORMANCE)
    if answer.status_code == 401 and actor != "nobody":  # they have signed out, or Om has suspended them
        await scene.restore()


@cache
def cases(operation: str) -> Any:
    """Return requests as the document allows them, and others that break it in one place or another."""
    one = operations()[operation]
    right = one.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if not one.definition.raw.get("parameters") and "requestBody" not in one.definition.raw:
        return right
    return st.one_of(right, right, one.as_strategy(generation_mode=GenerationMode.NEGATIVE))


def make_alive(case: Any, scene: Scene, data: st.DataObject) -> None:
    """Let ids often be those of something that is there, and buttons those a deal has."""
    body: dict[str, Any] = cast("Any", case.body) if isinstance(case.body, dict) else {}
    for part in (case.path_parameters, case.query, body):
        for name, value in dict(part or {}).items():
            living = [ids[name] for ids in scene.ids.values() if name in ids]
            if living and isinstance(value, str) and data.draw(st.integers(0, 3)):
                part[name] = data.draw(st.sampled_from(living), label=name)
    for name, fields in (("action", "data"), ("input_type", "values")):
        if name in body and data.draw(st.integers(0, 3)):
            body[name] = data.draw(st.sampled_from([*Action]), label=name)
            body[fields] = copy.deepcopy(data.draw(st.sampled_from(PRESSED), label=fields))
    if "password" in body and data.draw(st.booleans()):
        body |= {"password": PASSWORD, "phone": "+919800000002"}
    if "current_password" in body and data.draw(st.booleans()):
        body["current_password"] = PASSWORD


async def send(case: Any, client: httpx.AsyncClient) -> httpx.Response:
    """Send a case as schemathesis would, but in this loop, where the application's connections live."""
    try:
        request: Any = requests.Request(**case.as_transport_kwargs(base_url=str(client.base_url))).prepare()
    except (requests.RequestException, UnicodeError):
        assume(condition=False)  # no client can send this
        raise
    headers = {name: value for name, value in request.headers.items() if name.lower() != "authorization"}
    return await client.request(request.method, request.url, headers=headers, content=request.body)


DOCUMENTS = {"text/html", "application/pdf", "text/plain"}
"""Contracts, receipts and metrics are no JSON."""


def check_frame(answer: httpx.Response, told: Callable[[], str]) -> None:
    """Look at what every answer has, whatever it says."""
    request_id = answer.headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", request_id), told()
    assert all(name in answer.headers for name in SECURITY), told()
    if answer.is_success and answer.headers["content-type"].partition(";")[0] in DOCUMENTS:
        return
    assert answer.headers["content-type"] == "application/json", told()
    assert not NEVER_SAID.search(answer.text), told()
    body = answer.json()
    assert body["success"] is answer.is_success, told()
    if answer.is_success:
        return
    assert body["request_id"] == request_id, told()
    assert body["message"], told()
    assert re.fullmatch("[a-z_]+", body["code"]), told()
    assert all(error.keys() == {"field", "message"} for error in body.get("errors", ())), told()
    assert ("www-authenticate" in answer.headers) == (answer.status_code == 401), told()
