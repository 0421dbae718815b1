"""What payments do by themselves: apply webhooks, send refunds, and ask Razorpay about what is not settled."""
