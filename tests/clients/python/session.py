"""The official Python client as one application that stays: it logs in, then does what it is told.

argv: endpoint. Prints one JSON object a line: {"authorize": url}, answered by a line with the redirect on
stdin; {"ready": true} once connected; then for each line `list` or `call` on stdin {"text": "..."} or
{"error": "..."}. Works with mcp 1.x and 2.x.
"""

import asyncio
import sys

from mcp import ClientSession
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

from login import Client, provider, say


def root_of(error):
    while getattr(error, "exceptions", None):
        error = error.exceptions[0]
    return error


async def answer(session, command):
    if command == "list":
        tools = await session.list_tools()
        return "\n".join(tool.name for tool in tools.tools)
    result = await session.call_tool("whoami", {})
    return "\n".join(getattr(part, "text", "") for part in result.content)


async def serve(session):
    say({"ready": True})
    while line := await asyncio.to_thread(sys.stdin.readline):
        try:
            say({"text": await answer(session, line.strip())})
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}"})


async def main():
    endpoint = sys.argv[1]
    async with create_mcp_http_client(auth=provider(endpoint)) as http:
        if Client is not None:
            async with Client(streamable_http_client(endpoint, http_client=http)) as client:
                return await serve(client)
        async with streamable_http_client(endpoint, http_client=http) as (read, write, _):
            async with ClientSession(read, write) as session:
                await session.initialize()
                await serve(session)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except BaseException as error:
        error = root_of(error)
        say({"error": f"{type(error).__name__}: {error}"})
