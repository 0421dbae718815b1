// What a deal keeps, shows and says, as plain objects

const HOUR_MS = 3600 * 1000;
const LIFE_HOURS = 72;
const ROUNDS_LEFT = 5;

export const SYSTEM_USER_ID = '00000000-0000-0000-0000-000000000001';
export const WELCOME = 'Welcome to the automated negotiation flow!';
export const ACCEPTED = 'Great! Your proposal has been accepted. The influencer will be notified.';
export const PAY_NEXT = 'The brand can now proceed to payment; the money is held until the work is approved.';
export const NEXT_STEPS = [
  'Payment processing will begin',
  'Contract will be generated',
  'Work timeline will be shared',
];

const amounts = new Intl.NumberFormat('en-IN', { maximumFractionDigits: 2 });
const exactAmounts = new Intl.NumberFormat('en-IN', { minimumFractionDigits: 2 });

export function rupees(amount) {
  return `₹${(Number.isInteger(amount) ? amounts : exactAmounts).format(amount)}`;
}

export function termsOf(campaign, commissionBp) {
  return {
    process_version: 1,
    kind: 'campaign',
    title: campaign.title,
    min_amount: 1,
    max_amount: campaign.budget,
    commission_bp: commissionBp,
    deliverables: campaign.deliverables,
    deliver_by: null,
    review_days: 14,
    usage_rights: campaign.usage_rights,
    disclosure_required: campaign.disclosure_required,
  };
}

export function firstOffer(amount, now) {
  return { n: 1, by_role: 'influencer', amount, reasoning: null, deliver_by: null, at: now };
}

export function youReceive(amount, commissionBp) {
  const commission = (Math.round(amount * 100) * commissionBp) / 10000;
  const isHalf = commission % 1 === 0.5;
  const rounded = isHalf ? 2 * Math.round(commission / 2) : Math.round(commission);
  return (Math.round(amount * 100) - rounded) / 100;
}

export function clock(timer, now) {
  const after = (share) => new Date(now.getTime() + share * LIFE_HOURS * HOUR_MS);
  return {
    endsAt: after(1),
    nextAt: after(0.5),
    deadlines: { [timer]: after(1) },
    reminders: [
      { timer, n: 1, at: after(0.5) },
      { timer, n: 2, at: after(0.9) },
    ],
  };
}

export function newDealData(offer, reminders) {
  return {
    opening: 'apply',
    offers: [offer],
    agreed_amount: null,
    influencer_confirmed: true,
    accepted_at: null,
    payment_asked_at: null,
    funded_at: null,
    paid: 0,
    released: 0,
    refunded: 0,
    work: null,
    review_since: null,
    changes_requested: 0,
    changes_since: null,
    delivery_delay: 'P0D',
    cancel_proposal: null,
    dispute: null,
    reminders,
  };
}

export function flowData({ title, offer, receives, agreedAmount, expiresAt }) {
  return {
    proposed_amount: offer.amount,
    campaign_title: title,
    offers: [{ ...offer, you_receive: receives }],
    rounds_left: ROUNDS_LEFT,
    agreed_amount: agreedAmount,
    influencer_confirmed: true,
    expires_at: expiresAt,
  };
}

export function flowContext(state, nextStates, terms, expiresAt) {
  return {
    current_state: state,
    next_states: nextStates,
    business_rules: {
      can_negotiate: state === 'initial',
      min_amount: terms.min_amount,
      max_amount: terms.max_amount,
      rounds_left: ROUNDS_LEFT,
      expires_at: expiresAt,
    },
  };
}

export function applicationButtons(amount) {
  return {
    buttons: [
      {
        id: 'accept_proposal',
        text: 'Accept Proposal',
        action: 'accept_proposal',
        style: 'success',
        data: { amount },
      },
      { id: 'negotiate', text: 'Negotiate Amount', action: 'negotiate_amount', style: 'primary' },
      { id: 'decline', text: 'Decline', action: 'decline_proposal', style: 'danger' },
    ],
  };
}

export function paymentButtons() {
  return {
    buttons: [
      { id: 'proceed_to_payment', text: 'Proceed to Payment', action: 'proceed_to_payment', style: 'primary' },
    ],
  };
}
