"""The project's tests; the tree mirrors the packages."""
