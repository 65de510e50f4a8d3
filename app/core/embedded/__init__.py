"""PostgreSQL that comes with Sitthi, under a small supervisor of our own (PERFORMANCE 1).

    with start_embedded(default_data_dir()) as server:
        ...  # connect to server.dsn_service
        # in the service, beside it: asyncio.create_task(supervise(server)), from app.core.embedded.supervise

One server per data directory, shared by all processes that ask for it and stopped with the last of them. Each of them
holds a shared lock; one keeper process, the server's parent, waits for that lock to be free, restarts the server when
it dies, and stops it when nobody is left. All is decided by locks and connections, nothing by process ids: after
`kill -9` of any of them, or all, the next to come finds everything as it must be. Needs a POSIX system.

errors      EmbeddedError
accounts    as whom the server runs
binaries    where its programs come from
home        its places on disk
cluster     its files and its command line
probe       is it alive
locks       who uses it
keeper      the process that keeps it
server      start_embedded and Running
"""

from app.core.embedded.binaries import PostgresBinaries, find_binaries
from app.core.embedded.errors import EmbeddedError
from app.core.embedded.home import default_data_dir
from app.core.embedded.server import FAST_UNSAFE, Running, start_embedded

__all__ = [
    "FAST_UNSAFE",
    "EmbeddedError",
    "PostgresBinaries",
    "Running",
    "default_data_dir",
    "find_binaries",
    "start_embedded",
]
