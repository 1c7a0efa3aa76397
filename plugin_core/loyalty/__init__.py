"""Points ledger and tiers."""
