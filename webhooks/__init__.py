"""Machines call us: verify, store, answer."""
