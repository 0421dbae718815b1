"""What is measured: one route a measure, with the requests of people who are really there."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import count, cycle, islice
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from bench.loader import post
from bench.side_by_side.crowd import Crowd
from bench.side_by_side.stage import Stage
from bench.side_by_side.supplies import Again, Once, Supply
from stoory.actor import Role
from stoory.home import DEMO_PASSWORD

VARIETY: Final = 2_000
"""Different requests of a read: more than caches of the processor keep at hand"""
A_LITTLE: Final = 10
"""Rupees of an application: so few that no campaign's budget is exhausted when all of them are accepted"""
WORDS: Final = "Side by side"

OPEN_CAMPAIGNS: Final = """
    select id
      from campaigns
     where status = 'open'
       and (ends_at is null or ends_at > now() + interval '1 day')
     order by md5(id::text)
"""
BUSIEST: Final = """
    select p.user_id, count(*) as conversations
      from participations p
      join users u on u.id = p.user_id and u.role = 'brand_owner'
  group by p.user_id
  order by conversations desc
     limit 1
"""
CHATS: Final = """
    select p.user_id, p.conversation_id
      from participations p
      join conversations c on c.id = p.conversation_id and c.chat_status = 'direct' and c.admin_id is null
     order by md5(p.conversation_id::text || p.user_id)
     limit $1
"""
LIVE: Final = """
    select campaign_id, influencer_id
      from requests
     where campaign_id is not null
       and status in ('pending', 'approved', 'in_progress')
"""
FRESH: Final = """
    select d.conversation_id, d.brand_owner_id
      from deals d
      join requests r on r.id = d.request_id
     where d.state = 'initial'
       and r.campaign_id is not null
       and r.message = $1
     order by md5(d.conversation_id::text)
"""


class Scene(Struct, frozen=True):
    """The world and its people, of which measures make their requests."""

    stage: Stage
    crowd: Crowd

    def some(self, role: Role) -> list[UUID]:
        """Return people of a role, the same ones in the same order in every run."""
        return random.Random("who").sample(self.crowd.ids(role), len(self.crowd.ids(role)))  # noqa: S311


class Measure(Struct, frozen=True):
    """A route that is measured."""

    name: str
    title: str
    supply: Callable[[Scene], Supply]
    is_write: bool = False
    is_remembered: bool = False
    """What it reads is the same for many, and kept in memory by who does so"""
    is_apart: bool = False
    """It is reported and stands in no mean."""
    fed_by: str | None = None
    """The measure that makes what this one uses up"""


def login(scene: Scene) -> Supply:
    """Return what people sign in with, two at a time: what a password costs is meant to be slow."""
    requests = [
        post(
            "http://localhost",
            "/api/auth/login",
            b'{"phone": "%b", "password": "%b"}'
            % (scene.crowd.phone(person).encode(), DEMO_PASSWORD.encode()),
            {"content-type": "application/json"},
        )
        for person in scene.some(Role.INFLUENCER)[:VARIETY]
    ]
    return Again(requests, connections=2)


def posting(scene: Scene) -> Supply:
    """Return the requests of influencers who open campaigns."""
    campaigns = cycle(row["id"] for row in scene.stage.rows(OPEN_CAMPAIGNS))
    people = cycle(scene.some(Role.INFLUENCER))
    return Again([scene.crowd.get(next(people), f"/api/campaigns/{next(campaigns)}") for _ in range(VARIETY)])


def filtered(scene: Scene) -> Supply:
    """Return those of influencers who look for campaigns on one platform."""
    people = scene.some(Role.INFLUENCER)[:VARIETY]
    return Again([scene.crowd.get(person, "/api/campaigns?platform=instagram&limit=20") for person in people])


def conversations(scene: Scene) -> Supply:
    """Return that of the busiest brand owner, who looks at her inbox."""
    busiest = scene.stage.rows(BUSIEST)[0]["user_id"]
    return Again([scene.crowd.get(busiest, "/api/messages/conversations?limit=20")])


def messages(scene: Scene) -> Supply:
    """Return those of people who open a conversation."""
    chats = scene.stage.rows(CHATS, VARIETY)
    path = "/api/messages/conversations/{}/messages?limit=50"
    return Again([scene.crowd.get(row["user_id"], path.format(row["conversation_id"])) for row in chats])


def unread(scene: Scene) -> Supply:
    """Return those of people who look whether there is something new."""
    people = scene.some(Role.INFLUENCER)[:VARIETY]
    return Again([scene.crowd.get(person, "/api/messages/unread-count") for person in people])


def create(scene: Scene) -> Supply:
    """Return those of brand owners who post campaigns."""

    def source() -> Iterator[bytes]:
        people = cycle(scene.some(Role.BRAND_OWNER))
        for number in count(1):
            body = {"title": f"{WORDS} {number}", "description": "Show what it can do, in your words.",
                    "budget": 25000, "requirements": "Two posts and a story", "language": "English",
                    "platform": "Instagram", "content_type": "posts", "category": "fashion"}  # fmt: skip
            yield scene.crowd.post(next(people), "/api/campaigns", body)

    return Once.of(source())


def apply(scene: Scene) -> Supply:
    """Return those of influencers who apply, each to each campaign once; neighbours have neither in common."""

    def source() -> Iterator[bytes]:
        live = {tuple(row) for row in scene.stage.rows(LIVE)}
        campaigns = [row["id"] for row in scene.stage.rows(OPEN_CAMPAIGNS)]
        people = scene.some(Role.INFLUENCER)
        for shift in range(len(campaigns)):
            for number, person in enumerate(people):
                campaign = campaigns[(number + shift) % len(campaigns)]
                if (campaign, person) not in live:
                    yield scene.crowd.post(person, "/api/requests", application(campaign))

    return Once.of(source())


def application(campaign: UUID) -> dict[str, Any]:
    """Return the body of an application."""
    return {"campaign_id": str(campaign), "proposed_amount": A_LITTLE, "message": WORDS}


def send(scene: Scene) -> Supply:
    """Return those of people who write to each other."""

    def source() -> Iterator[bytes]:
        chats = cycle(scene.stage.rows(CHATS, VARIETY))
        for number, row in zip(count(1), chats, strict=False):
            body = {"conversation_id": str(row["conversation_id"]), "client_msg_id": f"side-by-side-{number}",
                    "message": "That sounds good. When would you need the first draft?"}  # fmt: skip
            yield scene.crowd.post(row["user_id"], "/api/messages", body)

    return Once.of(source())


def press(scene: Scene) -> Supply:
    """Return those of brand owners who accept applications that nobody has answered: those the run has made."""
    handed_out: set[UUID] = set()

    def more(count: int) -> Iterator[bytes]:
        fresh = (row for row in scene.stage.rows(FRESH, WORDS) if row["conversation_id"] not in handed_out)
        for row in islice(fresh, count):
            handed_out.add(row["conversation_id"])
            path = f"/api/messages/conversations/{row['conversation_id']}/button-click"
            yield scene.crowd.post(row["brand_owner_id"], path, {"action": "accept_proposal"})

    return Once(more)


MEASURES: Final = (
    Measure("posting", "one campaign", posting),
    Measure("filter", "campaigns of a platform", filtered, is_remembered=True),
    Measure("conversations", "inbox of 1,000, 20 of them", conversations),
    Measure("messages", "50 messages", messages),
    Measure("unread", "unread count", unread),
    Measure("create", "post a campaign", create, is_write=True),
    Measure("apply", "apply to a campaign", apply, is_write=True),
    Measure("send", "send a message", send, is_write=True),
    Measure("press", "accept an offer", press, is_write=True, fed_by="apply"),
    Measure("login", "sign in (argon2)", login, is_apart=True),
)


def named(name: str) -> Measure:
    """Return a measure."""
    return next(measure for measure in MEASURES if measure.name == name)
