"""Serves one SQLite database: `serve.py FILE`.

The server of the package runs whatever statement it is given. Here a statement reaches FILE alone
(no ATTACH, no VACUUM INTO, no extensions) and ends after a while.
"""

import asyncio
import sqlite3
import sys
import time

from mcp_server_sqlite import server

STATEMENT_SECONDS_MAX = 30
# How often the time is looked at, in instructions of the engine: some milliseconds.
INSTRUCTIONS_BETWEEN = 100_000

# sqlite3.h; the module does not name them all.
SQLITE_ATTACH = 24
SQLITE_FUNCTION = 31


def authorize(action: int, first: str | None, second: str | None, *_place: str | None) -> int:
    """Asked by SQLite about each step of a statement before it is run."""
    # VACUUM attaches a nameless temporary file; any other name is somebody's.
    if action == SQLITE_ATTACH and first != "":
        return sqlite3.SQLITE_DENY
    if action == SQLITE_FUNCTION and second == "load_extension":
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


class GuardedConnections:
    """Stands where the server expects the module `sqlite3`."""

    Row = sqlite3.Row
    Error = sqlite3.Error

    @staticmethod
    def connect(path: str) -> sqlite3.Connection:
        connection = sqlite3.connect(path)
        deadline = time.monotonic() + STATEMENT_SECONDS_MAX
        connection.set_authorizer(authorize)
        connection.set_progress_handler(
            lambda: time.monotonic() > deadline, INSTRUCTIONS_BETWEEN
        )
        return connection


server.sqlite3 = GuardedConnections
asyncio.run(server.main(sys.argv[1]))
