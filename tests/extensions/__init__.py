"""Tests of what runs on the platforms."""
