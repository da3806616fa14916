/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/span.h"
#include "codec/h1_write.h"
#include "codec/h2_request.h"

enum { MOST = 20000 };

/* The fields of a block as lines "name: value", by the decoder. */
static const char *decoded(const uint8_t *block, size_t len)
{
    static char text[2 * MOST];
    struct midge__hpack hpack = {0};
    struct midge__hpack_text to = {text, 0, sizeof text - 3};
    const uint8_t *at = block, *end = block + len;
    enum midge__hpack_kind kind;
    while ((kind = midge__hpack_read(&hpack, &at, end, &to)) != MIDGE__HPACK_NEED_MORE) {
        assert_true(kind == MIDGE__HPACK_NAME || kind == MIDGE__HPACK_FIELD);
        if (kind == MIDGE__HPACK_NAME) {
            text[to.fill++] = '=';
        } else {
            text[to.fill++] = '\n';
        }
    }
    assert_true(midge__hpack_is_complete(&hpack));
    text[to.fill] = '\0';
    return text;
}

/* The block of a head, made of it in one buffer, `gap` bytes below it. */
static const char *request(const char *head, size_t gap, bool secure)
{
    static uint8_t buf[2 * MOST];
    const size_t len = strlen(head);
    assert_true(gap + len <= sizeof buf);
    memcpy(buf + gap, head, len);
    return decoded(buf, midge__h2_put_request(buf, midge__span((char *)buf + gap, len), secure));
}

static void check(const char *head, const char *expected)
{
    const size_t len = strlen(head);
    assert_string_equal(request(head, len + MOST / 4, true), expected);
    assert_string_equal(request(head, MIDGE__H2_REQUEST_GAP(len), true), expected);
}

static void test_get(void **state)
{
    (void)state;
    check("GET /a?b=c HTTP/1.1\r\nHost: example.com\r\nUser-Agent: midge/1\r\nAccept: */*\r\n\r\n",
          ":method=GET\n:scheme=https\n:path=/a?b=c\n:authority=example.com\n"
          "user-agent=midge/1\naccept=*/*\n");
}

static void test_without_the_empty_line(void **state)
{
    (void)state;
    check("GET / HTTP/1.1\r\nHost: a:8443\r\n",
          ":method=GET\n:scheme=https\n:path=/\n:authority=a:8443\n");
}

static void test_plain(void **state)
{
    (void)state;
    assert_string_equal(request("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 100, false),
                        ":method=GET\n:scheme=http\n:path=/\n:authority=a\n");
}

static void test_methods(void **state)
{
    (void)state;
    check("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n",
          ":method=POST\n:scheme=https\n:path=/\n:authority=a\ncontent-length=3\n");
    check("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
          ":method=OPTIONS\n:scheme=https\n:path=*\n:authority=a\n");
    check("get / HTTP/1.1\r\nHost: a\r\n\r\n",
          ":method=get\n:scheme=https\n:path=/\n:authority=a\n");
}

/* RFC 9113 8.2.2. */
static void test_fields_of_the_connection_are_left_out(void **state)
{
    (void)state;
    check("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"
          "Keep-Alive: 5\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nTE: gzip\r\nX: 1\r\n\r\n",
          ":method=PUT\n:scheme=https\n:path=/\n:authority=a\nx=1\n");
    check("PUT / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nExpect: 100-continue\r\n\r\n",
          ":method=PUT\n:scheme=https\n:path=/\n:authority=a\nte=trailers\n"
          "expect=100-continue\n");
}

static void test_values(void **state)
{
    (void)state;
    check("GET / HTTP/1.1\r\nHost: a\r\nEmpty:\r\nEmpty2: \r\nColons: a: b:c\r\n\r\n",
          ":method=GET\n:scheme=https\n:path=/\n:authority=a\nempty=\nempty2=\ncolons=a: b:c\n");
}

static void add(char text[MOST], const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(char text[MOST], const char *format, ...)
{
    const size_t len = strlen(text);
    va_list args;
    va_start(args, format);
    assert_true((size_t)vsnprintf(text + len, MOST - len, format, args) < MOST - len);
    va_end(args);
}

/* Long names and values take more bytes for their lengths than a line has around them. */
static void test_long_fields_in_one_buffer(void **state)
{
    static char head[MOST], expected[MOST];
    (void)state;
    add(head, "GET / HTTP/1.1\r\nHost: a\r\n");
    add(expected, ":method=GET\n:scheme=https\n:path=/\n:authority=a\n");
    for (int i = 0; i < 20; i++) {
        char name[300], value[400];
        memset(name, 'a' + i, sizeof name);
        memset(value, 'A' + i, sizeof value);
        add(head, "%.*s: %.*s\r\n", 120 + 9 * i, name, 240 + 5 * i, value);
        add(expected, "%.*s=%.*s\n", 120 + 9 * i, name, 240 + 5 * i, value);
    }
    check(head, expected);
}

/* Names that midge knows are indices, which must be the right ones; secrets are never indexed, in
   any case of their names. */
static void test_indices_and_secrets(void **state)
{
    static const char head[] = "M / HTTP/1.1\r\nHost: a\r\nDate: b\r\nAccept: c\r\nLocation: d\r\n"
                               "user-agent: e\r\nRetry-After: f\r\nContent-Type: g\r\n"
                               "Content-Range: h\r\nAUTHORIZATION: i\r\nContent-Length: j\r\n"
                               "Content-Encoding: k\r\nCookie: l\r\nProxy-authorization: m\r\n"
                               "Cookie2: n\r\n\r\n";
    uint8_t block[200];
    (void)state;
    const size_t len = midge__h2_put_request(block, midge__span(head, sizeof head - 1), true);
    static const char expected[] = "\x02\x01M\x87\x04\x01/\x01\x01"
                                   "a\x0f\x12\x01"
                                   "b\x0f\x04\x01"
                                   "c\x0f\x1f\x01"
                                   "d\x0f\x2b\x01"
                                   "e\x0f\x26\x01"
                                   "f\x0f\x10\x01"
                                   "g\x0f\x0f\x01"
                                   "h\x1f\x08\x01"
                                   "i\x0f\x0d\x01"
                                   "j\x0f\x0b\x01"
                                   "k\x10\x06"
                                   "cookie\x01"
                                   "l\x10\x13"
                                   "proxy-authorization\x01"
                                   "m\x00\x07"
                                   "cookie2\x01"
                                   "n";
    assert_int_equal(len, sizeof expected - 1);
    assert_memory_equal(block, expected, len);
    assert_string_equal(decoded(block, len),
                        ":method=M\n:scheme=https\n:path=/\n:authority=a\ndate=b\naccept=c\n"
                        "location=d\nuser-agent=e\nretry-after=f\ncontent-type=g\n"
                        "content-range=h\nauthorization=i\ncontent-length=j\n"
                        "content-encoding=k\ncookie=l\nproxy-authorization=m\ncookie2=n\n");
}

/* A head as the client writes it. */
static void test_head_of_the_writer(void **state)
{
    const struct midge_header list[] = {{"X-Own", "1"}};
    struct midge__h1_write w = {.method = "POST",
                                .target = midge__span_of("/path"),
                                .host = midge__span_of("example.com"),
                                .port = 8080,
                                .headers = {list, 1},
                                .content_type = "text/plain",
                                .bearer = "secret",
                                .user_agent_line = "User-Agent: midge\r\n",
                                .framing = MIDGE__H1_FRAMING_LENGTH,
                                .content_length = 12};
    char head[500];
    size_t n;
    (void)state;
    assert_int_equal(midge__h1_write(&w, (uint8_t *)head, sizeof head - 1, &n), 0);
    head[n] = '\0';
    check(head, ":method=POST\n:scheme=https\n:path=/path\n:authority=example.com:8080\n"
                "content-length=12\nx-own=1\ncontent-type=text/plain\n"
                "authorization=Bearer secret\nuser-agent=midge\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_without_the_empty_line),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_fields_of_the_connection_are_left_out),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_long_fields_in_one_buffer),
        cmocka_unit_test(test_indices_and_secrets),
        cmocka_unit_test(test_head_of_the_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
