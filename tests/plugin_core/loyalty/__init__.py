"""Tests of points and tiers."""
