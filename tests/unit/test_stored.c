/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static unsigned char flash[4096];
#define SERVICES_STORED flash
#include "../../boards/common/services/stored.c"

static size_t shown;

void hw_console_write(const char *text, size_t len)
{
    assert_memory_equal(text, "arguments: ", 11);
    shown += len;
}

static int begin(void **state)
{
    (void)state;
    memset(flash, 0xFF, sizeof flash);
    memset(line, 'x', sizeof line);
    shown = 0;
    return 0;
}

/* NULL: it is not used, and the console tells it. */
static void assert_line(const char *stored, size_t len, const char *expected)
{
    (void)begin(NULL);
    memcpy(flash, stored, len);
    const char *got = stored_line();
    if (expected != NULL) {
        assert_non_null(got);
        assert_string_equal(got, expected);
    } else {
        assert_null(got);
    }
    assert_int_equal(shown > 0, expected == NULL);
}

static void test_lines(void **state)
{
    (void)state;
    assert_line("midge posts", 11, "posts");
    assert_line("midge IP=192.0.2.9 posts\nmore", 29, "IP=192.0.2.9 posts");
    assert_line("midge posts\r\n", 13, "posts");
    assert_line("midge posts\0rest", 16, "posts");
    assert_line("midge chat \"caf\303\251\"\t-x", 21, "chat \"caf\303\251\"\t-x");
    assert_line("midge ", 6, "");
    assert_line("midge\n", 6, NULL);
    assert_line("Midge posts\n", 12, NULL);
    assert_line("\n", 1, NULL);
    assert_line("midge po\001sts\n", 13, NULL);
}

static void test_erased_flash_is_no_line(void **state)
{
    (void)state;
    assert_null(stored_line());
    assert_int_equal(shown, 0);
}

static void test_the_longest_line(void **state)
{
    (void)state;
    memset(flash, 'a', sizeof flash);
    memcpy(flash, "midge ", 6);
    flash[STORED_BYTES] = '\n'; /* one too late */
    assert_null(stored_line());
    flash[STORED_BYTES - 1] = '\n';
    const char *got = stored_line();
    assert_non_null(got);
    assert_int_equal(strlen(got), STORED_BYTES - 1 - 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test_setup(test_erased_flash_is_no_line, begin),
        cmocka_unit_test_setup(test_the_longest_line, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
