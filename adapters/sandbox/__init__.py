"""HTTP twins of both platforms on loopback, for the demo, the tests and development."""
