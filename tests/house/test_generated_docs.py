"""What is made from the code says what the code says, and is good in itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import pytest
import schemathesis

from stoory import docs
from stoory.deals.rules import MOVES
from stoory.platform.http import openapi

FOLDER: Final = Path(__file__).parents[2] / "docs"
PAGES: Final = docs.pages()
API: Final = json.loads(PAGES["openapi.json"])

Content = tuple[str, dict[str, Any]]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_made_from_the_code_is_fresh(name: str):
    assert (FOLDER / name).read_text() == PAGES[name], f"docs/{name} is stale: run `make docs`"


def test_every_move_stands_in_the_process_and_in_its_diagram():
    page = PAGES["deal-process.md"]
    diagram = page.partition("```mermaid")[2].partition("```")[0]
    for state, action in MOVES:
        assert f"| `{action}` |" in page
        assert re.search(rf"^    {state} --> .*\b{action}\b", diagram, re.MULTILINE)


def test_the_description_is_good_openapi():
    assert API["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(API).validate()


def operations() -> list[dict[str, Any]]:
    return [operation for path in API["paths"].values() for operation in path.values()]


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation["operationId"])
def test_a_route_says_what_it_is_for_what_it_takes_and_how_it_fails(operation: dict[str, Any]):
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", operation["operationId"])
    assert operation["summary"]
    assert {"name": operation["tags"][0]}.items() <= tag(operation["tags"][0]).items()
    assert ("security" in operation) == bool(operation["x-who"])
    assert {"422", "429", "500", "503"} <= operation["responses"].keys()
    if "requestBody" in operation:
        assert {"400", "413", "415"} <= operation["responses"].keys()
    for where, content in contents(operation):
        assert "example" in content, where


def tag(name: str) -> dict[str, Any]:
    """Return a tag with its description; one without fails here."""
    return next(tag for tag in API["tags"] if tag["name"] == name and tag["description"])


def test_no_two_routes_have_one_name():
    names = [operation["operationId"] for operation in operations()]
    assert len(names) == len({*names})


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation["operationId"])
def test_every_example_is_what_its_schema_says(operation: dict[str, Any]):
    for _, content in contents(operation):
        schema = {**content["schema"], "components": API["components"]}
        jsonschema_rs.validate(schema, content["example"], validate_formats=True)


def contents(operation: dict[str, Any]) -> list[Content]:
    """Return what a route takes and answers as JSON, errors included."""
    shared = API["components"]["responses"]
    answers = {
        status: shared[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
        for status, answer in operation["responses"].items()
    }
    parts = {"body": operation.get("requestBody", {}), **answers}
    return [
        (where, part["content"]["application/json"])
        for where, part in parts.items()
        if "application/json" in part.get("content", ())
    ]


def test_bodies_are_closed_and_errors_wear_the_envelope():
    schemas = API["components"]["schemas"]
    for operation in operations():
        for where, content in contents(operation):
            name = content["schema"]["$ref"].rpartition("/")[2]
            if where == "body":
                assert schemas[name]["additionalProperties"] is False
            elif int(where) >= 400:
                assert name == "ErrorBody"


def test_instants_and_bounds_are_told_however_deep_they_lie():
    schemas = API["components"]["schemas"]
    request, context = schemas["Request"]["properties"], schemas["Context"]["properties"]
    assert request["created_at"]["format"] == "date-time"
    assert request["paid_at"]["anyOf"][0]["format"] == "date-time"
    assert context["deadlines"]["additionalProperties"]["format"] == "date-time"
    links = schemas["ApplicationBody"]["properties"]["portfolio_links"]["anyOf"][0]
    assert links["items"]["pattern"].startswith("^https://")


def test_what_may_be_there_already_answers_200_as_well_as_201():
    told = {operation["operationId"]: operation["responses"].keys() for operation in operations()}
    assert {"200", "201"} <= told["initialize_bid"]
    assert {"200", "201"} <= told["open_conversation"]
    assert "200" not in told["apply_to_posting"]


def test_who_may_use_a_route_is_told():
    told = {operation["operationId"]: operation["x-who"] for operation in operations()}
    assert told["login"] == []
    assert told["apply_to_posting"] == ["influencer"]
    assert told["create_bid"] == ["admin", "brand_owner"]


def test_the_page_shows_every_route_and_asks_nothing_of_anybody_else():
    page = openapi.page(API)
    for operation in operations():
        assert f"<details id='{operation['operationId']}'>" in page
    assert "<script" not in page
    assert not re.findall(r"(?:src|href)=['\"]?(?:https?:)?//", page)
