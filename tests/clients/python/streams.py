"""The official Python client in front of slow calls: one is cut off by the network, one fails, one is cancelled.

argv: endpoint, and for mcp 2.x the mode ("legacy": with a session, "auto": without one if the server can).
Prints one JSON object: what each came to. Works with mcp 1.x and 2.x.
"""

import asyncio
import json
import sys

from mcp import ClientSession
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

try:
    from mcp import Client
except ImportError:
    Client = None


async def outcome(session, arguments, seconds=20):
    progress = []

    async def on_progress(done, *_):
        progress.append(done)

    call = session.call_tool("work", arguments, progress_callback=on_progress)
    try:
        result = await asyncio.wait_for(call, seconds)
        text = "".join(getattr(part, "text", "") for part in result.content)
        return {"text": text, "progress": progress}
    except asyncio.TimeoutError:
        return {"timeout": True}
    except Exception as error:
        return {"error": str(error), "progress": progress}


async def use(session):
    outcomes = {
        "cut": await outcome(session, {"steps": 3, "ms": 400, "bytes": 3, "note": "cut-me-off"}),
        "failed": await outcome(session, {"steps": 2, "ms": 200, "fails": True}),
        "cancelled": await outcome(session, {"steps": 50, "ms": 100, "note": "to-cancel"}, seconds=0.5),
    }
    # Long enough for a client that thinks it has to come back.
    await asyncio.sleep(2.5)
    outcomes["after"] = await outcome(session, {"steps": 1, "ms": 200, "bytes": 1})
    print(json.dumps(outcomes), flush=True)


async def main():
    endpoint = sys.argv[1]
    async with create_mcp_http_client() as http:
        if Client is not None:
            transport = streamable_http_client(endpoint, http_client=http)
            async with Client(transport, mode=sys.argv[2]) as client:
                await use(client)
            return
        async with streamable_http_client(endpoint, http_client=http) as (read, write, _):
            async with ClientSession(read, write) as session:
                await session.initialize()
                await use(session)


asyncio.run(main())
