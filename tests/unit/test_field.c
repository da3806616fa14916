/* SPDX-License-Identifier: MIT */
/* Field names and their numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <string.h>

#include "base/span.h"
#include "codec/field.h"

static enum midge__field of(const char *name)
{
    return midge__field_of(midge__span_of(name));
}

static void every_name_is_found_in_any_case(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MIDGE__FIELD_OTHER; i++) {
        const char *name = midge__field_name((enum midge__field)i);
        char upper[32], lower[32], mixed[32];
        for (size_t at = 0; at <= strlen(name); at++) {
            upper[at] = (char)toupper(name[at]);
            lower[at] = (char)tolower(name[at]);
            mixed[at] = at % 2 != 0 ? upper[at] : lower[at];
        }
        assert_int_equal(of(name), i);
        assert_int_equal(of(upper), i);
        assert_int_equal(of(lower), i);
        assert_int_equal(of(mixed), i);
    }
}

/* One character more, less or other, at each place. */
static void a_similar_name_is_another(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MIDGE__FIELD_OTHER; i++) {
        const char *name = midge__field_name((enum midge__field)i);
        const size_t len = strlen(name);
        char other[32];
        for (size_t at = 0; at < len; at++) {
            memcpy(other, name, len + 1);
            other[at] = '_';
            assert_int_equal(of(other), MIDGE__FIELD_OTHER);
            memcpy(other + at, name + at + 1, len - at);
            assert_int_equal(of(other), MIDGE__FIELD_OTHER);
            memcpy(other, name, len + 1);
            other[at] ^= 1;
            assert_int_equal(of(other), MIDGE__FIELD_OTHER);
        }
        memcpy(other, name, len + 1);
        memcpy(other + len, "s", 2);
        assert_int_equal(of(other), MIDGE__FIELD_OTHER);
    }
}

static void other_names(void **state)
{
    (void)state;
    assert_int_equal(of(""), MIDGE__FIELD_OTHER);
    assert_int_equal(of("ETag"), MIDGE__FIELD_OTHER);
    assert_int_equal(of("Strict-Transport-Security"), MIDGE__FIELD_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_found_in_any_case),
        cmocka_unit_test(a_similar_name_is_another),
        cmocka_unit_test(other_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
