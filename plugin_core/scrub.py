"""What was deleted still lies in free pages of SQLite's file and in the log beside it; written anew, it is gone there."""

from __future__ import annotations

import contextlib
import sqlite3

from plugin_core.db import Database


def scrub(database: Database) -> bool:
    """Whether nothing that was deleted can be read from the files any more. False: somebody is reading or writing; try again.

    PostgreSQL's files are its server's: deleted rows are overwritten when it vacuums.
    """
    if database.engine.dialect.name != "sqlite":
        return True
    with contextlib.closing(sqlite3.connect(str(database.engine.url.database), timeout=5, isolation_level=None)) as connection:
        try:
            connection.execute("VACUUM")
            busy, _pages, _moved = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:  # locked; or the disk can't hold a second copy: what was to be erased is erased
            return False
    return not busy
