"""The official Python client in front of server-everything: progress, and what the server asks its client.

argv: endpoint. Prints one JSON object: what each tool answered. Works with mcp 1.x and 2.x.
"""

import asyncio
import json
import sys

from mcp import ClientSession, types
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client


async def on_sampling(context, params):
    content = types.TextContent(type="text", text="sampled-answer")
    return types.CreateMessageResult(role="assistant", content=content, model="m")


async def on_elicitation(context, params):
    return types.ElicitResult(action="decline")


async def on_roots(context):
    return types.ListRootsResult(roots=[types.Root(uri="file:///root-of-the-client", name="mine")])


async def use(session):
    progress = []

    async def on_progress(done, *_):
        progress.append(done)

    async def call(tool, arguments={}, **options):
        result = await session.call_tool(tool, arguments, **options)
        return "\n".join(getattr(part, "text", "") for part in result.content)

    operation = {"duration": 1, "steps": 5}
    await call("trigger-long-running-operation", operation, progress_callback=on_progress)
    outcomes = {
        "progress": progress,
        "sampling": await call("trigger-sampling-request", {"prompt": "p", "maxTokens": 5}),
        "elicitation": await call("trigger-elicitation-request"),
        "roots": await call("get-roots-list"),
    }
    print(json.dumps(outcomes), flush=True)


async def main():
    endpoint = sys.argv[1]
    async with create_mcp_http_client() as http:
        async with streamable_http_client(endpoint, http_client=http) as (read, write, *_):
            async with ClientSession(
                read,
                write,
                sampling_callback=on_sampling,
                elicitation_callback=on_elicitation,
                list_roots_callback=on_roots,
            ) as session:
                await session.initialize()
                await use(session)


asyncio.run(main())
