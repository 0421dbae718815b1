"""A chat over sockets: both hear everything, in order, and nobody else hears anything."""

from __future__ import annotations

import httpx

from tests.chats import open_with
from tests.sockets.listening import listening
from tests.world import ASHA, MEERA, RAVI, World


async def test_a_message_reaches_both_and_nobody_else(
    address: str, world: World, asha: httpx.AsyncClient
) -> None:
    id_ = await open_with(asha, RAVI)
    async with (
        listening(address, world, ASHA) as asha_hears,
        listening(address, world, RAVI) as ravi_hears,
        listening(address, world, MEERA) as meera_hears,
    ):
        sent = await asha_hears.ask("send_message", conversation_id=id_, message="Hello!", client_msg_id="1")
        to_ravi = await ravi_hears.hears("new_message", conversation_id=id_)
        to_asha = await asha_hears.hears("new_message", conversation_id=id_)

        assert sent["success"] is True
        assert to_asha["message"] == sent["data"]["message"]
        assert to_ravi["message"] == {**sent["data"]["message"], "client_msg_id": None}
        assert to_ravi["seq"] == 1
        assert meera_hears.heard == []
