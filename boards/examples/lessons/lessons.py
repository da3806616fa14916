#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""lessons.py NAME [API [MODEL]]: runs one lesson, as lessons.c does. Needs aiohttp."""
import asyncio
import importlib
import os
import ssl
import sys

import aiohttp

# The API that each asks if none is named, and the model.
SERVICES = {
    "posts": ("https://jsonplaceholder.typicode.com", ""),
    "itunes": ("https://itunes.apple.com", ""),
    "images": ("https://api.openai.com", "gpt-image-1"),
    "tour": ("https://jsonplaceholder.typicode.com", ""),
    "chat": ("https://api.openai.com", "gpt-4o-mini"),
}


def why(error):
    """One line for an exception of aiohttp."""
    if isinstance(error, aiohttp.ClientResponseError):
        side = "Client" if error.status < 500 else "Server"
        return f"{error.status} {side} Error: {error.message} for url: {error.request_info.real_url}"
    if isinstance(error, asyncio.TimeoutError):
        return "timed out"
    if isinstance(error, ValueError):
        return "malformed JSON"
    return "connection failed"


async def main(name, api=None, model=None):
    usual_api, usual_model = SERVICES[name]
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE")))
    async with aiohttp.ClientSession(connector=connector) as session:
        await importlib.import_module(name).lesson(
            session, api or usual_api, os.environ.get("OPENAI_API_KEY", ""), model or usual_model)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
