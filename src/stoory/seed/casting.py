"""Who deals with whom about what, and when: the copies of the plots, unit by unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from stoory.deals.states import State
from stoory.postings.rules import Kind, Status
from stoory.seed.drawing import SECONDS_A_DAY, drawn_id, lots
from stoory.seed.people import BRANDS_A_UNIT, INFLUENCERS_A_UNIT, OPERATOR, Person, brand, influencer
from stoory.seed.playing import BRACKETS, Played
from stoory.seed.plots import PLOTS
from stoory.seed.postings import Posting, posted
from stoory.seed.template import Roles

POSTINGS_A_UNIT: Final = 120
BUSY_UNITS: Final = 10
"""In so many of the first units the busiest two have a part."""
BUSY_POSTINGS: Final = 8
BUSY_DEALS: Final = 55
"""Of the busiest brand owner, in each of these units."""
BUSY_INFLUENCER: Final = 1
BUSY_INFLUENCERS_DEALS: Final = 20

YEAR_DAYS: Final = 365
LONGEST_WAIT_DAYS: Final = 20
"""For a deal that waits for somebody and has no clock."""
SLACK_USED: Final = 0.6
"""Of the time until its next clock so much has passed at most: a server started now finds little to do."""
HIRED_BIDS: Final = 3
"""Each third deal that takes up room is about a bid; the others are about campaigns."""

CLOSED_CAMPAIGNS: Final = 0.5
"""Of the postings on which nothing waits any more so many are over."""

OUTCOMES: Final = {
    State.COMPLETED: Status.COMPLETED,
    State.CANCELLED: Status.CANCELLED,
    State.ACCEPTED: Status.OPEN,
}
"""What became of a bid that hired; while the work goes on it is in progress."""


class Copy(Struct, frozen=True):
    """A deal: a plot, its people and when it came to its last instant."""

    played: Played
    roles: Roles
    ends_at: int


class Unit:
    """One unit of the world's postings and deals. What is drawn depends on the unit's number and the scale alone."""

    def __init__(self, number: int, scale: int, played: dict[tuple[str, int], Played], now: int) -> None:
        """Take the unit's number, how many there are, the plots by name and bracket, and the second it is."""
        self.number = number
        self.now = now
        self.random = lots(f"unit {number}")
        self._played = played
        self._people = INFLUENCERS_A_UNIT * scale
        self._is_busy = number < BUSY_UNITS
        self._busy_deals = BUSY_INFLUENCERS_DEALS if self._is_busy else 0
        self._fresh_payees = iter(range(number * INFLUENCERS_A_UNIT + 2, (number + 1) * INFLUENCERS_A_UNIT))
        self.postings = [self._posting(n) for n in range(POSTINGS_A_UNIT)]
        self._hers = self.postings[: BUSY_POSTINGS if self._is_busy else 0]
        self._theirs = self.postings[len(self._hers) :]
        self._hired: list[tuple[Posting, Copy]] = []

    def deals(self) -> list[Copy]:
        """Return the unit's deals, and leave its postings as these have made them."""
        names = [plot.name for plot in PLOTS for _ in range(plot.of_300)]
        self.random.shuffle(names)
        taking = [name for name in names if self._kind(name).takes_room]
        passed_over = [name for name in names if self._kind(name).plot.is_passed_over]
        hired = taking[::HIRED_BIDS]
        others = [name for number, name in enumerate(taking) if number % HIRED_BIDS]
        others += [name for name in names if name not in {*taking, *passed_over}]
        self.random.shuffle(others)

        bids = [each for each in self._theirs if each.kind is Kind.BID]
        copies = [self._hire(name, bid) for name, bid in zip(hired, bids, strict=False)]
        copies += [self._place(name, posting) for name, posting in self._spread(others)]
        copies += [self._pass_over(name) for name in passed_over]
        self._close_campaigns()
        return copies

    def _kind(self, name: str) -> Played:
        """Return a plot on any bracket: how it ends is the same on all."""
        return self._played[name, 0]

    def _posting(self, number: int) -> Posting:
        owner = brand(self.number * BRANDS_A_UNIT + number % BRANDS_A_UNIT)
        if self._is_busy and number < BUSY_POSTINGS:
            owner = brand(0)
        return posted(drawn_id(self.random), owner, number % len(BRACKETS), self.random)

    def _spread(self, names: list[str]) -> Iterator[tuple[str, Posting]]:
        """Give each deal an open posting; the busiest brand owner gets the first."""
        theirs = [each for each in self._theirs if each.status is Status.OPEN]
        given = 0
        for name in names:
            takes_room = self._kind(name).takes_room
            is_hers = given < BUSY_DEALS and any(_fits(each, takes_room=takes_room) for each in self._hers)
            given += is_hers
            open_ones = self._hers if is_hers else theirs
            yield name, self.random.choice([each for each in open_ones if _fits(each, takes_room=takes_room)])

    def _hire(self, name: str, bid: Posting) -> Copy:
        """Let a bid hire: it follows its deal."""
        copy = self._place(name, bid)
        bid.status = OUTCOMES.get(copy.played.state, Status.IN_PROGRESS)
        self._hired.append((bid, copy))
        return copy

    def _pass_over(self, name: str) -> Copy:
        """Let an application end because its bid has hired somebody else."""
        done = [(bid, copy) for bid, copy in self._hired if copy.played.is_funded]
        bid, hired = self.random.choice(done)
        ends_at = hired.ends_at - self.random.randrange(max(1, hired.played.template.lasts // 2))
        return self._place(name, bid, ends_at=ends_at)

    def _place(self, name: str, posting: Posting, *, ends_at: int | None = None) -> Copy:
        played = self._played[name, posting.bracket]
        person = self._influencer(played, posting)
        ends_at = ends_at or self.now - self._age(played)
        posting.spent_on += played.takes_room
        posting.is_waited_for |= not played.is_closed
        begins_at = ends_at - played.template.lasts
        posting.first_at = min(posting.first_at or begins_at, begins_at)
        posting.last_at = max(posting.last_at, ends_at)
        return Copy(played, self._roles(posting, person), ends_at)

    def _age(self, played: Played) -> int:
        """Return how many seconds ago a deal came to its last instant: not long, if it waits for somebody."""
        if played.is_closed:
            return self.random.randrange(
                YEAR_DAYS * SECONDS_A_DAY - played.template.lasts - 6 * SECONDS_A_DAY
            )
        slack = LONGEST_WAIT_DAYS * SECONDS_A_DAY if played.slack is None else played.slack
        return int(self.random.random() * slack * SLACK_USED)

    def _influencer(self, played: Played, posting: Posting) -> Person:
        """Return somebody who has no other deal about that posting."""
        number = self._somebody(played, posting)
        while number in posting.influencers:
            number = self._somebody(played, posting)
        posting.influencers.add(number)
        return influencer(number)

    def _somebody(self, played: Played, posting: Posting) -> int:
        if played.plot.is_paid_out:
            return next(self._fresh_payees)
        if self._busy_deals and BUSY_INFLUENCER not in posting.influencers:
            self._busy_deals -= 1
            return BUSY_INFLUENCER
        return self.random.randrange(self._people)

    def _roles(self, posting: Posting, person: Person) -> Roles:
        owner = posting.owner
        return Roles(
            brand_id=owner.id,
            influencer_id=person.id,
            operator_id=OPERATOR.id,
            posting_id=posting.id,
            request_id=drawn_id(self.random),
            conversation_id=drawn_id(self.random),
            brand=owner.name,
            brand_phone=owner.phone,
            brand_email=owner.email,
            influencer=person.name,
            handle=person.handle,
            title=posting.title,
        )

    def _close_campaigns(self) -> None:
        """Let some of the postings on which nothing waits any more be over."""
        for each in self.postings:
            if each.status is not Status.OPEN or each.is_waited_for or not each.first_at:
                continue
            if self.random.random() < CLOSED_CAMPAIGNS:
                each.status = Status.COMPLETED if each.spent_on else Status.CANCELLED


def _fits(posting: Posting, *, takes_room: bool) -> bool:
    """Tell whether a deal finds a place: an agreed one on a campaign with money left."""
    return not takes_room or (posting.kind is Kind.CAMPAIGN and posting.has_room)
