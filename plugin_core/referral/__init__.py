"""Referral codes of advocates."""
