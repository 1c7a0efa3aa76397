"""Who may open the pages: admins who sign in here, and staff whom a store's own admin has let in."""
