"""Tests of referral codes."""
