// The peer `tuned`: Express 5 and node-postgres as an engineer writes them who measures; see ../README.md.
//
//     PORT=9002 DATABASE_URL=... DB_POOL=10 SECRET=... node bench/peers/tuned/server.js

import express from 'express';

import { notFound, refuse } from './answers.js';
import { authenticate } from './authenticate.js';
import { acceptApplication } from './accept.js';
import { pool, warmUp } from './database.js';
import { login } from './login.js';
import * as reads from './reads.js';
import { attachSockets } from './sockets.js';
import * as writes from './writes.js';

const INVALID_TEXT = '22P02'; // an id that is no UUID

const app = express();
app.disable('x-powered-by');
app.disable('etag'); // nobody asks with If-None-Match, and each costs a hash
const json = express.json();

app.post('/api/auth/login', json, login);
app.use(authenticate);
app.get('/api/campaigns', reads.listCampaigns);
app.get('/api/campaigns/:id', reads.showCampaign);
app.get('/api/messages/conversations', reads.listConversations);
app.get('/api/messages/conversations/:id/messages', reads.listMessages);
app.get('/api/messages/unread-count', reads.countUnread);
app.post('/api/campaigns', json, writes.postCampaign);
app.post('/api/requests', json, writes.applyToCampaign);
app.post('/api/messages', json, writes.sendMessage);
app.post('/api/messages/conversations/:id/button-click', json, acceptApplication);
app.use((req, res) => notFound(res));
app.use((error, req, res, next) => {
  if (res.headersSent) return next(error);
  if (error.code === INVALID_TEXT) return notFound(res);
  if (error.type === 'entity.parse.failed') return refuse(res, 400, 'The body is not JSON.', 'unreadable');
  console.error(error);
  return refuse(res, 500, 'Something went wrong.', 'internal');
});

await warmUp();
const server = app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'));
const sockets = attachSockets(server);

process.on('SIGTERM', () => {
  sockets.close(() => pool.end()); // and with them the server
  server.closeAllConnections();
});
