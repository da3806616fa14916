/* SPDX-License-Identifier: MIT */
/*
 * A proxy's answers to CONNECT: the same verdict, status and text at any split, with calls that
 * would block in between; a tunnel opens only for an answer of 2xx that has been read to its last
 * byte, and no byte behind it.
 */
#include "fuzz.h"

#include "base/span.h"
#include "io/tunnel.h"
#include "midge/err.h"

enum { MOST = 1000 };

static struct {
    const uint8_t *answer;
    size_t len, at;
    struct fuzz_splits splits;
    bool dry, was_dry;
} script;

static bool is_dry(void)
{
    script.was_dry = script.dry && !script.was_dry;
    return script.was_dry;
}

static int on_send(struct midge__stream *s, const uint8_t *buf, size_t len, size_t *n)
{
    (void)s;
    (void)buf;
    FUZZ_CHECK(len > 0);
    *n = is_dry() ? 0 : fuzz_next(&script.splits, len);
    return *n > 0 ? MIDGE_OK : MIDGE_ERR_AGAIN;
}

static int on_recv(struct midge__stream *s, uint8_t *buf, size_t cap, size_t *n)
{
    size_t left = script.len - script.at;
    (void)s;
    *n = 0;
    if (is_dry()) {
        return MIDGE_ERR_AGAIN;
    }
    if (left == 0) {
        return MIDGE_ERR_EOF;
    }
    *n = fuzz_next(&script.splits, left < cap ? left : cap);
    memcpy(buf, script.answer + script.at, *n);
    script.at += *n;
    return MIDGE_OK;
}

static const struct midge__stream_ops ops = {.send = on_send, .recv = on_recv};

static int run(struct midge__tunnel *tunnel, struct fuzz_splits splits, bool dry)
{
    struct midge__stream stream = {.ops = &ops};
    int err = MIDGE_ERR_BUSY;
    unsigned steps = 0;
    *tunnel = (struct midge__tunnel){0};
    script.at = 0;
    script.splits = splits;
    script.dry = dry;
    while (err == MIDGE_ERR_BUSY || err == MIDGE_ERR_AGAIN) {
        struct midge__h1_write head = {.method = "CONNECT",
                                       .host = midge__span_of("example.com"),
                                       .port = 443,
                                       .form = MIDGE__H1_FORM_AUTHORITY};
        FUZZ_CHECK(++steps < 10000);
        err = midge__tunnel_step(tunnel, &stream, &head, MOST);
    }
    return err;
}

/* The last answer's status in the first len bytes, read in another way; 0: none. */
static unsigned last_status(size_t len)
{
    const uint8_t *end = script.answer + len, *head = script.answer;
    unsigned status = 0;
    for (const uint8_t *at = head; at + 4 <= end; at++) {
        if (memcmp(at, "\r\n\r\n", 4) == 0) {
            status = at - head >= 12 ? (unsigned)strtoul((const char *)head + 9, NULL, 10) : 0;
            head = at + 4;
        }
    }
    return head == end ? status : 0;
}

/* Runs it; *open: the bytes read if the tunnel is open, or 0. */
static void judge(struct midge__tunnel *tunnel, struct fuzz_splits splits, bool dry, size_t *open)
{
    int err = run(tunnel, splits, dry);
    FUZZ_CHECK(err == MIDGE_OK || err == MIDGE_ERR_PROXY);
    *open = err == MIDGE_OK ? script.at : 0;
    if (err == MIDGE_OK) {
        FUZZ_CHECK(tunnel->status / 100 == 2 && *open > 0 && *open <= MOST);
        FUZZ_CHECK(last_status(*open) == tunnel->status);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    bool dry = fuzz_choice(&in) % 2 != 0;
    struct fuzz_splits splits = fuzz_splits(&in), none = {NULL, 0, 0};
    struct midge__tunnel whole, split;
    size_t open, opened;
    script.answer = fuzz_copy(in.at, in.len);
    script.len = in.len;
    judge(&whole, none, false, &open);
    judge(&split, splits, dry, &opened);
    if (open == 0 || opened == 0) { /* bytes behind the answer came with it, or later */
        FUZZ_CHECK(open + opened < script.len || script.len == 0);
    } else {
        FUZZ_CHECK(open == opened && whole.status == split.status);
    }
    free((void *)(uintptr_t)script.answer);
    return 0;
}
