"""The WordPress plugin, in a WordPress."""
