// The one move the peers know: a brand owner accepts a fresh application. Its budget is summed up under a lock, so
// it takes a transaction; what does not wait for an answer is sent at once.

import { invalid, notFound, refuse, send } from './answers.js';
import { pool, prepared } from './database.js';
import { rupees } from './rupees.js';

const ACCEPTED = 'Great! Your proposal has been accepted. The influencer will be notified.';
const NEXT = 'The brand can now proceed to payment; the money is held until the work is approved.';
const ANSWERED = JSON.stringify({
  success: true,
  message: 'Action processed successfully',
  next_flow_state: 'accepted',
  automated_response: {
    message: ACCEPTED,
    action_required: false,
    next_steps: ['Payment processing will begin', 'Contract will be generated', 'Work timeline will be shared'],
  },
}).slice(0, -1);

export async function acceptApplication(req, res) {
  if (req.body?.action !== 'accept_proposal') return invalid(res, 'There is no such action.');
  const client = await pool.connect();
  try {
    const outcome = await accept(client, req.params.id, req.user);
    return outcome.conversation
      ? send(res, 200, `${ANSWERED},"conversation":${outcome.conversation}}`)
      : outcome.refusal(res);
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

async function accept(client, conversationId, { id, role }) {
  const [, held] = await Promise.all([
    client.query('BEGIN'),
    client.query(prepared('fresh_application', conversationId, id)),
  ]);
  const deal = held.rows[0];
  if (deal?.state !== 'initial' || !deal.is_open) {
    await client.query('ROLLBACK');
    return { refusal: deal ? tooLate : notFound };
  }
  const amount = rupees(Number(deal.amount));
  const agreed = `The amount is agreed: ${amount}. ${NEXT}`;
  const news = `${deal.title}: the brand has accepted ${amount}. ${NEXT}`;
  const [accepted, shown] = await Promise.all([
    client.query(prepared('accept', conversationId, id, deal.amount, ACCEPTED, agreed, news)),
    client.query(prepared('conversation_of', id, role, conversationId)),
    client.query('COMMIT'),
  ]);
  const hasRoom = accepted.rows[0].rooms > 0;
  return hasRoom ? { conversation: shown.rows[0].body } : { refusal: noBudget };
}

function tooLate(res) {
  refuse(res, 409, 'This application can not be accepted any more.', 'invalid_action');
}

function noBudget(res) {
  refuse(res, 409, 'The budget of the campaign is exhausted.', 'budget_exhausted');
}
