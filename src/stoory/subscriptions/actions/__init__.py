"""What happens to subscriptions. Each is a part of one transaction, as the system, with what is somebody's held first.

Locks are taken in one order everywhere: the user where something new begins, what they are on, a coupon, the order, the
numbers of invoices, and the ledger's accounts last.
"""
