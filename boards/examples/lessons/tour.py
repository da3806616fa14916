# SPDX-License-Identifier: MIT
"""tour: tasks, sleep, gather, fail-fast, as-completed, a time limit, cleanup, a stream, many URLs, errors."""
import asyncio

import aiohttp

from lessons import why


async def say_after(seconds, what):
    await asyncio.sleep(seconds)
    print(what)
    return what


async def tasks():
    slow = asyncio.create_task(say_after(0.2, "slow"))
    fast = asyncio.create_task(say_after(0.1, "fast"))
    await slow
    await fast


async def fail_after(seconds):
    await asyncio.sleep(seconds)
    raise ValueError("malformed JSON")


async def fail_fast():
    try:
        async with asyncio.TaskGroup() as group:    # gather alone would let the other one go on
            group.create_task(say_after(60, "never said"))
            group.create_task(fail_after(0.05))
    except* ValueError as errors:
        print(f"failed fast: {errors.exceptions[0]}")


async def as_completed():
    for first in asyncio.as_completed([say_after(0.15, "third"), say_after(0.05, "first"), say_after(0.1, "second")]):
        await first
    print("all completed")


async def hold():
    print("held")
    try:
        await asyncio.sleep(60)
    finally:
        print("cleaned up")


async def time_limit():
    try:
        await asyncio.wait_for(hold(), 0.05)
    except asyncio.TimeoutError:
        print("timed out")


async def stream(session, api):
    total = 0
    async with session.get(f"{api}/posts") as response:
        async for chunk in response.content.iter_chunked(1024):
            total += len(chunk)     # never whole in memory
    print(f"{total} bytes")


async def status(session, api, number):
    async with session.get(f"{api}/posts/{number}") as response:
        return response.status


async def many(session, api):
    for found in await asyncio.gather(*(status(session, api, number) for number in range(1, 6))):
        print(found)


async def errors(session, api):
    try:
        async with session.post(f"{api}/v1/images/generations", json={}) as response:
            response.raise_for_status()
    except aiohttp.ClientError as error:
        print(f"ERROR {why(error)}")
    print("and the program goes on")


async def lesson(session, api, _key, _model):
    await tasks()
    await fail_fast()
    await as_completed()
    await time_limit()
    await stream(session, api)
    await many(session, api)
    await errors(session, api)
