"""Payments: orders, what Razorpay says became of them, and refunds. What the money is for, others know."""
