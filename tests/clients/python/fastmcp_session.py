"""FastMCP's client as one application that stays. It opens the browser itself, and listens for the answer itself.

argv: endpoint. Prints {"ready": true} once connected, then answers as session.py does.
"""

import asyncio
import sys

from fastmcp import Client
from login import say
from session import root_of


async def answer(client, command):
    if command == "list":
        return "\n".join(tool.name for tool in await client.list_tools())
    result = await client.call_tool("whoami", {})
    return "\n".join(getattr(part, "text", "") for part in result.content)


async def main():
    async with Client(sys.argv[1], auth="oauth") as client:
        say({"ready": True})
        while line := await asyncio.to_thread(sys.stdin.readline):
            try:
                say({"text": await answer(client, line.strip())})
            except Exception as error:
                say({"error": f"{type(error).__name__}: {error}"})


try:
    asyncio.run(main())
except BaseException as error:
    error = root_of(error)
    say({"error": f"{type(error).__name__}: {error}"})
