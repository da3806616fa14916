# SPDX-License-Identifier: MIT
"""posts: three posts one after another, then all at once. One that fails never hurts the others."""
import asyncio
import time

from lessons import why


async def get_post(session, api, number):
    async with session.get(f"{api}/posts/{number}") as response:
        response.raise_for_status()
        return await response.json()


def show(posts):
    for post in posts:
        if isinstance(post, Exception):
            print(why(post))
        else:
            print(f"Title: {post['title']}\nBody: {post['body']}")


async def lesson(session, api, _key, _model):
    start = time.monotonic()
    for number in (1, 2, 3):
        show(await asyncio.gather(get_post(session, api, number), return_exceptions=True))
    print(f"one after another: {time.monotonic() - start:.2f} s")

    start = time.monotonic()
    show(await asyncio.gather(*(get_post(session, api, number) for number in (1, 2, 3)), return_exceptions=True))
    print(f"all at once: {time.monotonic() - start:.2f} s")
