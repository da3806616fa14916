/* SPDX-License-Identifier: MIT */
/* The gunzip sink: limits, pauses, memory, its next sink. test_gunzip.c has the data. */
#include "gunzip_fixture.h"

/* --- limits --- */

static void pack_zeros(unsigned n)
{
    setup(NULL);
    packed_gzip(&packed, 0);
    packed_fixed(&packed, true);
    packed_text(&packed, "0");
    for (unsigned i = 0; i < n; i++) {
        packed_match(&packed, 1, 258);
    }
    packed_end(&packed);
    packed_gzip_end(&packed);
}

static void bytes(void **state)
{
    (void)state;
    pack_zeros(20);
    for (size_t size = 1; size < packed.len + 10; size += 7) {
        begin(MIDGE_ENCODING_GZIP);
        gunzip.max_len = 5161;
        assert_int_equal(gunzip_all(&gunzip, packed.data, packed.len, size), MIDGE_OK);
        is_whole(packed.text, 5161);
        begin(MIDGE_ENCODING_GZIP);
        gunzip.max_len = 5160;
        assert_int_equal(gunzip_all(&gunzip, packed.data, packed.len, size), MIDGE_ERR_TOO_LARGE);
        assert_int_equal(taken.len, 5160);
        assert_string_equal(gunzip.why, "the decoded body is too large");
    }
    begin(MIDGE_ENCODING_NONE); /* also a body that is not compressed */
    gunzip.max_len = 3;
    assert_int_equal(gunzip_all(&gunzip, (const uint8_t *)"abcd", 4, 2), MIDGE_ERR_TOO_LARGE);
    assert_int_equal(taken.len, 3);
}

static void ratio(void **state)
{
    (void)state;
    pack_zeros(200); /* 51,601 bytes: too few to count */
    begin(MIDGE_ENCODING_GZIP);
    gunzip.max_ratio = 2;
    assert_int_equal(gunzip_all(&gunzip, packed.data, packed.len, 100), MIDGE_OK);
    pack_zeros(400);
    begin(MIDGE_ENCODING_GZIP);
    gunzip.max_ratio = 100;
    assert_int_equal(gunzip_all(&gunzip, packed.data, packed.len, 100), MIDGE_ERR_TOO_LARGE);
    assert_in_range(taken.len, 65537, 65537 + 2 * MIDGE_GUNZIP_PIECE);
    begin(MIDGE_ENCODING_GZIP);
    gunzip.max_ratio = 1032;
    assert_int_equal(gunzip_all(&gunzip, packed.data, packed.len, 100), MIDGE_OK);
}

/* A few bytes that become many: each call passes on a share of them. */
static void bounded_calls(void **state)
{
    unsigned calls = 0;
    (void)state;
    pack_zeros(500);
    begin(MIDGE_ENCODING_GZIP);
    assert_int_equal(gunzip.sink.write(&gunzip.sink, packed.data, packed.len), MIDGE_ERR_AGAIN);
    assert_in_range(taken.len, MIDGE__SINK_STEP, 8 * MIDGE_RECV_BUFFER + MIDGE_GUNZIP_PIECE);
    for (size_t before = taken.len; gunzip.sink.more(&gunzip.sink) == MIDGE_ERR_AGAIN; calls++) {
        assert_in_range(taken.len - before, 1, MIDGE__SINK_STEP + MIDGE_GUNZIP_PIECE);
        before = taken.len;
    }
    assert_in_range(calls, 500 * 258 / (MIDGE__SINK_STEP)-2, 500);
    assert_int_equal(gunzip.sink.finish(&gunzip.sink, MIDGE_OK, MIDGE_COMPLETE_YES), MIDGE_OK);
    is_whole(packed.text, packed.text_len);
}

/* --- the next sink --- */

static void pauses(void **state)
{
    (void)state;
    pack_zeros(100);
    for (unsigned each = 1; each < 5; each++) {
        for (size_t size = 1; size <= packed.len; size += 13) {
            begin(MIDGE_ENCODING_GZIP);
            taken.pause_each = each;
            assert_int_equal(gunzip_all(&gunzip, packed.data, packed.len, size), MIDGE_OK);
            is_whole(packed.text, packed.text_len);
        }
    }
    begin(MIDGE_ENCODING_GZIP); /* nothing comes before it is resumed */
    taken.pause_each = 1;
    assert_int_equal(gunzip.sink.write(&gunzip.sink, packed.data, packed.len), MIDGE_ERR_PAUSE);
    assert_int_equal(taken.writes, 1);
    assert_int_equal(gunzip.sink.more(&gunzip.sink), MIDGE_ERR_PAUSE);
    assert_int_equal(taken.writes, 2);
    gunzip.sink.finish(&gunzip.sink, MIDGE_ERR_CANCELED, MIDGE_COMPLETE_NO);
}

static void ends_within_write(void **state)
{
    (void)state;
    pack_zeros(100);
    for (unsigned at = 1; at < 20; at++) {
        for (unsigned each = 0; each < 3; each++) {
            begin(MIDGE_ENCODING_GZIP);
            taken.pause_each = each;
            taken.ends_at = at;
            (void)gunzip_all(&gunzip, packed.data, packed.len, packed.len);
            assert_int_equal(taken.writes, at);
            assert_int_equal(taken.finishes, 1);
            assert_int_equal(core.live_bytes, 0);
        }
    }
}

static void fails_in_write(void **state)
{
    (void)state;
    pack_zeros(100);
    for (unsigned at = 1; at < 10; at++) {
        begin(MIDGE_ENCODING_GZIP);
        taken.fails_at = at;
        assert_int_equal(gunzip_all(&gunzip, packed.data, packed.len, packed.len), MIDGE_ERR_WRITE);
        assert_int_equal(taken.writes, at);
        assert_int_equal(taken.finish_err, MIDGE_ERR_WRITE);
    }
}

/* One block from the head to the end. Without it the sink waits, and fails if there is none. */
static void memory(void **state)
{
    (void)state;
    pack_zeros(300);
    begin(MIDGE_ENCODING_GZIP);
    assert_int_equal(core.allocs, 1);
    assert_in_range(core.live_bytes, MIDGE_GUNZIP_MEMORY - 200, MIDGE_GUNZIP_MEMORY);
    taken.pause_each = 5;
    assert_int_equal(gunzip_all(&gunzip, packed.data, packed.len, packed.len), MIDGE_OK);
    assert_int_equal(core.allocs, 1);
    is_whole(packed.text, packed.text_len);

    for (unsigned waits = 0; waits < 2; waits++) {
        taker_init(&taken);
        midge_gunzip_init(&gunzip, &core, &taken.sink);
        core.limit = 1000;
        assert_int_equal(gunzip_head_of(&gunzip, MIDGE_ENCODING_GZIP), MIDGE_ERR_AGAIN);
        core.limit = waits == 0 ? 0 : 1000;
        const int err = gunzip.sink.more(&gunzip.sink);
        assert_int_equal(err, waits == 0 ? MIDGE_OK : MIDGE_ERR_NO_MEMORY);
        core.limit = 0;
        if (waits == 0) {
            assert_int_equal(gunzip_all(&gunzip, packed.data, packed.len, 100), MIDGE_OK);
            is_whole(packed.text, packed.text_len);
        } else {
            gunzip.sink.finish(&gunzip.sink, err, MIDGE_COMPLETE_NO);
        }
    }
}

/* Input that is longer than a receive buffer, as behind a long head. */
static void long_input(void **state)
{
    (void)state;
    static char text[MIDGE_RECV_BUFFER];
    setup(NULL);
    packed_gzip(&packed, 0);
    for (unsigned i = 0; i < 3; i++) {
        packed_stored(&packed, i == 2, text, sizeof text);
    }
    packed_gzip_end(&packed);
    for (unsigned fails = 0; fails < 2; fails++) {
        begin(MIDGE_ENCODING_GZIP);
        taken.pause_each = 1;
        core.fail_alloc = fails;
        assert_int_equal(gunzip_all(&gunzip, packed.data, packed.len, packed.len),
                         fails ? MIDGE_ERR_NO_MEMORY : MIDGE_OK);
        assert_int_equal(core.live_bytes, 0);
    }
}

static void reset_begins_anew(void **state)
{
    (void)state;
    pack_zeros(3);
    begin(MIDGE_ENCODING_GZIP);
    assert_int_equal(gunzip_put(&gunzip, packed.data, packed.len / 2, NULL), MIDGE_OK);
    assert_int_equal(gunzip.sink.reset(&gunzip.sink), MIDGE_OK);
    assert_int_equal(core.live_bytes, 0);
    assert_int_equal(gunzip_head_of(&gunzip, MIDGE_ENCODING_GZIP), MIDGE_OK);
    assert_int_equal(gunzip_all(&gunzip, packed.data, packed.len, 9), MIDGE_OK);
    is_whole(packed.text, packed.text_len);
    assert_int_equal(taken.resets, 1);
    /* The next answer may have no coding, and then needs no head. */
    taken.finishes = 0;
    assert_int_equal(gunzip.sink.reset(&gunzip.sink), MIDGE_OK);
    assert_int_equal(gunzip.len, 0);
    assert_int_equal(gunzip_put(&gunzip, (const uint8_t *)"plain", 5, NULL), MIDGE_OK);
    assert_memory_equal(taken.bytes, "plain", 5);
    taken.sink.reset = NULL;
    midge_gunzip_init(&gunzip, &core, &taken.sink);
    assert_null(gunzip.sink.reset);
}

static void used_again(void **state)
{
    (void)state;
    pack_zeros(3);
    begin(MIDGE_ENCODING_GZIP);
    packed.len--;
    assert_int_equal(gunzip_all(&gunzip, packed.data, packed.len, 9), MIDGE_ERR_PARTIAL);
    packed.len++;
    taken.finishes = 0;
    taken.len = 0;
    assert_int_equal(gunzip.sink.finish(&gunzip.sink, MIDGE_OK, MIDGE_COMPLETE_YES), MIDGE_OK);
    taken.finishes = 0; /* that was an answer without a body: head is not called */
    assert_int_equal(gunzip_head_of(&gunzip, MIDGE_ENCODING_GZIP), MIDGE_OK);
    assert_int_equal(gunzip_all(&gunzip, packed.data, packed.len, 9), MIDGE_OK);
    is_whole(packed.text, packed.text_len);
}

/* --- other codings --- */

static void other_codings(void **state)
{
    struct midge_response response = {.encoding = MIDGE_ENCODING_OTHER};
    (void)state;
    taker_init(&taken);
    midge_gunzip_init(&gunzip, &core, &taken.sink);
    assert_int_equal(gunzip.sink.head(&gunzip.sink, &response), MIDGE_OK);
    assert_int_equal(response.encoding, MIDGE_ENCODING_OTHER);
    assert_int_equal(taken.encoding, MIDGE_ENCODING_OTHER);
    assert_int_equal(gunzip_all(&gunzip, (const uint8_t *)"as it is", 8, 3), MIDGE_OK);
    is_whole("as it is", 8);

    gunzip.required = 1;
    assert_int_equal(gunzip.sink.head(&gunzip.sink, &response), MIDGE_ERR_ENCODING);
    assert_string_equal(gunzip.why, "a content encoding that is not known here");
    response.encoding = MIDGE_ENCODING_SEVERAL;
    assert_int_equal(gunzip.sink.head(&gunzip.sink, &response), MIDGE_ERR_ENCODING);
    assert_string_equal(gunzip.why, "more than one content coding is not decoded");
    response.encoding = MIDGE_ENCODING_NONE;
    assert_int_equal(gunzip.sink.head(&gunzip.sink, &response), MIDGE_OK);
    response.encoding = MIDGE_ENCODING_DEFLATE;
    assert_int_equal(gunzip.sink.head(&gunzip.sink, &response), MIDGE_OK);
    assert_int_equal(response.encoding, MIDGE_ENCODING_NONE);
    gunzip.sink.finish(&gunzip.sink, MIDGE_ERR_CANCELED, MIDGE_COMPLETE_NO);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(bytes),
        TEST(ratio),
        TEST(bounded_calls),
        TEST(pauses),
        TEST(ends_within_write),
        TEST(fails_in_write),
        TEST(memory),
        TEST(long_input),
        TEST(reset_begins_anew),
        TEST(used_again),
        TEST(other_codings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
