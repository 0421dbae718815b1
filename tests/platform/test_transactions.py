"""What a transaction came to is told truly, whatever becomes of its connection afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from stoory.platform.bus import Bus, Hint
from stoory.platform.clock import Clock
from stoory.platform.database import Database, Tx
from stoory.platform.postgres import Server
from tests.world import ASHA, RAVI


@pytest.fixture
async def db(server: Server) -> AsyncIterator[Database]:
    database = Database(server.dsn("stoory_app"), pool_size=1, clock=Clock(), bus=Bus())
    await database.connect()
    yield database
    await database.close()


def cut(tx: Tx) -> None:
    """Lose the connection on the event loop's next turn, as when the server ends it at just that moment."""
    tx.connection._transport.abort()  # pyright: ignore - a loss at one instant is made from inside


async def test_a_connection_cut_just_after_the_commit_takes_nothing_back(db: Database) -> None:
    heard: list[Hint] = []
    hint = Hint((ASHA.id, RAVI.id))
    db.bus.listen(heard.append)

    async with db.as_system("a test") as tx:
        tx.tell(hint)
        db.bus.listen(lambda _: cut(tx))

    assert heard == [hint]
    async with db.as_system("a test") as tx:
        assert await tx.value(int, "select 1") == 1
