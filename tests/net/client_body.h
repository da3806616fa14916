/* SPDX-License-Identifier: MIT */
/* What the clients of random requests share: a sink that counts, and a source of so many bytes. */
#ifndef CLIENT_BODY_H
#define CLIENT_BODY_H

#include <stddef.h>
#include <string.h>
#include <midge/body.h>
#include <midge/err.h>

struct client_body {
    struct midge_sink sink;
    struct midge_source source;
    size_t upload, given; /* bytes of the source, and of them those that were read */
    uint64_t got;         /* by the sink */
};

static int client_body_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    (void)data;
    ((struct client_body *)(void *)sink)->got += len;
    return MIDGE_OK;
}

static struct client_body *client_body_of(struct midge_source *source)
{
    return (struct client_body *)(void *)((char *)source - offsetof(struct client_body, source));
}

static int client_body_read(struct midge_source *source, uint8_t *buf, size_t cap, size_t *n)
{
    struct client_body *body = client_body_of(source);
    size_t left = body->upload - body->given;
    if (left == 0) {
        return MIDGE_ERR_EOF;
    }
    *n = left < cap ? left : cap;
    memset(buf, 'a', *n);
    body->given += *n;
    return MIDGE_OK;
}

static int client_body_rewind(struct midge_source *source)
{
    client_body_of(source)->given = 0;
    return MIDGE_OK;
}

static const struct client_body client_body_new = {
    .sink = {.write = client_body_write},
    .source = {.read = client_body_read, .rewind = client_body_rewind, .length = -1},
};

#endif
