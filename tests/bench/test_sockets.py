"""The load of sockets: what goes over the wire, and that a message counts only when all three things came once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count

import asyncpg
import pytest

from bench.peers.statements import SQL
from bench.side_by_side.stage import NEWS_IS_STOORYS
from bench.sockets import packets
from bench.sockets.chat import Chat, Pace
from bench.sockets.choice import chosen
from bench.sockets.client import Client, Ears, NoSockets, Refused
from bench.sockets.couples import Couple
from bench.sockets.frames import NO_MASK, PING, TEXT, Frames, frame
from bench.sockets.packets import Answer, Data, Message
from bench.sockets.tally import Tally
from bench.sockets.turn import Reading, Talked
from tests.world import ASHA, RAVI, World

HELLO = Message(id="m1", conversation_id="c1", message="hello 1")
YES = Answer(success=True, data=Data(HELLO))


def unmasked(opcode: int, payload: bytes) -> bytes:
    """Return a frame as a server sends it."""
    sent = frame(opcode, payload)
    head = sent[: len(sent) - len(payload) - len(NO_MASK)]
    return bytes((head[0], head[1] & 0x7F)) + head[2:] + payload


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536])
def test_a_message_arrives_whole_however_it_was_cut(length: int):
    wire = unmasked(TEXT, b"x" * length) + unmasked(PING, b"")
    for cut in (1, 2, 3, 9, len(wire) - 1):
        frames = Frames()
        assert frames.feed(wire[:cut]) + frames.feed(wire[cut:]) == [(TEXT, b"x" * length), (PING, b"")]


def test_what_a_client_sends_is_marked_as_masked_and_is_legible():
    assert frame(TEXT, b"40") == b"\x81\x82\0\0\0\x0040"


@pytest.mark.parametrize("wire", [b"\x01\x00", b"\x80\x00", frame(TEXT, b"")], ids=["part", "rest", "masked"])
def test_what_no_server_sends_is_refused(wire: bytes):
    with pytest.raises(ValueError, match="masked, or a part"):
        Frames().feed(wire)


def test_acknowledgements_and_news_are_read_with_whatever_else_they_have():
    said = b'{"id":"m1","conversation_id":"c1","seq":4,"message":"hello 1","seen":false}'
    number, answer = packets.answered(b'4317[{"success":true,"data":{"message":%b,"more":1}}]' % said)
    news = packets.told(
        b'42["new_message",{"conversation_id":"c1","seq":4,"message":%b,"cursor":"x"}]' % said
    )
    assert (number, answer.data and answer.data.message) == (17, HELLO)
    assert (news.seq, news.message) == (4, HELLO)


def test_a_message_counts_when_it_is_acknowledged_and_both_were_told():
    tally = Tally()
    tally.sent(1, "c1", at=2.0)
    heard = [
        tally.told(1, HELLO, 1, at=2.1),
        tally.acknowledged(1, YES, at=2.2),
        tally.told(1, HELLO, 0, at=2.5),
    ]
    assert heard == [False, False, True]
    assert tally.took_ms == [pytest.approx(500)]
    assert not tally.fault_count


ONCE_TOO_OFTEN: list[Callable[[Tally], object]] = [
    lambda tally: tally.acknowledged(1, YES, 3.0),
    lambda tally: tally.told(1, HELLO, 0, 3.0),
    lambda tally: tally.acknowledged(2, YES, 3.0),
]
SOMETHING_ELSE: list[Callable[[Tally], object]] = [
    lambda tally: tally.told(1, Message("m2", "c1", "hello 1"), 1, 3.0),
    lambda tally: tally.told(1, Message("m1", "c2", "hello 1"), 1, 3.0),
    lambda tally: tally.give_up(),
]


@pytest.mark.parametrize("then", [*ONCE_TOO_OFTEN, *SOMETHING_ELSE])
def test_what_should_not_be_is_a_fault(then: Callable[[Tally], object]):
    tally = Tally()
    tally.sent(1, "c1", at=2.0)
    tally.acknowledged(1, YES, at=2.1)
    tally.told(1, HELLO, 0, at=2.2)
    then(tally)
    assert tally.fault_count == 1


def test_what_comes_again_after_all_of_it_came_is_a_fault():
    tally = Tally()
    tally.sent(1, "c1", at=2.0)
    for side in (0, 1):
        tally.told(1, HELLO, side, at=2.1)
    assert tally.acknowledged(1, YES, at=2.2)
    tally.told(1, HELLO, 1, at=2.3)
    assert tally.faults == ["of message 1 100 came once too often"]


def test_a_refusal_is_a_fault_and_says_why():
    tally = Tally()
    tally.sent(1, "c1", at=2.0)
    assert tally.acknowledged(1, Answer(success=False, message="Too many."), at=2.1)
    assert tally.faults == ["message 1 was refused: Too many."]


def test_a_turn_has_its_rate_and_what_a_message_cost():
    began = Reading(at=10.0, load=1.0, server=2.0, database=3.0, core=4.0)
    ended = Reading(at=12.0, load=1.2, server=3.0, database=4.5, core=5.0)
    turn = Talked(began, ended, [5.0] * 1_000, []).turn(measure="steady", contestant="tuned", number=0)
    assert (turn.per_second, turn.p99_ms, turn.busy, turn.errors) == (500, 5.0, 0.5, 0)
    assert (turn.cpu_us, turn.database_cpu_us) == (1_000, 1_500)


def test_a_turn_in_which_nothing_came_has_failed():
    began, ended = Reading(at=10.0, load=1.0), Reading(at=12.0, load=1.0)
    assert Talked(began, ended, [], []).turn(measure="steady", contestant="tuned", number=0).errors == 1


def test_only_a_whole_run_may_stand_in_the_documentation():
    assert chosen([]).is_whole
    for arguments in (
        "--quick",
        "--scale 10",
        "--rounds 1",
        "--seconds 1",
        "--couples 5",
        "--idle 0",
        "--peer-alone",
    ):
        assert not chosen(arguments.split()).is_whole


@asynccontextmanager
async def server(*, status: int = 101, tells_twice: bool = False) -> AsyncIterator[str]:
    """Serve Socket.IO to one couple, and lend its address: who signs in as `nobody` is refused."""
    everybody: list[asyncio.StreamWriter] = []

    def hear(packet: bytes, writer: asyncio.StreamWriter) -> None:
        if packet == b'40{"token": "nobody"}':
            writer.write(unmasked(TEXT, b'44{"message":"You are not signed in."}'))
        elif packet.startswith(b"40"):
            everybody.append(writer)
            writer.write(unmasked(TEXT, b'40{"sid":"x"}') + unmasked(TEXT, b'42["presence",{}]'))
        elif packet.startswith(b"42"):
            head, _, text = packet.partition(b'"message": "')
            number = head[2 : head.index(b"[")]
            message = b'{"id":"m%b","conversation_id":"c1","message":"%b}' % (number, text.partition(b",")[0])
            writer.write(unmasked(TEXT, b'43%b[{"success":true,"data":{"message":%b}}]' % (number, message)))
            told = unmasked(TEXT, b'42["new_message",{"seq":1,"message":%b}]' % message)
            for each in everybody:
                each.write(told * (1 + tells_twice))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 %d X\r\n\r\n" % status + unmasked(TEXT, b'0{"sid":"x"}'))
            while head := await reader.readexactly(2):
                size = head[1] & 0x7F
                length = int.from_bytes(await reader.readexactly(2), "big") if size == 126 else size
                hear((await reader.readexactly(4 + length))[4:], writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


async def talked(url: str, pace: Pace) -> Tally:
    chat = Chat(url, [Couple("c1", ("asha", "ravi"))], count(1))
    await chat.open()
    chat.begin(pace)
    await asyncio.sleep(0.1)
    await chat.end()
    await chat.close()
    return chat.tally


@pytest.mark.parametrize("pace", [Pace(under_way=1), Pace(per_second=100.0)], ids=["flat out", "steady"])
async def test_a_couple_talks_until_it_is_to_end(pace: Pace):
    async with server() as url:
        tally = await talked(url, pace)
    assert len(tally.took_ms) >= 5
    assert (tally.faults, tally.pending) == ([], {})


async def test_a_server_that_tells_twice_is_found_out():
    async with server(tells_twice=True) as url:
        assert (await talked(url, Pace(under_way=1))).fault_count


async def test_no_sockets_is_something_else_than_not_being_let_in():
    ears = Ears.only_for_the_end(lambda _: None)
    async with server(status=404) as url:
        with pytest.raises(NoSockets, match="answers 404"):
            await Client.connect(url, "asha", ears)
    async with server() as url:
        with pytest.raises(Refused, match="not signed in"):
            await Client.connect(url, "nobody", ears)


async def test_a_peers_message_is_numbered_and_is_news_to_nobody(
    world: World, superuser: asyncpg.Connection[asyncpg.Record]
):
    async with world.client(ASHA) as asha:
        opened = await asha.post("/api/messages/conversations", json={"user_id": str(RAVI.id)})
    chat = opened.json()["conversation"]["id"]
    changes = superuser.transaction()
    await changes.start()
    try:
        await superuser.execute(NEWS_IS_STOORYS)
        await superuser.execute("set local session_replication_role = replica")
        before = await superuser.fetchval("select count(*) from news")
        sent = await superuser.fetchval(SQL["send_message"], RAVI.id, chat, "hello", None, "a peer's")
        await superuser.execute("set constraints all immediate")
        assert '"seq":' in sent
        assert await superuser.fetchval("select count(*) from news") == before
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await superuser.execute("update conversations set brand_owner_id = gen_random_uuid()")
    finally:
        await changes.rollback()
