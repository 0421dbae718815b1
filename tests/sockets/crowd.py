"""Everybody with all their devices, talking at once while something happens to the servers, and the law in the end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import httpx

from stoory.actor import Role
from tests.chats import apply, open_with
from tests.sockets.devices import PAUSE_SECONDS, Cut, Device, gathered
from tests.sockets.history import Superuser, check_copies, check_sent, check_told, listed, truth
from tests.sockets.talking import Talker
from tests.world import ASHA, KABIR, MEERA, OM, RAVI, Person

DEVICES: Final = {ASHA: 3, RAVI: 3, MEERA: 2, KABIR: 1, OM: 1}
CAUGHT_UP_WITHIN_SECONDS: Final = 10
"""Whoever is connected looks for what no hint has come of every five."""
DEAF_SECONDS: Final = 0.4

Address = Callable[[], str]
"""Says where a server is, of several any."""


class Storm(Protocol):
    """What happens to servers meanwhile."""

    async def rage(self, crowd: Crowd) -> None:
        """Hurt one thing after the other, and let all servers run in the end."""
        ...


class Crowd:
    """All who talk."""

    def __init__(self, talkers: dict[Person, Talker]) -> None:
        """Take them."""
        self.talkers = list(talkers.values())
        self.devices = [device for each in self.talkers for device in each.devices]
        self._clients = {person: each.client for person, each in talkers.items()}

    async def begin(self) -> None:
        """Let everybody have somebody to talk to; Meera and Kabir have nothing to do with Asha and Ravi."""
        await open_with(self._clients[ASHA], RAVI)
        await apply(self._clients[RAVI])
        await open_with(self._clients[KABIR], MEERA)
        await open_with(self._clients[RAVI], OM)

    async def talk(self, storm: Storm) -> None:
        """Let all talk for as long as the storm lasts."""
        async with asyncio.TaskGroup() as group:
            raging = group.create_task(storm.rage(self))
            staying = [
                group.create_task(each.stay(device)) for each in self.talkers for device in each.devices
            ]
            talking = [group.create_task(each.talk([*DEVICES])) for each in self.talkers]
            await raging
            for each in self.talkers:
                each.is_over = True
            await asyncio.wait([*staying, *talking])

    def cut_somebody(self, luck: random.Random) -> None:
        """End a connection at its device's end."""
        luck.choice(self.devices).cut()

    def deafen_somebody(self, luck: random.Random) -> None:
        """Let a device read nothing for a while."""
        device = luck.choice(self.devices)
        device.may_read.clear()
        asyncio.get_running_loop().call_later(luck.random() * DEAF_SECONDS, device.may_read.set)

    async def check(self, superuser: Superuser) -> None:
        """Wait until every device knows what there is to know; raise AssertionError where the law does not hold."""
        there = await truth(superuser)
        for device in self.devices:
            await caught_up(device, there.last_numbers.get(device.user_id, 0))
        for each in self.talkers:
            for device in each.devices:
                check_told(device, there)
            await check_copies(each.devices, each.client, there)
        check_sent([letter for each in self.talkers for letter in each.letters], there)
        buried = {one["id"] for some in there.messages.values() for one in some if one["deleted"]}
        assert {message_id for each in self.talkers for message_id in each.deleted} <= buried


async def caught_up(device: Device, number: int) -> None:
    """Wait until a device has come to that number; whenever its connection has broken, it comes again."""
    device.may_read.set()
    async with asyncio.timeout(CAUGHT_UP_WITHIN_SECONDS):
        while device.number < number or not device.call.is_resumed:
            if device.is_connected and device.call.is_resumed:
                await device.until(lambda device: device.number >= number or not device.is_connected)
            else:
                with suppress(Cut, httpx.TransportError):
                    await device.leave()
                    await device.come()
                await asyncio.sleep(PAUSE_SECONDS)


class AnyServer(httpx.AsyncBaseTransport):
    """Asks whichever server there is."""

    def __init__(self, address: Address) -> None:
        """Take what names one."""
        self._address = address
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask there; who only reads asks again when the server has closed a connection that lay idle."""
        request.url = request.url.copy_with(port=urlsplit(self._address()).port)
        if request.method == "GET":
            with suppress(httpx.RemoteProtocolError):
                return await self._inner.handle_async_request(request)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()


@asynccontextmanager
async def gathering(tokens: Mapping[Person, str], address: Address, seed: int) -> AsyncIterator[Crowd]:
    """Let everybody come with their devices, not connected yet, and with what they ask REST with."""
    async with AsyncExitStack() as stack:
        talkers: dict[Person, Talker] = {}
        for person, token in tokens.items():
            headers = {"Authorization": f"Bearer {token}"}
            client = httpx.AsyncClient(
                base_url=address(), headers=headers, timeout=20, transport=AnyServer(address)
            )
            await stack.enter_async_context(client)
            devices = [*_devices(person, token, address, client)]
            await stack.enter_async_context(gathered(*devices))
            talkers[person] = Talker(person, devices, client, random.Random(f"{seed} {person.name}"))
        yield Crowd(talkers)


def _devices(person: Person, token: str, address: Address, client: Any) -> Iterable[Device]:
    lists = partial(listed, client, is_operator=person.role is Role.ADMIN)
    for number in range(DEVICES[person]):
        yield Device(str(person.id), token, address, lists, reads_little=number > 0)
