/* SPDX-License-Identifier: MIT */
/* Forms as multipart/form-data: the bytes, in slices of any size; sources that fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "chance.h"
#include "midge/err.h"
#include "midge/multipart.h"
#include <stdio.h>

#define MOST 65536

/* --- a source that gives `len` bytes of `data`, `slice` at a time --- */

struct giver {
    struct midge_source source;
    const char *data;
    size_t len, at, slice;
    int err;   /* in place of the end, 0: EOF */
    int waits; /* so many reads give AGAIN before each slice */
    int waited, finished;
    size_t lies; /* bytes that it says it gives beyond the room */
};

static int giver_read(struct midge_source *source, uint8_t *buf, size_t cap, size_t *n)
{
    struct giver *g = (struct giver *)(void *)source;
    size_t left = g->len - g->at;
    if (g->waited < g->waits) {
        g->waited++;
        return MIDGE_ERR_AGAIN;
    }
    g->waited = 0;
    if (left == 0) {
        return g->err != 0 ? g->err : MIDGE_ERR_EOF;
    }
    *n = left < cap ? left : cap;
    *n = *n < g->slice ? *n : g->slice;
    memcpy(buf, g->data + g->at, *n);
    g->at += *n;
    if (g->lies > 0) {
        *n = cap + g->lies;
    }
    return MIDGE_OK;
}

static int giver_rewind(struct midge_source *source)
{
    ((struct giver *)(void *)source)->at = 0;
    return MIDGE_OK;
}

static void giver_finish(struct midge_source *source)
{
    ((struct giver *)(void *)source)->finished++;
}

static struct giver giver(const char *text, int64_t length)
{
    return (struct giver){
        .source = {giver_read, giver_rewind, giver_finish, length},
        .data = text,
        .len = strlen(text),
        .slice = SIZE_MAX,
    };
}

/* --- entropy that is known --- */

static uint8_t entropy_byte;
static int entropy_error;

static int entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    memset(buf, entropy_byte, len);
    return entropy_error;
}

static const struct midge_port port = {.entropy = entropy};

#define B "efefefefefefefefefefefefefefefef"

static int setup(void **state)
{
    (void)state;
    entropy_byte = 0xfe;
    entropy_error = MIDGE_OK;
    return 0;
}

/* Reads all, `cap` bytes at a time; AGAIN is counted. */
static int read_all(struct midge_source *source, char *out, size_t cap, size_t *len,
                    unsigned *again)
{
    int err = MIDGE_OK;
    *len = *again = 0;
    while (err == MIDGE_OK || err == MIDGE_ERR_AGAIN) {
        size_t n = 0, room = MOST - *len < cap ? MOST - *len : cap;
        assert_true(room > 0);
        err = source->read(source, (uint8_t *)out + *len, room, &n);
        assert_true(n <= room);
        assert_true(err != MIDGE_OK || n > 0);
        *len += err == MIDGE_OK ? n : 0;
        *again += err == MIDGE_ERR_AGAIN;
    }
    out[*len] = '\0';
    return err;
}

static char out[MOST + 1];

static void assert_form(struct midge_multipart *m, size_t cap, const char *want)
{
    size_t len;
    unsigned again;
    assert_int_equal(read_all(&m->source, out, cap, &len, &again), MIDGE_ERR_EOF);
    assert_string_equal(out, want);
    assert_true(m->source.length < 0 || (size_t)m->source.length == len);
}

/* --- tests --- */

static void test_bytes(void **state)
{
    (void)state;
    struct giver file = giver("<html>", 6);
    const struct midge_part parts[] = {
        {.name = "a", .text = "one"},
        {.name = "b\"\r\n\\",
         .filename = "x \"y\".html",
         .type = "text/html; charset=utf-8",
         .source = &file.source},
        {.name = "", .data = "\r\n--", .len = 4},
        {.name = "none"},
    };
    const char *want = "--" B "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none"
                       "\r\n--" B "\r\nContent-Disposition: form-data; name=\"b%22%0D%0A\\\"; "
                       "filename=\"x %22y%22.html\"\r\nContent-Type: text/html; charset=utf-8"
                       "\r\n\r\n<html>"
                       "\r\n--" B "\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n\r\n--"
                       "\r\n--" B "\r\nContent-Disposition: form-data; name=\"none\"\r\n\r\n"
                       "\r\n--" B "--\r\n";
    struct midge_multipart m;
    for (size_t cap = 1; cap < 1000; cap++) {
        file.at = 0;
        file.slice = 1 + cap % 7;
        assert_int_equal(midge_multipart_init(&m, &port, parts, 4), MIDGE_OK);
        assert_string_equal(m.content_type, "multipart/form-data; boundary=" B);
        assert_int_equal(m.source.length, (int64_t)strlen(want));
        assert_form(&m, cap, want);
        assert_int_equal(m.source.rewind(&m.source), MIDGE_OK);
        assert_form(&m, cap, want);
    }
    m.source.finish(&m.source);
    assert_int_equal(file.finished, 1);
}

/* A short form needs one call, and an unknown length does not change the bytes. */
static void test_unknown_length(void **state)
{
    (void)state;
    struct giver pipe = giver("12345", -1);
    const struct midge_part parts[] = {{.name = "p", .source = &pipe.source},
                                       {.name = "q", .text = "x"}};
    struct midge_multipart m;
    size_t n = 0;
    pipe.source.rewind = NULL;
    assert_int_equal(midge_multipart_init(&m, &port, parts, 2), MIDGE_OK);
    assert_int_equal(m.source.length, -1);
    assert_null(m.source.rewind);
    assert_int_equal(m.source.read(&m.source, (uint8_t *)out, MOST, &n), MIDGE_OK);
    out[n] = '\0';
    assert_string_equal(out, "--" B "\r\nContent-Disposition: form-data; name=\"p\"\r\n\r\n12345"
                             "\r\n--" B "\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\nx"
                             "\r\n--" B "--\r\n");
    assert_int_equal(m.source.read(&m.source, (uint8_t *)out, MOST, &n), MIDGE_ERR_EOF);
}

static void test_waiting(void **state)
{
    (void)state;
    struct giver slow = giver("abc", 3);
    const struct midge_part parts[] = {{.name = "s", .source = &slow.source}};
    struct midge_multipart m;
    size_t len;
    unsigned again;
    slow.slice = 1;
    slow.waits = 2;
    assert_int_equal(midge_multipart_init(&m, &port, parts, 1), MIDGE_OK);
    assert_int_equal(read_all(&m.source, out, MOST, &len, &again), MIDGE_ERR_EOF);
    assert_int_equal(len, m.source.length);
    assert_int_equal(again, 3); /* the other 3 came behind bytes */
}

/* --- the bad way --- */

static int read_form(struct midge_source *source)
{
    const struct midge_part parts[] = {{.name = "s", .source = source}, {.name = "t"}};
    struct midge_multipart m;
    size_t len;
    unsigned again;
    assert_int_equal(midge_multipart_init(&m, &port, parts, 2), MIDGE_OK);
    return read_all(&m.source, out, 64, &len, &again);
}

static void test_bad_sources(void **state)
{
    (void)state;
    struct giver shorter = giver("abc", 4), longer = giver("abc", 2), broken = giver("abc", -1);
    struct giver liar = giver("abc", -1), empty = giver("abc", -1);
    assert_int_equal(read_form(&shorter.source), MIDGE_ERR_READ);
    assert_int_equal(read_form(&longer.source), MIDGE_ERR_EOF); /* cut, as a file that grows */
    assert_string_equal(strstr(out, "\r\n\r\n"),
                        "\r\n\r\nab\r\n--" B
                        "\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\n\r\n--" B "--\r\n");
    broken.err = MIDGE_ERR_UNSUPPORTED;
    assert_int_equal(read_form(&broken.source), MIDGE_ERR_UNSUPPORTED);
    liar.lies = 1;
    assert_int_equal(read_form(&liar.source), MIDGE_ERR_READ);
    empty.slice = 0; /* OK without bytes */
    assert_int_equal(read_form(&empty.source), MIDGE_ERR_READ);
}

static void test_bad_parts(void **state)
{
    (void)state;
    struct midge_multipart m;
    struct giver huge = giver("", INT64_MAX), rest = giver("", 0);
    const struct midge_part good = {.name = "a"}, nameless = {.text = "x"};
    const struct midge_part split = {.name = "a", .type = "a/b\r\nX: y"};
    const struct midge_part big[] = {{.name = "a", .source = &huge.source}};
    assert_int_equal(midge_multipart_init(&m, &port, NULL, 0), MIDGE_ERR_INVALID);
    assert_int_equal(midge_multipart_init(&m, &port, &nameless, 1), MIDGE_ERR_INVALID);
    assert_int_equal(midge_multipart_init(&m, &port, &split, 1), MIDGE_ERR_HEADER);
    assert_int_equal(midge_multipart_init(&m, &port, big, 1), MIDGE_ERR_TOO_LARGE);
    const struct midge_part two[] = {{.name = "a", .source = &rest.source}, big[0]};
    huge.source.length = INT64_MAX - 64;
    assert_int_equal(midge_multipart_init(&m, &port, two, 2), MIDGE_ERR_TOO_LARGE);
    entropy_error = MIDGE_ERR_ENTROPY;
    assert_int_equal(midge_multipart_init(&m, &port, &good, 1), MIDGE_ERR_ENTROPY);
}

/* --- random forms, read by a parser that knows only the RFC --- */

/* The value's end, and past the delimiter behind it. */
static char *next_value(char *at, const char *delimiter, char **rest)
{
    char *end = strstr(at, delimiter);
    assert_non_null(end);
    *end = '\0';
    *rest = end + strlen(delimiter);
    return at;
}

static void random_text(char *text, size_t most)
{
    static const char letters[] = "ab\"\\\r\n-;= \xc3\xa4%:";
    size_t len = chance((unsigned)most);
    for (size_t i = 0; i < len; i++) {
        text[i] = letters[chance(sizeof letters - 1)];
    }
    text[len] = '\0';
}

static void assert_unescaped(char *escaped, const char *want)
{
    for (; *want != '\0'; want++) {
        const char *as = *want == '"'    ? "%22"
                         : *want == '\r' ? "%0D"
                         : *want == '\n' ? "%0A"
                                         : NULL;
        char self[2] = {*want, '\0'};
        as = as != NULL ? as : self;
        assert_int_equal(strncmp(escaped, as, strlen(as)), 0);
        escaped += strlen(as);
    }
    assert_string_equal(escaped, "");
}

#define PARTS 4

static struct random_form {
    char names[PARTS][40], values[PARTS][60];
    struct midge_part parts[PARTS];
    struct giver givers[PARTS];
    size_t n;
} form;

static void make_random_form(void)
{
    form.n = 1 + chance(PARTS);
    for (size_t i = 0; i < form.n; i++) {
        const char *value = form.values[i];
        random_text(form.names[i], sizeof form.names[i]);
        random_text(form.values[i], sizeof form.values[i]);
        form.givers[i] = giver(value, one_in(2) ? (int64_t)strlen(value) : -1);
        form.givers[i].slice = 1 + chance(50);
        form.parts[i] = (struct midge_part){.name = form.names[i], .text = value};
        form.parts[i].source = one_in(2) ? &form.givers[i].source : NULL;
    }
}

static void assert_read_back(const char *boundary)
{
    char delimiter[64], *rest = out;
    assert_in_range(snprintf(delimiter, sizeof delimiter, "\r\n--%s", boundary), 5, 63);
    assert_int_equal(strncmp(out, delimiter + 2, strlen(delimiter + 2)), 0);
    rest += strlen(delimiter + 2);
    for (size_t i = 0; i < form.n; i++) {
        assert_string_equal(next_value(rest, "\r\nContent-Disposition: form-data; name=\"", &rest),
                            "");
        assert_unescaped(next_value(rest, "\"\r\n\r\n", &rest), form.names[i]);
        assert_string_equal(next_value(rest, delimiter, &rest), form.values[i]);
    }
    assert_string_equal(rest, "--\r\n");
}

static void test_random_forms(void **state)
{
    (void)state;
    seed = 1;
    for (unsigned round = 0; round < 2000; round++) {
        struct midge_multipart m;
        size_t len;
        unsigned again;
        make_random_form();
        entropy_byte = (uint8_t)chance(256);
        assert_int_equal(midge_multipart_init(&m, &port, form.parts, form.n), MIDGE_OK);
        assert_int_equal(read_all(&m.source, out, 1 + chance(300), &len, &again), MIDGE_ERR_EOF);
        assert_true(m.source.length < 0 || (size_t)m.source.length == len);
        assert_read_back(strchr(m.content_type, '=') + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_bytes, setup),
        cmocka_unit_test_setup(test_unknown_length, setup),
        cmocka_unit_test_setup(test_waiting, setup),
        cmocka_unit_test_setup(test_bad_sources, setup),
        cmocka_unit_test_setup(test_bad_parts, setup),
        cmocka_unit_test_setup(test_random_forms, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
