/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "midge/config.h"
#include "midge/err.h"

static void names_follow_the_map(void **state)
{
    (void)state;
    assert_string_equal(midge_err_name(MIDGE_OK), "");
    assert_string_equal(midge_err_name(MIDGE_ERR_TIMEOUT), "TIMEOUT");
#define CHECK_NAME(name, value, text) assert_string_equal(midge_err_name(value), #name);
    MIDGE_ERR_MAP(CHECK_NAME)
}

static void texts_are_one_sentence_each(void **state)
{
    (void)state;
    for (int err = 0; err >= MIDGE_ERR_UNSUPPORTED; err--) {
        const char *text = midge_err_text(err);
        assert_non_null(text);
#if MIDGE_WITH_TEXTS
        assert_true(strlen(text) > 3);
        assert_true(text[strlen(text) - 1] != '.');
        assert_string_not_equal(text, midge_err_text(1));
#endif
    }
}

static void unknown_codes_are_named_so(void **state)
{
    (void)state;
    const int codes[] = {1, -9999, INT32_MAX, INT32_MIN, MIDGE_ERR_SEAL - 1};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        assert_string_equal(midge_err_name(codes[i]), "UNKNOWN");
        assert_non_null(midge_err_text(codes[i]));
    }
}

static void phases_have_names(void **state)
{
    (void)state;
    static const char *const expected[] = {"queue", "dns",  "connect", "tls",
                                           "send",  "wait", "body",    "done"};
    assert_int_equal(sizeof(expected) / sizeof(expected[0]), MIDGE_PHASES);
    for (int phase = 0; phase < MIDGE_PHASES; phase++) {
        assert_string_equal(midge_phase_name((enum midge_phase)phase), expected[phase]);
    }
    assert_string_equal(midge_phase_name(MIDGE_PHASES), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_follow_the_map),
        cmocka_unit_test(texts_are_one_sentence_each),
        cmocka_unit_test(unknown_codes_are_named_so),
        cmocka_unit_test(phases_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
