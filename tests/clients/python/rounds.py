"""The official Python client, with somebody behind it who answers whatever the server asks.

argv: endpoint, tool, arguments as JSON. Prints one JSON object: what was spoken, asked and answered. Needs mcp 2.x.
"""

import asyncio
import json
import sys

from mcp import Client, types
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

asked = []


async def on_elicitation(context, params):
    asked.append(params.message)
    return types.ElicitResult(action="accept", content={"name": "Ann"})


async def on_sampling(context, params):
    asked.append(params.messages[0].content.text)
    content = types.TextContent(type="text", text="from a model")
    return types.CreateMessageResult(role="assistant", model="m", content=content)


async def on_roots(context):
    asked.append("roots")
    return types.ListRootsResult(roots=[types.Root(uri="file:///own", name="own")])


async def main():
    endpoint, tool, arguments = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    async with create_mcp_http_client() as http:
        client = Client(
            streamable_http_client(endpoint, http_client=http),
            elicitation_callback=on_elicitation,
            sampling_callback=on_sampling,
            list_roots_callback=on_roots,
        )
        async with client:
            result = await client.call_tool(tool, arguments)
            text = "".join(getattr(part, "text", "") for part in result.content)
            version = client.protocol_version
            print(json.dumps({"version": version, "asked": asked, "text": text}), flush=True)


asyncio.run(main())
