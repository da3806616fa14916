/* SPDX-License-Identifier: MIT */
/* Results in words: the reason phrases of statuses, one line about a failed result, and the
   sentence of raise_for_status. All are written with base/text.h, since stdio is too large for
   small targets. */
#include <stdbool.h>

#include "base/check.h"
#include "base/span.h"
#include "base/text.h"
#include "midge/config.h"
#include "midge/response.h"

/* --- the registered phrases: RFC 9110 15 and the IANA registry --- */

#if MIDGE_WITH_TEXTS

#define PHRASES(X)                                                                                 \
    X(100, "Continue")                                                                             \
    X(101, "Switching Protocols")                                                                  \
    X(102, "Processing")                                                                           \
    X(103, "Early Hints")                                                                          \
    X(200, "OK")                                                                                   \
    X(201, "Created")                                                                              \
    X(202, "Accepted")                                                                             \
    X(203, "Non-Authoritative Information")                                                        \
    X(204, "No Content")                                                                           \
    X(205, "Reset Content")                                                                        \
    X(206, "Partial Content")                                                                      \
    X(207, "Multi-Status")                                                                         \
    X(208, "Already Reported")                                                                     \
    X(226, "IM Used")                                                                              \
    X(300, "Multiple Choices")                                                                     \
    X(301, "Moved Permanently")                                                                    \
    X(302, "Found")                                                                                \
    X(303, "See Other")                                                                            \
    X(304, "Not Modified")                                                                         \
    X(305, "Use Proxy")                                                                            \
    X(307, "Temporary Redirect")                                                                   \
    X(308, "Permanent Redirect")                                                                   \
    X(400, "Bad Request")                                                                          \
    X(401, "Unauthorized")                                                                         \
    X(402, "Payment Required")                                                                     \
    X(403, "Forbidden")                                                                            \
    X(404, "Not Found")                                                                            \
    X(405, "Method Not Allowed")                                                                   \
    X(406, "Not Acceptable")                                                                       \
    X(407, "Proxy Authentication Required")                                                        \
    X(408, "Request Timeout")                                                                      \
    X(409, "Conflict")                                                                             \
    X(410, "Gone")                                                                                 \
    X(411, "Length Required")                                                                      \
    X(412, "Precondition Failed")                                                                  \
    X(413, "Content Too Large")                                                                    \
    X(414, "URI Too Long")                                                                         \
    X(415, "Unsupported Media Type")                                                               \
    X(416, "Range Not Satisfiable")                                                                \
    X(417, "Expectation Failed")                                                                   \
    X(421, "Misdirected Request")                                                                  \
    X(422, "Unprocessable Content")                                                                \
    X(423, "Locked")                                                                               \
    X(424, "Failed Dependency")                                                                    \
    X(425, "Too Early")                                                                            \
    X(426, "Upgrade Required")                                                                     \
    X(428, "Precondition Required")                                                                \
    X(429, "Too Many Requests")                                                                    \
    X(431, "Request Header Fields Too Large")                                                      \
    X(451, "Unavailable For Legal Reasons")                                                        \
    X(500, "Internal Server Error")                                                                \
    X(501, "Not Implemented")                                                                      \
    X(502, "Bad Gateway")                                                                          \
    X(503, "Service Unavailable")                                                                  \
    X(504, "Gateway Timeout")                                                                      \
    X(505, "HTTP Version Not Supported")                                                           \
    X(506, "Variant Also Negotiates")                                                              \
    X(507, "Insufficient Storage")                                                                 \
    X(508, "Loop Detected")                                                                        \
    X(511, "Network Authentication Required")

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

/* --- text --- */

static bool given(const char *s)
{
    return s != NULL && s[0] != '\0';
}

/* --- a failed result's facts, in brackets --- */

struct facts {
    struct midge__text *text;
    bool open;
};

/* The separator before the next fact. */
static void fact(struct facts *facts)
{
    midge__text_add(facts->text, facts->open ? ", " : " (");
    facts->open = true;
}

static void fact_number(struct facts *facts, const char *before, uint64_t number, const char *after)
{
    fact(facts);
    midge__text_add(facts->text, before);
    midge__text_unsigned(facts->text, number, 10);
    midge__text_add(facts->text, after);
}

static void fact_hex(struct facts *facts, const char *before, uint64_t number)
{
    fact(facts);
    midge__text_add(facts->text, before);
    midge__text_add(facts->text, "0x");
    midge__text_unsigned(facts->text, number, 16);
}

/* mbedTLS's documents write its codes as minus a hexadecimal number. */
static void fact_tls_code(struct facts *facts, int native)
{
    if (native < 0) {
        fact_hex(facts, "mbedTLS -", (uint64_t)(-(int64_t)native));
    } else {
        fact_hex(facts, "mbedTLS ", (uint64_t)native);
    }
}

static void fact_code(struct facts *facts, const char *whose, int native)
{
    fact(facts);
    midge__text_add(facts->text, whose);
    midge__text_number(facts->text, native);
}

/* lwIP's err_t, names of -1 to -16; 0 is success. */
static void fact_lwip_code(struct facts *facts, int native)
{
    static const char names[] = "\0MEM\0BUF\0TIMEOUT\0RTE\0INPROGRESS\0VAL\0WOULDBLOCK\0USE\0"
                                "ALREADY\0ISCONN\0CONN\0IF\0ABRT\0RST\0CLSD\0ARG";

    fact_code(facts, "lwIP ", native);
    if (MIDGE_WITH_TEXTS) {
        midge__text_add(facts->text, " ERR_");
        midge__text_add(facts->text, midge__text_nth(names, (unsigned)-native));
    }
}

/* A port's code: an errno is positive, lwIP's codes are -1 to -16, and mbedTLS's are -0x1000 and
   below. */
static void fact_port_code(struct facts *facts, int native, const char *positive)
{
    enum { LWIP_LAST = -16, MBEDTLS_FIRST = -0x1000 };

    if (native > 0) {
        fact_code(facts, positive, native);
    } else if (native >= LWIP_LAST) {
        fact_lwip_code(facts, native);
    } else if (native > MBEDTLS_FIRST) {
        fact_code(facts, "code ", native);
    } else {
        fact_tls_code(facts, native);
    }
}

/* The error determines the origin of the code. */
static void fact_native(struct facts *facts, const struct midge_result *result)
{
    if (result->native == 0) {
        return;
    }
    switch (result->error) {
    case MIDGE_ERR_TLS:
    case MIDGE_ERR_CERT:
    case MIDGE_ERR_CA:
    case MIDGE_ERR_ENTROPY:
    case MIDGE_ERR_TLS_RECORD_SIZE:
        fact_tls_code(facts, result->native);
        break;
    case MIDGE_ERR_READ:
    case MIDGE_ERR_WRITE: /* the caller's source or sink, or a file */
        fact_code(facts, result->native > 0 ? "errno " : "code ", result->native);
        break;
    case MIDGE_ERR_RESOLVE:
        fact_port_code(facts, result->native, "resolver ");
        break;
    default:
        fact_port_code(facts, result->native, "errno ");
        break;
    }
}

#if MIDGE_WITH_TIMINGS
static void add_duration(struct midge__text *text, const struct midge_result *result)
{
    midge__text_add(text, " after ");
    midge__text_unsigned(text, result->t.total_us / 1000, 10);
    midge__text_add(text, " ms");
}
#else
#define add_duration(text, result) ((void)(text), (void)(result))
#endif

static void fact_phase(struct facts *facts, const struct midge_result *result)
{
    fact(facts);
    midge__text_add(facts->text, midge_phase_name((enum midge_phase)result->phase));
    if (result->error == MIDGE_ERR_TIMEOUT) {
        add_duration(facts->text, result);
    }
}

static void add_facts(struct midge__text *text, const struct midge_result *result)
{
    struct facts facts = {text, false};
    if (result->is_request) { /* sleeps, tasks and futures have no phase */
        fact_phase(&facts, result);
    }
    if (result->verify_flags != 0) {
        fact_hex(&facts, "X509 flags ", result->verify_flags);
    } else {
        fact_native(&facts, result); /* for a certificate the flags say more than mbedTLS's code */
    }
    if (result->error == MIDGE_ERR_HTTP_STATUS && result->status != 0) {
        fact_number(&facts, "status ", result->status, "");
    }
    if (result->error == MIDGE_ERR_PROTOCOL) {
        fact_number(&facts, "byte ", result->offset, "");
    }
    if (result->error == MIDGE_ERR_PARTIAL) {
        fact_number(&facts, "", result->body_len, " bytes received");
    }
    if (facts.open) {
        midge__text_add(text, ")");
    }
}

/* " on 2024-05-01" for an expired certificate, " before 2024-05-01" for one that is not valid
   yet. */
static void add_date(struct midge__text *text, const struct midge_result *result)
{
    uint32_t date = result->cert_date;
    const unsigned parts[] = {date / 10000, date / 100 % 100, date % 100};
    if (date == 0) {
        return;
    }
    midge__text_add(text, (result->verify_flags & 1U) != 0 ? " on " : " before ");
    for (unsigned i = 0; i < 3; i++) {
        midge__text_add(text, i > 0 ? "-" : "");
        midge__text_add(text, parts[i] < 10 ? "0" : "");
        midge__text_unsigned(text, parts[i], 10);
    }
}

static void add_result(struct midge__text *text, const struct midge_result *result)
{
    if (result->error == MIDGE_OK) {
        midge__text_add(text, midge_err_text(MIDGE_OK));
        return;
    }
    midge__text_add(text, given(result->detail) ? result->detail : midge_err_text(result->error));
    add_date(text, result);
    add_facts(text, result);
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
    midge__text_unsigned(text, result->status, 10);
    midge__text_add(text, result->status < 500 ? " Client Error" : " Server Error");
    if (given(reason)) {
        midge__text_add(text, ": ");
        midge__text_add(text, reason);
    }
    if (given(result->url)) {
        midge__text_add(text, " for url: ");
        midge__text_add(text, result->url);
    }
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
