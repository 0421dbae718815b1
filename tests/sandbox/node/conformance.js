// Razorpay's own SDK for Node, unmodified, against the sandbox at SANDBOX. Prints every step; the first that fails ends it.
"use strict";

const assert = require("node:assert/strict");
const Razorpay = require("razorpay");
const { validatePaymentVerification } = require("razorpay/dist/utils/razorpay-utils");

const sandbox = process.env.SANDBOX;
const key = { key_id: process.env.KEY_ID, key_secret: process.env.KEY_SECRET };

const razorpay = new Razorpay(key);
razorpay.api.rq.defaults.baseURL = sandbox;

async function control(method, path, body) {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${sandbox}/__sandbox/${path}`, { method, headers, body: body && JSON.stringify(body) });
  return response.json();
}

async function paid(choice = {}) {
  const order = await razorpay.orders.create({ amount: 50000 });
  const fields = await control("POST", `orders/${order.id}/pay`, choice);
  return { order, fields, payment: await razorpay.payments.fetch(fields.razorpay_payment_id) };
}

const steps = {
  async "orders are created, fetched, listed and edited"() {
    const order = await razorpay.orders.create({ amount: 50000, receipt: "deal-7", notes: { deal: "7" } });
    assert.deepEqual(await razorpay.orders.fetch(order.id), order);
    assert.deepEqual((await razorpay.orders.all({ receipt: "deal-7" })).items, [order]);
    assert.deepEqual((await razorpay.orders.edit(order.id, { notes: { deal: "8" } })).notes, { deal: "8" });
  },

  async "payments of an order are listed and expanded"() {
    const { order, payment } = await paid();
    assert.deepEqual((await razorpay.orders.fetchPayments(order.id)).items, [payment]);
    const listed = await razorpay.orders.all({ "expand[]": "payments" });
    assert.equal(listed.items[0].payments.count, 1);
    assert.equal((await razorpay.orders.fetchTransferOrder(order.id)).transfers.count, 0);
  },

  async "what Checkout hands over is verified"() {
    const { fields } = await paid();
    const pair = { order_id: fields.razorpay_order_id, payment_id: fields.razorpay_payment_id };
    assert.ok(validatePaymentVerification(pair, fields.razorpay_signature, key.key_secret));
    assert.ok(!validatePaymentVerification(pair, fields.razorpay_signature, "guessed"));
  },

  async "an authorized payment is captured"() {
    const { payment } = await paid({ outcome: "authorized", method: "card" });
    assert.equal((await razorpay.payments.capture(payment.id, 50000, "INR")).status, "captured");
    assert.equal((await razorpay.payments.fetchCardDetails(payment.id)).last4, "0366");
    assert.equal((await razorpay.payments.all()).items[0].id, payment.id);
    assert.deepEqual((await razorpay.payments.edit(payment.id, { notes: { a: "b" } })).notes, { a: "b" });
    assert.equal((await razorpay.payments.fetchPaymentMethods()).upi, true);
  },

  async "a payment is refunded in parts"() {
    const { payment } = await paid();
    const part = await razorpay.payments.refund(payment.id, { amount: "100", notes: { a: "b" } });
    assert.deepEqual(await razorpay.refunds.fetch(part.id), part);
    assert.deepEqual(await razorpay.refunds.fetch(part.id, { payment_id: payment.id }), part);
    assert.deepEqual(await razorpay.payments.fetchRefund(payment.id, part.id), part);
    assert.equal((await razorpay.payments.fetchMultipleRefund(payment.id, {})).count, 1);
    assert.equal((await razorpay.refunds.all({ payment_id: payment.id })).count, 1);
    assert.deepEqual((await razorpay.refunds.edit(part.id, { notes: { a: "c" } })).notes, { a: "c" });
  },

  async "customers have fund accounts"() {
    const customer = await razorpay.customers.create({ name: "Asha", email: "asha@example.com", contact: "9800000001" });
    assert.deepEqual(await razorpay.customers.fetch(customer.id), customer);
    assert.equal((await razorpay.customers.edit(customer.id, { name: "Asha Rao" })).name, "Asha Rao");
    assert.equal((await razorpay.customers.all()).count, 1);
    const bank_account = { name: "Asha Rao", ifsc: "HDFC0000001", account_number: "1121431121541121" };
    await razorpay.fundAccount.create({ customer_id: customer.id, account_type: "bank_account", bank_account });
    assert.equal((await razorpay.fundAccount.fetch(customer.id)).count, 1);
  },

  async "parts of a payment are transferred and taken back"() {
    const details = { email: "ravi@example.com", phone: "9800000002", type: "route", business_type: "individual" };
    const account = await razorpay.accounts.create({ ...details, legal_business_name: "Ravi Kumar" });
    assert.deepEqual(await razorpay.accounts.fetch(account.id), account);
    const { payment } = await paid();
    const part = { account: account.id, amount: 30000, currency: "INR", on_hold: true };
    const made = (await razorpay.payments.transfer(payment.id, { transfers: [part] })).items[0];
    assert.deepEqual((await razorpay.payments.fetchTransfer(payment.id)).items, [made]);
    assert.deepEqual(await razorpay.transfers.fetch(made.id), made);
    assert.equal((await razorpay.transfers.edit(made.id, { on_hold: false })).on_hold, false);
    assert.equal((await razorpay.transfers.reverse(made.id, { amount: 100 })).amount, 100);
    assert.equal((await razorpay.transfers.all()).count, 1);
  },

  async "refusals carry status and envelope"() {
    const refused = await razorpay.orders.create({ amount: 500.5 }).catch((error) => error);
    assert.equal(refused.statusCode, 400);
    assert.equal(refused.error.description, "The amount must be an integer.");
    const stranger = new Razorpay({ ...key, key_secret: "guessed" });
    stranger.api.rq.defaults.baseURL = sandbox;
    assert.equal((await stranger.orders.all().catch((error) => error)).statusCode, 401);
  },

  async "faults are told as Razorpay's are"() {
    for (const [kind, status] of [["too_many_requests", 429], ["server_error", 500], ["bad_gateway", 502]]) {
      await control("POST", "faults", { kind });
      assert.equal((await razorpay.orders.all().catch((error) => error)).statusCode, status);
    }
  },

  async "webhooks are verified from their raw body only"() {
    await control("PUT", "webhook", { url: "http://127.0.0.1:9/", secret: "whispered" });
    await paid();
    const { items } = await control("GET", "webhooks");
    assert.equal(items.length, 3);
    for (const { body, signature } of items) {
      assert.ok(Razorpay.validateWebhookSignature(body, signature, "whispered"));
      assert.ok(!Razorpay.validateWebhookSignature(JSON.stringify(JSON.parse(body)), signature, "whispered"));
    }
  },
};

(async () => {
  for (const [name, step] of Object.entries(steps)) {
    await control("POST", "reset");
    await step();
    console.log(`ok ${name}`);
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
