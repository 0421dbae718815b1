"""The stage on which a plot is played once: its two people, its posting, its clock; every move is the real action."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

from stoory.accounts.queries import people
from stoory.accounts.user import Newcomer
from stoory.actor import Actor, Role
from stoory.chat import actions as chat
from stoory.chat.drafts import Draft
from stoory.deals import clocks
from stoory.deals import queries as deals
from stoory.deals.actions import begin
from stoory.deals.actions.begin import Opening
from stoory.deals.actions.press import Wish, press, press_as_system
from stoory.deals.actions.record import Outcome
from stoory.deals.deal import system_press
from stoory.deals.queries import DealRow
from stoory.deals.states import Action
from stoory.money import Money
from stoory.payments.actions.purposes import Till
from stoory.payouts.queries import Payout
from stoory.platform.database import Tx
from stoory.postings import actions as postings
from stoory.postings.rules import Kind, Posting
from stoory.seed.template import IDS_OF_ROLES, Roles, mark

NO_SESSION: Final = UUID(int=0)
"""Nobody asks for it outside the walls."""
PORTFOLIO: Final = ["https://example.com/portfolio"]


class Bracket(Struct, frozen=True, kw_only=True):
    """What a posting pays, in rupees, and what is asked for it."""

    kind: Kind
    least: int
    """The budget of a campaign is in both bounds."""
    most: int
    low: int
    """From here ..."""
    high: int
    """... to here go the amounts of its deals."""


class Figures(Struct, frozen=True):
    """The amounts that are named in a plot."""

    asked: Money
    offered: Money
    met: Money

    @classmethod
    def of(cls, bracket: Bracket, number: int) -> Figures:
        """Return the figures of the plot of that number: hundreds of rupees, other ones for each."""
        asked = bracket.low + (bracket.high - bracket.low) * (5 + number * 17 % 91) // 100 // 100 * 100
        offered = max(bracket.least if bracket.kind is Kind.BID else 1, asked * 8 // 1000 * 100)
        return cls(*(Money.rupees(amount) for amount in (asked, offered, (asked + offered) // 2)))


class Stage:
    """One plot while it is played, in a transaction of its own."""

    def __init__(self, tx: Tx, till: Till, bracket: Bracket, number: int) -> None:
        """Take an open transaction, what payments are told to, what the posting pays, and the plot's number."""
        self.tx = tx
        self.till = till
        self.bracket = bracket
        self.figures = Figures.of(bracket, number)
        self.said = 0
        self.deal: DealRow | None = None
        self.payout: Payout | None = None
        tx.now = tx.now.replace(microsecond=0)

    async def enter(self) -> None:
        """Let the two, an operator and the posting be there."""
        self.brand = await self._somebody("brand", Role.BRAND_OWNER)
        self.influencer = await self._somebody("influencer", Role.INFLUENCER)
        self.operator = await self._somebody("operator", Role.ADMIN)
        fields = {
            "title": mark("title"),
            "min_budget": Money.rupees(self.bracket.least),
            "max_budget": Money.rupees(self.bracket.most),
        }
        self.posting: Posting = await postings.create(self.tx, self.brand, self.bracket.kind, fields)

    @property
    def row(self) -> DealRow:
        """The deal as it stands; there is one from the first step on."""
        if self.deal is None:
            raise LookupError("a plot begins with an opening")
        return self.deal

    @property
    def roles(self) -> Roles:
        """Who and what this is about, as it is found in the rows."""
        ids = (self.brand.id, self.influencer.id, self.operator.id, self.posting.id)
        words = (name.replace("_", "") for name in Roles._fields[IDS_OF_ROLES:])
        return Roles(*map(str, (*ids, self.row.request_id, self.row.conversation_id)), *words)

    def actor(self, role: Role) -> Actor:
        """Return who plays that role."""
        return {
            Role.BRAND_OWNER: self.brand,
            Role.INFLUENCER: self.influencer,
            Role.ADMIN: self.operator,
        }[role]

    async def opens(self, action: Action) -> None:
        """Let the deal begin."""
        opening = Opening(
            kind=self.bracket.kind,
            posting_id=self.posting.id,
            influencer_id=self.influencer.id,
            amount=self.figures.asked,
            message=self.new_words("application"),
            portfolio_links=PORTFOLIO if action is Action.APPLY else [],
        )
        if action is Action.INITIALIZE:
            self.deal, _ = await begin.initialize(self.tx, self.brand, opening)
        elif action is Action.INVITE:
            self.deal = (await begin.invite(self.tx, self.brand, opening)).row
        else:
            self.deal = (await begin.apply(self.tx, self.influencer, opening)).row

    async def presses(self, role: Role, action: Action, data: dict[str, object]) -> Outcome:
        """Let somebody make a move, a minute after the last thing that happened."""
        self.tx.now += timedelta(minutes=1)
        outcome = await press(self.tx, self.actor(role), self.row, Wish(action=action, data=data))
        self.deal = outcome.row
        return outcome

    async def happens(self, action: Action, data: dict[str, object]) -> None:
        """Let the system make a move."""
        pressed = system_press(action, self.tx.now, data)
        self.deal = (await press_as_system(self.tx, self.row, pressed)).row

    async def looks_again(self) -> None:
        """Take the deal as it stands after what others have made of it."""
        self.deal = await deals.deal_of(self.tx, self.row.request_id)

    async def says(self, role: Role, topic: str) -> None:
        """Let somebody write, a few minutes after the last thing that happened."""
        self.tx.now += timedelta(minutes=3 + self.said * 7 % 23)
        draft = Draft(conversation_id=self.row.conversation_id, message=self.new_words(topic))
        await chat.send(self.tx, self.actor(role), draft)

    async def reads(self, role: Role) -> None:
        """Let somebody read everything."""
        self.tx.now += timedelta(minutes=5)
        await chat.mark_read(self.tx, self.row.conversation_id, self.actor(role).id)

    async def waits(self, time: timedelta) -> None:
        """Let time pass, and every clock run that is due meanwhile."""
        until = self.tx.now + time
        while (due := self.row.deal.deadline_at) is not None and due <= until:
            self.tx.now = max(self.tx.now, due)
            pressed = clocks.due(self.row.deal, self.tx.now)
            if pressed is None:
                raise LookupError("a clock is due and makes no move")
            self.deal = (await press_as_system(self.tx, self.row, pressed)).row
        self.tx.now = until

    def new_words(self, topic: str) -> str:
        """Return a mark where each copy says something of its own on that topic."""
        self.said += 1
        return mark(f"{topic}{self.said}")

    @property
    def slack(self) -> timedelta | None:
        """How much longer nothing happens by itself; None when nothing ever will."""
        due = self.row.deal.deadline_at
        return due - self.tx.now if due else None

    async def _somebody(self, name: str, role: Role) -> Actor:
        newcomer = Newcomer(
            name=mark(name), phone=mark(f"{name}phone"), email=mark(f"{name}email"), role=role
        )
        user = await people.insert_user(self.tx, newcomer)
        if user is None:
            raise LookupError(f"{name} is on stage already")
        return Actor(user.id, role, NO_SESSION)
