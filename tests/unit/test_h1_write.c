/* SPDX-License-Identifier: MIT */
/* Request heads, each written through buffers of every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/h1_write.h"
#include "midge/err.h"
#include "midge/url.h"

#define COUNT(list)   (sizeof(list) / sizeof((list)[0]))
#define HEADERS(list) ((struct midge__h1_headers){(list), COUNT(list)})
#define NO_HEADERS    ((struct midge__h1_headers){NULL, 0})

/* ---- heads ---- */

struct request {
    const char *name;
    const char *method;
    const char *url;
    struct midge_header headers[4]; /* up to the first without a name */
    struct midge_header defaults[4];
    enum midge__h1_framing framing;
    uint64_t length;
    const char *content_type, *bearer;
    bool ours; /* user_agent_line and accept_line */
    enum midge__h1_form form;
    const char *proxy_line;
    const char *expected;
};

static const struct request requests[] = {
    {
        .name = "bare GET",
        .method = "GET",
        .url = "http://example.com",
        .expected = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
    },
    {
        .name = "the whole URL",
        .method = "GET",
        .url = "http://example.com:81/a?b#c",
        .form = MIDGE__H1_FORM_ABSOLUTE,
        .ours = true,
        .proxy_line = "Proxy-Authorization: Basic eA==\r\n",
        .expected = "GET http://example.com:81/a?b HTTP/1.1\r\nHost: example.com:81\r\n"
                    "User-Agent: agent\r\nAccept: */*\r\nProxy-Authorization: Basic eA==\r\n\r\n",
    },
    {
        .name = "the whole URL without a path",
        .method = "GET",
        .url = "http://example.com?b",
        .form = MIDGE__H1_FORM_ABSOLUTE,
        .expected = "GET http://example.com/?b HTTP/1.1\r\nHost: example.com\r\n\r\n",
    },
    {
        .name = "the whole URL with IPv6; the request's own field",
        .method = "GET",
        .url = "http://[2001:db8::1]/",
        .headers = {{"proxy-authorization", "mine"}},
        .form = MIDGE__H1_FORM_ABSOLUTE,
        .proxy_line = "Proxy-Authorization: Basic eA==\r\n",
        .expected = "GET http://[2001:db8::1]/ HTTP/1.1\r\nHost: [2001:db8::1]\r\n"
                    "proxy-authorization: mine\r\n\r\n",
    },
    {
        .name = "host and port",
        .method = "CONNECT",
        .url = "http://example.com:443",
        .form = MIDGE__H1_FORM_AUTHORITY,
        .expected = "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
    },
    {
        .name = "query without path, fragment left out",
        .method = "GET",
        .url = "https://example.com?a=b&c#frag",
        .expected = "GET /?a=b&c HTTP/1.1\r\nHost: example.com\r\n\r\n",
    },
    {
        .name = "empty query is kept",
        .method = "GET",
        .url = "https://example.com/a?",
        .expected = "GET /a? HTTP/1.1\r\nHost: example.com\r\n\r\n",
    },
    {
        .name = "port that is not the default",
        .method = "DELETE",
        .url = "https://example.com:8443/a/b",
        .expected = "DELETE /a/b HTTP/1.1\r\nHost: example.com:8443\r\n\r\n",
    },
    {
        .name = "default port left out",
        .method = "GET",
        .url = "https://example.com:443/",
        .expected = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
    },
    {
        .name = "the other scheme's port kept",
        .method = "GET",
        .url = "http://example.com:443/",
        .expected = "GET / HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
    },
    {
        .name = "IPv6",
        .method = "GET",
        .url = "http://[2001:db8::1]:81/",
        .expected = "GET / HTTP/1.1\r\nHost: [2001:db8::1]:81\r\n\r\n",
    },
    {
        .name = "headers in order, empty value",
        .method = "GET",
        .url = "http://h/",
        .headers = {{"B", "1"}, {"A", "2"}, {"b", "3"}, {"C", ""}},
        .expected = "GET / HTTP/1.1\r\nHost: h\r\nB: 1\r\nA: 2\r\nb: 3\r\nC: \r\n\r\n",
    },
    {
        .name = "defaults give way by name, in any case",
        .method = "GET",
        .url = "http://h/",
        .headers = {{"user-agent", "mine"}, {"X", "1"}},
        .defaults = {{"User-Agent", "midge"}, {"Accept", "*/*"}, {"x", "2"}},
        .expected = "GET / HTTP/1.1\r\nHost: h\r\nuser-agent: mine\r\nX: 1\r\nAccept: */*\r\n\r\n",
    },
    {
        .name = "a header without a value keeps its default away",
        .method = "GET",
        .url = "http://h/",
        .headers = {{"accept", NULL}, {"X", "1"}, {"Host", NULL}},
        .defaults = {{"User-Agent", "midge"}, {"Accept", "*/*"}},
        .expected = "GET / HTTP/1.1\r\nHost: h\r\nX: 1\r\nUser-Agent: midge\r\n\r\n",
    },
    {
        .name = "own Host comes first",
        .method = "GET",
        .url = "http://h/",
        .headers = {{"A", "1"}, {"host", "virtual"}, {"B", "2"}},
        .defaults = {{"Host", "default"}},
        .expected = "GET / HTTP/1.1\r\nhost: virtual\r\nA: 1\r\nB: 2\r\n\r\n",
    },
    {
        .name = "default Host",
        .method = "GET",
        .url = "http://h/",
        .defaults = {{"Host", "default"}},
        .expected = "GET / HTTP/1.1\r\nHost: default\r\n\r\n",
    },
    {
        .name = "length",
        .method = "POST",
        .url = "http://h/",
        .headers = {{"Content-Type", "application/json"}},
        .framing = MIDGE__H1_FRAMING_LENGTH,
        .length = UINT64_MAX,
        .expected = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551615\r\n"
                    "Content-Type: application/json\r\n\r\n",
    },
    {
        .name = "length 0",
        .method = "PUT",
        .url = "http://h/",
        .framing = MIDGE__H1_FRAMING_LENGTH,
        .expected = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
    },
    {
        .name = "own Content-Length is not repeated",
        .method = "POST",
        .url = "http://h/",
        .headers = {{"content-length", "5"}, {"A", "1"}},
        .framing = MIDGE__H1_FRAMING_LENGTH,
        .length = 5,
        .expected = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nA: 1\r\n\r\n",
    },
    {
        .name = "own Content-Length 0 without a body",
        .method = "POST",
        .url = "http://h/",
        .headers = {{"Content-Length", "0"}},
        .expected = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
    },
    {
        .name = "chunked",
        .method = "POST",
        .url = "http://h/",
        .framing = MIDGE__H1_FRAMING_CHUNKED,
        .expected = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
    },
    {
        .name = "the request's fields, and ours where nobody else has them",
        .method = "POST",
        .url = "http://h/",
        .headers = {{"A", "1"}},
        .defaults = {{"authorization", "Basic eA=="}, {"ACCEPT", "text/html"}, {"B", "2"}},
        .content_type = "application/json",
        .bearer = "sk-1",
        .ours = true,
        .expected = "POST / HTTP/1.1\r\nHost: h\r\nA: 1\r\nACCEPT: text/html\r\nB: 2\r\n"
                    "Content-Type: application/json\r\nAuthorization: Bearer sk-1\r\n"
                    "User-Agent: agent\r\n\r\n",
    },
    {
        .name = "a header is stronger than a field, also one without a value",
        .method = "GET",
        .url = "http://h/",
        .headers = {{"content-type", "text/plain"}, {"AUTHORIZATION", NULL}, {"Accept", NULL}},
        .defaults = {{"User-Agent", NULL}, {"Content-Type", "a/b"}},
        .content_type = "application/json",
        .bearer = "sk-1",
        .ours = true,
        .expected = "GET / HTTP/1.1\r\nHost: h\r\ncontent-type: text/plain\r\n\r\n",
    },
};

static struct midge__h1_headers headers_of(const struct midge_header list[4])
{
    size_t count = 0;
    while (count < 4 && list[count].name != NULL)
        count++;
    return (struct midge__h1_headers){list, count};
}

/* Writes the head in pieces of `size`, each from a buffer of its own; AGAIN only when full. */
static void write_head(const struct request *q, size_t size, char *out, size_t *len)
{
    struct midge_url url;
    assert_int_equal(midge_url_parse(&url, q->url, strlen(q->url), 0), MIDGE_OK);
    const char *end =
        url.query.ptr != NULL ? url.query.ptr + url.query.len : url.path.ptr + url.path.len;
    struct midge__h1_write w = {
        .method = q->method,
        .target = {url.path.ptr, (size_t)(end - url.path.ptr)},
        .host = url.host,
        .port = url.port != (url.is_https ? 443 : 80) ? url.port : 0,
        .headers = headers_of(q->headers),
        .content_type = q->content_type,
        .bearer = q->bearer,
        .defaults = headers_of(q->defaults),
        .user_agent_line = q->ours ? "User-Agent: agent\r\n" : NULL,
        .accept_line = q->ours ? "Accept: */*\r\n" : NULL,
        .content_length = q->length,
        .framing = (uint8_t)q->framing,
        .form = (uint8_t)q->form,
        .proxy_line = q->proxy_line,
    };
    size_t n;
    int err;
    *len = 0;
    do {
        uint8_t *piece = malloc(size);
        assert_non_null(piece);
        err = midge__h1_write(&w, piece, size, &n);
        assert_true(err == MIDGE_OK || (err == MIDGE_ERR_AGAIN && n == size));
        memcpy(out + *len, piece, n);
        *len += n;
        free(piece);
    } while (err == MIDGE_ERR_AGAIN);
    assert_int_equal(midge__h1_head_size(&w), *len);
    assert_int_equal(midge__h1_write(&w, NULL, 0, &n), MIDGE_OK);
    assert_int_equal(n, 0);
}

static void test_request(void **state)
{
    const struct request *q = *state;
    char out[512];
    size_t whole = strlen(q->expected);
    assert_int_equal(midge__h1_check(q->method, headers_of(q->headers), q->framing, q->length),
                     MIDGE_OK);
    for (size_t size = 1; size <= whole + 1; size++) {
        size_t len;
        write_head(q, size, out, &len);
        out[len] = '\0';
        if (strcmp(out, q->expected) != 0) {
            print_error("expected:\n%s\ngot:\n%s\n", q->expected, out);
            fail_msg("%s: in pieces of %zu", q->name, size);
        }
    }
}

/* A piece of no bytes is asked for again. */
static void test_no_room(void **state)
{
    struct midge__h1_write w = {.method = "GET", .host = {"h", 1}};
    size_t n = 1;
    (void)state;
    assert_int_equal(midge__h1_write(&w, NULL, 0, &n), MIDGE_ERR_AGAIN);
    assert_int_equal(n, 0);
}

/* ---- checks ---- */

static int check_one(const char *name, const char *value)
{
    struct midge_header header = {name, value};
    return midge__h1_check("GET", (struct midge__h1_headers){&header, 1}, MIDGE__H1_FRAMING_NONE,
                           0);
}

static void test_methods(void **state)
{
    static const char *const good[] = {"GET", "PATCH", "get", "M-SEARCH", "X_1", "!#$%&'*+.^`|~"};
    static const char *const bad[] = {"",     "G ET",  "GET ",    " GET",   "GET\r\n",
                                      "GE\t", "G/ET",  "G(ET)",   "G\xc3",  "G\x7f",
                                      "GET:", "GET\n", "GET / X", "\"GET\""};
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_int_equal(midge__h1_check(good[i], NO_HEADERS, MIDGE__H1_FRAMING_NONE, 0), MIDGE_OK);
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (midge__h1_check(bad[i], NO_HEADERS, MIDGE__H1_FRAMING_NONE, 0) != MIDGE_ERR_HEADER)
            fail_msg("method '%s' passes", bad[i]);
    }
    assert_int_equal(midge__h1_check(NULL, NO_HEADERS, MIDGE__H1_FRAMING_NONE, 0),
                     MIDGE_ERR_HEADER);
}

static void test_names(void **state)
{
    static const char *const bad[] = {"",    "A ",  " A",  "A B",   "A:",    ":A",  "A\r\nB",
                                      "A\n", "A\t", "A(",  "A\x80", "A\x7f", "A@B", "A,B",
                                      "A;",  "A=B", "{A}", "A/B",   "A\\",   "A\"", "A[0]"};
    (void)state;
    assert_int_equal(check_one("X-9_a!", "v"), MIDGE_OK);
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (check_one(bad[i], "v") != MIDGE_ERR_HEADER)
            fail_msg("name '%s' passes", bad[i]);
    }
    assert_int_equal(check_one(NULL, "v"), MIDGE_ERR_HEADER);
}

static void test_values(void **state)
{
    static const char *const bad[] = {"a\r\nX: y", "a\r", "a\n", "\n", "a\x01", "a\x7f", "\x1b[0m"};
    (void)state;
    assert_int_equal(check_one("A", ""), MIDGE_OK);
    assert_int_equal(check_one("A", "\t a \"b\"; \xc3\xa9"), MIDGE_OK);
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (check_one("A", bad[i]) != MIDGE_ERR_HEADER)
            fail_msg("value %zu passes", i);
    }
    assert_int_equal(check_one("A", NULL), MIDGE_OK); /* keeps a default away */
}

static int check_length(const char *value, enum midge__h1_framing framing, uint64_t length)
{
    struct midge_header header = {"content-LENGTH", value};
    return midge__h1_check("POST", (struct midge__h1_headers){&header, 1}, framing, length);
}

static void test_framing_is_ours(void **state)
{
    (void)state;
    assert_int_equal(check_one("Transfer-Encoding", "chunked"), MIDGE_ERR_HEADER);
    assert_int_equal(check_one("transfer-encoding", "identity"), MIDGE_ERR_HEADER);
    assert_int_equal(check_length("5", MIDGE__H1_FRAMING_LENGTH, 5), MIDGE_OK);
    assert_int_equal(check_length("6", MIDGE__H1_FRAMING_LENGTH, 5), MIDGE_ERR_HEADER);
    assert_int_equal(check_length("5, 5", MIDGE__H1_FRAMING_LENGTH, 5), MIDGE_ERR_HEADER);
    assert_int_equal(check_length("", MIDGE__H1_FRAMING_LENGTH, 0), MIDGE_ERR_HEADER);
    assert_int_equal(check_length("0", MIDGE__H1_FRAMING_NONE, 0), MIDGE_OK);
    assert_int_equal(check_length("5", MIDGE__H1_FRAMING_NONE, 5), MIDGE_ERR_HEADER);
    assert_int_equal(check_length("5", MIDGE__H1_FRAMING_CHUNKED, 5), MIDGE_ERR_HEADER);
}

static void test_single_headers(void **state)
{
    static const struct midge_header hosts[] = {{"Host", "a"}, {"HOST", "b"}};
    static const struct midge_header lengths[] = {{"Content-Length", "5"}, {"Content-Length", "5"}};
    static const struct midge_header cookies[] = {{"Cookie", "a"}, {"Cookie", "b"}};
    (void)state;
    assert_int_equal(midge__h1_check("GET", HEADERS(hosts), MIDGE__H1_FRAMING_NONE, 0),
                     MIDGE_ERR_HEADER);
    assert_int_equal(midge__h1_check("PUT", HEADERS(lengths), MIDGE__H1_FRAMING_LENGTH, 5),
                     MIDGE_ERR_HEADER);
    assert_int_equal(midge__h1_check("GET", HEADERS(cookies), MIDGE__H1_FRAMING_NONE, 0), MIDGE_OK);
}

/* ---- chunks ---- */

static void test_chunk_heads(void **state)
{
    static const struct {
        size_t len;
        const char *expected;
    } cases[] = {
        {1, "1\r\n"},
        {10, "a\r\n"},
        {15, "f\r\n"},
        {16, "10\r\n"},
        {255, "ff\r\n"},
        {4096, "1000\r\n"},
        {65535, "ffff\r\n"},
        {0x123456789abcdef0, "123456789abcdef0\r\n"},
        {UINT64_MAX, "ffffffffffffffff\r\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t out[MIDGE__H1_CHUNK_HEAD_MAX];
        size_t len = midge__h1_chunk_head(out, cases[i].len);
        assert_int_equal(len, strlen(cases[i].expected));
        assert_memory_equal(out, cases[i].expected, len);
    }
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_no_room),         cmocka_unit_test(test_methods),
        cmocka_unit_test(test_names),           cmocka_unit_test(test_values),
        cmocka_unit_test(test_framing_is_ours), cmocka_unit_test(test_single_headers),
        cmocka_unit_test(test_chunk_heads),
    };
    struct CMUnitTest tests[COUNT(requests) + COUNT(others)];
    for (size_t i = 0; i < COUNT(requests); i++) {
        tests[i] = (struct CMUnitTest){requests[i].name, test_request, NULL, NULL,
                                       (void *)(uintptr_t)&requests[i]};
    }
    memcpy(tests + COUNT(requests), others, sizeof others);
    return _cmocka_run_group_tests("h1_write", tests, COUNT(tests), NULL, NULL);
}
