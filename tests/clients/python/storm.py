"""Several of the official Python client, in one process, on a token store that other processes share.

argv: endpoint, store file, number of clients. Prints {"authorize": url} when a person is needed and reads
the redirect from stdin. Prints {"ready": true} when all are connected; then, for each line `call` on stdin,
every client calls `whoami` three times at once, and {"answers": [...]} is printed. `storm` does the same
after each client's clock was put beyond the end of its token. Needs mcp 2.x.
"""

import asyncio
import json
import os
import sys
import time
from contextlib import AsyncExitStack
from urllib.parse import parse_qs, urlparse

from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)

ENDPOINT, STORE, CLIENTS = sys.argv[1], sys.argv[2], int(sys.argv[3])
CALLS = 3


class FileStorage:
    def read(self):
        try:
            with open(STORE) as file:
                return json.load(file)
        except FileNotFoundError:
            return {}

    def write(self, **changes):
        coming = f"{STORE}.{os.getpid()}"
        with open(coming, "w") as file:
            json.dump({**self.read(), **changes}, file)
        os.replace(coming, STORE)

    async def get_tokens(self):
        tokens = self.read().get("tokens")
        return tokens and OAuthToken.model_validate(tokens)

    async def set_tokens(self, tokens):
        expires_at = time.time() + (tokens.expires_in or 0)
        self.write(tokens=tokens.model_dump(mode="json"), expires_at=expires_at)

    async def get_client_info(self):
        client = self.read().get("client")
        return client and OAuthClientInformationFull.model_validate(client)

    async def set_client_info(self, client):
        self.write(client=client.model_dump(mode="json", exclude_none=True))


class Provider(OAuthClientProvider):
    """The SDK forgets when stored tokens expire; this application does not."""

    async def _initialize(self):
        await super()._initialize()
        self.context.token_expiry_time = self.context.storage.read().get("expires_at")


def say(message):
    print(json.dumps(message), flush=True)


def read_line():
    return asyncio.to_thread(sys.stdin.readline)


async def on_redirect(url):
    say({"authorize": url})


async def on_callback():
    query = parse_qs(urlparse((await read_line()).strip()).query)
    answer = {name: values[0] for name, values in query.items()}
    return AuthorizationCodeResult(
        code=answer["code"], state=answer.get("state"), iss=answer.get("iss")
    )


PROVIDERS = []


async def connect(stack):
    metadata = OAuthClientMetadata(
        client_name="Python storm client", redirect_uris=["http://localhost:33335/callback"]
    )
    auth = Provider(
        ENDPOINT,
        metadata,
        FileStorage(),
        redirect_handler=on_redirect,
        callback_handler=on_callback,
    )
    PROVIDERS.append(auth)
    http = await stack.enter_async_context(create_mcp_http_client(auth=auth))
    return await stack.enter_async_context(
        Client(streamable_http_client(ENDPOINT, http_client=http))
    )


async def ask(client):
    result = await client.call_tool("whoami", {})
    return "\n".join(getattr(part, "text", "") for part in result.content)


async def main():
    async with AsyncExitStack() as stack:
        # The first one may need a person; the others find what it stored.
        clients = [await connect(stack) for _ in range(CLIENTS)]
        say({"ready": True})
        while line := await read_line():
            if line.strip() == "storm":
                for provider in PROVIDERS:
                    provider.context.token_expiry_time = time.time() - 1
            calls = [ask(client) for client in clients for _ in range(CALLS)]
            say({"answers": await asyncio.gather(*calls)})


asyncio.run(main())
