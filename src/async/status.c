/* SPDX-License-Identifier: MIT */
/* Results in words: the reason phrases of statuses, one line about a failed result, and the
   sentence of raise_for_status. All are written with base/text.h, since stdio is too large for
   small targets. */
#include <stdbool.h>
#include <string.h>

#include "base/check.h"
#include "base/span.h"
#include "base/text.h"
#include "midge/config.h"
#include "midge/response.h"

/* --- the registered phrases: RFC 9110 15 and the IANA registry --- */

#if MIDGE_WITH_TEXTS

#define COMMON_PHRASES(X)                                                                          \
    X(200, "OK")                                                                                   \
    X(201, "Created")                                                                              \
    X(204, "No Content")                                                                           \
    X(301, "Moved Permanently")                                                                    \
    X(302, "Found")                                                                                \
    X(307, "Temporary Redirect")                                                                   \
    X(308, "Permanent Redirect")                                                                   \
    X(400, "Bad Request")                                                                          \
    X(401, "Unauthorized")                                                                         \
    X(403, "Forbidden")                                                                            \
    X(404, "Not Found")                                                                            \
    X(405, "Method Not Allowed")                                                                   \
    X(408, "Request Timeout")                                                                      \
    X(409, "Conflict")                                                                             \
    X(410, "Gone")                                                                                 \
    X(413, "Content Too Large")                                                                    \
    X(415, "Unsupported Media Type")                                                               \
    X(422, "Unprocessable Content")                                                                \
    X(429, "Too Many Requests")                                                                    \
    X(500, "Internal Server Error")                                                                \
    X(501, "Not Implemented")                                                                      \
    X(502, "Bad Gateway")                                                                          \
    X(503, "Service Unavailable")                                                                  \
    X(504, "Gateway Timeout")

#if MIDGE_WITH_RARE_TEXTS
#define RARE_PHRASES(X)                                                                            \
    X(100, "Continue")                                                                             \
    X(101, "Switching Protocols")                                                                  \
    X(102, "Processing")                                                                           \
    X(103, "Early Hints")                                                                          \
    X(202, "Accepted")                                                                             \
    X(203, "Non-Authoritative Information")                                                        \
    X(205, "Reset Content")                                                                        \
    X(206, "Partial Content")                                                                      \
    X(207, "Multi-Status")                                                                         \
    X(208, "Already Reported")                                                                     \
    X(226, "IM Used")                                                                              \
    X(300, "Multiple Choices")                                                                     \
    X(303, "See Other")                                                                            \
    X(304, "Not Modified")                                                                         \
    X(305, "Use Proxy")                                                                            \
    X(402, "Payment Required")                                                                     \
    X(406, "Not Acceptable")                                                                       \
    X(407, "Proxy Authentication Required")                                                        \
    X(411, "Length Required")                                                                      \
    X(412, "Precondition Failed")                                                                  \
    X(414, "URI Too Long")                                                                         \
    X(416, "Range Not Satisfiable")                                                                \
    X(417, "Expectation Failed")                                                                   \
    X(421, "Misdirected Request")                                                                  \
    X(423, "Locked")                                                                               \
    X(424, "Failed Dependency")                                                                    \
    X(425, "Too Early")                                                                            \
    X(426, "Upgrade Required")                                                                     \
    X(428, "Precondition Required")                                                                \
    X(431, "Request Header Fields Too Large")                                                      \
    X(451, "Unavailable For Legal Reasons")                                                        \
    X(505, "HTTP Version Not Supported")                                                           \
    X(506, "Variant Also Negotiates")                                                              \
    X(507, "Insufficient Storage")                                                                 \
    X(508, "Loop Detected")                                                                        \
    X(511, "Network Authentication Required")
#else
#define RARE_PHRASES(X)
#endif

#define PHRASES(X) COMMON_PHRASES(X) RARE_PHRASES(X)

const char *midge_status_text(int status)
{
#define PHRASE_STATUS(status, text) status,
#define PHRASE_TEXT(status, text)   text "\0"
    static const uint16_t statuses[] = {PHRASES(PHRASE_STATUS)};
    static const char texts[] = PHRASES(PHRASE_TEXT);
    for (unsigned i = 0; i < MIDGE_ARRAY_LEN(statuses); i++) {
        if (statuses[i] == status) {
            return midge__text_nth(texts, i);
        }
    }
    return "";
}

#else

const char *midge_status_text(int status)
{
    (void)status;
    return "";
}

#endif

/* --- a failed result's facts, in brackets --- */

static bool given(const char *s)
{
    return s != NULL && s[0] != '\0';
}

/* lwIP's err_t, names of -1 to -16; 0 is success. */
static const char *lwip_name(int native)
{
    static const char names[] = "\0MEM\0BUF\0TIMEOUT\0RTE\0INPROGRESS\0VAL\0WOULDBLOCK\0USE\0"
                                "ALREADY\0ISCONN\0CONN\0IF\0ABRT\0RST\0CLSD\0ARG";
    return midge__text_nth(names, (unsigned)-native);
}

static bool is_of_tls(int error)
{
    _Static_assert(MIDGE_ERR_TLS == -20 && MIDGE_ERR_TLS_RECORD_SIZE == -24, "no others between");
    return error <= MIDGE_ERR_TLS && error >= MIDGE_ERR_TLS_RECORD_SIZE;
}

/* Of a positive code. */
static const char *origin_of(int error)
{
    return error == MIDGE_ERR_RESOLVE                        ? "resolver"
           : MIDGE_WITH_HTTP2 && error == MIDGE_ERR_PROTOCOL ? "HTTP/2 code"
                                                             : "errno";
}

/* The error determines the origin of the code: TLS; the caller's source or sink, or a file; else
   the port. A port's code is an errno, which is positive, or one of lwIP's, -1 to -16, or one of
   mbedTLS's, -0x1000 and below. */
static void add_native(struct midge__text *text, const struct midge_result *result)
{
    enum { LWIP_LAST = -16, MBEDTLS_FIRST = -0x1000 };
    const int native = result->native;
    const bool of_body = result->error == MIDGE_ERR_READ || result->error == MIDGE_ERR_WRITE;
    if (result->error == MIDGE_ERR_PROXY) {
        midge__text_add(text, ", status %d", native);
    } else if (is_of_tls(result->error) || (native <= MBEDTLS_FIRST && !of_body)) {
        /* mbedTLS's documents write its codes as minus a hexadecimal number. */
        midge__text_add(text, native < 0 ? ", mbedTLS -0x%x" : ", mbedTLS 0x%x",
                        native < 0 ? 0 - (unsigned)native : (unsigned)native);
    } else if (native > 0) {
        midge__text_add(text, ", %s %d", origin_of(result->error), native);
    } else if (native < LWIP_LAST || of_body) {
        midge__text_add(text, ", code %d", native);
    } else {
        midge__text_add(text, ", lwIP %d", native);
        if (MIDGE_WITH_TEXTS) {
            midge__text_add(text, " ERR_%s", lwip_name(native));
        }
    }
}

#if MIDGE_WITH_TIMINGS
static void add_duration(struct midge__text *text, const struct midge_result *result)
{
    midge__text_add(text, " after %llu ms", (unsigned long long)result->t.total_us / 1000);
}
#else
#define add_duration(text, result) ((void)(text), (void)(result))
#endif

static void add_phase(struct midge__text *text, const struct midge_result *result)
{
    midge__text_add(text, ", %s", midge_phase_name((enum midge_phase)result->phase));
    if (result->error == MIDGE_ERR_TIMEOUT) {
        add_duration(text, result);
    }
}

#if MIDGE_WITH_HTTP2
#define is_of_http2(result) ((result)->stream_id != 0)
#else
#define is_of_http2(result) false
#endif

/* Each fact comes with ", " before it. */
static void add_facts(struct midge__text *text, const struct midge_result *result)
{
    if (result->is_request) { /* sleeps, tasks and futures have no phase */
        add_phase(text, result);
    }
    if (result->verify_flags != 0) { /* they say more than mbedTLS's code */
        midge__text_add(text, ", X509 flags 0x%x", (unsigned)result->verify_flags);
    } else if (result->native != 0) {
        add_native(text, result);
    }
    if (result->error == MIDGE_ERR_HTTP_STATUS && result->status != 0) {
        midge__text_add(text, ", status %u", result->status);
    }
    if (result->error == MIDGE_ERR_PROTOCOL && !is_of_http2(result)) {
        midge__text_add(text, ", byte %llu", (unsigned long long)result->offset);
    }
    if (result->error == MIDGE_ERR_PARTIAL) {
        midge__text_add(text, ", %llu bytes received", (unsigned long long)result->body_len);
    }
}

/* Turns the first ", " behind `from` into " (", as far as it was not cut. */
static void put_in_brackets(struct midge__text *text, size_t from)
{
    static const char open[] = {' ', '('};
    const size_t left = text->len - from;
    if (left > 0) {
        memcpy(text->out + from, open, left < sizeof open ? left : sizeof open);
        midge__text_bytes(text, ")", 1);
    }
}

/* " on 2024-05-01" for an expired certificate, " before 2024-05-01" for one that is not valid
   yet. */
static void add_date(struct midge__text *text, const struct midge_result *result)
{
    const unsigned date = result->cert_date;
    if (date != 0) {
        midge__text_add(text, " %s %u-%02u-%02u",
                        (result->verify_flags & 1U) != 0 ? "on" : "before", date / 10000,
                        date / 100 % 100, date % 100);
    }
}

static void add_result(struct midge__text *text, const struct midge_result *result)
{
    const bool failed = result->error != MIDGE_OK;
    midge__text_add(text, "%s",
                    failed && given(result->detail) ? result->detail
                                                    : midge_err_text(result->error));
    if (failed) {
        add_date(text, result);
        size_t from = text->len;
        add_facts(text, result);
        put_in_brackets(text, from);
    }
}

size_t midge_result_text(const struct midge_result *result, char *out, size_t cap)
{
    struct midge__text text = midge__text_on(out, cap);
    add_result(&text, result);
    return text.len;
}

/* --- raise for status --- */

/* Users of requests and aiohttp know this sentence. The URL has no control characters: midge parsed
   it. */
static void add_status(struct midge__text *text, const struct midge_result *result)
{
    const char *reason = midge_status_text(result->status);
    const char *url = given(result->url) ? result->url : "";
    midge__text_add(text, "%u %s Error%s%s%s%s", result->status,
                    result->status < 500 ? "Client" : "Server", *reason != '\0' ? ": " : "", reason,
                    *url != '\0' ? " for url: " : "", url);
}

/* Also if on_response has refused the status. */
static bool has_bad_status(const struct midge_result *result)
{
    return (result->error == MIDGE_OK || result->error == MIDGE_ERR_HTTP_STATUS) &&
           result->status >= 400 && result->status <= 599;
}

int midge_raise_for_status(const struct midge_result *result, char *out, size_t cap)
{
    struct midge__text text = midge__text_on(out, out != NULL ? cap : 0);
    if (has_bad_status(result)) {
        add_status(&text, result);
        return MIDGE_ERR_HTTP_STATUS;
    }
    if (result->error != MIDGE_OK) {
        add_result(&text, result);
    }
    return result->error;
}
