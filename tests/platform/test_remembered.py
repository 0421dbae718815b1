"""What everybody reads is read once, and never as it was before a change somebody has been told of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from stoory.platform.remembered import Remembered


class Shop:
    """One price, and how often somebody went to look at it."""

    def __init__(self, remembered: Remembered[str, int]) -> None:
        self.remembered = remembered
        self.price = 5
        self.looks = 0

    async def look(self) -> int:
        self.looks += 1
        return self.price

    async def ask(self, load: Callable[[], Awaitable[int]] | None = None) -> int:
        return await self.remembered.get("price", load or self.look)

    def change(self, price: int) -> None:
        self.price = price
        self.remembered.forget("price")


async def test_what_has_not_changed_is_looked_at_once() -> None:
    shop = Shop(Remembered(10, seconds=30))

    assert [await shop.ask() for _ in range(3)] == [5, 5, 5]
    assert shop.looks == 1


async def test_a_change_is_seen_by_whoever_asks_after_it() -> None:
    shop = Shop(Remembered(10, seconds=30))
    await shop.ask()
    shop.change(6)

    assert await shop.ask() == 6


async def test_what_was_read_before_a_change_and_comes_after_it_is_not_kept() -> None:
    shop = Shop(Remembered(10, seconds=30))

    async def look_slowly() -> int:
        seen = await shop.look()
        shop.change(6)
        return seen

    assert await shop.ask(look_slowly) == 5
    assert await shop.ask() == 6


async def test_what_nobody_told_of_is_seen_when_the_kept_is_too_old() -> None:
    now = 0.0
    shop = Shop(Remembered(10, seconds=30, clock=lambda: now))
    await shop.ask()
    shop.price = 6

    now = 29.9
    assert await shop.ask() == 5
    now = 30.0
    assert await shop.ask() == 6


async def test_the_longest_unasked_makes_room() -> None:
    remembered: Remembered[int, int] = Remembered(2, seconds=30)
    looked: list[int] = []

    async def ask(key: int) -> None:
        async def look() -> int:
            looked.append(key)
            return key

        await remembered.get(key, look)

    for key in (1, 2, 1, 3, 1, 2):
        await ask(key)

    assert looked == [1, 2, 3, 2]


async def test_nothing_is_kept_where_nothing_shall_be() -> None:
    shop = Shop(Remembered(10, seconds=0))

    await shop.ask()
    await shop.ask()

    assert shop.looks == 2


async def test_what_cannot_be_loaded_again_is_what_it_was_last_unless_it_has_changed_since() -> None:
    now = 0.0
    shop = Shop(Remembered(10, seconds=30, clock=lambda: now))
    assert shop.remembered.last("price", 0) == 0
    await shop.ask()
    now = 3600
    assert shop.remembered.last("price", 0) == 5
    shop.remembered.forget("price")
    assert shop.remembered.last("price", 0) == 0
