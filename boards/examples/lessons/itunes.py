# SPDX-License-Identifier: MIT
"""itunes: the newest albums of five artists, all searched at once; only the artist's own are kept."""
import asyncio

from lessons import why

ARTISTS = ("The Beatles", "Pink Floyd", "Led Zeppelin", "Queen", "The Rolling Stones")


async def search(session, api, artist):
    query = {"term": artist, "entity": "album", "limit": "5", "sort": "recent"}
    async with session.get(f"{api}/search", params=query) as response:
        response.raise_for_status()
        answer = await response.json(content_type=None)
    return [album["collectionName"] for album in answer["results"] if album["artistName"] == artist]


async def lesson(session, api, _key, _model):
    found = await asyncio.gather(*(search(session, api, artist) for artist in ARTISTS), return_exceptions=True)
    for artist, albums in zip(ARTISTS, found):
        if isinstance(albums, Exception):
            print(why(albums))
            continue
        print(artist)
        for album in albums:
            print(f"    {album}")
