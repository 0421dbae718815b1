// A chat client of Stoory to begin from: it stays connected, loses nothing and shows nothing twice.
//
//     npm ci
//     node chat.mjs http://127.0.0.1:8000 +919800000002 stoory-demo-1 a5000000-0000-4000-8000-000000000001
//
// prints every message as it comes, and sends each line you type to the person named last. docs/realtime.md says why
// each thing is done as it is.

import { once, EventEmitter } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { io } from "socket.io-client";

// Refusals that are not about what was asked: the same may be asked again a little later.
const AGAIN = new Set(["busy", "internal", "too_many_requests", "upstream_unavailable"]);

const LOST = { success: false, code: "busy", message: "The connection was lost." };

const placeOf = (message) => `${message.conversation_id} ${message.seq}`;

// Somebody's conversations, kept up to date. Emits `message` for each new one, `current` when nothing is missing any
// more, `end` when the session has ended.
export class Chat extends EventEmitter {
  conversations = new Map();
  messages = new Map();
  cursor = null;
  isCurrent = false;
  #early = [];

  constructor(address, session) {
    super();
    this.address = address;
    this.session = session;
    this.socket = io(address, {
      auth: (give) => give({ token: this.session.token }), // asked for each time it connects
      transports: ["websocket"],
    });
    this.socket.on("connect", () => this.#catchUp());
    this.socket.on("disconnect", (reason) => {
      this.isCurrent = false;
      this.#early = []; // it is missed now, as is what will come
      if (reason === "io server disconnect") this.#comeBack({}); // after any other end the library does it
    });
    this.socket.on("connect_error", (error) => {
      if (!this.socket.active) this.#comeBack(error.data ?? {});
    });
    this.socket.onAny((event, payload) => {
      if (this.isCurrent) this.#apply(event, payload);
      else this.#early.push([event, payload]);
    });
  }

  // Sends a message to a `conversation_id` or a `receiver_id`: once, however often it has to be tried.
  async send(text, to) {
    const draft = { ...to, message: text, client_msg_id: crypto.randomUUID() };
    for (;;) {
      if (!this.isCurrent) await once(this, "current");
      // When it fails nobody knows whether it arrived; under its client_msg_id it is stored once.
      const answer = await this.socket.timeout(5000).emitWithAck("send_message", draft).catch(() => LOST);
      if (answer.success) return answer.data.message;
      if (!AGAIN.has(answer.code)) throw new Error(answer.message);
      await sleep(1000 * (answer.retry_after_seconds ?? 1));
    }
  }

  // Takes all that was missed, page by page, and then what has come meanwhile.
  async #catchUp() {
    const id = this.socket.id;
    try {
      while (await this.#takePage(id));
    } catch {
      if (this.socket.id === id) this.socket.disconnect().connect(); // and begin anew
      return;
    }
    if (this.socket.id !== id) return; // another connection catches up by itself
    for (const [event, payload] of this.#early) this.#apply(event, payload);
    this.#early = [];
    this.isCurrent = true;
    this.emit("current");
  }

  // Takes a page of what was missed, and returns whether there is more. Without a cursor it reads the lists.
  async #takePage(id) {
    const since = this.cursor === null ? {} : { since: this.cursor };
    const answer = await this.socket.timeout(10_000).emitWithAck("resume", since);
    const lists = this.cursor === null && "/api/messages/conversations?limit=100"; // the newest will do here
    const page = lists && (await ask(this.address, lists, { token: this.session.token }));
    if (this.socket.id !== id) throw new Error("Another connection has begun.");
    if (!answer.success) {
      if (answer.code !== "cursor_expired") throw new Error(answer.message);
      this.cursor = null; // away for too long
      return true;
    }
    if (page) {
      this.conversations = new Map(page.conversations.map((row) => [row.id, row]));
      this.messages.clear(); // those of a conversation can wait until somebody looks at it
    }
    for (const row of answer.conversations) this.conversations.set(row.id, row);
    for (const message of answer.changed) this.messages.set(placeOf(message), message);
    for (const message of answer.messages) this.#keep(message);
    this.cursor = answer.cursor;
    return answer.has_more;
  }

  // Changes the copy as an event says. Twice is the same as once.
  #apply(event, payload) {
    if (event === "new_message") this.#keep(payload.message);
    if (event === "conversation_updated") {
      this.conversations.set(payload.conversation_id, payload.conversation);
      if (payload.message) this.messages.set(placeOf(payload.message), payload.message);
    }
    if (event === "message_deleted" && this.messages.has(placeOf(payload)))
      Object.assign(this.messages.get(placeOf(payload)), { message: "", media_url: null, deleted: true });
    this.cursor = payload.cursor ?? this.cursor;
  }

  #keep(message) {
    const isNew = !this.messages.has(placeOf(message));
    this.messages.set(placeOf(message), message);
    if (isNew) this.emit("message", message);
  }

  // Connects again after a refusal: with a fresh token, or when there is room.
  async #comeBack(refusal) {
    try {
      if (refusal.code === "not_signed_in") {
        const body = { refresh_token: this.session.refresh_token };
        Object.assign(this.session, await ask(this.address, "/api/auth/refresh", { body }));
      }
    } catch (problem) {
      this.emit("end", problem);
      return;
    }
    await sleep(1000 * (refusal.retry_after_seconds ?? 0.5 + 1.5 * Math.random()));
    this.socket.connect();
  }
}

// Asks over HTTP; an answer that is an error is thrown.
export async function ask(address, path, { body, token } = {}) {
  const headers = { ...(token && { Authorization: `Bearer ${token}` }), "Content-Type": "application/json" };
  const posted = body && { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(address + path, { headers, ...posted });
  const told = await answer.json();
  if (!told.success) throw new Error(told.message);
  return told;
}

async function main(address, phone, password, person) {
  const session = await ask(address, "/api/auth/login", { body: { phone, password } });
  const chat = new Chat(address, session);
  chat.on("message", ({ seq, sender_id, message }) => {
    console.log(`#${seq} ${sender_id === session.user.id ? "I" : "They"}: ${message}`);
  });
  chat.on("end", end);
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) await chat.send(line.trim(), { receiver_id: person });
  chat.socket.disconnect();
}

function end(problem) {
  console.error(`The end: ${problem.message}`);
  process.exit(1);
}

if (process.argv[1] === import.meta.filename) await main(...process.argv.slice(2)).catch(end);
