"""Serves one SQLite database: `serve.py FILE`.

The server of the package runs whatever statement it is given. Here a statement reaches FILE alone
(no ATTACH, no VACUUM INTO, no extensions), ends after a while, and has bounds of size. What it
sorts, or puts into temporary tables, lies in files of SQLite's own, which go with it: the process
has bounds for those, and for the memory in which an answer is collected.
"""

import asyncio
import resource
import sqlite3
import sys
import time

from mcp_server_sqlite import server

STATEMENT_SECONDS_MAX = 30
# How often the time is looked at, in instructions of the engine: some milliseconds.
INSTRUCTIONS_BETWEEN = 100_000

FILE_BYTES_MAX = 1024**3
VALUE_BYTES_MAX = 64 * 1024**2
# Of each file: a journal is somewhat larger than what it is for.
ANY_FILE_BYTES_MAX = FILE_BYTES_MAX + FILE_BYTES_MAX // 8
MEMORY_BYTES_MAX = 2 * 1024**3

# sqlite3.h; the module does not name them all.
SQLITE_PRAGMA = 19
SQLITE_ATTACH = 24
SQLITE_FUNCTION = 31


def authorize(action: int, first: str | None, second: str | None, *_place: str | None) -> int:
    """Asked by SQLite about each step of a statement before it is run."""
    # VACUUM attaches a nameless temporary file; any other name is somebody's.
    if action == SQLITE_ATTACH and first != "":
        return sqlite3.SQLITE_DENY
    if action == SQLITE_PRAGMA and (first or "").lower() in ("max_page_count", "page_size"):
        return sqlite3.SQLITE_DENY
    if action == SQLITE_FUNCTION and second == "load_extension":
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def bound(connection: sqlite3.Connection) -> None:
    (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    connection.execute(f"PRAGMA max_page_count = {FILE_BYTES_MAX // page_bytes}")
    # Python 3.10 cannot say it: there SQLite's own bound of a gigabyte holds.
    if hasattr(connection, "setlimit"):
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX)


def bound_process(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY and hard <= most:
        return
    try:
        resource.setrlimit(kind, (most, hard))
    except (ValueError, OSError):
        # macOS does not know each of them.
        pass


class GuardedConnections:
    """Stands where the server expects the module `sqlite3`."""

    Row = sqlite3.Row
    Error = sqlite3.Error

    @staticmethod
    def connect(path: str) -> sqlite3.Connection:
        connection = sqlite3.connect(path)
        bound(connection)
        deadline = time.monotonic() + STATEMENT_SECONDS_MAX
        connection.set_authorizer(authorize)
        connection.set_progress_handler(
            lambda: time.monotonic() > deadline, INSTRUCTIONS_BETWEEN
        )
        return connection


bound_process(resource.RLIMIT_FSIZE, ANY_FILE_BYTES_MAX)
bound_process(resource.RLIMIT_AS, MEMORY_BYTES_MAX)
server.sqlite3 = GuardedConnections
asyncio.run(server.main(sys.argv[1]))
