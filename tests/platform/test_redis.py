"""The one way to Redis: nobody waits for a Redis that is away, and it is found again by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from io import StringIO

import pytest
import structlog

from stoory.platform import log
from stoory.platform.redis import ANSWER_SECONDS, MOST_CONNECTIONS, Away, Redis, Script
from stoory.settings import Settings
from tests.redis import PASSWORD, RedisServer, until


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[Redis]:
    redis = Redis(redis_server.url)
    yield redis
    await redis.close()


async def seconds_to_be_told_away(redis: Redis) -> float:
    before = time.monotonic()
    with pytest.raises(Away):
        await redis.ask("PING")
    return time.monotonic() - before


async def test_many_who_ask_at_once_get_each_their_own_answer(redis: Redis) -> None:
    answers = await asyncio.gather(*(redis.ask("ECHO", number) for number in range(500)))

    assert [int(answer) for answer in answers] == list(range(500))
    assert len(redis._idle) <= MOST_CONNECTIONS  # pyright: ignore[reportPrivateUsage]


async def test_who_is_cancelled_leaves_no_answer_to_the_next(redis: Redis, redis_server: RedisServer) -> None:
    await redis.ask("ECHO", "before")
    redis_server.pause()
    asking = asyncio.create_task(redis.ask("ECHO", "cancelled"))
    await asyncio.sleep(0.01)
    asking.cancel()
    redis_server.resume()

    assert await redis.ask("ECHO", "mine") == b"mine"
    assert asking.cancelled()
    assert len(redis._idle) == 1  # pyright: ignore[reportPrivateUsage]


async def test_who_is_cancelled_ends_whatever_they_are_about(redis_server: RedisServer) -> None:
    async def ask_for_ever(redis: Redis) -> None:
        while True:
            with suppress(Away):
                await redis.ask("PING")
            await asyncio.sleep(0)

    for steps in range(60):
        redis = Redis(redis_server.url)
        asking = asyncio.create_task(ask_for_ever(redis))
        for _ in range(steps):
            await asyncio.sleep(0)
        if steps % 2:
            redis_server.say("CLIENT", "KILL", "TYPE", "normal")
        asking.cancel()
        done, _ = await asyncio.wait([asking], timeout=1)
        assert done, f"cancelled after {steps} steps"
        await redis.close()


async def test_with_redis_killed_everybody_is_told_at_once_until_it_is_back(
    redis: Redis, redis_server: RedisServer
) -> None:
    assert await redis.is_up()
    redis_server.kill()

    assert [await seconds_to_be_told_away(redis) for _ in range(100)] < [0.1] * 100
    assert redis.is_away
    assert not await redis.is_up()

    redis_server.start()
    await until(lambda: not redis.is_away)
    assert await redis.is_up()


async def test_with_redis_hanging_only_the_first_wait_and_not_for_long(
    redis: Redis, redis_server: RedisServer
) -> None:
    await asyncio.gather(*(redis.ask("PING") for _ in range(50)))
    redis_server.pause()

    first = await asyncio.gather(*(seconds_to_be_told_away(redis) for _ in range(200)))
    assert max(first) < ANSWER_SECONDS + 0.3
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        assert await seconds_to_be_told_away(redis) < 0.1
        await asyncio.sleep(0.05)

    redis_server.resume()
    await until(lambda: not redis.is_away)
    assert await redis.ask("ECHO", "mine") == b"mine"


async def test_a_restart_between_two_who_ask_is_not_noticed(redis: Redis, redis_server: RedisServer) -> None:
    await asyncio.gather(*(redis.ask("PING") for _ in range(50)))
    redis_server.kill()
    redis_server.start()
    await asyncio.sleep(0.01)

    assert await asyncio.gather(*(redis.is_up() for _ in range(50))) == [True] * 50


async def test_a_script_that_redis_has_forgotten_is_sent_again(
    redis: Redis, redis_server: RedisServer
) -> None:
    script = Script("return {KEYS[1], ARGV[1]}")
    for _ in range(2):
        assert await redis.run(script, ["key"], "value") == [b"key", b"value"]
    redis_server.flush()

    assert await redis.run(script, ["key"], "value") == [b"key", b"value"]


async def test_what_redis_refuses_is_away_for_who_asks_and_for_nobody_else(
    redis: Redis, redis_server: RedisServer
) -> None:
    redis_server.say("SET", "text", "value")
    with pytest.raises(Away):
        await redis.ask("LLEN", "text")

    assert not redis.is_away
    assert await redis.ask("GET", "text") == b"value"


async def test_logs_say_that_it_is_away_once_and_never_where_it_is(redis_server: RedisServer) -> None:
    said = StringIO()
    log.set_up(as_json=True, to=said)
    structlog.configure(cache_logger_on_first_use=False)
    redis = Redis(redis_server.url)
    wrong = Redis(redis_server.url.replace(PASSWORD, "wrong"))
    redis_server.say("SET", "text", "value")
    for command in (("PING",), ("LLEN", "text"), ("LLEN", "text")):
        with pytest.raises(Away):
            await wrong.ask(*command)
    with pytest.raises(Away):
        await redis.ask("LLEN", "text")
    redis_server.kill()
    for _ in range(10):
        await seconds_to_be_told_away(redis)
    redis_server.start()
    await until(lambda: not redis.is_away)
    await redis.close()
    await wrong.close()

    lines = said.getvalue()
    assert [lines.count(words) for words in ("is away", "is back", "refuses")] == [2, 1, 1]
    assert "AuthenticationError" in lines
    for secret in (PASSWORD, "wrong", "127.0.0.1", str(redis_server.port)):
        assert secret not in lines


@pytest.mark.parametrize(
    "url",
    [
        "redis://:se/cret@example.org:6379/0",
        "redis://:secret@example.org:secret/0",
        "http://:secret@example.org/",
        "redis://:secret@example.org/?secret=1",
    ],
)
def test_a_wrong_url_is_said_to_be_wrong_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="STOORY_REDIS_URL") as wrong:
        Redis(url)

    assert "cret" not in str(wrong.value)


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis.example.org",
        "redis://:p%40ss@127.0.0.1:6379/0",
        "rediss://stoory:p:w@[::1]:6380/2?ssl_ca_certs=/etc/ca.pem",
        "unix://:secret@/run/redis.sock?db=1",
    ],
)
def test_what_the_settings_take_is_a_redis(url: str) -> None:
    assert Redis(Settings.from_env({"STOORY_REDIS_URL": url}).redis_url or "")


async def test_the_database_of_the_url_is_used(redis_server: RedisServer) -> None:
    third = Redis(redis_server.url.removesuffix("0") + "3")
    await third.ask("SET", "key", "value")

    assert third.db == 3
    assert redis_server.say("GET", "key") is None
    await third.close()


async def test_nobody_is_answered_once_it_is_closed(redis: Redis) -> None:
    await redis.ask("PING")
    await redis.close()

    assert await seconds_to_be_told_away(redis) < 0.1
    assert not redis._idle  # pyright: ignore[reportPrivateUsage]
