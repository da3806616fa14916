# SPDX-License-Identifier: MIT
"""The public services that the programs call, imitated: posts, iTunes search, OpenAI images and chat."""
import asyncio
import base64
import dataclasses
import functools
import hashlib
import json
import math
import random
import re
import struct
import time
import zlib

from aiohttp import web

from reply import Reply, error_reply, json_reply

PREFIXES = ("/posts", "/search", "/v1/")    # what --delay holds for
WORDS = ("sunt aut facere repellat provident occaecati excepturi optio reprehenderit quia et suscipit "
         "recusandae consequuntur expedita nostrum rerum est autem architecto voluptas dolor").split()
POSTS = 100

routes = web.RouteTableDef()


# ---- jsonplaceholder

def post(number):
    pick = random.Random(f"post {number}")
    lines = [" ".join(pick.choices(WORDS, k=6)) for _ in range(5)]
    return {"userId": (number - 1) // 10 + 1, "id": number, "title": lines[0], "body": "\n".join(lines[1:])}


@routes.get("/posts")
async def list_posts(_request):
    return json_reply([post(number) for number in range(1, POSTS + 1)])


@routes.get("/posts/{number:[0-9]+}")
async def get_post(request):
    number = int(request.match_info["number"])
    return json_reply(post(number)) if 1 <= number <= POSTS else json_reply({}, 404)


@routes.post("/posts")
async def create_post(request):
    given = await json_object(request)
    if given is None:
        return error_reply(request.path, 400, "the body is not a JSON object")
    return json_reply({**given, "id": POSTS + 1}, 201, headers=[("Location", f"/posts/{POSTS + 1}")])


# ---- iTunes search

def album(artist, index):
    pick = random.Random(f"album {artist.lower()} {index}")
    # the real search returns other artists' albums too: every third is one
    name = [artist, artist, pick.choice([f"{artist} Tribute Band", "Various Artists", f"DJ {artist} & Friends"])]
    title = f"{pick.choice(WORDS)} {pick.choice(WORDS)} {pick.choice(['II', 'Live', '(Deluxe)', ''])}"
    released = f"{pick.randint(1970, 2024)}-{pick.randint(1, 12):02}-{pick.randint(1, 28):02}T07:00:00Z"
    return {
        "wrapperType": "collection", "collectionType": "Album", "artistId": zlib.crc32(artist.encode()),
        "collectionId": pick.randint(10**8, 10**9), "artistName": name[index % 3],
        "collectionName": title.strip().title(), "collectionCensoredName": title.strip().title(),
        "collectionPrice": 9.99, "collectionExplicitness": "notExplicit", "trackCount": pick.randint(6, 18),
        "copyright": f"℗ {released[:4]} midge", "country": "USA", "currency": "USD",
        "releaseDate": released, "primaryGenreName": "Pop",
    }


@routes.get("/search")
async def search(request):
    term = request.query.get("term", "").strip()
    try:
        limit = min(int(request.query.get("limit", 50)), 200)
    except ValueError:
        return json_reply({"errorMessage": "Invalid value(s) for key(s): [limit]"}, 400)
    artist = term if term != term.lower() else term.title()
    found = [album(artist, index) for index in range(15)] if term else []
    if request.query.get("sort") == "recent":
        found.sort(key=lambda one: one["releaseDate"], reverse=True)
    found = found[:limit]
    text = json.dumps({"resultCount": len(found), "results": found}, indent=1, ensure_ascii=False)
    return Reply(f"\n\n\n{text}\n\n\n".encode(), type="text/javascript; charset=utf-8")  # as the real one pads it


# ---- OpenAI images

@dataclasses.dataclass(frozen=True)
class Model:
    """What one takes: as the service, it refuses what it does not know."""
    parameters: set
    sizes: set = None       # None: any
    most: int = 10          # pictures of one request


SHARED = {"model", "prompt", "n", "size", "user"}
GPT_IMAGE = Model(SHARED | {"background", "moderation", "output_compression", "output_format", "partial_images",
                            "quality", "stream"}, {"1024x1024", "1024x1536", "1536x1024", "auto"})
MODELS = {
    "gpt-image-1": GPT_IMAGE,       # answers with b64_json, always
    "gpt-image-1-mini": GPT_IMAGE,
    "dall-e-2": Model(SHARED | {"quality", "response_format"}),     # with URLs, unless asked for b64_json
    "dall-e-3": Model(SHARED | {"quality", "response_format", "style"}, {"1024x1024", "1024x1792", "1792x1024"}, 1),
}


def image_refusal(path, given):
    """The 400 for what this model does not take; None when it will do."""
    def refuse(message, param, code):
        return error_reply(path, 400, message, param=param, code=code)
    name = given.get("model", "dall-e-2")
    if not isinstance(name, str) or name not in MODELS:
        return refuse(f"Invalid value: {name!r}. Value must be one of {', '.join(MODELS)}.", "model", "invalid_value")
    model = MODELS[name]
    for parameter in given:
        if parameter not in model.parameters:
            return refuse(f"Unknown parameter: '{parameter}'.", parameter, "unknown_parameter")
    prompt, count, size = given.get("prompt"), given.get("n", 1), given.get("size", "1024x1024")
    if not isinstance(prompt, str) or not prompt:
        return refuse("Missing required parameter: 'prompt'.", "prompt", "missing_required_parameter")
    if not isinstance(count, int) or not 1 <= count <= model.most:
        return refuse(f"'n' is an integer from 1 to {model.most}.", "n", "invalid_value")
    if not isinstance(size, str) or (size not in model.sizes if model.sizes else not picture_size(size)):
        return refuse(f"Invalid value: '{size}'. Supported values are: {model.sizes}.", "size", "invalid_value")
    if given.get("output_format", "png") not in ("png", "jpeg", "webp"):
        return refuse("Supported values are: 'png', 'jpeg' and 'webp'.", "output_format", "invalid_value")
    return None


@routes.post("/v1/images/generations")
@routes.post("/again/v1/images/generations")    # for a rule that redirects: /again{path}
async def generate_images(request):
    refused = refusal(request)
    if refused:
        return refused
    given = await json_object(request)
    refused = image_refusal(request.path, given or {})
    if refused:
        return refused
    size = given.get("size", "1024x1024").replace("auto", "1024x1024")
    encoded = given.get("model") in ("gpt-image-1", "gpt-image-1-mini") or given.get("response_format") == "b64_json"
    kind = "jpg" if given.get("output_format") == "jpeg" else "png"
    data = []
    for index in range(given.get("n", 1)):
        name = picture_name(given["prompt"], index)
        if encoded:
            data.append({"b64_json": base64.b64encode(PICTURES[kind](name, *picture_size(size))).decode()})
        else:
            data.append({"url": f"{origin(request)}/img/{name}.png?size={size}"})
    return json_reply({"created": int(time.time()), "data": data})


@routes.get("/img/{name}.{kind:png|jpg}")
@routes.get("/again/img/{name}.{kind:png|jpg}")
async def get_image(request):
    size, kind = picture_size(request.query.get("size", "256x256")), request.match_info["kind"]
    if not size:
        return error_reply(request.path, 400, "size is WIDTHxHEIGHT, at most 4096 each")
    return Reply(PICTURES[kind](request.match_info["name"], *size), type="image/" + kind.replace("jpg", "jpeg"))


def picture_name(prompt, index):
    """Readable, so that a rule can match one prompt's download."""
    slug = re.sub(r"[^a-z0-9]+", "-", prompt.lower()).strip("-")[:40]
    return f"{slug}-{hashlib.sha256(f'{prompt} {index}'.encode()).hexdigest()[:8]}"


def picture_size(text):
    match = re.fullmatch(r"(\d{1,4})x(\d{1,4})", text)
    size = tuple(map(int, match.groups())) if match else (0, 0)
    return size if all(1 <= side <= 4096 for side in size) else None


@functools.lru_cache(maxsize=64)
def picture(name, width, height):
    """The bytes of a PNG, always the same for one name and size: coloured waves with some grain."""
    pick = random.Random(f"picture {name}")
    phases = [pick.randrange(256) for _ in range(3)]
    row = bytes((phases[channel] + x * 255 // width + pick.randrange(12)) & 255
                for x in range(width) for channel in range(3))
    wave = bytes(int(127.5 + 127.5 * math.sin(math.tau * n / 256)) for n in range(256)) * 2
    rows = b"".join(b"\0" + row.translate(wave[y % 256:y % 256 + 256]) for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1))
            + chunk(b"IEND", b""))


@functools.lru_cache(maxsize=64)
def photo(name, width, height):
    """Bytes like a JPEG's, always the same for one name and size: markers around noise, a byte for 32 pixels."""
    noise = random.Random(f"photo {name} {width}x{height}").randbytes(max(1, width * height // 32))
    head = b"\xff\xe0" + struct.pack(">H5sHBHHBB", 16, b"JFIF\0", 0x101, 0, 1, 1, 0, 0)
    pieces = [noise[at:at + 65533] for at in range(0, len(noise), 65533)]
    return (b"\xff\xd8" + head + b"".join(b"\xff\xfe" + struct.pack(">H", len(one) + 2) + one for one in pieces)
            + b"\xff\xd9")


PICTURES = {"png": picture, "jpg": photo}


# ---- OpenAI chat

@routes.post("/v1/chat/completions")
async def chat(request):
    refused = refusal(request)
    if refused:
        return refused
    given = await json_object(request)
    messages = (given or {}).get("messages")
    if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages) or not messages:
        return error_reply(request.path, 400, "Missing required parameter: 'messages'.")
    asked = str(messages[-1].get("content", ""))
    answer = f"You said: “{asked}”. " + " ".join(random.Random(asked).choices(WORDS, k=20)) + "."
    head = {"id": "chatcmpl-" + hashlib.sha256(asked.encode()).hexdigest()[:20],
            "created": int(time.time()), "model": given.get("model", "midge-test-1")}
    if given.get("stream"):
        interval = float(request.query.get("_interval", request.app["options"].token_delay))
        return Reply(chat_events(head, answer, interval), type="text/event-stream; charset=utf-8",
                     headers=[("Cache-Control", "no-cache")], framing="chunked")
    words, asked_words = len(answer.split()), len(asked.split())
    return json_reply({
        **head, "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": asked_words, "completion_tokens": words, "total_tokens": asked_words + words}})


async def chat_events(head, answer, interval):
    """OpenAI's chunks: the role, a word at a time, the reason of the end, [DONE]."""
    words = re.findall(r"\s*\S+", answer)
    deltas = [{"role": "assistant", "content": ""}, *({"content": word} for word in words), {}]
    for delta in deltas:
        choice = {"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}
        event = {**head, "object": "chat.completion.chunk", "choices": [choice]}
        yield f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
        await asyncio.sleep(interval)
    yield b"data: [DONE]\n\n"


# ---- shared

def refusal(request):
    """The 401 for a missing or a bad key; None when the key will do."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        return error_reply(request.path, 401, "You didn't provide an API key.")
    if key.strip() == "bad":
        return error_reply(request.path, 401, "Incorrect API key provided: bad.")
    return None


async def json_object(request):
    try:
        given = await request.json()
    except ValueError:
        return None
    return given if isinstance(given, dict) else None


def origin(request):
    scheme = request.headers.get("X-Forwarded-Proto", request.scheme)
    return f"{scheme}://{request.headers['Host']}"
