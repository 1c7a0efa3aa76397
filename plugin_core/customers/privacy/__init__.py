"""People's rights over what is kept about them: see all of it, have it erased, stay erased."""
