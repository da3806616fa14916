/* SPDX-License-Identifier: MIT */
/* The JSON glue: limits, strictness, memory, paths, quoting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_core.h"

#include "../../src/extra/json.c"

static struct midge_client core;

static int setup(void **state)
{
    (void)state;
    memset(&core, 0, sizeof core);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return core.allocs == core.frees && hooked == NULL ? 0 : -1;
}

/* The text in a block of its own, so that ASan sees a read behind it. */
static int parse_exact(const char *text, size_t len, unsigned depth, cJSON **json, size_t *offset)
{
    char *copy = malloc(len > 0 ? len : 1);
    memcpy(copy, text, len);
    int err = midge_json_parse(&core, copy, len, depth, json, offset);
    free(copy);
    return err;
}

static cJSON *parsed(const char *text)
{
    cJSON *json = NULL;
    assert_int_equal(parse_exact(text, strlen(text), 0, &json, NULL), MIDGE_OK);
    assert_non_null(json);
    return json;
}

static void good_text(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        " [ ] \r\n\t",
        "null",
        "true",
        "-0",
        "0",
        "0.5e-3",
        "12E+2",
        "\"\"",
        "\"a\\\"]}[{\\\\\"",
        "\"\\u00e9\\ud83d\\ude00\\n\"",
        "\xef\xbb\xbf{\"bom\":1}",
        "{\"a\":[1,2,{\"b\":null}],\"c\":\"\xc3\xa9\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        midge_json_free(&core, parsed(texts[i]));
        assert_int_equal(core.allocs, core.frees);
    }
}

static void bad_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t offset;
    } cases[] = {
        {"", 0},
        {" ", 0},
        {"{", 0},
        {"[1,]", 3},
        {"[1 2]", 3},
        {"{} x", 3},
        {"{}{}", 2},
        {"[1]]", 3},
        {"nul", 0},
        {"'a'", 0},
        {"\"abc", 4},
        {"\"abc\\", 5},
        {"\"a\nb\"", 2},
        {"\"\\\n\"", 2},
        {"\"\\x\"", 0},
        {"\"\\ud800\"", 0},
        {"01", 1},
        {"-", 1},
        {"1.", 2},
        {".5", 0},
        {"-.5", 1},
        {"1e", 2},
        {"[1-2]", 2},
        {"+1", 0},
        {"\x01 1", 0},
        {"[1,\f2]", 3},
        {"{\"a\" 1}", 5},
        {"{a:1}", 0},
        {"\"\\u0000\"", 2},
        {"\"x\\uZZZZy\"", 3},
        {"\"\\u00 0\"", 2},
        {"\"\\u006g\"", 2},
        {"\"\\ud83d\\u\"", 0},
        {"\"\\u12", 2},
        {"{\"\\uG000\":1}", 3},
        {"NaN", 0},
        {"1//", 1},
        {"[}", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cJSON *json = (cJSON *)(uintptr_t)1;
        size_t offset = 99;
        int err = parse_exact(cases[i].text, strlen(cases[i].text), 0, &json, &offset);
        if (err != MIDGE_ERR_JSON || json != NULL) {
            fail_msg("accepted: %s", cases[i].text);
        }
        if (cases[i].offset != 0 && offset != cases[i].offset) {
            fail_msg("offset %zu: %s", offset, cases[i].text);
        }
        assert_true(offset <= strlen(cases[i].text));
        assert_int_equal(core.allocs, core.frees);
    }
}

static void nul_bytes(void **state)
{
    (void)state;
    cJSON *json;
    size_t offset;
    assert_int_equal(parse_exact("\"a\0b\"", 5, 0, &json, &offset), MIDGE_ERR_JSON);
    assert_int_equal(offset, 2);
    assert_int_equal(parse_exact("{}\0", 3, 0, &json, &offset), MIDGE_ERR_JSON);
    assert_int_equal(offset, 2);
    assert_int_equal(parse_exact("[1\0]", 4, 0, &json, &offset), MIDGE_ERR_JSON);
}

static void every_prefix_is_bad(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[1.5e3,true,\"\\u00e9\\\\\",{\"b\":null}]}";
    cJSON *json;
    for (size_t len = 0; len < sizeof text - 1; len++) {
        assert_int_equal(parse_exact(text, len, 0, &json, NULL), MIDGE_ERR_JSON);
    }
    midge_json_free(&core, parsed(text));
}

static void nested(char *text, size_t depth)
{
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    text[2 * depth] = '\0';
}

static void depth_is_limited(void **state)
{
    (void)state;
    char text[4096];
    cJSON *json;
    size_t offset;
    nested(text, 32);
    midge_json_free(&core, parsed(text));
    nested(text, 33);
    assert_int_equal(parse_exact(text, 66, 0, &json, &offset), MIDGE_ERR_JSON);
    assert_int_equal(offset, 32);
    assert_int_equal(core.allocs, 32); /* of the good one: cJSON did not see the bad one */
    assert_int_equal(parse_exact("[[],{},[[]]]", 12, 3, &json, NULL), MIDGE_OK);
    midge_json_free(&core, json);
    assert_int_equal(parse_exact("[[],{},[[]]]", 12, 2, &json, NULL), MIDGE_ERR_JSON);
    assert_int_equal(parse_exact("[\"[[[[\\\"[[[\"]", 13, 1, &json, NULL), MIDGE_OK);
    midge_json_free(&core, json);
    nested(text, 1500); /* beyond cJSON's own limit, whatever the caller says */
    assert_int_equal(parse_exact(text, 3000, 4000, &json, NULL), MIDGE_ERR_JSON);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[1,\"two\",{\"b\":true}]}";
    cJSON *json;
    int err;
    unsigned nth = 0;
    do {
        core.fail_alloc = ++nth;
        err = parse_exact(text, sizeof text - 1, 0, &json, NULL);
        assert_true(err == MIDGE_OK || (err == MIDGE_ERR_NO_MEMORY && json == NULL));
    } while (err != MIDGE_OK);
    assert_true(nth > 8);
    core.fail_alloc = 0;
    char *out = NULL;
    size_t len = 0;
    nth = 0;
    do {
        core.fail_alloc = ++nth;
        err = midge_json_print(&core, json, &out, &len);
        assert_true(err == MIDGE_OK || err == MIDGE_ERR_NO_MEMORY);
    } while (err != MIDGE_OK);
    assert_true(nth > 1);
    assert_string_equal(out, text);
    assert_int_equal(len, sizeof text - 1);
    midge_free(&core, out);
    midge_json_free(&core, json);
    midge_json_free(&core, NULL);
}

/* The firmware's own cJSON stays on malloc, also while trees of ours live. */
static void hooks_are_given_back(void **state)
{
    (void)state;
    cJSON *ours = parsed("[1]");
    unsigned before = core.allocs;
    cJSON *theirs = cJSON_Parse("{\"a\":[1,2]}");
    char *text = NULL;
    assert_non_null(theirs);
    assert_int_equal(core.allocs, before);
    assert_int_equal(midge_json_print(&core, theirs, &text, NULL), MIDGE_OK);
    assert_string_equal(text, "{\"a\":[1,2]}");
    cJSON_Delete(theirs);
    midge_free(&core, text);
    midge_json_free(&core, ours);
}

static void paths(void **state)
{
    (void)state;
    cJSON *json = parsed("{\"data\":[{\"url\":\"u0\"},{\"url\":\"u1\",\"n\":2.5}],\"Data\":1,"
                         "\"e\":[[],[7]],\"\":3,\"a b\":4,\"s\":\"\"}");
    assert_string_equal(midge_json_string(json, "data[0].url"), "u0");
    assert_string_equal(midge_json_string(json, "data[1].url"), "u1");
    assert_string_equal(midge_json_string(json, "s"), "");
    assert_true(midge_json_number(json, "data[1].n", 0) > 2.4);
    assert_int_equal((int)midge_json_number(json, "Data", 9), 1);
    assert_int_equal((int)midge_json_number(json, "e[1][0]", 9), 7);
    assert_int_equal((int)midge_json_number(json, "a b", 9), 4);
    assert_int_equal((int)midge_json_number(json, "data[0].url", 9), 9);
    assert_null(midge_json_string(json, "data[1].n"));
    assert_ptr_equal(midge_json_at(json, ""), json);
    static const char *const none[] = {
        "x",
        "data[2]",
        "data[0]url",
        "data[0].",
        ".data",
        "data..url",
        "data[",
        "data[]",
        "data[-1]",
        "data[0",
        "data[0]]",
        "data[x]",
        "data.url",
        "[0]",
        "data[ 0]",
        "data[+0]",
        "data.[0]",
        "DATA",
        "dat",
        "data ",
        "e[0][0]",
        "s.x",
        "s[0]",
        "data]",
        "data[0].u",
        ".",
        "[",
        "data[99999999999999999999999999]",
        "data[18446744073709551616]",
    };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        if (midge_json_at(json, none[i]) != NULL) {
            fail_msg("found: %s", none[i]);
        }
    }
    assert_null(midge_json_at(json, NULL));
    assert_null(midge_json_at(NULL, "a"));
    assert_null(midge_json_string(NULL, ""));
    midge_json_free(&core, json);
}

static void quoting(void **state)
{
    (void)state;
    static const char text[] = "a\"\\/\b\f\n\r\t\x01\x1f\x7f\xc3\xa9";
    static const char quoted[] = "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9\"";
    char out[64];
    size_t len = 0;
    for (size_t cap = 0; cap < sizeof quoted; cap++) {
        memset(out, '#', sizeof out);
        assert_int_equal(midge_json_quote(out, cap, &len, text), MIDGE_ERR_TOO_LARGE);
        assert_int_equal(out[cap], '#');
    }
    assert_int_equal(midge_json_quote(out, sizeof quoted, &len, text), MIDGE_OK);
    assert_string_equal(out, quoted);
    assert_int_equal(len, sizeof quoted - 1);
    cJSON *json = parsed(out);
    assert_string_equal(midge_json_string(json, ""), text);
    midge_json_free(&core, json);
    assert_int_equal(midge_json_quote(out, 3, NULL, ""), MIDGE_OK);
    assert_string_equal(out, "\"\"");
    assert_int_equal(midge_json_quote(out, 3, NULL, NULL), MIDGE_ERR_INVALID);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(good_text),
        CASE(bad_text),
        CASE(nul_bytes),
        CASE(every_prefix_is_bad),
        CASE(depth_is_limited),
        CASE(every_allocation_may_fail),
        CASE(hooks_are_given_back),
        CASE(paths),
        CASE(quoting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
