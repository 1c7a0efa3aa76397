"""Independent calculations of our numbers; they import nothing of ours."""
