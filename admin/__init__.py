"""Store admins: the page in their store's admin."""
