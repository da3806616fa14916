/* SPDX-License-Identifier: MIT */
/* The decoder of HPACK: runs tests/vectors/hpack at every split, and with a buffer that is full at
   each place. */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../vectors/h2_cases.h"
#include "codec/hpack.h"

/* A block that is decoded, and its log. */
struct block {
    struct midge__hpack hpack;
    struct midge__hpack_text text;
    struct text name, value, *log;
    size_t step; /* bytes of room that each FULL gives; 0: all that is needed, at once */
    bool is_value, over;
};

static void take(struct block *b, struct text *to)
{
    text_add(to, b->text.ptr, b->text.fill);
    b->text.fill = 0;
}

static void on_event(struct block *b, enum midge__hpack_kind kind)
{
    struct text *current = b->is_value ? &b->value : &b->name;
    take(b, current);
    switch (kind) {
    case MIDGE__HPACK_NAME:
        assert_false(b->is_value);
        b->is_value = true;
        break;
    case MIDGE__HPACK_FIELD:
        assert_true(b->is_value);
        h2_log_field(b->log, "", b->name.ptr, b->name.len, b->value.ptr, b->value.len);
        b->name.len = b->value.len = 0;
        b->is_value = false;
        break;
    case MIDGE__HPACK_FULL:
        assert_int_not_equal(b->step, 0);
        assert_true(b->text.cap < 100);
        b->text.cap += b->step;
        free(b->text.ptr);
        b->text.ptr = malloc(b->text.cap);
        assert_non_null(b->text.ptr);
        return;
    default:
        text_puts(b->log, "error\n");
        b->over = true;
    }
    if (b->step > 0)
        b->text.cap = 1;
}

static void read_piece(struct block *b, const uint8_t *at, const uint8_t *end)
{
    while (!b->over) {
        enum midge__hpack_kind kind = midge__hpack_read(&b->hpack, &at, end, &b->text);
        assert_true(at <= end && b->text.fill <= b->text.cap);
        if (kind == MIDGE__HPACK_NEED_MORE) {
            assert_ptr_equal(at, end);
            return;
        }
        on_event(b, kind);
    }
}

static void run_block(const struct h2_case *c, size_t first, size_t rest, size_t step,
                      struct text *log)
{
    struct block b = {.log = log, .step = step};
    b.text.cap = step > 0 ? 1 : 70000;
    b.text.ptr = malloc(b.text.cap);
    assert_non_null(b.text.ptr);
    for (size_t at = 0, n = first; at < c->in.len && !b.over; at += n, n = rest) {
        uint8_t *piece = h2_piece(c, at, &n);
        read_piece(&b, piece, piece + n);
        take(&b, b.is_value ? &b.value : &b.name);
        free(piece);
    }
    if (!b.over && !midge__hpack_is_complete(&b.hpack))
        text_puts(log, "cut\n");
    free(b.text.ptr);
    free(b.name.ptr);
    free(b.value.ptr);
}

static void run_roomy(const struct h2_case *c, size_t first, size_t rest, struct text *log)
{
    run_block(c, first, rest, 0, log);
}

static void run_tight(const struct h2_case *c, size_t first, size_t rest, struct text *log)
{
    run_block(c, first, rest, 1, log);
}

static void test_vector(void **state)
{
    const struct h2_case *c = *state;
    h2_run_splits(c, run_roomy);
    h2_compare(c, run_tight, c->in.len + 1, 0);
    h2_compare(c, run_tight, 1, 1);
}

int main(void)
{
    return h2_run_folder(MIDGE_VECTORS_DIR "/hpack", test_vector);
}
