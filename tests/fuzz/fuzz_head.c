/* SPDX-License-Identifier: MIT */
/*
 * Response heads: in one piece, in pieces, in pieces that lie in the head buffer. The log of events
 * must be the same. Choices at the end: the request (HEAD, CONNECT, upgrade), how the stream ends,
 * the largest head buffer, the budget of bytes, the splits.
 */
#include "h1_run.h"

struct choices {
    unsigned flags, eof;
    size_t cap;
    uint32_t budget;
    struct fuzz_splits splits;
};

static struct choices choices_of(struct fuzz_in *in)
{
    static const unsigned flags[] = {
        0, 0, 0, 0, 0, MIDGE__H1_FOR_HEAD, MIDGE__H1_FOR_CONNECT, MIDGE__H1_FOR_UPGRADE};
    unsigned kind = fuzz_choice(in), cap = fuzz_choice(in), budget = fuzz_choice(in);
    return (struct choices){
        .flags = flags[kind % 8],
        .eof = kind / 8,
        .cap = cap < 128 ? 1 << 20 : (cap - 127) * 4,
        .budget = budget < 128 ? UINT32_MAX : (budget - 127) * 8,
        .splits = fuzz_splits(in),
    };
}

static void run(struct h1_run *r, const struct choices *c, struct fuzz_in in,
                struct fuzz_splits splits, size_t grow, const size_t *spare)
{
    h1_run_begin(r, c->flags, c->cap, grow);
    r->p.budget = c->budget;
    r->p.wanted = (c->eof & 4) != 0 ? "Link, ETag" : NULL;
    r->in_place = spare != NULL;
    r->spare = spare != NULL ? *spare : 0;
    size_t used = h1_run_feed(r, in, splits);
    if (r->err == MIDGE_OK) { /* an error has its place, but not always the same bytes read */
        fuzz_printf(&r->log, "used %zu\n", used);
    }
    h1_run_eof(r, c->eof);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    const struct fuzz_splits whole = {NULL, 0, 0};
    const size_t none = 0, some = 16;
    struct choices c = choices_of(&in);
    struct h1_run one, pieces, place, fast;
    run(&one, &c, in, whole, 1 << 20, NULL);
    run(&pieces, &c, in, c.splits, in.len < 200 ? 1 : 50, NULL);
    run(&place, &c, in, c.splits, 1, &none);
    run(&fast, &c, in, whole, 1, &some);
    fuzz_same(&one.log, &pieces.log, "In one piece and in pieces");
    fuzz_same(&pieces.log, &place.log, "In pieces, elsewhere and in place");
    fuzz_same(&pieces.log, &fast.log, "In pieces, and in one piece in place");
    h1_run_free(&one);
    h1_run_free(&pieces);
    h1_run_free(&place);
    h1_run_free(&fast);
    return 0;
}
