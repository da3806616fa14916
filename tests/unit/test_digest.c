/* SPDX-License-Identifier: MIT */
/* Challenges and their answers: the examples of RFC 7616 and RFC 2617, quoting, malformed fields.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/md5.h"
#include "base/span.h"
#include "codec/challenge.h"
#include "hooks/digest.h"
#include "midge/auth.h"

/* --- hashes and base64 --- */

static void assert_md5(const char *text, const char *expected)
{
    struct midge__md5 md5;
    uint8_t digest[16];
    char hex[33];
    midge__md5_init(&md5);
    for (const char *at = text; *at != '\0'; at++) {
        midge__md5_update(&md5, at, 1);
    }
    midge__md5_final(&md5, digest);
    midge__hex(hex, digest, sizeof digest);
    assert_string_equal(hex, expected);
}

/* RFC 1321 A.5, and lengths around a block. */
static void test_md5(void **state)
{
    (void)state;
    assert_md5("", "d41d8cd98f00b204e9800998ecf8427e");
    assert_md5("abc", "900150983cd24fb0d6963f7d28e17f72");
    assert_md5("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b");
    assert_md5("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
               "d174ab98d277d9f5a5611c2c9f419d9f");
    assert_md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890",
               "57edf4a22be3c955ac49da2e2107b67a");
    assert_md5("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
               "ef1772b6dff9a122358552954ad0df65");
    assert_md5("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
               "b9d955696c7654cd20086bec31670b11");
    assert_md5("dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
               "e987c862fbd2f2f0ca859cb8d7806bf3");
}

/* --- challenges --- */

/* All challenges of a field: "Scheme(realm|nonce|qop)" each, "!" where it becomes malformed. */
static const char *challenges(const char *field)
{
    static char out[1000];
    char *copy = malloc(strlen(field) + 1);
    struct midge__challenge c;
    assert_non_null(copy);
    memcpy(copy, field, strlen(field));
    struct midge_span rest = midge__span(copy, strlen(field));
    size_t n = 0;
    out[0] = '\0';
    while (midge__challenge_next(&rest, &c)) {
        n +=
            (size_t)snprintf(out + n, sizeof out - n, "%.*s(%.*s|%.*s|%.*s)", (int)c.scheme.len,
                             c.scheme.ptr, (int)c.realm.len, c.realm.ptr != NULL ? c.realm.ptr : "",
                             (int)c.nonce.len, c.nonce.ptr != NULL ? c.nonce.ptr : "",
                             (int)c.qop.len, c.qop.ptr != NULL ? c.qop.ptr : "");
    }
    free(copy);
    return out;
}

static void test_challenges(void **state)
{
    static const struct {
        const char *field, *found;
    } rows[] = {
        {"Basic realm=\"a\"", "Basic(a||)"},
        {"Basic realm=a", "Basic(a||)"},
        {"Basic", "Basic(||)"},
        {"Basic realm = \"a\" , charset=\"UTF-8\"", "Basic(a||)"},
        {"Digest realm=\"a, b\", nonce=\"n=,\", qop=\"auth,auth-int\"",
         "Digest(a, b|n=,|auth,auth-int)"},
        {"Basic realm=\"a\", Digest realm=\"b\",nonce=\"c\"", "Basic(a||)Digest(b|c|)"},
        {"Newauth realm=\"a\", type=1, title=\"x\\\"y\", Basic realm=\"s\"",
         "Newauth(a||)Basic(s||)"},
        {"Negotiate, Basic realm=\"a\"", "Negotiate(||)Basic(a||)"},
        {"Negotiate YII/a+b==, Basic realm=\"a\"", "Negotiate(||)Basic(a||)"},
        {"Negotiate YII, Basic realm=\"a\"", "Negotiate(||)Basic(a||)"},
        {",, Basic realm=\"a\" ,,, nonce=x,", "Basic(a|x|)"},
        {"Basic realm=\"a\\\"b\\\\\"", "Basic(a\\\"b\\\\||)"},
        {"Basic REALM=\"\"", "Basic(||)"},
        {"", ""},
        {",", ""},
        {"=", ""},
        {"\"a\"", ""},
        {"Basic realm=\"a", ""},
        {"Basic realm=\"a\\\"", ""},
        {"Basic realm=", "Basic(||)"},
        {"Basic realm=\"a\"b", ""},
        {"Basic realm=\"a\" nonce=\"b\"", ""},
        {"Basic realm=\"a\", realm=\"b\"", ""},
        {"Basic realm=\"a\", Digest nonce=\"", "Basic(a||)"},
        {"Basic \xff", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(challenges(rows[i].field), rows[i].found) != 0) {
            fail_msg("%s: %s, not %s", rows[i].field, challenges(rows[i].field), rows[i].found);
        }
    }
}

static struct midge__challenge one(const char *field)
{
    struct midge_span rest = midge__span_of(field);
    struct midge__challenge c;
    assert_true(midge__challenge_next(&rest, &c));
    return c;
}

static void test_ranks(void **state)
{
    static const struct {
        const char *field;
        unsigned rank;
    } rows[] = {
        {"Digest realm=\"a\", nonce=\"b\"", 1},
        {"digest realm=\"a\", nonce=\"b\", algorithm=md5-SESS", 1},
        {"Digest realm=\"a\", nonce=\"b\", algorithm=SHA-256, qop=\"auth-int, auth\"", 2},
        {"Digest realm=\"a\", nonce=\"b\", algorithm=\"sha-256\"", 2},
        {"Digest realm=\"a\", nonce=\"b\", algorithm=SHA-512-256", 0},
        {"Digest realm=\"a\", nonce=\"b\", algorithm=x", 0},
        {"Digest realm=\"a\", nonce=\"b\", qop=\"auth-int\"", 0},
        {"Digest nonce=\"b\"", 0},
        {"Digest realm=\"a\"", 0},
        {"Basic realm=\"a\", nonce=\"b\"", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct midge__challenge c = one(rows[i].field);
        if (midge__digest_rank(&c) != rows[i].rank) {
            fail_msg("%s: %u", rows[i].field, midge__digest_rank(&c));
        }
    }
}

/* --- answers --- */

static const char *answer(struct midge_auth *auth, const char *field, const char *cnonce)
{
    static char out[2000];
    const struct midge__digest_request request = {"GET", "/dir/index.html", cnonce};
    const struct midge__challenge c = one(field);
    assert_true(midge__digest_keep(auth, &c));
    struct midge__text text = midge__text_on(out, sizeof out);
    midge__digest_write(auth, &request, &text);
    assert_true(text.len < midge__digest_size(auth, &request));
    return out;
}

static struct midge_auth mufasa(const char *password)
{
    return (struct midge_auth){.user = "Mufasa", .password = password};
}

static void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("no %s in %s", part, text);
    }
}

#define RFC7616                                                                                    \
    "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", "                             \
    "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "                                     \
    "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", algorithm="
#define CNONCE "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"

/* 3.9.1; the others were computed from 3.4 by another program. */
static void test_vectors(void **state)
{
    struct midge_auth auth = mufasa("Circle of Life");
    (void)state;
    assert_string_equal(
        answer(&auth, RFC7616 "SHA-256", CNONCE),
        "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
        "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", "
        "algorithm=SHA-256, qop=auth, nc=00000001, cnonce=\"" CNONCE "\", "
        "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", "
        "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"");
    assert_has(answer(&auth, RFC7616 "MD5", CNONCE),
               "response=\"8ca523f5e9506fed4657c9700eebdbec\"");
    assert_has(answer(&auth, RFC7616 "MD5-sess", CNONCE),
               "response=\"e783283f46242139c486a698fec7211d\"");
    const char *sess = answer(&auth, RFC7616 "SHA-256-sess, userhash=true", CNONCE);
    assert_has(sess, "2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7");
    assert_has(sess,
               "username=\"a947aad205e80e429958a387394944c6b496301e79f89d35a4cc23b6ee12b5b6\"");
    assert_has(sess, ", userhash=true");
}

/* RFC 2617 3.5, and without qop as RFC 2069 had it. */
static void test_old_vectors(void **state)
{
    struct midge_auth auth = mufasa("Circle Of Life");
    const char *old = "Digest realm=\"testrealm@host.com\", "
                      "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
    (void)state;
    assert_has(answer(&auth,
                      "Digest realm=\"testrealm@host.com\", qop=auth, "
                      "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"",
                      "0a4f113b"),
               "response=\"6629fae49393a05397450978507c4ef1\"");
    assert_string_equal(answer(&auth, old, "unused"),
                        "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
                        "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", "
                        "response=\"670fd8c2df070c60b045671b8b24ff02\"");
}

static void test_count(void **state)
{
    struct midge_auth auth = mufasa("x");
    const struct midge__digest_request request = {"GET", "/", "c"};
    char out[1000];
    (void)state;
    (void)answer(&auth, "Digest realm=\"a\", nonce=\"b\", qop=\"auth\"", "c");
    auth.count = 0xab;
    struct midge__text text = midge__text_on(out, sizeof out);
    midge__digest_write(&auth, &request, &text);
    assert_has(out, "nc=000000ac,");
    assert_has(answer(&auth, "Digest realm=\"a\", nonce=\"b\", qop=\"auth\"", "c"), "nc=00000001,");
}

static void test_quoting(void **state)
{
    struct midge_auth auth = {.user = "a\"b\\c", .password = ""};
    (void)state;
    const char *out = answer(&auth, "Digest realm=\"r\\\"s\\t\", nonce=\"\\\\\"", "c");
    assert_has(out, "username=\"a\\\"b\\\\c\", realm=\"r\\\"st\", nonce=\"\\\\\", ");
}

static void test_too_long(void **state)
{
    static char field[4 * MIDGE_AUTH_BYTES];
    struct midge_auth auth = mufasa("x");
    (void)state;
    for (int more = 0; more < 2; more++) {
        (void)snprintf(field, sizeof field, "Digest realm=\"a\", nonce=\"%0*d\"",
                       MIDGE_AUTH_BYTES - 1 + more, 0);
        const struct midge__challenge c = one(field);
        assert_int_equal(midge__digest_keep(&auth, &c), more == 0);
    }
}

/* Each byte of each text is sent as two, and the size is still enough. */
static void test_size(void **state)
{
    static char quotes[MIDGE_AUTH_BYTES + 1], out[20000];
    (void)state;
    memset(quotes, '"', sizeof quotes - 1);
    for (unsigned where = 0; where < 3; where++) {
        struct midge_auth auth = mufasa("x");
        auth.user = quotes;
        auth.is_sess = auth.has_qop = auth.has_algorithm = 1;
        memset(auth.texts, '\\', sizeof auth.texts);
        auth.realm_len = where == 0 ? MIDGE_AUTH_BYTES : 0;
        auth.nonce_len = where == 1 ? MIDGE_AUTH_BYTES : 0;
        auth.opaque_len = where == 2 ? MIDGE_AUTH_BYTES : 0;
        const struct midge__digest_request get = {"GET", quotes, "cnonce"};
        const size_t size = midge__digest_size(&auth, &get);
        assert_true(size < sizeof out);
        memset(out, 'x', sizeof out);
        struct midge__text text = midge__text_on(out, sizeof out);
        midge__digest_write(&auth, &get, &text);
        assert_in_range(strlen(out), size - 512, size - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_md5),         cmocka_unit_test(test_challenges),
        cmocka_unit_test(test_ranks),       cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_old_vectors), cmocka_unit_test(test_count),
        cmocka_unit_test(test_quoting),     cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
