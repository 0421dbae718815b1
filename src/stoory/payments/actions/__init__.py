"""What happens to orders, payments and refunds. Each is a part of one transaction, as the system."""
