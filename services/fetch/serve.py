"""Serves the public web: the program of the package, with its arguments, and with two things settled.

A library of it would run npm at the first page, to install what nobody pinned, and print its words
between our messages; without Node it does the work itself. And one huge page must not take the
memory of the machine: it fails its own call.
"""

import resource

import readabilipy.simple_json
from mcp_server_fetch import main

MEMORY_BYTES_MAX = 2 * 1024**3

readabilipy.simple_json.have_node = lambda: False

_, most = resource.getrlimit(resource.RLIMIT_AS)
if most == resource.RLIM_INFINITY or most > MEMORY_BYTES_MAX:
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, most))
    except (ValueError, OSError):
        # macOS knows no such bound.
        pass

main()
