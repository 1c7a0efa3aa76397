"""Accounts, their stores, encrypted credentials and typed settings."""
