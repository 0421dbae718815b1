"""Looking behind a conversation when something went wrong: for operators, on the record."""
