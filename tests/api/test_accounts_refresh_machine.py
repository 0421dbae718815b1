"""Hypothesis plays Ravi and a thief with his refresh tokens; a small model says what each must be told."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from stoory.accounts import actions
from stoory.accounts.queries import people
from stoory.accounts.queries.sessions import Device
from tests.world import RAVI, World

T = TypeVar("T")

RETRY_SECONDS = 60
WAITS = st.sampled_from([11, 29, 43])
"""Their sums come no nearer to 60 than two seconds, so the milliseconds of the test decide nothing."""


class RefreshTokens(RuleBasedStateMachine):
    """One session: `family` are its tokens in order; all but the last are used."""

    world: ClassVar[World]
    loop: ClassVar[asyncio.AbstractEventLoop]

    def __init__(self) -> None:
        super().__init__()
        self.family: list[str] = []
        self.seconds = 0
        self.used_at: list[int] = []
        self.ended: str | None = None
        self.access = ""
        self.thefts = 0

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """Do in the application's loop what this thread asks for."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    @initialize()
    def ravi_signs_in(self) -> None:
        entered = self.wait_for(self._sign_in())
        self.session_id = entered.actor.session_id
        self.family = [entered.refresh_token]
        self.access = self.world.app.tokens.issue(entered.actor, RAVI.phone)

    async def _sign_in(self) -> actions.SignedIn:
        async with self.world.db.as_system("a test") as tx:
            known = await people.credentials(tx, RAVI.id)
            return await actions.sign_in(tx, known, Device(None, None), tokens=self.world.app.tokens)

    @rule(seconds=WAITS)
    def time_passes(self, seconds: int) -> None:
        self.world.db.clock.advance(seconds)
        self.seconds += seconds

    @rule(at_once=st.integers(min_value=1, max_value=4))
    def somebody_presents_the_newest(self, at_once: int) -> None:
        answers = self.wait_for(self._present(self.family[-1], at_once))

        if self.ended:
            self._all_refused(answers)
            return
        children = {self._renewed(answer) for answer in answers}
        assert len(children) == 1
        self.family += children
        self.used_at.append(self.seconds)

    @precondition(lambda self: len(self.family) > 1)
    @rule(data=st.data(), at_once=st.integers(min_value=1, max_value=3))
    def somebody_presents_a_used_one(self, data: st.DataObject, at_once: int) -> None:
        chosen = data.draw(st.integers(min_value=0, max_value=len(self.family) - 2))
        answers = self.wait_for(self._present(self.family[chosen], at_once))

        is_parent = chosen == len(self.family) - 2
        if self.ended:
            self._all_refused(answers)
        elif is_parent and self.seconds - self.used_at[chosen] <= RETRY_SECONDS:
            assert {self._renewed(answer) for answer in answers} == {self.family[-1]}
        else:
            self.ended = "token_reused"
            self.thefts += 1
            self._all_refused(answers)

    @rule()
    def somebody_guesses(self) -> None:
        (answer,) = self.wait_for(self._present(self.world.app.tokens.first_refresh_token(), 1))
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")

    @precondition(lambda self: not self.ended)
    @rule()
    def ravi_logs_out(self) -> None:
        assert self.wait_for(self._ask("POST", "/api/auth/logout")).status_code == 200
        self.ended = "not_signed_in"

    @invariant()
    def the_access_token_is_as_good_as_the_session(self) -> None:
        if self.access:
            answer = self.wait_for(self._ask("GET", "/api/auth/profile"))
            assert answer.status_code == (401 if self.ended else 200)

    def teardown(self) -> None:
        """Every token has one child, and a theft was told once."""
        self.world.db.clock.ahead = timedelta()
        assert self.wait_for(self._counts()) == (len(self.family), 1, self.thefts)

    def _renewed(self, answer: httpx.Response) -> str:
        assert answer.status_code == 200
        self.access = answer.json()["token"]
        return answer.json()["refresh_token"]

    def _all_refused(self, answers: list[httpx.Response]) -> None:
        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(401, self.ended)}

    async def _present(self, token: str, at_once: int) -> list[httpx.Response]:
        async with self.world.client() as client:
            body = {"refresh_token": token}
            return await asyncio.gather(
                *(client.post("/api/auth/refresh", json=body) for _ in range(at_once))
            )

    async def _ask(self, method: str, path: str) -> httpx.Response:
        async with self.world.client() as client:
            return await client.request(method, path, headers={"Authorization": f"Bearer {self.access}"})

    async def _counts(self) -> tuple[int, int, int]:
        async with self.world.db.as_system("a test", readonly=True) as tx:
            row = await tx.connection.fetchrow(
                """
                select count(*), count(*) filter (where used_at is null),
                       (select count(*) from queue.pgqueuer
                         where (convert_from(payload, 'utf8')::jsonb ->> 'session_id')::uuid = $1)
                  from refresh_tokens
                 where session_id = $1
                """,
                self.session_id,
            )
        assert row is not None
        return row[0], row[1], row[2]


async def test_a_stolen_token_ends_its_session_and_a_retry_does_not(world: World) -> None:
    RefreshTokens.world = world
    RefreshTokens.loop = asyncio.get_running_loop()
    few = settings(
        max_examples=20, stateful_step_count=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )

    await asyncio.to_thread(run_state_machine_as_test, RefreshTokens, settings=few)
