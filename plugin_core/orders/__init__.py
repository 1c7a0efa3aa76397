"""Orders, lines, refunds and the purchase metrics kept per customer."""
