const whole = new Intl.NumberFormat('en-IN');
const exact = new Intl.NumberFormat('en-IN', { minimumFractionDigits: 2 });

/** Writes an amount as in India: ₹4,500, ₹1,20,000.50. */
export function rupees(amount) {
  return `₹${(Number.isInteger(amount) ? whole : exact).format(amount)}`;
}

/** Tells whether it is a number of rupees with two decimals at most. */
export function isAmount(amount) {
  return typeof amount === 'number' && amount >= 1 && amount < 1e8 && Number(amount.toFixed(2)) === amount;
}
