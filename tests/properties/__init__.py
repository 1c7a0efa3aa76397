"""Rules that hold for any history, tried on many."""
