"""The shared core: tables and rules. Knows no platform and no web framework."""
