/* SPDX-License-Identifier: MIT */
/* The JSON glue: limits, strictness, memory, paths, quoting. */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "cJSON.h"
#include "fake_core.h"
#include "midge/json.h"

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
    return core.allocs == core.frees ? 0 : -1;
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

static void *malloc_of_core(size_t size)
{
    return midge_alloc(&core, size);
}

static void free_of_core(void *memory)
{
    midge_free(&core, memory);
}

/* It is written as this, or as anything (NULL). */
static void check_print(const cJSON *json, const char *expected)
{
    char *text = NULL;
    size_t len = 0;
    assert_int_equal(midge_json_print(&core, json, &text, &len), MIDGE_OK);
    assert_int_equal(strlen(text), len);
    if (expected != NULL) {
        assert_string_equal(text, expected);
    }
    midge_free(&core, text);
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
        {"\"x\\uZZZZy\"", 4},
        {"\"\\u00 0\"", 5},
        {"\"\\u006g\"", 6},
        {"\"\\ud83d\\u\"", 9},
        {"\"\xe9\"", 2}, /* Latin-1 */
        {"\"\\u12", 5},
        {"{\"\\uG000\":1}", 4},
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
    assert_int_equal(core.allocs, 32); /* of the good one */
    assert_int_equal(parse_exact("[[],{},[[]]]", 12, 3, &json, NULL), MIDGE_OK);
    midge_json_free(&core, json);
    assert_int_equal(parse_exact("[[],{},[[]]]", 12, 2, &json, NULL), MIDGE_ERR_JSON);
    assert_int_equal(parse_exact("[\"[[[[\\\"[[[\"]", 13, 1, &json, NULL), MIDGE_OK);
    midge_json_free(&core, json);
    nested(text, 1500); /* whatever the caller says */
    assert_int_equal(parse_exact(text, 3000, 4000, &json, NULL), MIDGE_ERR_JSON);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[1849017011531812866,\"two\",{\"b\":true}]}";
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
    assert_int_equal(nth, 2); /* one block, exactly as long */
    assert_string_equal(out, text);
    assert_int_equal(len, sizeof text - 1);
    midge_free(&core, out);
    midge_json_free(&core, json);
    midge_json_free(&core, NULL);
}

/* The firmware's own cJSON stays with its allocator, also while trees of ours live. */
static void cjson_is_left_alone(void **state)
{
    (void)state;
    cJSON *ours = parsed("[1]");
    unsigned before = core.allocs;
    cJSON *theirs = cJSON_Parse("{\"a\":[1,2.5,\"x\\n\"]}");
    char *text = NULL;
    assert_non_null(theirs);
    assert_int_equal(core.allocs, before);
    assert_int_equal(midge_json_print(&core, theirs, &text, NULL), MIDGE_OK);
    assert_string_equal(text, "{\"a\":[1,2.5,\"x\\n\"]}");
    cJSON_Delete(theirs);
    midge_free(&core, text);
    midge_json_free(&core, ours);
}

/* cJSON's own functions find a tree as its parser would have made it. */
static void cjson_reads_the_tree(void **state)
{
    (void)state;
    static const char text[] =
        "{\"a\":[1,-2.5e3,9999999999,\"x\"],\"b\":{\"c\":null},\"d\":[true,false]}";
    cJSON *ours = parsed(text), *theirs = cJSON_Parse(text);
    assert_true(cJSON_Compare(ours, theirs, 1));
    const cJSON *array = cJSON_GetObjectItem(ours, "a");
    assert_int_equal(cJSON_GetArraySize(array), 4);
    assert_ptr_equal(array->child->prev, cJSON_GetArrayItem(array, 3));
    assert_int_equal(cJSON_GetArrayItem(array, 1)->valueint, -2500);
    assert_int_equal(cJSON_GetArrayItem(array, 2)->valueint, INT32_MAX);
    cJSON_Delete(theirs);
    midge_json_free(&core, ours);
}

/* What the application built by cJSON, with members of every kind, is freed by us. */
static void frees_what_cjson_added(void **state)
{
    (void)state;
    cJSON *json = parsed("{\"a\":[[1],[2]]}");
    cJSON_Hooks hooks = {NULL, NULL};
    static cJSON lent = {.type = cJSON_String, .valuestring = (char *)(uintptr_t) "lent"};
    hooks.malloc_fn = malloc_of_core;
    hooks.free_fn = free_of_core;
    cJSON_InitHooks(&hooks);
    cJSON_AddItemReferenceToArray(cJSON_GetObjectItem(json, "a"), &lent);
    cJSON_AddItemToObjectCS(json, "constant", cJSON_CreateNumber(3));
    cJSON_AddStringToObject(json, "s", "t");
    cJSON_InitHooks(NULL);
    check_print(json, "{\"a\":[[1],[2],\"lent\"],\"constant\":3,\"s\":\"t\"}");
    midge_json_free(&core, json);
}

/* --- numbers --- */

static void integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value; /* 99: it is none, or beyond */
    } cases[] = {
        {"0", 0},
        {"-0", 0},
        {"-7", -7},
        {"999999999999999", 999999999999999},
        {"1000000000000000", 1000000000000000},
        {"9007199254740993", 9007199254740993},
        {"1849017011531812866", 1849017011531812866},
        {"9223372036854775807", INT64_MAX},
        {"9223372036854775808", 99},
        {"-9223372036854775808", INT64_MIN},
        {"-9223372036854775809", 99},
        {"18446744073709551616", 99},
        {"1e3", 1000},
        {"25e-1", 99},
        {"1.0000000000000000000000", 1},
        {"1e300", 99},
        {"1e400", 99},
        {"-1e400", 99},
        {"\"5\"", 99},
        {"null", 99},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cJSON *json = parsed(cases[i].text);
        if (midge_json_integer(json, "", 99) != cases[i].value) {
            fail_msg("%s: %lld", cases[i].text, (long long)midge_json_integer(json, "", 99));
        }
        check_print(json, i < 12 ? cases[i].text : NULL);
        midge_json_free(&core, json);
    }
    assert_int_equal(midge_json_integer(NULL, "", 99), 99);
}

/* The same double as strtod's, of numbers of all lengths and sizes. */
static void doubles(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0.1",
        "-12.5e-3",
        "123456789012345678901234567890",
        "1.7976931348623157e308",
        "1.7976931348623159e308",
        "1e309",
        "4.9e-324",
        "2.4e-324",
        "1e-400",
        "0.000000000000000000001",
        "2.2250738585072014e-308",
        "9007199254740993",
        "9007199254740992.9999999999999999999999999",
        "100000000000000000000000000000000000000000000000001e-30",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "0e99999999999999999999",
        "-0.0",
        "0.5e+00000000000000000001",
        "123.456e789",
        "3.14159265358979323846264338327950288419716939937510582097494459230781640628",
        "9007199254740995", /* in the middle between two doubles: to the even one */
        "9007199254740994.999999",
        "9007199254740995.000001",
        "18446744073709549568",
        "1.7976931348623158e308",  /* the largest double */
        "2.4703282292062327e-324", /* half of the smallest double, and a bit more */
        "2.4703282292062329e-324",
        "2.2250738585072011e-308", /* the largest that is not normal */
        "2.2250738585072014e-308",
        "0.0001e313",
        "9.99e-325",
        "0.000",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cJSON *json = parsed(texts[i]);
        double expected = strtod(texts[i], NULL), got = midge_json_number(json, "", 99);
        if (memcmp(&expected, &got, sizeof got) != 0) {
            fail_msg("%s: %.17g", texts[i], got);
        }
        midge_json_free(&core, json);
    }
}

static void doubles_at_random(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (unsigned i = 0; i < 3000; i++) {
        char text[64];
        random = random * 6364136223846793005U + 1442695040888963407U;
        unsigned long long digits = random >> (random >> 58);
        int exponent = (int)(random >> 33 & 1023) - 512;
        (void)snprintf(text, sizeof text, "%u.%llue%d", (unsigned)(random >> 20 & 4095), digits,
                       i % 2 == 0 ? exponent : exponent / 32);
        cJSON *json = parsed(text);
        double expected = strtod(text, NULL), got = midge_json_number(json, "", 99);
        if (memcmp(&expected, &got, sizeof got) != 0) {
            fail_msg("%s: %.17g", text, got);
        }
        midge_json_free(&core, json);
    }
}

static void a_very_long_number(void **state)
{
    (void)state;
    static char text[100001];
    memset(text, '9', sizeof text - 1);
    cJSON *json = parsed(text);
    assert_true(midge_json_number(json, "", 0) > 1e308);
    check_print(json, text);
    midge_json_free(&core, json);
    memset(text, '0', sizeof text - 1);
    text[1] = '.';
    memcpy(text + sizeof text - 9, "1e100000", 8);
    json = parsed(text);
    assert_true(midge_json_number(json, "", 0) > 1e7);
    midge_json_free(&core, json);
}

static void numbers_are_written(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-1, "-1"},
        {1e14, "100000000000000"},
        {1e15, "1e+15"},
        {0.1, "0.1"},
        {1.0 / 3, "0.33333333333333331"},
        {-2.5e-300, "-2.5e-300"},
        {HUGE_VAL, "null"},
        {-HUGE_VAL, "null"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cJSON node = {.type = cJSON_Number, .valuedouble = cases[i].number};
        check_print(&node, cases[i].text);
    }
}

/* A kept text is the number's no more when the application sets another. */
static void a_number_is_changed(void **state)
{
    (void)state;
    cJSON *json = parsed("[1849017011531812866,1e400]");
    check_print(json, "[1849017011531812866,1e400]");
    cJSON_SetNumberValue(json->child, 5);
    cJSON_SetNumberValue(json->child->next, -5.5);
    check_print(json, "[5,-5.5]");
    assert_int_equal(midge_json_integer(json, "[0]", 99), 5);
    midge_json_free(&core, json);
}

static void points_of_a_locale(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "C.UTF-8"};
    for (size_t i = 0; i < 4 && setlocale(LC_NUMERIC, names[i]) == NULL; i++) {
    }
    cJSON *json = parsed("[1.5,0.333333333333]");
    assert_true(midge_json_number(json, "[0]", 0) > 1.4);
    check_print(json, "[1.5,0.333333333333]");
    midge_json_free(&core, json);
    setlocale(LC_NUMERIC, "C");
}

/* --- writing --- */

static void what_can_not_be_written(void **state)
{
    (void)state;
    cJSON nodes[34];
    char *text = (char *)(uintptr_t)1;
    for (size_t i = 0; i < 34; i++) {
        nodes[i] = (cJSON){.type = cJSON_Array, .child = i < 33 ? &nodes[i + 1] : NULL};
    }
    assert_int_equal(midge_json_print(&core, &nodes[0], &text, NULL), MIDGE_ERR_INVALID);
    assert_null(text);
    assert_int_equal(midge_json_print(&core, &nodes[1], &text, NULL),
                     MIDGE_OK); /* the last is empty */
    midge_free(&core, text);
    nodes[33].type = cJSON_Raw;
    assert_int_equal(midge_json_print(&core, &nodes[30], &text, NULL), MIDGE_ERR_INVALID);
    nodes[33].type = cJSON_Invalid;
    assert_int_equal(midge_json_print(&core, &nodes[30], &text, NULL), MIDGE_ERR_INVALID);
    nodes[33] = (cJSON){.type = cJSON_String, .valuestring = (char *)(uintptr_t) "\xe9t\xe9"};
    assert_int_equal(midge_json_print(&core, &nodes[30], &text, NULL), MIDGE_ERR_INVALID);
    assert_int_equal(midge_json_print(&core, NULL, &text, NULL), MIDGE_ERR_INVALID);
    assert_int_equal(midge_json_print(&core, &nodes[0], NULL, NULL), MIDGE_ERR_INVALID);
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
        CASE(cjson_is_left_alone),
        CASE(cjson_reads_the_tree),
        CASE(frees_what_cjson_added),
        CASE(integers),
        CASE(doubles),
        CASE(doubles_at_random),
        CASE(a_very_long_number),
        CASE(numbers_are_written),
        CASE(a_number_is_changed),
        CASE(points_of_a_locale),
        CASE(what_can_not_be_written),
        CASE(paths),
        CASE(quoting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
