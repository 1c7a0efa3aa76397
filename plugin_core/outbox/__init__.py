"""Outside effects: claimed, carried out without a transaction, recorded; desired-state write-back."""
