"""What stores tell us: stored raw, applied once, replayable."""
