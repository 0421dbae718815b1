// Tells the page that opened Checkout what became of it; without one, the page itself shows it.
"use strict";

const outcome = document.getElementById("outcome");

if (outcome && window.opener) {
  const message = JSON.parse(outcome.dataset.message);
  window.opener.postMessage(message, outcome.dataset.origin || "*");
  if (message.event !== "payment.failed") {
    window.setTimeout(() => window.close(), 1200);
  }
}
