"""What happens to deals: beginning one, making a move, letting a clock run out. Each is one transaction."""
