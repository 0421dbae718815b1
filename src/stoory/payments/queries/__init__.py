"""What is stored of orders, payments, refunds, webhooks and of what does not fit."""
