"""Tests of the twins: the fakes are held to what the real ones were seen to do."""
