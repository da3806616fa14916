/* SPDX-License-Identifier: MIT */
/*
 * --pinnedpubkey TEXT, as curl has it:
 *
 *     sha256//BASE64;sha256//BASE64…   any of these must be the server's key
 *     FILE                             the key itself, as PEM ("PUBLIC KEY") or DER
 *
 * It counts for each server that is asked, after redirects too, but not for proxies. A file that
 * cannot be read and a text that is not the base64 of 32 bytes become a pin of zeros, which matches
 * no key: as with curl, only a connection tells.
 */
#define _GNU_SOURCE
#include "pinned.h"

#include <stdio.h>
#include <string.h>
#include <midge/body.h>
#include <midge/err.h>
#include <midge/hash.h>

#include "data.h"

#define HASH      "sha256//"
#define NEXT      ";" HASH
#define BEGIN_KEY "-----BEGIN PUBLIC KEY-----"
#define END_KEY   "\n-----END PUBLIC KEY-----"

/* The length of the bytes that the base64 text stands for; 0: it is malformed, or they are more
   than cap. */
static size_t decode(const char *text, size_t len, int spaces, uint8_t *out, size_t cap)
{
    struct midge_buffer bytes;
    struct midge_base64_sink base64;
    int written, ended;

    midge_buffer_init(&bytes, out, cap);
    midge_base64_sink_init(&base64, &bytes.sink);
    base64.state.spaces = spaces != 0;
    written = base64.sink.write(&base64.sink, (const uint8_t *)text, len);
    ended = base64.sink.finish(&base64.sink, written, MIDGE_COMPLETE_YES);
    return written == MIDGE_OK && ended == MIDGE_OK ? bytes.len : 0;
}

/* --- a list of hashes --- */

/* The text of one hash, up to the next. */
static int read_hash(const char *text, size_t len, struct midge_pin *pin)
{
    uint8_t bytes[sizeof pin->sha256 + 1];

    if (decode(text, len, 0, bytes, sizeof bytes) != sizeof pin->sha256) {
        return -1;
    }
    memcpy(pin->sha256, bytes, sizeof pin->sha256);
    return 0;
}

static size_t count_hashes(const char *text)
{
    size_t n = 1;

    while ((text = strstr(text, NEXT)) != NULL) {
        text += sizeof NEXT - 1;
        n++;
    }
    return n;
}

static int read_hashes(const char *text, struct midge_pin *pins, size_t n)
{
    int result = 0;

    for (size_t i = 0; i < n; i++) {
        const char *begin = text + sizeof HASH - 1;
        const char *end = strstr(begin, NEXT);
        size_t len = end != NULL ? (size_t)(end - begin) : strlen(begin);
        result |= read_hash(begin, len, &pins[i]);
        text = end != NULL ? end + 1 : begin + len;
    }
    return result;
}

/* --- a file --- */

static void hash(const void *der, size_t len, struct midge_pin *pin)
{
    struct midge_sha256 state;

    midge_sha256_init(&state);
    midge_sha256_update(&state, der, len);
    midge_sha256_final(&state, pin->sha256);
}

/* The text of a key that begins a line; else the file is DER. */
static int read_key(struct keep *keep, const struct text *file, struct midge_pin *pin)
{
    const char *begin = memmem(file->data, file->len, BEGIN_KEY, sizeof BEGIN_KEY - 1);
    const char *end;
    size_t len;
    uint8_t *der;

    if (begin == NULL || (begin != file->data && begin[-1] != '\n')) {
        hash(file->data, file->len, pin);
        return 0;
    }
    begin += sizeof BEGIN_KEY - 1;
    end = memmem(begin, (size_t)(file->data + file->len - begin), END_KEY, sizeof END_KEY - 1);
    if (end == NULL) {
        return -1;
    }
    der = keep_alloc(keep, (size_t)(end - begin) + 1);
    len = decode(begin, (size_t)(end - begin), 1, der, (size_t)(end - begin) + 1);
    if (len == 0) {
        return -1;
    }
    hash(der, len, pin);
    return 0;
}

static int read_file(struct keep *keep, const char *path, struct midge_pin *pin)
{
    struct text file = {.keep = keep};

    return data_read_file(path, &file) == 0 && file.len > 0 ? read_key(keep, &file, pin) : -1;
}

/* --- the option --- */

const struct midge_pins *pinned_parse(struct keep *keep, const struct group *group, int warn)
{
    const char *text = group->pinned;
    int is_list, result;
    size_t n;
    struct midge_pin *pin;
    struct midge_pins *pins;

    if (text == NULL) {
        return NULL;
    }
    is_list = strncmp(text, HASH, sizeof HASH - 1) == 0;
    n = is_list ? count_hashes(text) : 1;
    pin = keep_alloc(keep, n * sizeof *pin);
    pins = keep_alloc(keep, sizeof *pins);
    *pins = (struct midge_pins){pin, n, group->insecure ? MIDGE_PIN_ONLY : MIDGE_PIN_LEAF};
    result = is_list ? read_hashes(text, pin, n) : read_file(keep, text, pin);
    if (result != 0 && warn) {
        fprintf(stderr, "midge: warning: --pinnedpubkey: %s\n",
                is_list ? "a hash that is not the base64 of 32 bytes matches no key"
                        : "a file without a public key matches no key");
    }
    return pins;
}
