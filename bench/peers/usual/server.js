// The peer `usual`: the stack of the guide as people write it, Express 5 and node-postgres; see ../README.md.
//
//     PORT=9003 DATABASE_URL=... DB_POOL=10 SECRET=... node bench/peers/usual/server.js

import express from 'express';

import { authenticate, login } from './auth.js';
import campaigns from './campaigns.js';
import conversations from './conversations.js';
import { pool } from './database.js';
import messages from './messages.js';
import negotiation from './negotiation.js';
import requests from './requests.js';

const app = express();
app.use(express.json());

app.post('/api/auth/login', login);
app.use('/api/campaigns', authenticate, campaigns);
app.use('/api/requests', authenticate, requests);
app.use('/api/messages', authenticate, conversations, messages, negotiation);

app.use((req, res) => {
  res.status(404).json({ success: false, message: 'Not found', code: 'not_found' });
});

app.use((error, req, res, next) => {
  if (res.headersSent) return next(error);
  const status = error.code === '22P02' ? 404 : (error.status ?? 500);
  if (status === 500) console.error(error);
  const message = status === 500 ? 'Internal server error' : error.message;
  res.status(status).json({ success: false, message, code: error.slug ?? 'error' });
});

await pool.query('SELECT 1');
const server = app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'));

process.on('SIGTERM', () => {
  server.close(() => pool.end());
  server.closeAllConnections();
});
