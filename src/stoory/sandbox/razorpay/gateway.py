"""One merchant's Razorpay: keys, clock, ids, switches, timers. Everything that happens, happens to it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import Struct

from stoory.sandbox.razorpay import deliveries
from stoory.sandbox.razorpay.quirks import Quirks
from stoory.sandbox.razorpay.refusals import Json, Refusal, malformed_id, unknown_id
from stoory.sandbox.razorpay.store import Store

KEY_ID: Final = "rzp_test_sandbox"
KEY_SECRET: Final = "sandbox-secret"  # noqa: S105 - of play money
WEBHOOK_SECRET: Final = "sandbox-webhook"  # noqa: S105 - the same

ALPHABET: Final = string.digits + string.ascii_letters
ID_LENGTH: Final = 14
PREFIXES: Final = {
    "order": "order",
    "payment": "pay",
    "refund": "rfnd",
    "customer": "cust",
    "card": "card",
    "contact": "cont",
    "fund_account": "fa",
    "payout": "pout",
    "transfer": "trf",
    "reversal": "rvrsl",
    "account": "acc",
    "dispute": "disp",
    "settlement": "setl",
}


class Config(Struct, kw_only=True, frozen=True):
    """What the sandbox is told when it starts."""

    path: str = ":memory:"
    key_id: str = KEY_ID
    key_secret: str = KEY_SECRET
    webhook_url: str | None = None
    webhook_secret: str = WEBHOOK_SECRET
    seed: str | None = None
    """Makes ids the same in every run; without it the file's own."""
    starts_at: int | None = None
    """A clock that stands at this Unix second until it is advanced; without it the machine's."""


class Gateway:
    """The merchant's account."""

    def __init__(self, config: Config) -> None:
        """Open what is kept; what the configuration says of webhooks wins over what was kept."""
        self.config = config
        self.store = Store(config.path)
        self._timers: dict[str, Callable[[Gateway, str], None]] = {}
        with self.store.transaction():
            self._furnish()

    def _furnish(self) -> None:
        store = self.store
        if self.config.seed is not None or store.fact("seed") is None:
            store.set_fact("seed", self.config.seed or secrets.token_hex(8))
        self.quirks = msgspec.convert(store.fact("quirks", {}), Quirks)
        hook = deliveries.webhook(store)
        hook.secret = self.config.webhook_secret
        hook.url = self.config.webhook_url or hook.url
        deliveries.set_webhook(store, hook)

    def reset(self) -> None:
        """Forget all that happened; ids begin anew, and never repeat unless a seed was configured."""
        self.store.reset()
        self._furnish()

    @property
    def now(self) -> int:
        """The sandbox's time in Unix seconds."""
        start = self.config.starts_at
        return (int(time.time()) if start is None else start) + self.store.fact("ahead", 0)

    def advance_towards(self, arrival: int) -> None:
        """Move the clock on as far as the next timer or webhook, at most to `arrival`, and do what is due by then."""
        row = self.store.sql.execute("select min(due_at) as due from timers").fetchone()
        moments = (row["due"], deliveries.next_due(self.store), arrival)
        moment = max(self.now, min(moment for moment in moments if moment is not None))
        self.store.set_fact("ahead", self.store.fact("ahead", 0) + moment - self.now)
        self.ring()

    def on(self, what: str, do: Callable[[Gateway, str], None]) -> None:
        """Say what a timer does; it is given the id it was set for."""
        self._timers[what] = do

    def after(self, seconds: int, what: str, subject: str) -> None:
        """Set a timer."""
        self.store.sql.execute(
            "insert into timers (due_at, what, subject) values (?, ?, ?)", (self.now + seconds, what, subject)
        )

    def ring(self) -> None:
        """Do what is due, the earliest first."""
        while True:
            row = self.store.sql.execute(
                "select seq, what, subject from timers where due_at <= ? order by due_at, seq limit 1",
                (self.now,),
            ).fetchone()
            if row is None:
                return
            self.store.sql.execute("delete from timers where seq = ?", (row["seq"],))
            self._timers[row["what"]](self, row["subject"])

    def new_id(self, kind: str) -> str:
        """Make an id: Razorpay's prefix and 14 letters and digits, the same ones for the same seed."""
        return f"{PREFIXES[kind]}_{self.letters()}"

    def letters(self) -> str:
        """Make 14 letters and digits that were not made before."""
        count = self.store.fact("count", 0) + 1
        self.store.set_fact("count", count)
        number = int.from_bytes(hashlib.sha256(f"{self.store.fact('seed')}:{count}".encode()).digest())
        letters: list[str] = []
        for _ in range(ID_LENGTH):
            number, index = divmod(number, len(ALPHABET))
            letters.append(ALPHABET[index])
        return "".join(letters)

    def find(self, kind: str, entity_id: Any) -> Json:
        """Return an entity; refused with Razorpay's words when there is none."""
        prefix, _, rest = str(entity_id).partition("_")
        if prefix != PREFIXES[kind] or len(rest) != ID_LENGTH or not (rest.isascii() and rest.isalnum()):
            raise malformed_id(str(entity_id))
        entity = self.store.find(kind, str(entity_id))
        if entity is None:
            raise unknown_id()
        return entity

    def tell(self, event: str, **entities: Json) -> None:
        """Send a webhook about what has just happened; entities are shown as they are at this moment."""
        deliveries.send(
            self.store, event, entities, account_id=self.account_id, event_id=self.letters(), now=self.now
        )

    @property
    def account_id(self) -> str:
        """The merchant's own id."""
        return "acc_" + hashlib.sha256(self.config.key_id.encode()).hexdigest()[:ID_LENGTH]

    def checkout_signature(self, order_id: str, payment_id: str) -> str:
        """Sign what Checkout hands to the browser: HMAC-SHA256 of `order|payment` with the key's secret.

        Razorpay documentation, "Verify payment signature".
        """
        message = f"{order_id}|{payment_id}".encode()
        return hmac.new(self.config.key_secret.encode(), message, hashlib.sha256).hexdigest()

    def set_quirks(self, changes: Json) -> None:
        """Change switches; Refusal for one that does not exist or cannot be set so."""
        try:
            self.quirks = msgspec.convert({**msgspec.to_builtins(self.quirks), **changes}, Quirks)
        except msgspec.ValidationError as problem:
            raise Refusal(str(problem)) from None
        self.store.set_fact("quirks", msgspec.to_builtins(self.quirks))
