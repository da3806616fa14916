/* SPDX-License-Identifier: MIT */
/*
 * A request's body that is written while it is sent: several texts in a row, some of them as in a
 * JSON string. So a long text is in memory once. The texts are asked for one by one, first to
 * measure the body, then to send it, and again from the beginning after a rewind.
 */
#include <string.h>

#include "app.h"

/* Writes a byte as in a JSON string, without the quotes; returns the number of bytes. */
static uint8_t escape(char c, char escaped[APP_ESCAPED_BYTES])
{
    const char text[] = {c, '\0'};
    size_t len;
    (void)midge_json_quote(escaped, APP_ESCAPED_BYTES, &len, text);
    memmove(escaped, escaped + 1, len - 2);
    return (uint8_t)(len - 2);
}

/* Takes the next byte. False: the end. */
static bool refill(struct app_parts *parts)
{
    while (*parts->at == '\0') {
        const char *next = parts->part(parts->ctx, parts->n, &parts->quoted);
        if (next == NULL) {
            return false;
        }
        parts->at = next;
        parts->n++;
    }
    parts->used = 0;
    parts->len = 1;
    parts->escaped[0] = *parts->at;
    if (parts->quoted) {
        parts->len = escape(*parts->at, parts->escaped);
    }
    parts->at++;
    return true;
}

static struct app_parts *parts_of(struct midge_source *source)
{
    return (struct app_parts *)(void *)((char *)source - offsetof(struct app_parts, source));
}

static int parts_read(struct midge_source *source, uint8_t *buf, size_t cap, size_t *n)
{
    struct app_parts *parts = parts_of(source);
    for (*n = 0; *n < cap; ++*n) {
        if (parts->used == parts->len && !refill(parts)) {
            break;
        }
        buf[*n] = (uint8_t)parts->escaped[parts->used++];
    }
    parts->left -= (int64_t)*n;
    return *n > 0 ? MIDGE_OK : MIDGE_ERR_EOF;
}

static int parts_rewind(struct midge_source *source)
{
    struct app_parts *parts = parts_of(source);
    parts->at = "";
    parts->n = 0;
    parts->used = parts->len = 0;
    parts->left = source->length;
    return MIDGE_OK;
}

void app_parts_init(struct app_parts *parts, app_part_fn *part, void *ctx)
{
    *parts = (struct app_parts){
        .source = {.read = parts_read, .rewind = parts_rewind}, .part = part, .ctx = ctx, .at = ""};
    while (refill(parts)) {
        parts->source.length += parts->len;
    }
    (void)parts_rewind(&parts->source);
}
