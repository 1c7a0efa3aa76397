"""People across stores: identities, merge and unmerge, consent."""
