# SPDX-License-Identifier: MIT
"""images: a picture for each prompt, two prompts at a time; then the same, one after another."""
import asyncio
import base64
import time

from lessons import why

PROMPTS = ("robot dog in a lab", "robot dog exploring the city", "robot dog watching the sunset")


async def make(session, api, key, model, slots, number, prompt):
    async with slots:
        question = {"model": model, "prompt": prompt, "size": "1024x1024"}
        async with session.post(f"{api}/v1/images/generations", json=question,
                                headers={"Authorization": f"Bearer {key}"}) as response:
            response.raise_for_status()
            picture = (await response.json())["data"][0]
        if "url" in picture:
            async with session.get(picture["url"]) as response:
                response.raise_for_status()
                data = await response.read()
        else:
            data = base64.b64decode(picture["b64_json"])
        name = f"robot_dog_journey_{number}.jpg"
        with open(name, "wb") as file:
            file.write(data)
        return f"{name}: {len(data)} bytes"


async def all_of_them(session, api, key, model, at_once):
    slots = asyncio.Semaphore(at_once)
    start = time.monotonic()
    made = await asyncio.gather(*(make(session, api, key, model, slots, number, prompt)
                                  for number, prompt in enumerate(PROMPTS, 1)), return_exceptions=True)
    for one in made:
        print(why(one) if isinstance(one, Exception) else one)
    print(f"{at_once} at once: {time.monotonic() - start:.2f} s")


async def lesson(session, api, key, model):
    await all_of_them(session, api, key, model, 2)
    await all_of_them(session, api, key, model, 1)
