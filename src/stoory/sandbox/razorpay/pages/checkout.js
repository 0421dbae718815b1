// Tells the page that opened Checkout what becomes of it; without one, the page itself shows it.
"use strict";

const outcome = document.getElementById("outcome");
const wayOn = document.querySelector("form, a.button");
const origin = outcome ? outcome.dataset.origin : wayOn.elements.origin.value;
let goesOn = false;

function tell(message) {
  window.opener?.postMessage(message, origin || "*");
}

if (outcome?.dataset.message) {
  const message = JSON.parse(outcome.dataset.message);
  tell(message);
  if (window.opener && !message.error) {
    window.setTimeout(() => window.close(), 1200);
  }
}

if (wayOn) {
  wayOn.addEventListener(wayOn.matches("form") ? "submit" : "click", (event) => {
    // Whoever presses twice pays once.
    if (goesOn) {
      event.preventDefault();
    }
    goesOn = true;
  });
  window.addEventListener("pageshow", () => { goesOn = false; });
  window.addEventListener("pagehide", () => {
    if (!goesOn) {
      tell({ event: "checkout.dismissed" });
    }
  });
}
