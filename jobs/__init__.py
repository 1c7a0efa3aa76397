"""Time: what is due, in which order, and who owns the transactions around it."""
