"""The ledger: where every paisa is, by double entry. Journals are posted once and never changed."""
