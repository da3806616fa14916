# SPDX-License-Identifier: MIT
"""chat: the answer of a language model, token by token as it comes."""
import json

import aiohttp

from lessons import why

QUESTION = "What are hops and streams?"


async def lesson(session, api, key, model):
    question = {"model": model, "stream": True, "messages": [{"role": "user", "content": QUESTION}]}
    try:
        async with session.post(f"{api}/v1/chat/completions", json=question,
                                headers={"Authorization": f"Bearer {key}"}) as response:
            response.raise_for_status()
            async for line in response.content:
                if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
                    continue
                delta = json.loads(line[6:])["choices"][0]["delta"]
                print(delta.get("content", ""), end="", flush=True)
        print()
    except (aiohttp.ClientError, ValueError) as error:
        print(why(error))
