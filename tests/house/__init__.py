"""The house's own rules, checked."""
