"""What a change of settings would do, found out by doing it on copies: the same code as later, and nothing is written."""
