"""Serves the repositories below one folder: `serve.py FOLDER`.

The server of the package is confined to FOLDER as a whole, so that a person may have several
repositories; a tool beside the package's own tells which there are.
"""

import asyncio
import os
import sys
from pathlib import Path

from mcp.types import ToolAnnotations
from mcp_server_git.server import create_server

# A folder of checked-out files may be large; nobody nests repositories deeper.
DEPTH_MAX = 4


def find_repositories(folder: Path) -> list[str]:
    """Paths of the repositories below `folder`, from there; nothing inside of one is looked at."""
    found = []
    for place, folders, files in os.walk(folder):
        path = Path(place)
        if ".git" in folders or ".git" in files:
            found.append(str(path.relative_to(folder)))
            folders.clear()
        elif len(path.relative_to(folder).parts) >= DEPTH_MAX:
            folders.clear()
    return sorted(found)


def main() -> None:
    folder = Path(sys.argv[1]).resolve()
    server = create_server(folder)

    @server.tool(
        name="git_repositories",
        description="Lists the repositories that there are, as the other tools want repo_path",
        annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
        structured_output=False,
    )
    def repositories() -> str:
        return "\n".join(find_repositories(folder)) or "There is no repository yet."

    asyncio.run(server.run_stdio_async())


main()
