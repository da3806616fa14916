/* SPDX-License-Identifier: MIT */
/* The policy of redirects: which answers lead on, with which method, and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "midge/err.h"
#include "midge/request.h"
#include "midge/url.h"
#include "policy/redirect.h"

#define POSTS (MIDGE_REDIRECT_POST_301 | MIDGE_REDIRECT_POST_302 | MIDGE_REDIRECT_POST_303)

static char out[4 * MIDGE_URL_MAX];

static void statuses(void **state)
{
    (void)state;
    for (unsigned status = 100; status < 1000; status++) {
        const bool one = (status >= 301 && status <= 303) || status == 307 || status == 308;
        struct midge__redirect_from from = {.status = status, .location = "/"};
        assert_int_equal(midge__redirect_leads(&from), one);
        from.location = "";
        assert_false(midge__redirect_leads(&from));
        from.location = NULL;
        assert_false(midge__redirect_leads(&from));
    }
}

static void methods(void **state)
{
    static const struct {
        unsigned status;
        const char *method;
        unsigned rules;
        bool is_get;
    } rows[] = {
        {301, "GET", 0, false},
        {301, "POST", 0, true},
        {301, "PUT", 0, false},
        {301, "DELETE", 0, false},
        {302, "POST", 0, true},
        {302, "PATCH", 0, false},
        {302, "HEAD", 0, false},
        {303, "POST", 0, true},
        {303, "PUT", 0, true},
        {303, "GET", 0, true},
        {303, "HEAD", 0, true},
        {307, "POST", 0, false},
        {308, "POST", 0, false},
        {301, "POST", MIDGE_REDIRECT_POST_301, false},
        {301, "POST", MIDGE_REDIRECT_POST_302 | MIDGE_REDIRECT_POST_303, true},
        {302, "POST", MIDGE_REDIRECT_POST_302, false},
        {302, "POST", MIDGE_REDIRECT_POST_301 | MIDGE_REDIRECT_POST_303, true},
        {303, "POST", MIDGE_REDIRECT_POST_303, false},
        {303, "POST", MIDGE_REDIRECT_POST_301 | MIDGE_REDIRECT_POST_302, true},
        {303, "PUT", POSTS, true},
        {301, "post", 0, false}, /* methods are case-sensitive (RFC 9110 9.1) */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct midge__redirect_from from = {.url = "http://a.test/",
                                                  .method = rows[i].method,
                                                  .location = "/b",
                                                  .status = rows[i].status,
                                                  .rules = rows[i].rules,
                                                  .most = 1};
        struct midge__redirect to;
        assert_int_equal(midge__redirect(&from, out, sizeof out, &to), MIDGE_OK);
        if (to.is_get != rows[i].is_get) {
            fail_msg("%u %s", rows[i].status, rows[i].method);
        }
    }
}

/* error 0: leads to `to`. */
static const struct {
    const char *url, *location, *to;
    unsigned rules;
    int error;
    bool is_foreign;
} targets[] = {
    {"http://a.test/x/y?q", "/b", "http://a.test/b", 0, 0, false},
    {"http://a.test/x/y?q", "z", "http://a.test/x/z", 0, 0, false},
    {"http://a.test/x/y?q", "../z?w", "http://a.test/z?w", 0, 0, false},
    {"http://a.test/x/y?q", "?w", "http://a.test/x/y?w", 0, 0, false},
    {"http://a.test/x/y?q#f", "/b", "http://a.test/b#f", 0, 0, false},
    {"http://a.test/x/y?q#f", "/b#g", "http://a.test/b#g", 0, 0, false},
    {"http://a.test/x/y?q#f", "/b#", "http://a.test/b#", 0, 0, false},
    {"http://a.test/x#f", "#g", "http://a.test/x#g", 0, 0, false},
    {"http://a.test/", "http://A.TEST:80/b", "http://a.test/b", 0, 0, false},
    {"http://a.test/", "//b.test/c", "http://b.test/c", 0, 0, true},
    {"http://a.test/", "http://a.test:81/", "http://a.test:81/", 0, 0, true},
    {"http://a.test/", "https://a.test/", "https://a.test/", 0, 0, true},
    {"http://a.test/#f", "http://b.test", "http://b.test/#f", 0, 0, true},
    {"http://[::1]:8080/", "http://[::1]:8080/b", "http://[::1]:8080/b", 0, 0, false},
    {"http://[fe80::1%25a]/", "http://[fe80::1%25b]/", "http://[fe80::1%25b]/", 0, 0, true},
    {"http://me:pw@a.test/x", "/b", "http://a.test/b", 0, 0, false},
    {"http://a.test/", "/\xc3\xa4", "http://a.test/%C3%A4", 0, 0, false},
    {"https://a.test/", "http://a.test/", NULL, 0, MIDGE_ERR_SCHEME, true},
    {"https://a.test/", "http://a.test/", "http://a.test/", MIDGE_REDIRECT_DOWNGRADE, 0, true},
    {"https://a.test/", "http://a.test/", NULL, MIDGE_REDIRECT_DOWNGRADE | MIDGE_REDIRECT_NO_HTTP,
     MIDGE_ERR_SCHEME, true},
    {"http://a.test/", "/b", NULL, MIDGE_REDIRECT_NO_HTTP, MIDGE_ERR_SCHEME, false},
    {"http://a.test/", "https://a.test/", "https://a.test/", MIDGE_REDIRECT_NO_HTTP, 0, true},
    {"http://a.test/", "ftp://a.test/", NULL, 0, MIDGE_ERR_SCHEME, false},
    {"http://a.test/", "file:///etc/passwd", NULL, 0, MIDGE_ERR_SCHEME, false},
    {"http://a.test/", "javascript:alert(1)", NULL, 0, MIDGE_ERR_SCHEME, false},
    {"http://a.test/", "http://", NULL, 0, MIDGE_ERR_URL, false},
    {"http://a.test/", "http://me:pw@b.test/", NULL, 0, MIDGE_ERR_URL, false},
    {"http://a.test/", "//b.test\\@c.test/", NULL, 0, MIDGE_ERR_URL, false},
    {"http://a.test/", "/a b?c d#e f", "http://a.test/a%20b?c%20d#e%20f", 0, 0, false},
    {"http://a.test/", "http://b.test/a b", "http://b.test/a%20b", 0, 0, true},
    {"http://a.test/x/", ".. /%zz%?%4", "http://a.test/x/..%20/%25zz%25?%254", 0, 0, false},
    {"http://a.test/", "http://b test/", NULL, 0, MIDGE_ERR_URL, false},
    {"http://a.test/", "http://b%zz.test/", NULL, 0, MIDGE_ERR_URL, false},
    {"http://a.test/", "http ://b.test/", NULL, 0, MIDGE_ERR_URL, false},
    {"http://a.test/", "/a\tb", NULL, 0, MIDGE_ERR_URL, false},
    {"http://a.test/",
     "/a\x7f"
     "b",
     NULL, 0, MIDGE_ERR_URL, false},
    {"http://a.test/a b", "/", NULL, 0, MIDGE_ERR_URL, false},
    {"http://a.test/", "http://b.test:99999/", NULL, 0, MIDGE_ERR_URL, false},
};

static void targets_of_locations(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        const struct midge__redirect_from from = {.url = targets[i].url,
                                                  .method = "GET",
                                                  .location = targets[i].location,
                                                  .status = 302,
                                                  .rules = targets[i].rules,
                                                  .most = 1};
        struct midge__redirect to = {0};
        int err = midge__redirect(&from, out, midge__redirect_bound(&from), &to);
        if (err != targets[i].error) {
            fail_msg("%s: %s", targets[i].location, midge_err_name(err));
        }
        if (err == MIDGE_OK) {
            assert_string_equal(out, targets[i].to);
            assert_int_equal(to.url_len, strlen(out));
            assert_int_equal(to.is_foreign, targets[i].is_foreign);
            assert_int_equal(to.drops_credentials, targets[i].is_foreign);
        }
    }
}

static void credentials(void **state)
{
    const struct midge__redirect_from from = {.url = "http://a.test/",
                                              .method = "GET",
                                              .location = "http://b.test/",
                                              .status = 302,
                                              .rules = MIDGE_REDIRECT_CREDENTIALS,
                                              .most = 1};
    struct midge__redirect to;
    (void)state;
    assert_int_equal(midge__redirect(&from, out, sizeof out, &to), MIDGE_OK);
    assert_true(to.is_foreign);
    assert_false(to.drops_credentials);
}

static void limit(void **state)
{
    struct midge__redirect_from from = {
        .url = "http://a.test/", .method = "GET", .location = "/", .status = 302};
    struct midge__redirect to;
    (void)state;
    for (unsigned most = 0; most < 3; most++) {
        for (unsigned done = 0; done < 4; done++) {
            from.most = most;
            from.done = done;
            assert_int_equal(midge__redirect(&from, out, sizeof out, &to),
                             done < most ? MIDGE_OK : MIDGE_ERR_REDIRECTS);
        }
    }
}

/* Every room that is too small is TOO_LARGE, never an overflow (sanitizers). */
static void rooms(void **state)
{
    const struct midge__redirect_from from = {.url = "http://a.test/x#fragment",
                                              .method = "GET",
                                              .location = "\xff/\xff",
                                              .status = 302,
                                              .most = 1};
    static const char want[] = "http://a.test/%FF/%FF#fragment";
    struct midge__redirect to;
    (void)state;
    for (size_t cap = 0; cap < sizeof want + 2; cap++) {
        int err = midge__redirect(&from, out, cap, &to);
        assert_int_equal(err, cap < sizeof want ? MIDGE_ERR_TOO_LARGE : MIDGE_OK);
    }
    assert_string_equal(out, want);
}

/* Longer than MIDGE_URL_MAX: by itself, and only after it is encoded. */
static void long_locations(void **state)
{
    static char location[MIDGE_URL_MAX + 2];
    struct midge__redirect_from from = {
        .url = "http://a.test/", .method = "GET", .location = location, .status = 302, .most = 1};
    struct midge__redirect to;
    (void)state;
    memset(location, 'x', sizeof location - 1);
    assert_int_equal(midge__redirect(&from, out, sizeof out, &to), MIDGE_ERR_URL);
    memset(location, 0xff, MIDGE_URL_MAX / 2);
    location[MIDGE_URL_MAX / 2] = '\0';
    assert_int_equal(midge__redirect(&from, out, sizeof out, &to), MIDGE_ERR_URL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses),
        cmocka_unit_test(methods),
        cmocka_unit_test(targets_of_locations),
        cmocka_unit_test(credentials),
        cmocka_unit_test(limit),
        cmocka_unit_test(rooms),
        cmocka_unit_test(long_locations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
