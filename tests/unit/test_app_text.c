/* SPDX-License-Identifier: MIT */
/* Text that others wrote, as the programs show it: which characters are harmless, and what an API
   says in the beginning of a body. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../boards/apps/clean.c"
#include "../../boards/apps/says.c"

/* --- characters --- */

static size_t encode(uint32_t code, char out[4])
{
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (char)(code | first[len]);
    return len;
}

/* Of Unicode's: Cc, Zl, Zp, and those with the property Bidi_Control. */
static bool is_expected_harmless(uint32_t c)
{
    return !(c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
             c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
             (c >= 0x2066 && c <= 0x2069));
}

static void test_each_character(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        char text[4];
        bool harmless, surrogate = code >= 0xd800 && code < 0xe000;
        size_t len = encode(code, text);
        assert_int_equal(app_character(text, len, &harmless), surrogate ? 1 : len);
        assert_int_equal(harmless, !surrogate && is_expected_harmless(code));
        if (len > 1) { /* cut short */
            assert_int_equal(app_character(text, len - 1, &harmless), 1);
            assert_false(harmless);
        }
    }
}

static void test_no_utf8(void **state)
{
    static const char *const bad[] = {"\x80",
                                      "\xbf",
                                      "\xc0\xaf",
                                      "\xc1\xbf",
                                      "\xe0\x80\xaf",
                                      "\xed\xa0\x80",
                                      "\xf0\x80\x80\xaf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "\xc3(",
                                      "\xe2(\xa1",
                                      "\xe2\x82(",
                                      "\xc2"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        bool harmless;
        assert_int_equal(app_character(bad[i], strlen(bad[i]), &harmless), 1);
        assert_false(harmless);
    }
}

/* --- messages --- */

static const struct {
    const char *body, *message;
} known[] = {
    {"{\"error\":{\"code\":1,\"message\":\"no\",\"type\":\"x\"}}", "no"},
    {"{\"error\":\"no\"}", "no"},
    {"{\"message\":\"no\"}", "no"},
    {"{\"detail\":\"no\"}", "no"},
    {"{\"detail\":[{\"loc\":[\"a\"],\"msg\":\"no\"}]}", "no"},
    {"{\"errors\":[{\"message\":\"no\"}]}", "no"},
    {"{\"errorMessage\":\"no\"}", "no"},
    {"{\"message\":\"less\",\"error\":{\"message\":\"no\"}}", "no"},
    {"{\"error\":\"x\",\"error_description\":\"no\"}", "no"},
    {"{\"error\":{\"message\":\"a \\n\\t b \\u0000c\"}}", "a b \xef\xbf\xbd"
                                                          "c"},
    {"{\"error\":{\"message\":\"a message that is longer than one piece of the filter\"}}",
     "a message that is longer than one piece of the filter"},
    {"{\"error\":{\"message\":\"a message that is longer, and cut", "a message that is longer"},
};

static const struct {
    const char *body, *text;
} others[] = {
    {"not found", "not found"},
    {" \r\n not\n\nfound ", "not found "},
    {"<html><head><title>502 Bad\n Gateway</title></head><body>x</body>", "502 Bad Gateway"},
    {"<html><title>cut", "cut"},
    {"<p>no <b>way</b>", "no way"},
    {"<p>no <b", "no "},
    {"{\"x\":1}", "{\"x\":1}"},
};

static void test_known_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char out[200];
        assert_true(app_message(known[i].body, strlen(known[i].body), false, out, sizeof out));
        assert_memory_equal(out, known[i].message, strlen(known[i].message));
    }
}

static void test_other_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char out[200];
        const size_t len = strlen(others[i].body);
        assert_false(app_message(others[i].body, len, false, out, sizeof out));
        assert_true(app_message(others[i].body, len, true, out, sizeof out));
        assert_string_equal(out, others[i].text);
    }
    for (size_t i = 0; i < 4; i++) {
        static const char *const nothing[] = {"", " \n ", "<html>", NULL};
        char out[20];
        size_t len = nothing[i] != NULL ? strlen(nothing[i]) : 9;
        assert_false(app_message(nothing[i], len, true, out, sizeof out));
        assert_string_equal(out, "");
    }
}

/* Every body cut everywhere, into memory of every size: nothing is read or written beyond. */
static void test_cut_everywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        for (size_t len = 0; len <= strlen(known[i].body); len++) {
            for (size_t cap = 1; cap < 40; cap += 6) {
                char *body = malloc(len > 0 ? len : 1), *out = malloc(cap);
                assert_true(body != NULL && out != NULL);
                memcpy(body, known[i].body, len);
                (void)app_message(body, len, true, out, cap);
                assert_true(strlen(out) < cap);
                free(body);
                free(out);
            }
        }
    }
}

/* --- the sink --- */

static void test_the_beginning_is_kept(void **state)
{
    struct app_says says;
    struct midge_null_sink all;
    uint8_t data[200];
    (void)state;
    memset(data, 'x', sizeof data);
    midge_null_sink_init(&all);
    app_says_init(&says, &all.sink);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(says.sink.write(&says.sink, data, sizeof data), MIDGE_OK);
    }
    assert_int_equal(says.len, APP_SAYS);
    assert_int_equal(all.len, 600);
    assert_int_equal(says.sink.finish(&says.sink, MIDGE_OK, MIDGE_COMPLETE_YES), MIDGE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_character), cmocka_unit_test(test_no_utf8),
        cmocka_unit_test(test_known_shapes),   cmocka_unit_test(test_other_texts),
        cmocka_unit_test(test_cut_everywhere), cmocka_unit_test(test_the_beginning_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
