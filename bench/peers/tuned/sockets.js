// Socket.IO on the same port: who is connected is in the room of their own id, and nobody sends into it but us.

import { Server } from 'socket.io';

import { verified } from './authenticate.js';
import { storeMessage } from './writes.js';

const OPTIONS = {
  transports: ['websocket'],
  perMessageDeflate: false, // costs more than it spares for messages of half a kilobyte
  serveClient: false,
};
const INVALID_TEXT = '22P02'; // an id that is no UUID

export function attachSockets(server) {
  const io = new Server(server, OPTIONS);
  io.engine.on('connection', (connection) => {
    connection.request = null; // the request of the handshake would be kept as long as the connection
  });
  io.use((socket, next) => {
    try {
      socket.data.userId = verified(socket.handshake.auth.token).id;
    } catch {
      return next(new Error('You are not signed in.'));
    }
    return next();
  });
  io.on('connection', (socket) => {
    socket.join(socket.data.userId);
    socket.on('send_message', (said, acknowledge) => sendMessage(io, socket, said, acknowledge));
  });
  return io;
}

/** Acknowledges what is committed, then tells both people: one packet, written once for all their sockets. */
async function sendMessage(io, socket, said, acknowledge) {
  try {
    const { refused, body, isNew } = await storeMessage(socket.data.userId, said);
    if (refused) return acknowledge({ success: false, message: refused[1], code: refused[2] });
    const message = JSON.parse(body);
    acknowledge({ success: true, data: { message } });
    if (!isNew) return undefined;
    const { conversation_id, seq, sender_id, receiver_id } = message;
    return io.to([sender_id, receiver_id]).emit('new_message', { conversation_id, seq, message });
  } catch (error) {
    if (error.code === INVALID_TEXT) return acknowledge({ success: false, message: 'Not found.', code: 'not_found' });
    console.error(error);
    return acknowledge({ success: false, message: 'Something went wrong.', code: 'internal' });
  }
}
