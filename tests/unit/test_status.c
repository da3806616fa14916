/* SPDX-License-Identifier: MIT */
/* Results in words, and midge_raise_for_status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/async/status.c"

#define URL "https://api.example/v1"

static void phrases_are_registered(void **state)
{
    (void)state;
    assert_string_equal(midge_status_text(200), "OK");
    assert_string_equal(midge_status_text(404), "Not Found");
    assert_string_equal(midge_status_text(413), "Content Too Large");
    assert_string_equal(midge_status_text(511), "Network Authentication Required");
    assert_string_equal(midge_status_text(0), "");
    assert_string_equal(midge_status_text(299), "");
    assert_string_equal(midge_status_text(-1), "");
}

struct raise {
    uint16_t status;
    int error;
    const char *url, *text;
};

static void raise_says(void **state)
{
    (void)state;
    static const struct raise cases[] = {
        {200, MIDGE_OK, URL, ""},
        {101, MIDGE_OK, URL, ""},
        {399, MIDGE_OK, URL, ""},
        {0, MIDGE_OK, URL, ""},
        {600, MIDGE_OK, URL, ""},
        {400, MIDGE_ERR_HTTP_STATUS, URL, "400 Client Error: Bad Request for url: " URL},
        {401, MIDGE_ERR_HTTP_STATUS, URL, "401 Client Error: Unauthorized for url: " URL},
        {500, MIDGE_ERR_HTTP_STATUS, URL, "500 Server Error: Internal Server Error for url: " URL},
        {599, MIDGE_ERR_HTTP_STATUS, URL, "599 Server Error for url: " URL},
        {499, MIDGE_ERR_HTTP_STATUS, NULL, "499 Client Error"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct midge_result result = {.status = cases[i].status, .url = cases[i].url};
        char text[128];
        assert_int_equal(midge_raise_for_status(&result, text, sizeof text), cases[i].error);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(midge_raise_for_status(&result, NULL, 0), cases[i].error);
        if (cases[i].error != MIDGE_OK) { /* on_response has refused it */
            result.error = MIDGE_ERR_HTTP_STATUS;
            assert_int_equal(midge_raise_for_status(&result, text, sizeof text), cases[i].error);
            assert_string_equal(text, cases[i].text);
        }
    }
}

static void raise_of_a_failed_request(void **state)
{
    (void)state;
    struct midge_result result = {.error = MIDGE_ERR_CONNECT,
                                  .is_request = 1,
                                  .phase = MIDGE_PHASE_CONNECT,
                                  .native = 111,
                                  .status = 404,
                                  .url = URL};
    char text[128];
    assert_int_equal(midge_raise_for_status(&result, text, sizeof text), MIDGE_ERR_CONNECT);
    assert_string_equal(text, "connection failed (connect, errno 111)");
    result = (struct midge_result){.error = MIDGE_ERR_HTTP_STATUS, .status = 304, .url = URL};
    assert_int_equal(midge_raise_for_status(&result, text, sizeof text), MIDGE_ERR_HTTP_STATUS);
    assert_string_equal(text, "HTTP error status (status 304)");
}

struct line {
    struct midge_result result;
    const char *text;
};

static void results_in_words(void **state)
{
    (void)state;
    static const struct line cases[] = {
        {{.error = MIDGE_OK}, "success"},
        {{.error = MIDGE_ERR_CANCELED}, "canceled"}, /* a sleep or task: no phase */
        {{.error = MIDGE_ERR_TIMEOUT}, "timed out"},
        {{.error = MIDGE_ERR_CERT,
          .is_request = 1,
          .phase = MIDGE_PHASE_TLS,
          .native = -0x2700,
          .verify_flags = 1,
          .cert_date = 20240501,
          .detail = "certificate expired"},
         "certificate expired on 2024-05-01 (tls, X509 flags 0x1)"},
        {{.error = MIDGE_ERR_TLS,
          .is_request = 1,
          .phase = MIDGE_PHASE_TLS,
          .native = -0x7780,
          .detail = ""},
         "TLS failure (tls, mbedTLS -0x7780)"},
        {{.error = MIDGE_ERR_TLS, .is_request = 1, .phase = MIDGE_PHASE_TLS, .native = INT32_MIN},
         "TLS failure (tls, mbedTLS -0x80000000)"},
        {{.error = MIDGE_ERR_RESOLVE, .is_request = 1, .phase = MIDGE_PHASE_DNS, .native = 4},
         "host name not resolved (dns, resolver 4)"},
        {{.error = MIDGE_ERR_RECV, .is_request = 1, .phase = MIDGE_PHASE_BODY, .native = -14},
         "receiving failed (body, lwIP -14 ERR_RST)"},
        {{.error = MIDGE_ERR_RECV, .is_request = 1, .phase = MIDGE_PHASE_BODY, .native = 104},
         "receiving failed (body, errno 104)"},
        {{.error = MIDGE_ERR_CONNECT, .is_request = 1, .phase = MIDGE_PHASE_CONNECT, .native = -1},
         "connection failed (connect, lwIP -1 ERR_MEM)"},
        {{.error = MIDGE_ERR_SEND, .is_request = 1, .phase = MIDGE_PHASE_SEND, .native = -16},
         "sending failed (send, lwIP -16 ERR_ARG)"},
        {{.error = MIDGE_ERR_SEND, .is_request = 1, .phase = MIDGE_PHASE_SEND, .native = -17},
         "sending failed (send, code -17)"},
        {{.error = MIDGE_ERR_RECV, .is_request = 1, .phase = MIDGE_PHASE_WAIT, .native = -0x7280},
         "receiving failed (wait, mbedTLS -0x7280)"},
        {{.error = MIDGE_ERR_CONNECT, .native = INT32_MIN},
         "connection failed (mbedTLS -0x80000000)"},
        {{.error = MIDGE_ERR_RESOLVE, .is_request = 1, .phase = MIDGE_PHASE_DNS, .native = -3},
         "host name not resolved (dns, lwIP -3 ERR_TIMEOUT)"},
        {{.error = MIDGE_ERR_WRITE, .is_request = 1, .phase = MIDGE_PHASE_BODY, .native = -5},
         "writing the body failed (body, code -5)"},
        {{.error = MIDGE_ERR_TIMEOUT,
          .is_request = 1,
          .phase = MIDGE_PHASE_WAIT,
          .t = {.total_us = 3000999}},
         "timed out (wait after 3000 ms)"},
        {{.error = MIDGE_ERR_TIMEOUT, .is_request = 1, .t = {.total_us = 10000}},
         "timed out (queue after 10 ms)"},
        {{.error = MIDGE_ERR_PROTOCOL,
          .is_request = 1,
          .phase = MIDGE_PHASE_BODY,
          .offset = 17,
          .detail = "bad chunk size"},
         "bad chunk size (body, byte 17)"},
        {{.error = MIDGE_ERR_PARTIAL,
          .is_request = 1,
          .phase = MIDGE_PHASE_BODY,
          .body_len = 5000000000},
         "body ended before its announced end (body, 5000000000 bytes received)"},
        {{.error = MIDGE_ERR_HTTP_STATUS,
          .is_request = 1,
          .phase = MIDGE_PHASE_DONE,
          .status = 503},
         "HTTP error status (done, status 503)"},
        {{.error = MIDGE_ERR_NO_MEMORY,
          .is_request = 1,
          .phase = MIDGE_PHASE_TLS,
          .native = -0x7f00},
         "out of memory (tls, mbedTLS -0x7f00)"},
        {{.error = MIDGE_ERR_NO_MEMORY,
          .is_request = 1,
          .phase = MIDGE_PHASE_CONNECT,
          .native = 105},
         "out of memory (connect, errno 105)"},
        {{.error = -12345}, "unknown error"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[128];
        assert_int_equal(midge_result_text(&cases[i].result, text, sizeof text),
                         strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
    }
}

/* At every size: NUL-terminated, a prefix, nothing written behind. */
static void cut_when_short(void **state)
{
    (void)state;
    static const char whole[] = "401 Client Error: Unauthorized for url: " URL;
    const struct midge_result status = {.status = 401, .url = URL};
    const struct midge_result failed = {
        .error = MIDGE_ERR_CONNECT, .is_request = 1, .phase = MIDGE_PHASE_CONNECT, .native = 111};
    for (size_t cap = 0; cap <= sizeof whole + 1; cap++) {
        char text[sizeof whole + 2];
        memset(text, '#', sizeof text);
        assert_int_equal(midge_raise_for_status(&status, text, cap), MIDGE_ERR_HTTP_STATUS);
        size_t len = cap == 0 ? 0 : cap <= sizeof whole ? cap - 1 : sizeof whole - 1;
        assert_memory_equal(text, whole, len);
        assert_int_equal(text[len], cap == 0 ? '#' : '\0');
        assert_int_equal(text[cap], '#');
        assert_true(midge_result_text(&failed, text, cap) <= (cap == 0 ? 0 : cap - 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phrases_are_registered),
        cmocka_unit_test(raise_says),
        cmocka_unit_test(raise_of_a_failed_request),
        cmocka_unit_test(results_in_words),
        cmocka_unit_test(cut_when_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
