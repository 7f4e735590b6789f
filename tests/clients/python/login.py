"""The official Python client: logs in at an MCP endpoint, lists tools and calls one.

argv: endpoint, tool, arguments as JSON. Prints one JSON object a line: {"authorize": url}, then, after a
line with the redirect on stdin, {"tools": [...], "text": "..."}. Works with mcp 1.x and 2.x.
"""

import asyncio
import json
import sys
from urllib.parse import parse_qs, urlparse

from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from mcp.shared.auth import OAuthClientMetadata

try:
    from mcp.shared.auth import AuthorizationCodeResult
    from mcp import Client
except ImportError:
    AuthorizationCodeResult = None
    Client = None


class Storage:
    tokens = None
    client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


def say(message):
    print(json.dumps(message), flush=True)


async def on_redirect(url):
    say({"authorize": url})


async def on_callback():
    line = await asyncio.to_thread(sys.stdin.readline)
    answer = {name: values[0] for name, values in parse_qs(urlparse(line.strip()).query).items()}
    if AuthorizationCodeResult is None:
        return answer["code"], answer.get("state")
    return AuthorizationCodeResult(
        code=answer["code"], state=answer.get("state"), iss=answer.get("iss")
    )


def provider(endpoint):
    metadata = OAuthClientMetadata(
        client_name="Python test client", redirect_uris=["http://localhost:33334/callback"]
    )
    return OAuthClientProvider(
        endpoint,
        metadata,
        Storage(),
        redirect_handler=on_redirect,
        callback_handler=on_callback,
    )


async def use(session, tool, arguments):
    tools = await session.list_tools()
    result = await session.call_tool(tool, arguments)
    text = "\n".join(getattr(part, "text", "") for part in result.content)
    say({"tools": [one.name for one in tools.tools], "text": text})


async def main():
    endpoint, tool, arguments = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    async with create_mcp_http_client(auth=provider(endpoint)) as http:
        if Client is not None:
            # 2.x tries the stateless revision first and falls back to sessions by itself.
            async with Client(streamable_http_client(endpoint, http_client=http)) as client:
                await use(client, tool, arguments)
            return
        async with streamable_http_client(endpoint, http_client=http) as (read, write, _):
            async with ClientSession(read, write) as session:
                await session.initialize()
                await use(session, tool, arguments)


if __name__ == "__main__":
    asyncio.run(main())
