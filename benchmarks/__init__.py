"""Benchmarks against a limit measured beside them."""
