/* SPDX-License-Identifier: MIT */
/* The base64 decoder of the codec, in every split, and the sink around it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../src/body/base64_sink.c"

/* --- what comes out --- */

struct taker {
    struct midge_sink sink;
    uint8_t bytes[1024];
    size_t len;
    int answer; /* of the write number answer_at, from 1 */
    unsigned answer_at, writes, finishes, resets;
    int finish_err, finish_answer;
};

static int taker_write(struct midge_sink *base, const uint8_t *data, size_t len)
{
    struct taker *t = MIDGE_CONTAINER_OF(base, struct taker, sink);
    assert_true(len > 0 && len <= sizeof t->bytes - t->len);
    memcpy(t->bytes + t->len, data, len);
    t->len += len;
    return ++t->writes == t->answer_at ? t->answer : MIDGE_OK;
}

static int taker_finish(struct midge_sink *base, int err, enum midge_complete complete)
{
    struct taker *t = MIDGE_CONTAINER_OF(base, struct taker, sink);
    (void)complete;
    t->finishes++;
    t->finish_err = err;
    return t->finish_answer;
}

static int taker_reset(struct midge_sink *base)
{
    struct taker *t = MIDGE_CONTAINER_OF(base, struct taker, sink);
    t->resets++;
    t->len = 0;
    return MIDGE_OK;
}

static struct taker taker(void)
{
    return (struct taker){
        .sink = {.write = taker_write, .finish = taker_finish, .reset = taker_reset}};
}

/* The first error of the writes and the end. Each piece is a block of its own, so that a sanitizer
   sees a byte read beyond it. */
static int decode(const char *text, size_t size, struct taker *t, uint64_t *offset)
{
    struct midge_base64_sink sink;
    size_t len = strlen(text);
    int err = MIDGE_OK;
    midge_base64_sink_init(&sink, &t->sink);
    for (size_t at = 0; at < len && err == MIDGE_OK; at += size) {
        size_t n = len - at < size ? len - at : size;
        uint8_t *piece = malloc(n);
        assert_non_null(piece);
        memcpy(piece, text + at, n);
        err = sink.sink.write(&sink.sink, piece, n);
        free(piece);
    }
    int finished = sink.sink.finish(&sink.sink, err, MIDGE_COMPLETE_YES);
    *offset = sink.offset;
    return err != MIDGE_OK ? err : finished;
}

/* --- what is base64 --- */

static const struct {
    const char *text, *bytes;
} good[] = {
    {"", ""},
    {"Zg==", "f"},
    {"Zm8=", "fo"},
    {"Zm9v", "foo"},
    {"Zm9vYg==", "foob"},
    {"Zm9vYmE=", "fooba"},
    {"Zm9vYmFy", "foobar"}, /* RFC 4648 10 */
    {"++//", "\xfb\xef\xff"},
    {"/w==", "\xff"},
    {"//8=", "\xff\xff"},
    {"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3ODk=",
     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"},
};

static const struct {
    const char *text;
    unsigned offset; /* of the character at fault */
} bad[] = {
    {"Z", 1},
    {"Zg", 2},
    {"Zm9", 3},
    {"Zg=", 3},
    {"Zm9vYg", 6}, /* ends too early */
    {"=", 0},
    {"====", 0},
    {"Z===", 1},
    {"Zg===", 4},
    {"Zm8==", 4},
    {"Zm9v=", 4},
    {"Zg=v", 3},
    {"Zg==Zg==", 4},
    {"Zm8=Zm9v", 4}, /* behind padding */
    {"Zh==", 2},
    {"Zm9=", 3},
    {"Zv==", 2}, /* bits beyond the last byte */
    {"Zm 9v", 2},
    {"Zm9v\n", 4},
    {" Zm9v", 0},
    {"Zm\t9v", 2},
    {"Zg==\r\n", 4},
    {"-_8=", 0},
    {"Zm-v", 2},
    {"Zm_v", 2}, /* RFC 4648 5 */
    {"Zm9v.", 4},
    {"Z*9v", 1},
    {"Zm9v\xc3\xa9", 4},
    {"@[`{", 0},
    {"\x7f", 0},
    {"Zm,v", 2},
    {"data:image/png;base64,Zm9v", 4},
};

static void test_good_in_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(good); i++) {
        size_t len = strlen(good[i].text);
        for (size_t size = 1; size <= len + 1; size++) {
            struct taker t = taker();
            uint64_t offset;
            assert_int_equal(decode(good[i].text, size, &t, &offset), MIDGE_OK);
            assert_int_equal(t.len, strlen(good[i].bytes));
            assert_memory_equal(t.bytes, good[i].bytes, t.len);
            assert_int_equal(offset, len);
            assert_int_equal(t.finishes, 1);
            assert_int_equal(t.finish_err, MIDGE_OK);
        }
    }
}

static void test_bad_in_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(bad); i++) {
        for (size_t size = 1; size <= strlen(bad[i].text) + 1; size++) {
            struct taker t = taker();
            uint64_t offset;
            if (decode(bad[i].text, size, &t, &offset) != MIDGE_ERR_PROTOCOL ||
                offset != bad[i].offset) {
                fail_msg("%s: in pieces of %zu: offset %u", bad[i].text, size, (unsigned)offset);
            }
            assert_int_equal(t.finishes, 1);
            assert_int_equal(t.finish_err, MIDGE_ERR_PROTOCOL);
        }
    }
}

/* Every byte that there is, at each of the four places of a group. */
static void test_each_byte(void **state)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (void)state;
    for (unsigned c = 1; c < 256; c++) {
        for (unsigned place = 0; place < 4; place++) {
            char text[] = "AAAA";
            struct taker t = taker();
            uint64_t offset;
            text[place] = (char)c;
            bool pad = c == '=' && place == 3;
            bool is = strchr(alphabet, (char)c) != NULL || pad;
            assert_int_equal(decode(text, 4, &t, &offset), is ? MIDGE_OK : MIDGE_ERR_PROTOCOL);
            if (is && !pad) {
                uint32_t value = (uint32_t)(strchr(alphabet, (char)c) - alphabet)
                                 << (6 * (3 - place));
                assert_int_equal(t.bytes[0] << 16 | t.bytes[1] << 8 | t.bytes[2], value);
            }
        }
    }
}

/* --- the sink --- */

static void test_a_long_text(void **state)
{
    char text[801];
    struct taker t = taker();
    uint64_t offset;
    (void)state;
    memset(text, 'A', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(decode(text, sizeof text, &t, &offset), MIDGE_OK);
    assert_int_equal(t.len, 600);
    assert_int_equal(t.writes, 4);
}

static void test_pause_comes_behind_the_data(void **state)
{
    char text[801];
    struct taker t = taker();
    struct midge_base64_sink sink;
    (void)state;
    memset(text, 'A', sizeof text);
    t.answer = MIDGE_ERR_PAUSE;
    t.answer_at = 2;
    midge_base64_sink_init(&sink, &t.sink);
    assert_int_equal(sink.sink.write(&sink.sink, (uint8_t *)text, 800), MIDGE_ERR_PAUSE);
    assert_int_equal(t.len, 600);
    assert_int_equal(sink.sink.write(&sink.sink, (uint8_t *)text, 4), MIDGE_OK);
}

static void test_the_other_sinks_errors(void **state)
{
    struct taker t = taker();
    uint64_t offset;
    (void)state;
    t.answer = MIDGE_ERR_WRITE;
    t.answer_at = 1;
    assert_int_equal(decode("Zm9v*", 9, &t, &offset), MIDGE_ERR_WRITE);
    assert_int_equal(t.finish_err, MIDGE_ERR_WRITE);
    t = taker();
    t.finish_answer = MIDGE_ERR_WRITE; /* a commit that fails */
    assert_int_equal(decode("Zm9v", 9, &t, &offset), MIDGE_ERR_WRITE);
    t = taker();
    t.finish_answer = MIDGE_ERR_WRITE; /* what was wrong first counts */
    assert_int_equal(decode("Zm9", 9, &t, &offset), MIDGE_ERR_PROTOCOL);
}

static void test_a_failed_request_keeps_its_error(void **state)
{
    struct taker t = taker();
    struct midge_base64_sink sink;
    (void)state;
    midge_base64_sink_init(&sink, &t.sink);
    assert_int_equal(sink.sink.write(&sink.sink, (const uint8_t *)"Zm9", 3), MIDGE_OK);
    assert_int_equal(sink.sink.finish(&sink.sink, MIDGE_ERR_PARTIAL, MIDGE_COMPLETE_NO), MIDGE_OK);
    assert_int_equal(t.finish_err, MIDGE_ERR_PARTIAL);
}

static void test_reset_begins_anew(void **state)
{
    struct taker t = taker();
    struct midge_base64_sink sink;
    (void)state;
    midge_base64_sink_init(&sink, &t.sink);
    assert_int_equal(sink.sink.write(&sink.sink, (const uint8_t *)"Zm9", 3), MIDGE_OK);
    assert_int_equal(sink.sink.reset(&sink.sink), MIDGE_OK);
    assert_int_equal(sink.sink.write(&sink.sink, (const uint8_t *)"Zg==", 4), MIDGE_OK);
    assert_int_equal(sink.sink.finish(&sink.sink, MIDGE_OK, MIDGE_COMPLETE_YES), MIDGE_OK);
    assert_int_equal(t.len, 1);
    assert_int_equal(t.resets, 1);
    t.sink.reset = NULL;
    midge_base64_sink_init(&sink, &t.sink);
    assert_null(sink.sink.reset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_in_every_split),
        cmocka_unit_test(test_bad_in_every_split),
        cmocka_unit_test(test_each_byte),
        cmocka_unit_test(test_a_long_text),
        cmocka_unit_test(test_pause_comes_behind_the_data),
        cmocka_unit_test(test_the_other_sinks_errors),
        cmocka_unit_test(test_a_failed_request_keeps_its_error),
        cmocka_unit_test(test_reset_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
