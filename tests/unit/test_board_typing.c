/* SPDX-License-Identifier: MIT */
/* Lines typed on a board's console. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../boards/common/typing.c"

static const char *keys; /* that were typed and not read yet */
static char shown[4096];
static size_t shown_len;

bool hw_console_read(char *c)
{
    *c = *keys;
    keys += *c != '\0';
    return *c != '\0';
}

void hw_console_write(const char *bytes, size_t len)
{
    assert_true(shown_len + len < sizeof shown);
    memcpy(shown + shown_len, bytes, len);
    shown_len += len;
    shown[shown_len] = '\0';
}

static int begin(void **state)
{
    (void)state;
    ready = used = 0;
    ended = was_cr = false;
    shown[shown_len = 0] = '\0';
    return 0;
}

static bool type(const char *these)
{
    keys = these;
    return typing_poll();
}

static void assert_read(const char *expected)
{
    char buf[TYPING_BYTES + 1];
    size_t n;
    assert_int_equal(typing_read(buf, TYPING_BYTES, &n), MIDGE_OK);
    buf[n] = '\0';
    assert_string_equal(buf, expected);
}

static void assert_nothing(int err)
{
    char buf[8];
    size_t n;
    assert_int_equal(typing_read(buf, sizeof buf, &n), err);
}

static void test_lines(void **state)
{
    (void)state;
    assert_false(type("one"));
    assert_nothing(MIDGE_ERR_AGAIN);
    assert_false(type("\r\ntwo\nthree\r\rfo"));
    assert_read("one\ntwo\nthree\n\n");
    assert_nothing(MIDGE_ERR_AGAIN);
    assert_false(type("ur\n"));
    assert_read("four\n");
    assert_string_equal(shown, "one\r\ntwo\r\nthree\r\n\r\nfour\r\n");
}

static void test_take_back(void **state)
{
    (void)state;
    (void)type("\x7f"
               "a\xc3\xa4\xf0\x9f\x90\x95"
               "b\b\x7f\x7f"
               "c\tx\x1b\n");
    assert_read("acx\n");
    (void)type("whole\n\b\b\bz\b\by\n"); /* a line that is whole is no longer changed */
    assert_read("whole\ny\n");
    assert_non_null(strstr(shown, "\b \b"));
    assert_null(strchr(shown, '\x1b'));
}

static void test_interrupt(void **state)
{
    (void)state;
    assert_true(type("line\nunfinished\x03"));
    assert_nothing(MIDGE_ERR_AGAIN);
    assert_false(type("next\n"));
    assert_read("next\n");
    assert_string_equal(shown, "line\r\nunfinished^Cnext\r\n");
}

static void test_end(void **state)
{
    (void)state;
    (void)type("a\x04");
    assert_nothing(MIDGE_ERR_AGAIN); /* the line is not empty */
    (void)type("\n\x04");
    assert_read("a\n");
    assert_nothing(MIDGE_ERR_EOF);
    assert_nothing(MIDGE_ERR_EOF);
}

/* A line that is longer than the buffer comes in pieces. While the buffer is full, the UART is not
   read. */
static void test_long(void **state)
{
    char line[2 * TYPING_BYTES + 10], got[sizeof line] = "";
    size_t len = sizeof line - 2;
    (void)state;
    memset(line, 'x', len);
    memcpy(line + len, "\n", 2);
    (void)type(line);
    assert_ptr_equal(keys, line + TYPING_BYTES);
    for (unsigned i = 0; i < sizeof line; i++) {
        char buf[7];
        size_t n = 0;
        if (typing_read(buf, sizeof buf, &n) == MIDGE_OK) {
            strncat(got, buf, n);
        }
        (void)typing_poll();
    }
    assert_string_equal(got, line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_lines, begin),
        cmocka_unit_test_setup(test_take_back, begin),
        cmocka_unit_test_setup(test_interrupt, begin),
        cmocka_unit_test_setup(test_end, begin),
        cmocka_unit_test_setup(test_long, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
