/* SPDX-License-Identifier: MIT */
/* Cookies: Set-Cookie and its dates, who may set which, what is sent, the bounds of the jar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "codec/set_cookie.h"
#include "midge/cookies.h"
#include "midge/err.h"
#include "midge/url.h"
#include "policy/cookies.h"

#define NOW 1800000000 /* 2027-01-15 08:00:00 UTC */

static int64_t wall;
static uint32_t ms;

static uint32_t clock_ms(void *ctx)
{
    (void)ctx;
    return ms;
}

static int64_t wall_time(void *ctx)
{
    (void)ctx;
    return wall;
}

static const struct midge_port port = {.clock_ms = clock_ms, .wall_time = wall_time};

/* --- a jar --- */

static struct midge_cookies jar;
static unsigned char *memory; /* of its size: sanitizers see what is beyond */

static int is_public_suffix(void *ctx, const char *domain)
{
    (void)ctx;
    assert_non_null(strchr(domain, '.'));
    return strcmp(domain, "co.uk") == 0 || strcmp(domain, "github.io") == 0;
}

static void open_jar(size_t size)
{
    free(memory);
    memory = calloc(1, size > 0 ? size : 1);
    assert_non_null(memory);
    midge_cookies_init(&jar, &port, memory, size);
    jar.is_public_suffix = is_public_suffix;
}

static int setup(void **state)
{
    (void)state;
    wall = NOW;
    ms = UINT32_MAX - 500; /* wraps soon */
    open_jar(16384);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(memory);
    memory = NULL;
    return 0;
}

/* The Cookie field for a URL, "" if there is none. */
static const char *sent(const char *url)
{
    static char out[MIDGE_COOKIES_SENT + 1];
    struct midge_url parts;
    assert_int_equal(midge_url_parse(&parts, url, strlen(url), 0), MIDGE_OK);
    const struct midge__cookie_url from = midge__cookie_url(&parts);
    const size_t len = midge__jar_header(&jar, &from, NULL, MIDGE_COOKIES_SENT);
    assert_int_equal(midge__jar_header(&jar, &from, out, len), len);
    out[len] = '\0';
    return out;
}

static unsigned count(void)
{
    struct midge_cookie cookie;
    unsigned n = 0;
    for (size_t at = 0; midge_cookies_next(&jar, &at, &cookie);) {
        n++;
    }
    return n;
}

static void assert_set(const char *url, const char *text, int expected)
{
    const int err = midge_cookies_set(&jar, url, text);
    if (err != expected) {
        fail_msg("%s from %s: %d, not %d", text, url, err, expected);
    }
}

static struct midge_cookie only(void)
{
    struct midge_cookie cookie;
    size_t at = 0;
    assert_int_equal(count(), 1);
    assert_true(midge_cookies_next(&jar, &at, &cookie));
    return cookie;
}

/* --- dates --- */

static void test_dates(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* -1: no date */
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"Sun Nov  6 08:49:37 1994", 784111777},
        {"Nov 6 1994 8:49:37", 784111777},
        {"08:49:37 6 nov 94", 784111777},
        {"1994 08:49:37 NOVEMBER 06", 784111777},
        {"6 November 1994 08:49:37 +0100", 784111777},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
        {"Wed, 01-Jan-69 00:00:00 GMT", 3124224000},
        {"29 Feb 2028 00:00:00", 1835395200},
        {"29 Feb 2027 00:00:00", -1},
        {"31 Apr 2027 00:00:00", -1},
        {"0 Apr 2027 00:00:00", -1},
        {"32 Apr 2027 00:00:00", -1},
        {"1 Apr 1969 00:00:00", -1},
        {"1 Apr 2027 24:00:00", -1},
        {"1 Apr 2027 00:60:00", -1},
        {"1 Apr 2027 00:00:60", -1},
        {"1 Apr 2027 00:00", -1},
        {"1 Apr 00:00:00", -1},
        {"1 Apl 2027 00:00:00", -1},
        {"Apr 2027 00:00:00", -1},
        {"1 Apr 99999999999999999999 00:00:00", -1},
        {"", -1},
        {";;;;", -1},
        {"0", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t seconds = -1;
        char *copy = malloc(strlen(rows[i].text) + 1);
        assert_non_null(copy);
        memcpy(copy, rows[i].text, strlen(rows[i].text));
        if (!midge__cookie_date(midge__span(copy, strlen(rows[i].text)), &seconds)) {
            seconds = -1;
        }
        free(copy);
        if (seconds != rows[i].seconds) {
            fail_msg("%s: %lld, not %lld", rows[i].text, (long long)seconds,
                     (long long)rows[i].seconds);
        }
    }
}

/* --- Set-Cookie --- */

static void assert_pair(const char *text, const char *name, const char *value)
{
    struct midge__set_cookie set;
    if (!midge__set_cookie(midge__span_of(text), &set) ||
        !midge__span_eq(set.name, midge__span_of(name)) ||
        !midge__span_eq(set.value, midge__span_of(value))) {
        fail_msg("'%s' is not '%s' = '%s'", text, name, value);
    }
}

static void test_pairs(void **state)
{
    struct midge__set_cookie set;
    static char text[5000];
    (void)state;
    assert_pair("a=b", "a", "b");
    assert_pair(" a\t= b c ; Path=/", "a", "b c");
    assert_pair("a=b=c", "a", "b=c");
    assert_pair("a=", "a", "");
    assert_pair("=b", "", "b");
    assert_pair("b", "", "b");
    assert_pair("a=\"x\"", "a", "\"x\"");
    assert_pair("a=\xc3\xa9", "a", "\xc3\xa9");
    assert_false(midge__set_cookie(MIDGE__LIT(""), &set));
    assert_false(midge__set_cookie(MIDGE__LIT("="), &set));
    assert_false(midge__set_cookie(MIDGE__LIT(" ; Path=/"), &set));
    assert_false(midge__set_cookie(MIDGE__LIT("a=b\x01"), &set));
    assert_false(midge__set_cookie(MIDGE__LIT("a=b; Path=/\x7f"), &set));
    assert_false(midge__set_cookie(MIDGE__LIT("a=b\0c"), &set));
    memset(text, 'x', sizeof text);
    assert_true(midge__set_cookie(midge__span(text, 4096), &set));
    assert_false(midge__set_cookie(midge__span(text, 4097), &set));
}

static struct midge__set_cookie attributes(const char *text)
{
    struct midge__set_cookie set;
    assert_true(midge__set_cookie(midge__span_of(text), &set));
    return set;
}

static void test_attributes(void **state)
{
    char text[2000];
    (void)state;
    struct midge__set_cookie set =
        attributes("a=b; SECURE ;httponly=x; samesite=lax; Domain=.Example.com; Path=/x;;=;q");
    assert_true(set.secure && set.http_only);
    assert_int_equal(set.same_site, MIDGE_SAME_SITE_LAX);
    assert_true(midge__span_eq(set.domain, MIDGE__LIT("Example.com")));
    assert_true(midge__span_eq(set.path, MIDGE__LIT("/x")));
    set = attributes("a=b; Path=/x; Path=y; SameSite=Strict; SameSite=odd");
    assert_int_equal(set.path.len, 0);
    assert_int_equal(set.same_site, MIDGE_SAME_SITE_DEFAULT);
    assert_int_equal(attributes("a=b; Max-Age=10; Max-Age=x").max_age, 10);
    assert_int_equal(attributes("a=b; Max-Age=-10").max_age, 0);
    assert_int_equal(attributes("a=b; Max-Age=99999999999999999999").max_age, INT64_MAX);
    assert_false(attributes("a=b; Max-Age=").has_max_age);
    assert_false(attributes("a=b; Max-Age=-").has_max_age);
    assert_false(attributes("a=b; Max-Age=+1").has_max_age);
    assert_false(attributes("a=b; Max-Age=1.5").has_max_age);
    assert_false(attributes("a=b; Expires=soon").has_expires);
    (void)snprintf(text, sizeof text, "a=b; Path=/%01023d", 0);
    assert_int_equal(attributes(text).path.len, 1024);
    (void)snprintf(text, sizeof text, "a=b; Path=/%01024d", 0);
    assert_int_equal(attributes(text).path.len, 0);
}

/* --- the domain --- */

static void test_domains(void **state)
{
    (void)state;
    assert_set("http://www.a.test/", "host=1", MIDGE_OK);
    assert_set("http://www.A.test/", "all=1; Domain=.a.TEST", MIDGE_OK);
    assert_string_equal(sent("http://WWW.a.test/"), "host=1; all=1");
    assert_string_equal(sent("http://a.test/"), "all=1");
    assert_string_equal(sent("http://x.www.a.test/"), "all=1");
    assert_string_equal(sent("http://ba.test/"), "");
    assert_string_equal(sent("http://a.test.evil.test/"), "");
    assert_set("http://a.test/", "x=1; Domain=b.test", MIDGE_ERR_INVALID);
    assert_set("http://a.test/", "x=1; Domain=www.a.test", MIDGE_ERR_INVALID);
    assert_set("http://ba.test/", "x=1; Domain=a.test", MIDGE_ERR_INVALID);
    assert_set("http://a.test/", "x=1; Domain=test", MIDGE_ERR_INVALID);
    assert_set("http://a.test./", "x=1; Domain=test.", MIDGE_ERR_INVALID);
    assert_set("http://a.co.uk/", "x=1; Domain=co.uk", MIDGE_ERR_INVALID);
    assert_set("http://a.co.uk/", "x=1; Domain=CO.UK", MIDGE_ERR_INVALID);
    assert_set("http://user.github.io/", "x=1; Domain=github.io", MIDGE_ERR_INVALID);
    assert_set("nonsense", "x=1", MIDGE_ERR_URL);
    assert_int_equal(count(), 2);
}

/* Those that are not public, but for whose sake no other host may be told. */
static void test_host_only(void **state)
{
    (void)state;
    assert_set("http://github.io/", "suffix=1; Domain=github.io", MIDGE_OK);
    assert_string_equal(sent("http://user.github.io/"), "");
    assert_string_equal(sent("http://github.io/"), "suffix=1");
    assert_set("http://localhost/", "one=1; Domain=localhost", MIDGE_OK);
    assert_string_equal(sent("http://x.localhost/"), "");
    assert_set("http://10.0.0.1/", "v4=1; Domain=10.0.0.1", MIDGE_OK);
    assert_set("http://10.0.0.1/", "x=1; Domain=0.0.1", MIDGE_ERR_INVALID);
    assert_set("http://[2001:db8::1]/", "v6=1", MIDGE_OK);
    assert_string_equal(sent("http://10.0.0.1/"), "v4=1");
    assert_string_equal(sent("http://[2001:db8::1]/"), "v6=1");
    jar.is_public_suffix = NULL;
    assert_set("http://www.a.test/", "cautious=1; Domain=a.test", MIDGE_OK);
    assert_string_equal(sent("http://a.test/"), "");
    assert_string_equal(sent("http://www.a.test/"), "cautious=1");
}

/* --- path, Secure, prefixes --- */

static void test_paths(void **state)
{
    (void)state;
    assert_set("http://a.test/x/y?q=/z/", "default=1", MIDGE_OK);
    assert_set("http://a.test", "root=1; Path=none", MIDGE_OK);
    assert_set("http://a.test/", "dir=1; Path=/x/", MIDGE_OK);
    assert_string_equal(sent("http://a.test/x/q"), "dir=1; default=1; root=1");
    assert_string_equal(sent("http://a.test/x"), "default=1; root=1");
    assert_string_equal(sent("http://a.test/xy"), "root=1");
    assert_string_equal(sent("http://a.test/X/"), "root=1");
}

static void test_secure(void **state)
{
    (void)state;
    assert_set("https://a.test/", "s=1; Secure; HttpOnly; SameSite=Strict", MIDGE_OK);
    const struct midge_cookie cookie = only();
    assert_true(cookie.secure && cookie.http_only && cookie.host_only);
    assert_int_equal(cookie.same_site, MIDGE_SAME_SITE_STRICT);
    assert_string_equal(sent("http://a.test/"), "");
    assert_string_equal(sent("https://a.test/"), "s=1");
    assert_set("http://a.test/", "x=1; Secure", MIDGE_ERR_INVALID);
    assert_set("http://a.test/", "s=2", MIDGE_ERR_INVALID); /* it would hide the other */
    assert_set("http://www.a.test/", "s=2; Domain=a.test; Path=/x", MIDGE_ERR_INVALID);
    assert_set("http://b.test/", "s=2", MIDGE_OK);
    assert_set("https://a.test/", "s=3", MIDGE_OK);
    assert_string_equal(sent("https://a.test/"), "s=3");
}

static void test_prefixes(void **state)
{
    (void)state;
    assert_set("https://a.test/x/", "__Secure-a=1; Secure", MIDGE_OK);
    assert_set("https://a.test/x/", "__Host-a=1; Secure; Path=/", MIDGE_OK);
    assert_set("https://a.test/", "__secure-b=1", MIDGE_ERR_INVALID);
    assert_set("http://a.test/", "__Secure-b=1; Secure", MIDGE_ERR_INVALID);
    assert_set("https://a.test/", "__HOST-b=1; Path=/", MIDGE_ERR_INVALID);
    assert_set("https://a.test/", "__Host-b=1; Secure", MIDGE_ERR_INVALID); /* no Path */
    assert_set("https://a.test/", "__Host-b=1; Secure; Path=/x", MIDGE_ERR_INVALID);
    assert_set("https://a.test/", "__Host-b=1; Secure; Path=/; Domain=a.test", MIDGE_ERR_INVALID);
    assert_set("https://a.test/", "=__Host-b=1; Secure; Path=/", MIDGE_ERR_INVALID);
    assert_set("https://a.test/", "__Secure-b; Secure", MIDGE_ERR_INVALID);
}

/* --- lifetimes --- */

static void test_lifetimes(void **state)
{
    (void)state;
    assert_set("http://a.test/", "session=1", MIDGE_OK);
    assert_set("http://a.test/", "age=1; Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
               MIDGE_OK);
    assert_set("http://a.test/", "date=1; Expires=Fri, 15 Jan 2027 08:00:20 GMT", MIDGE_OK);
    assert_set("http://a.test/", "long=1; Max-Age=999999999999", MIDGE_OK);
    assert_int_equal(count(), 4);
    wall += 10;
    assert_int_equal(count(), 3);
    assert_string_equal(sent("http://a.test/"), "session=1; date=1; long=1");
    wall += 10;
    assert_int_equal(count(), 2);
    midge_cookies_clear(&jar, 1);
    assert_int_equal(only().expires, NOW + 400 * 86400);
    assert_set("http://a.test/", "long=; Max-Age=0", MIDGE_OK);
    assert_int_equal(count(), 0);
    midge_cookies_clear(&jar, 0);
    for (size_t i = 0; i < jar.size; i++) {
        assert_int_equal(jar.memory[i], 0);
    }
}

/* Without a wall clock, then with one, then without it again. */
static void test_clocks(void **state)
{
    static const struct midge__cookie_clock by_date = {.shift = 5 - (int64_t)NOW, .is_known = true};
    const struct midge__cookie_url url = {MIDGE__LIT("a.test"), MIDGE__LIT("/"), false};
    (void)state;
    wall = -1;
    open_jar(1000);
    ms += 5500;
    assert_set("http://a.test/", "age=1; Max-Age=100", MIDGE_OK);
    assert_int_equal(only().expires, 105);
    assert_int_equal(
        midge__cookies_take(&jar, &url, MIDGE__LIT("date=1; Expires=Fri, 15 Jan 2027 08:00:20 GMT"),
                            by_date),
        MIDGE_OK);
    assert_set("http://a.test/", "unknown=1; Expires=Fri, 15 Jan 2027 08:00:20 GMT", MIDGE_OK);
    assert_set("http://a.test/", "gone=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", MIDGE_OK);
    assert_int_equal(count(), 3);
    ms += 19000;
    assert_int_equal(count(), 3);
    ms += 1000;
    assert_int_equal(count(), 2); /* 20 s after the answer */
    wall = NOW;
    ms += 79000;
    assert_int_equal(count(), 2);
    wall = -1;
    ms += 400;
    assert_int_equal(count(), 2);
    ms += 700;
    assert_int_equal(count(), 1);
    assert_int_equal(only().expires, 0);
}

/* --- the jar --- */

static void test_replaced(void **state)
{
    (void)state;
    assert_set("http://a.test/", "a=1", MIDGE_OK);
    assert_set("http://a.test/", "b=1", MIDGE_OK);
    assert_set("http://a.test/", "a=a longer value than before", MIDGE_OK);
    assert_set("http://a.test/", "A=3", MIDGE_OK);
    assert_set("http://a.test/", "a=domain; Domain=a.test", MIDGE_OK);
    assert_string_equal(sent("http://a.test/"), "a=a longer value than before; b=1; A=3; a=domain");
    assert_set("http://a.test/", "nameless", MIDGE_OK);
    assert_set("http://a.test/", "=other", MIDGE_OK);
    assert_string_equal(sent("http://a.test/") + strlen("a=a longer value than before; b=1; A=3"),
                        "; a=domain; other");
}

static void test_per_domain(void **state)
{
    char text[64];
    (void)state;
    open_jar(100000);
    assert_set("http://b.test/", "other=1", MIDGE_OK);
    assert_set("https://a.test/", "safe=1; Secure", MIDGE_OK);
    for (int i = 0; i < 10000; i++) {
        (void)snprintf(text, sizeof text, "n%d=%d", i, i);
        assert_set("https://a.test/", text, MIDGE_OK);
    }
    assert_int_equal(count(), MIDGE_COOKIES_PER_DOMAIN + 1);
    assert_string_equal(sent("http://b.test/"), "other=1");
    assert_int_equal(strncmp(sent("https://a.test/"), "safe=1; n9951=9951; ", 20), 0);
}

/* From many hosts: those that were not used go. */
static void test_full(void **state)
{
    char url[64];
    (void)state;
    open_jar(1003);
    for (int i = 0; i < 2000; i++) {
        (void)snprintf(url, sizeof url, "http://h%d.test/", i);
        assert_set(url, "a=b", MIDGE_OK);
        assert_true(jar.used <= jar.size);
        assert_string_equal(sent("http://h0.test/"), "a=b"); /* is used each time */
    }
    assert_string_equal(sent("http://h1999.test/"), "a=b");
    assert_string_equal(sent("http://h1900.test/"), "");
    assert_true(count() >= 15);
}

static void test_too_large(void **state)
{
    char text[2000];
    (void)state;
    open_jar(200);
    assert_set("http://a.test/", "a=1", MIDGE_OK);
    (void)snprintf(text, sizeof text, "b=%01000d", 0);
    assert_set("http://a.test/", text, MIDGE_ERR_TOO_LARGE);
    (void)snprintf(text, sizeof text, "a=%01000d", 0); /* its old value is not right any more */
    assert_set("http://a.test/", text, MIDGE_ERR_TOO_LARGE);
    assert_int_equal(count(), 0);
    for (size_t size = 0; size < 80; size++) {
        open_jar(size);
        const int err = midge_cookies_set(&jar, "http://a.test/", "a=1");
        assert_true(err == (count() == 1 ? MIDGE_OK : MIDGE_ERR_TOO_LARGE));
    }
}

/* No more than the bound is sent; a shorter one behind a long one still is. */
static void test_sent_bound(void **state)
{
    char text[4100];
    (void)state;
    for (int i = 0; i < 3; i++) {
        (void)snprintf(text, sizeof text, "n%d=%04000d", i, 0);
        assert_set("http://a.test/", text, MIDGE_OK);
    }
    assert_set("http://a.test/", "short=1", MIDGE_OK);
    const char *header = sent("http://a.test/");
    assert_int_equal(strlen(header), 4003 + 9);
    assert_string_equal(header + 4003, "; short=1");
}

static void test_put(void **state)
{
    struct midge_cookie cookie = {
        .name = "a", .value = "1", .domain = "A.test", .path = "/", .expires = NOW + 5};
    (void)state;
    assert_int_equal(midge_cookies_put(&jar, &cookie), MIDGE_OK);
    assert_string_equal(sent("http://www.a.test/"), "a=1");
    assert_string_equal(only().domain, "a.test");
    assert_int_equal(only().expires, NOW + 5);
    cookie.expires = 1;
    assert_int_equal(midge_cookies_put(&jar, &cookie), MIDGE_OK);
    assert_int_equal(count(), 0);
    cookie.expires = 0;
    cookie.value = "a\r\nb";
    assert_int_equal(midge_cookies_put(&jar, &cookie), MIDGE_ERR_INVALID);
    cookie.value = "a;b";
    assert_int_equal(midge_cookies_put(&jar, &cookie), MIDGE_ERR_INVALID);
    cookie.value = "";
    cookie.path = "";
    assert_int_equal(midge_cookies_put(&jar, &cookie), MIDGE_ERR_INVALID);
    cookie.path = "/";
    cookie.name = "a=b";
    assert_int_equal(midge_cookies_put(&jar, &cookie), MIDGE_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_attributes),
        cmocka_unit_test_setup_teardown(test_domains, setup, teardown),
        cmocka_unit_test_setup_teardown(test_host_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_secure, setup, teardown),
        cmocka_unit_test_setup_teardown(test_prefixes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lifetimes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clocks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(test_per_domain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sent_bound, setup, teardown),
        cmocka_unit_test_setup_teardown(test_put, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
