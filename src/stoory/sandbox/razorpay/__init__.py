"""A local Razorpay: the parts of its API that a marketplace uses, a checkout page, signed webhooks, and a control door.

It is an ASGI application of its own and knows nothing of Stoory. One SQLite file keeps what it knows. Where its
documentation and its users disagree about Razorpay, a switch decides (`quirks`). A docstring that states how Razorpay
behaves names the page that says so.
"""
