"""How background work stands, store by store: what was asked for, what has to wait and why, what was done."""
