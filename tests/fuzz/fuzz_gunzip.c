/* SPDX-License-Identifier: MIT */
/*
 * Compressed bodies: any split of the input, with pauses of the next sink at any place, gives the
 * same bytes and the same error; the output is bounded; whatever allocation fails, nothing leaks.
 *
 * From the end of the input: the coding, pauses, the allocation that fails, then the splits.
 */
#include "fuzz.h"

#include "fake_core.h"
#include "gunzip_run.h"

#define MOST 200000U /* decoded bytes */

static struct midge_client core;
static struct taker taken[2];

struct how {
    enum midge_encoding encoding;
    bool begun; /* a gzip header stands before the input */
    unsigned pause_each, fail_alloc;
};

struct result {
    int err;
    const char *why;
};

static int put(struct midge_gunzip *g, const uint8_t *data, size_t len)
{
    unsigned calls = 0;
    int err = gunzip_put(g, data, len, &calls);
    FUZZ_CHECK(calls <= MOST + len);
    return err;
}

static struct result decode(struct taker *t, const struct how *how, struct fuzz_in in,
                            struct fuzz_splits splits)
{
    static const uint8_t header[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    struct midge_gunzip g;
    taker_init(t);
    t->pause_each = splits.n > 0 ? how->pause_each : 0;
    midge_gunzip_init(&g, &core, &t->sink);
    g.max_len = MOST;
    int err = gunzip_head_of(&g, how->encoding);
    if (err == MIDGE_ERR_AGAIN) {
        err = g.sink.more(&g.sink);
    }
    err = err == MIDGE_OK && how->begun ? put(&g, header, sizeof header) : err;
    while (in.len > 0 && err == MIDGE_OK) {
        const size_t n = fuzz_next(&splits, in.len);
        err = put(&g, in.at, n);
        in.at += n;
        in.len -= n;
    }
    const int finished =
        g.sink.finish(&g.sink, err, err == MIDGE_OK ? MIDGE_COMPLETE_YES : MIDGE_COMPLETE_NO);
    FUZZ_CHECK(core.live_bytes == 0 && t->finishes == 1 && g.len == t->len && t->len <= MOST);
    FUZZ_CHECK(t->finish_err == (err != MIDGE_OK ? err : finished));
    FUZZ_CHECK((t->complete == MIDGE_COMPLETE_YES) == (t->finish_err == MIDGE_OK));
    return (struct result){t->finish_err, g.why};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    const unsigned kind = fuzz_choice(&in) % 3;
    const struct how how = {.encoding = kind == 2 ? MIDGE_ENCODING_DEFLATE : MIDGE_ENCODING_GZIP,
                            .begun = kind == 1,
                            .pause_each = fuzz_choice(&in) % 8,
                            .fail_alloc = fuzz_choice(&in) % 16};
    const struct fuzz_splits splits = fuzz_splits(&in), whole = {NULL, 0, 0};
    const struct result one = decode(&taken[0], &how, in, whole);
    const struct result pieces = decode(&taken[1], &how, in, splits);
    FUZZ_CHECK(one.err == pieces.err && strcmp(one.why, pieces.why) == 0);
    FUZZ_CHECK(taken[0].len == taken[1].len);
    FUZZ_CHECK(memcmp(taken[0].bytes, taken[1].bytes, taken[0].len) == 0);
    core.fail_alloc = how.fail_alloc % 3;
    const struct result poor = decode(&taken[1], &how, in, splits);
    FUZZ_CHECK(core.fail_alloc == 0 || poor.err == one.err);
    core.fail_alloc = 0;
    return 0;
}
