// The official client on strings: tells what happens to it, a JSON object a line, and sends what it is told to.

import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [address, token, transports] = process.argv.slice(2);
const tell = (what) => console.log(JSON.stringify(what));

const socket = io(address, { auth: { token }, transports: transports.split(",") });
socket.io.on("open", () => {
  tell({ opened: socket.io.engine.transport.name });
  socket.io.engine.on("upgrade", (transport) => tell({ upgraded: transport.name }));
});
socket.on("connect", () => tell({ connected: true }));
socket.on("connect_error", (error) => tell({ refused: error.message, data: error.data, again: socket.active }));
socket.on("disconnect", (reason) => tell({ disconnected: reason, again: socket.active }));
socket.onAny((event, payload) => tell({ event, payload }));

for await (const line of createInterface({ input: process.stdin })) {
  const { event, payload } = JSON.parse(line);
  tell({ acknowledged: await socket.timeout(10_000).emitWithAck(event, payload) });
}
socket.disconnect();
