/* SPDX-License-Identifier: MIT */
/* CONNECT over a scripted stream: in pieces of every size, and every answer that opens no tunnel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/base64.h"
#include "base/span.h"
#include "io/tunnel.h"

#define ASKED                                                                                      \
    "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\nUser-Agent: x\r\n"               \
    "Proxy-Authorization: Basic dTpw\r\n\r\n"
#define OPENED "HTTP/1.1 200 OK\r\n\r\n"
#define MOST   1000U

/* The proxy's stream. */
static struct {
    char sent[1024];
    size_t sent_len;
    const char *answer;
    size_t len, at;
    size_t slice; /* bytes of one call at most */
    unsigned dry; /* each second call says AGAIN */
    int end;      /* after the answer */
    int send_err;
    unsigned calls;
} script;

static bool is_dry(void)
{
    return script.dry != 0 && ++script.calls % 2 != 0;
}

static int fake_send(struct midge__stream *s, const uint8_t *buf, size_t len, size_t *n)
{
    (void)s;
    *n = 0;
    if (script.send_err != MIDGE_OK || is_dry()) {
        return script.send_err != MIDGE_OK ? script.send_err : MIDGE_ERR_AGAIN;
    }
    *n = len < script.slice ? len : script.slice;
    assert_true(script.sent_len + *n < sizeof script.sent);
    memcpy(script.sent + script.sent_len, buf, *n);
    script.sent_len += *n;
    return MIDGE_OK;
}

static int fake_recv(struct midge__stream *s, uint8_t *buf, size_t cap, size_t *n)
{
    (void)s;
    *n = 0;
    if (is_dry()) {
        return MIDGE_ERR_AGAIN;
    }
    size_t left = script.len - script.at;
    if (left == 0) {
        return script.end;
    }
    *n = left < cap ? left : cap;
    *n = *n < script.slice ? *n : script.slice;
    memcpy(buf, script.answer + script.at, *n);
    script.at += *n;
    return MIDGE_OK;
}

static unsigned fake_interest(const struct midge__stream *s, bool want_recv, bool want_send)
{
    (void)s;
    assert_true(want_recv != want_send);
    return want_recv ? MIDGE_POLL_IN : MIDGE_POLL_OUT;
}

static const struct midge__stream_ops ops = {
    .send = fake_send, .recv = fake_recv, .interest = fake_interest};
static struct midge__stream stream = {.ops = &ops, .fault = {.native = 77}};
static struct midge__tunnel tunnel;
static bool with_credentials;

static int step(void)
{
    struct midge__h1_write head = {
        .method = "CONNECT",
        .host = midge__span_of("example.com"),
        .port = 443,
        .user_agent_line = "User-Agent: x\r\n",
        .proxy_line = with_credentials ? "Proxy-Authorization: Basic dTpw\r\n" : NULL,
        .form = MIDGE__H1_FORM_AUTHORITY};
    return midge__tunnel_step(&tunnel, &stream, &head, MOST);
}

/* The end of the exchange. */
static int run(const char *answer, size_t len, size_t slice, unsigned dry)
{
    int err = MIDGE_ERR_BUSY;
    memset(&script, 0, sizeof script);
    memset(&tunnel, 0, sizeof tunnel);
    script.answer = answer;
    script.len = len;
    script.slice = slice;
    script.dry = dry;
    script.end = MIDGE_ERR_EOF;
    for (unsigned i = 0; i < 10000 && (err == MIDGE_ERR_BUSY || err == MIDGE_ERR_AGAIN); i++) {
        if (err == MIDGE_ERR_AGAIN) {
            bool sends = script.sent_len < strlen(ASKED) && script.at == 0 && tunnel.state == 0;
            assert_int_equal(midge__tunnel_interest(&tunnel, &stream),
                             sends ? MIDGE_POLL_OUT : MIDGE_POLL_IN);
        }
        err = step();
    }
    return err;
}

static const char *detail(void)
{
    return tunnel.fault.detail != NULL ? tunnel.fault.detail : "";
}

static void opens(void **state)
{
    static const char *const answers[] = {
        OPENED,
        "HTTP/1.0 200 Connection established\r\nProxy-agent: tinyproxy/1.11.1\r\n\r\n",
        "HTTP/1.1 200\r\n\r\n",
        "HTTP/1.1 299 \r\nX:\r\n\r\n",
        "HTTP/1.1 200 \xc3\xa9\r\nName: \xc3\xa9\t\"x\"\r\n\r\n",
        /* RFC 9110 9.3.6: these mean nothing here. */
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OPENED),
    };
    (void)state;
    with_credentials = true;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        for (size_t slice = 1; slice < 300; slice++) {
            assert_int_equal(run(answers[i], strlen(answers[i]), slice, slice % 2), MIDGE_OK);
            assert_int_equal(script.at, script.len);
            assert_int_equal(script.sent_len, strlen(ASKED));
            assert_memory_equal(script.sent, ASKED, strlen(ASKED));
        }
    }
}

static void refuses(void **state)
{
    static const struct {
        const char *answer;
        int status;
        const char *detail;
    } rows[] = {
        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nforbidden", 403, ""},
        {"HTTP/1.1 302 Found\r\nLocation: https://example.com/\r\n\r\n", 302, ""},
        {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", 101, ""},
        {"HTTP/1.1 502 Bad Gateway\r\n\r\n", 502, ""},
        {"HTTP/1.1 999 x\r\n\r\n", 999, ""},
        {"HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n", 407, "not accept"},
        {"HTTP/1.1 407 x\r\nproxy-AUTHENTICATE:basic\r\n\r\n", 407, "not accept"},
        {"HTTP/1.1 407 x\r\nProxy-Authenticate: Negotiate, Basic a=b\r\n\r\n", 407, "not accept"},
        {"HTTP/1.1 407 x\r\nProxy-Authenticate: Digest realm=\"basic\"\r\n\r\n", 407, "not Basic"},
        {"HTTP/1.1 407 x\r\nProxy-Authenticate: Basically x\r\n\r\n", 407, "not Basic"},
        {"HTTP/1.1 407 x\r\nProxy-Authenticate-X: Basic\r\n\r\n", 407, "not Basic"},
        {"HTTP/1.1 407 x\r\nX: Basic\r\nProxy-Authenticate: \r\n\r\n", 407, "not Basic"},
        {"HTTP/1.1 407 x\r\n\r\n", 407, "not Basic"},
        {OPENED "\x16\x03", 0, "before the server"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nxx", 0, "before the server"},
        {"", 0, "closed"},
        {"HTTP/1.1 200 OK\r\nX: y\r\n", 0, "closed"},
        {"HTTP/1.1 100 Continue\r\n\r\n", 0, "closed"},
    };
    (void)state;
    with_credentials = true;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t slice = 1; slice < 80; slice++) {
            /* Surplus bytes are seen only if they come together with the answer. */
            if (strstr(rows[i].detail, "before") != NULL && slice < strlen(rows[i].answer)) {
                continue;
            }
            assert_int_equal(run(rows[i].answer, strlen(rows[i].answer), slice, slice % 2),
                             MIDGE_ERR_PROXY);
            assert_int_equal(tunnel.fault.native, rows[i].status);
            if (strstr(detail(), rows[i].detail) == NULL || !detail()[0] != !rows[i].detail[0]) {
                fail_msg("%s: '%s'", rows[i].answer, detail());
            }
        }
    }
    with_credentials = false;
    assert_int_equal(run(rows[5].answer, strlen(rows[5].answer), 99, 0), MIDGE_ERR_PROXY);
    assert_string_equal(detail(), "the proxy wants a user and password");
}

static void malformed(void **state)
{
    static const char *const answers[] = {
        "SSH-2.0-x\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 -20 OK\r\n\r\n",
        "HTTP/1.x 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\n\n",
        "HTTP/1.1 200 OK\r\r\n\r\n",
        "HTTP/1.1 200 O\1K\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\n",
        "HTTP/1.1 200 OK\r\nX: y\n\r\n",
        "HTTP/1.1 200 OK\r\nX\1: y\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: y\r\n fold\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\rx",
        "HTTP/1.1 200 OK\r\n\r\r",
        "\x15\x03\x01",
    };
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        for (size_t slice = 1; slice < 40; slice++) {
            if (run(answers[i], strlen(answers[i]), slice, slice % 2) != MIDGE_ERR_PROXY ||
                strstr(detail(), "malformed") == NULL) {
                fail_msg("'%s' passes: %s", answers[i], detail());
            }
        }
    }
    assert_int_equal(run("HTTP/1.1 200 O\0K\r\n\r\n", 20, 9, 0), MIDGE_ERR_PROXY);
}

/* A head that does not end, and 1xx without end. */
static void bounded(void **state)
{
    static char answer[2 * MOST];
    static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
    (void)state;
    memset(answer, 'x', sizeof answer);
    memcpy(answer, "HTTP/1.1 200 ", 13);
    assert_int_equal(run(answer, sizeof answer, 99, 0), MIDGE_ERR_PROXY);
    assert_string_equal(detail(), "the proxy's answer is too long");
    assert_true(script.at < MOST + 256);
    for (size_t i = 0; i + sizeof interim - 1 < sizeof answer; i += sizeof interim - 1) {
        memcpy(answer + i, interim, sizeof interim - 1);
    }
    assert_int_equal(run(answer, sizeof answer, 300, 0), MIDGE_ERR_PROXY);
    assert_string_equal(detail(), "the proxy's answer is too long");
    memset(answer, 'x', sizeof answer);
    memcpy(answer, "HTTP/1.1 200 ", 13);
    memcpy(answer + MOST - 4, "\r\n\r\n", 4);
    assert_int_equal(run(answer, MOST, 300, 0), MIDGE_OK);
}

static void broken(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof OPENED - 1; len++) {
        assert_int_equal(run(OPENED, len, 5, 0), MIDGE_ERR_PROXY);
        memset(&tunnel, 0, sizeof tunnel);
        script.at = script.sent_len = 0;
        script.end = MIDGE_ERR_RECV;
        int err = MIDGE_ERR_BUSY;
        while (err == MIDGE_ERR_BUSY) {
            err = step();
        }
        assert_int_equal(err, MIDGE_ERR_RECV);
        assert_int_equal(tunnel.fault.native, 77);
    }
    memset(&tunnel, 0, sizeof tunnel);
    script.send_err = MIDGE_ERR_SEND;
    assert_int_equal(step(), MIDGE_ERR_SEND);
    assert_int_equal(tunnel.fault.native, 77);
}

static void base64(void **state)
{
    static const char *const rows[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"\xff\xef\xbe", "/+++"},
                                          {"u:p", "dTpw"},
                                          {"test:123\xa3", "dGVzdDoxMjOj"}};
    char out[32];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = midge__base64_encode(out, midge__span_of(rows[i][0]));
        assert_int_equal(len, strlen(rows[i][1]));
        assert_int_equal(len, MIDGE__BASE64_LEN(strlen(rows[i][0])));
        assert_memory_equal(out, rows[i][1], len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens),   cmocka_unit_test(refuses), cmocka_unit_test(malformed),
        cmocka_unit_test(bounded), cmocka_unit_test(broken),  cmocka_unit_test(base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
