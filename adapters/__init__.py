"""Outside systems, translated into the core's own words."""
