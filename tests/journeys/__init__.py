"""The whole program from outside: its command line, the twins of both platforms, and what both hold afterwards."""
