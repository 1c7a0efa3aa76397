"""Segments: the rule language, RFM, lifecycle, membership and its history."""
