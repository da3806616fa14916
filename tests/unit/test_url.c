/* SPDX-License-Identifier: MIT */
/* Runs tests/vectors/url, each case with a buffer of just its size too. */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../vectors/vectors.h"
#include "base/span.h"
#include "codec/url.h"
#include "midge/err.h"
#include "midge/url.h"

#define MAX_FIELDS 4

struct vector {
    char name[256]; /* "url/file.txt:line: the line" */
    struct text fields[MAX_FIELDS];
    size_t count;
};

static struct vector vectors[512];
static size_t vector_count;
/* ---- data ---- */

static int expected_error(const char *result)
{
    if (strcmp(result, "!URL") == 0)
        return MIDGE_ERR_URL;
    return strcmp(result, "!SCHEME") == 0 ? MIDGE_ERR_SCHEME : MIDGE_OK;
}

typedef int build_fn(const struct vector *v, char *out, size_t cap, size_t *len);

static void check_text(const struct vector *v, const char *expected, const char *got, size_t len)
{
    if (len == strlen(expected) && strcmp(got, expected) == 0)
        return;
    fail_msg("%s: got '%s'", v->name, got);
}

/* In a roomy buffer, and in one of just the size, of one byte less, and of none. */
static void check_build(const struct vector *v, build_fn *build)
{
    static char roomy[2 * MIDGE_URL_MAX];
    const char *expected = v->fields[v->count - 1].ptr;
    size_t len = 0;
    int err = build(v, roomy, sizeof roomy, &len);
    if (err != expected_error(expected))
        fail_msg("%s: error %d", v->name, err);
    if (err != MIDGE_OK)
        return;
    check_text(v, expected, roomy, len);
    for (size_t cap = len; cap <= len + 1; cap++) {
        char *tight = malloc(cap);
        assert_non_null(tight);
        size_t unused;
        err = build(v, tight, cap, &unused);
        /* dot segments want room until they are gone, so the exact size may not do */
        if (cap <= len && err != MIDGE_ERR_TOO_LARGE)
            fail_msg("%s: error %d with %zu bytes", v->name, err, cap);
        if (err == MIDGE_OK)
            check_text(v, expected, tight, unused);
        free(tight);
    }
    if (build(v, NULL, 0, &len) != MIDGE_ERR_TOO_LARGE)
        fail_msg("%s: no error without a buffer", v->name);
}

static int build_normal(const struct vector *v, char *out, size_t cap, size_t *len)
{
    return midge_url_normalise(out, cap, len, v->fields[0].ptr, 0);
}

static int build_resolved(const struct vector *v, char *out, size_t cap, size_t *len)
{
    return midge_url_resolve(out, cap, len, v->fields[0].ptr, v->fields[1].ptr);
}

static int build_query(const struct vector *v, char *out, size_t cap, size_t *len)
{
    const char *value = v->fields[2].ptr;
    *len = v->fields[0].len;
    if (cap > *len)
        memcpy(out, v->fields[0].ptr, *len + 1);
    return midge_url_query_add(out, cap, len, v->fields[1].ptr,
                               strcmp(value, "(none)") == 0 ? NULL : value);
}

/* What is normal is accepted, stays as it is, and parses. */
static void check_normal(const struct vector *v, const char *normal)
{
    static char again[2 * MIDGE_URL_MAX];
    struct midge_url url;
    size_t len = 0;
    if (midge_url_parse(&url, normal, strlen(normal), 0) != MIDGE_OK)
        fail_msg("%s: the result does not parse", v->name);
    if (midge_url_normalise(again, sizeof again, &len, normal, 0) != MIDGE_OK)
        fail_msg("%s: the result is refused", v->name);
    check_text(v, normal, again, len);
}

static bool is_normal(const char *text)
{
    struct midge_url url;
    return midge_url_parse(&url, text, strlen(text), MIDGE_URL_ALLOW_USERINFO) == MIDGE_OK &&
           midge__url_is_normal(&url, midge__span_of(text));
}

static void test_normalise(void **state)
{
    const struct vector *v = *state;
    const char *expected = v->fields[v->count - 1].ptr;
    check_build(v, build_normal);
    if (is_normal(v->fields[0].ptr))
        assert_string_equal(v->fields[0].ptr, expected);
    if (expected_error(expected) == MIDGE_OK)
        check_normal(v, expected);
}

static void test_resolve(void **state)
{
    const struct vector *v = *state;
    const char *expected = v->fields[v->count - 1].ptr;
    check_build(v, build_resolved);
    if (expected_error(expected) == MIDGE_OK)
        check_normal(v, expected);
}

static void test_query(void **state)
{
    check_build(*state, build_query);
}

static void add_vector_test(struct vector *v, const char *file)
{
    if (strncmp(file, "normalise", 9) == 0 && v->count == 2)
        add_test(v->name, test_normalise, v);
    else if (strncmp(file, "resolve", 7) == 0 && v->count == 3)
        add_test(v->name, test_resolve, v);
    else if (strcmp(file, "query.txt") == 0 && v->count == 4)
        add_test(v->name, test_query, v);
    else {
        fprintf(stderr, "%s: what is this?\n", v->name);
        exit(2);
    }
}

static void load_line(const char *file, unsigned number, const char *line)
{
    if (vector_count == sizeof vectors / sizeof vectors[0])
        abort();
    struct vector *v = &vectors[vector_count++];
    snprintf(v->name, sizeof v->name, "url/%s:%u: %.100s", file, number, line);
    for (;;) {
        const char *arrow = strstr(line, " => ");
        const char *end = arrow != NULL ? arrow : line + strlen(line);
        if (v->count == MAX_FIELDS)
            abort();
        unescape(&v->fields[v->count++], line, end);
        if (arrow == NULL)
            break;
        line = arrow + 4;
    }
    add_vector_test(v, file);
}

/* ---- what the parts are ---- */

static void check_span(struct midge_span span, const char *expected)
{
    if (expected == NULL) {
        assert_null(span.ptr);
        return;
    }
    assert_non_null(span.ptr);
    assert_int_equal(span.len, strlen(expected));
    assert_memory_equal(span.ptr, expected, span.len);
}

static int parse(struct midge_url *url, const char *text, unsigned flags)
{
    return midge_url_parse(url, text, strlen(text), flags);
}

static void test_all_parts(void **state)
{
    struct midge_url url;
    (void)state;
    assert_int_equal(
        parse(&url, "HTTPS://u:p%40@[2001:DB8::1]:8443/a/b?x=1#top", MIDGE_URL_ALLOW_USERINFO),
        MIDGE_OK);
    check_span(url.scheme, "HTTPS");
    check_span(url.userinfo, "u:p%40");
    check_span(url.host, "2001:DB8::1");
    check_span(url.path, "/a/b");
    check_span(url.query, "x=1");
    check_span(url.fragment, "top");
    assert_int_equal(url.port, 8443);
    assert_true(url.is_https);
    assert_true(url.is_ipv6);
}

static void test_zone(void **state)
{
    struct midge_url url;
    (void)state;
    assert_int_equal(parse(&url, "http://[fe80::1%25e%74h0]:81/", 0), MIDGE_OK);
    check_span(url.host, "fe80::1");
    check_span(url.zone, "e%74h0");
    assert_int_equal(url.port, 81);
    assert_true(url.is_ipv6);
    assert_int_equal(parse(&url, "http://[fe80::1%eth0]/", 0), MIDGE_OK);
    check_span(url.zone, "eth0");
    assert_int_equal(parse(&url, "http://[fe80::1]/", 0), MIDGE_OK);
    check_span(url.zone, NULL);
    assert_int_equal(parse(&url, "http://h/%25", 0), MIDGE_OK);
    check_span(url.zone, NULL);
}

static void test_absent_parts(void **state)
{
    struct midge_url url;
    (void)state;
    assert_int_equal(parse(&url, "http://h", 0), MIDGE_OK);
    check_span(url.userinfo, NULL);
    check_span(url.host, "h");
    check_span(url.path, "");
    check_span(url.query, NULL);
    check_span(url.fragment, NULL);
    assert_int_equal(url.port, 80);
    assert_false(url.is_https);
    assert_false(url.is_ipv6);
    assert_int_equal(parse(&url, "https://h?#", 0), MIDGE_OK);
    check_span(url.query, "");
    check_span(url.fragment, "");
    assert_int_equal(url.port, 443);
}

/* The length counts, not a NUL, and a NUL within is an error. */
static void test_text_with_length(void **state)
{
    struct midge_url url;
    (void)state;
    assert_int_equal(midge_url_parse(&url, "http://h/abc def", 12, 0), MIDGE_OK);
    check_span(url.path, "/abc");
    assert_int_equal(midge_url_parse(&url, "http://h/a\0b", 12, 0), MIDGE_ERR_URL);
    assert_int_equal(midge_url_parse(&url, "http://h\0/", 10, 0), MIDGE_ERR_URL);
    assert_int_equal(midge_url_parse(&url, "", 0, 0), MIDGE_ERR_URL);
    assert_int_equal(midge_url_parse(&url, NULL, 0, 0), MIDGE_ERR_URL);
}

/* A request line must not carry what only normalising makes a URL. */
static void test_parse_mends_nothing(void **state)
{
    static const char *const texts[] = {"http://h/\xc3\xa9", "http://h/{a}", "http://h/a|b",
                                        "http://h/\"",       "http://h/<",   "http://h/a\\b",
                                        "http://h/#a#b",     "http://h/^",   "http://h/`"};
    struct midge_url url;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (parse(&url, texts[i], 0) != MIDGE_ERR_URL)
            fail_msg("parse accepts %s", texts[i]);
    }
}

static void test_userinfo(void **state)
{
    struct midge_url url;
    char out[64];
    size_t len;
    (void)state;
    assert_int_equal(parse(&url, "http://u@h/", 0), MIDGE_ERR_URL);
    assert_int_equal(parse(&url, "http://u@h/", MIDGE_URL_ALLOW_USERINFO), MIDGE_OK);
    check_span(url.userinfo, "u");
    assert_int_equal(parse(&url, "http://@h/", MIDGE_URL_ALLOW_USERINFO), MIDGE_OK);
    check_span(url.userinfo, "");
    assert_int_equal(parse(&url, "http://a@b@h/", MIDGE_URL_ALLOW_USERINFO), MIDGE_ERR_URL);
    assert_int_equal(parse(&url, "http://[a]@h/", MIDGE_URL_ALLOW_USERINFO), MIDGE_ERR_URL);
    assert_int_equal(parse(&url, "http://%z@h/", MIDGE_URL_ALLOW_USERINFO), MIDGE_ERR_URL);
    assert_int_equal(
        midge_url_normalise(out, sizeof out, &len, "HTTP://U:%7e@H", MIDGE_URL_ALLOW_USERINFO),
        MIDGE_OK);
    assert_string_equal(out, "http://U:%7E@h/");
}

/* A start copies these URLs as they are; the others are built anew. */
static void test_is_normal(void **state)
{
    static const char *const normal[] = {"http://h/", "https://api.example:8443/v1/a.b?x=/&y#z",
                                         "http://h/?", "http://[::1]:81/a", "http://h/a..b"};
    static const char *const others[] = {
        "http://h",      "HTTP://h/",      "http://H/",     "http://h:/",           "http://h:80/",
        "http://h:081/", "https://h:443/", "http://h/./a",  "http://h/a/..",        "http://h/%7e",
        "http://u@h/",   "http://h?a",     "http://[A::]/", "http://[fe80::1%251]/"};
    (void)state;
    for (size_t i = 0; i < sizeof normal / sizeof normal[0]; i++) {
        if (!is_normal(normal[i]))
            fail_msg("%s is normal", normal[i]);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (is_normal(others[i]))
            fail_msg("%s is not normal", others[i]);
    }
}

static void test_target(void **state)
{
    struct midge_url url;
    struct midge_span path;
    struct midge_span query;
    (void)state;
    assert_int_equal(parse(&url, "http://h?q#f", 0), MIDGE_OK);
    midge_url_target(&url, &path, &query);
    check_span(path, "/");
    check_span(query, "q");
    assert_int_equal(parse(&url, "http://h/a#f", 0), MIDGE_OK);
    midge_url_target(&url, &path, &query);
    check_span(path, "/a");
    check_span(query, NULL);
}

static void test_encode(void **state)
{
    char out[64];
    size_t len;
    (void)state;
    assert_int_equal(midge_url_encode(out, sizeof out, &len, "aZ09-._~ /\0\xff", 12), MIDGE_OK);
    assert_string_equal(out, "aZ09-._~%20%2F%00%FF");
    assert_int_equal(len, 20);
    assert_int_equal(midge_url_encode(out, 3, &len, "/", 1), MIDGE_ERR_TOO_LARGE);
    assert_int_equal(midge_url_encode(out, 4, &len, "/", 1), MIDGE_OK);
    assert_int_equal(midge_url_encode(out, 1, &len, "", 0), MIDGE_OK);
    assert_int_equal(len, 0);
    assert_int_equal(midge_url_encode(out, 0, &len, "", 0), MIDGE_ERR_TOO_LARGE);
}

static void test_query_add_keeps_what_it_cannot_add_to(void **state)
{
    char url[] = "https://h/#f\0......";
    size_t len = 12;
    (void)state;
    assert_int_equal(midge_url_query_add(url, 16, &len, "a", "b"), MIDGE_ERR_TOO_LARGE);
    assert_int_equal(len, 12);
    assert_string_equal(url, "https://h/#f");
    assert_int_equal(midge_url_query_add(url, 17, &len, "a", "b"), MIDGE_OK);
    assert_string_equal(url, "https://h/?a=b#f");
    assert_int_equal(url[17], '.');
}

/* ---- span helpers ---- */

static void test_numbers(void **state)
{
    uint64_t value = 7;
    char text[MIDGE__U64_DIGITS];
    (void)state;
    assert_true(midge__span_u64(MIDGE__LIT("18446744073709551615"), &value));
    assert_true(value == UINT64_MAX);
    assert_int_equal(midge__u64_text(text, value), 20);
    assert_memory_equal(text, "18446744073709551615", 20);
    assert_false(midge__span_u64(MIDGE__LIT("18446744073709551616"), &value));
    assert_false(midge__span_u64(MIDGE__LIT(""), &value));
    assert_false(midge__span_u64(MIDGE__LIT("1 "), &value));
    assert_int_equal(midge__u64_text(text, 0), 1);
    assert_int_equal(text[0], '0');
}

int main(void)
{
    for_each_vector_line(MIDGE_VECTORS_DIR "/url", load_line);
    add_test("all_parts", test_all_parts, NULL);
    add_test("absent_parts", test_absent_parts, NULL);
    add_test("zone", test_zone, NULL);
    add_test("text_with_length", test_text_with_length, NULL);
    add_test("parse_mends_nothing", test_parse_mends_nothing, NULL);
    add_test("userinfo", test_userinfo, NULL);
    add_test("is normal", test_is_normal, NULL);
    add_test("target", test_target, NULL);
    add_test("encode", test_encode, NULL);
    add_test("query_add_keeps_what_it_cannot_add_to", test_query_add_keeps_what_it_cannot_add_to,
             NULL);
    add_test("numbers", test_numbers, NULL);
    if (vector_count < 100) {
        fprintf(stderr, "%s/url: only %zu cases found\n", MIDGE_VECTORS_DIR, vector_count);
        return 2;
    }
    int failed = _cmocka_run_group_tests("url", tests, test_count, NULL, NULL);
    for (size_t i = 0; i < vector_count; i++) {
        for (size_t k = 0; k < vectors[i].count; k++)
            free(vectors[i].fields[k].ptr);
    }
    return failed;
}
