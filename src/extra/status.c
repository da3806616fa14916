/* SPDX-License-Identifier: MIT */
/* Results in words. Built without stdio, which no small target should pay for. */
#include <stdbool.h>

#include "base/check.h"
#include "base/span.h"
#include "base/text.h"
#include "midge/config.h"
#include "midge/response.h"

/* --- the registered phrases: RFC 9110 15 and the IANA registry --- */

#if MIDGE_TEXTS

struct phrase {
    short status;
    const char *text;
};

static const struct phrase phrases[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {208, "Already Reported"},
    {226, "IM Used"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {511, "Network Authentication Required"},
};

const char *midge_status_text(int status)
{
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(phrases); i++) {
        if (phrases[i].status == status) {
            return phrases[i].text;
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

/* Text that a server wrote: what a terminal would obey is not passed on. */
static void add_foreign(struct midge__text *text, const char *s)
{
    for (; *s != '\0'; s++) {
        midge__text_bytes(text, midge__is_ctl(*s) || *s == '\t' ? "?" : s, 1);
    }
}

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

/* mbedTLS's codes are minus a hexadecimal number in all its documents. */
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

/* Whose code it is follows from what failed. */
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
    case MIDGE_ERR_NO_MEMORY:
        /* From the handshake it is mbedTLS's, which are all below any errno. */
        if (result->native < -0x1000) {
            fact_tls_code(facts, result->native);
        } else {
            fact_code(facts, "errno ", result->native);
        }
        break;
    case MIDGE_ERR_RESOLVE:
        fact_code(facts, "resolver ", result->native);
        break;
    default:
        fact_code(facts, "errno ", result->native);
        break;
    }
}

static void fact_phase(struct facts *facts, const struct midge_result *result)
{
    fact(facts);
    midge__text_add(facts->text, midge_phase_name((enum midge_phase)result->phase));
    if (result->error == MIDGE_ERR_TIMEOUT) {
        midge__text_add(facts->text, " after ");
        midge__text_unsigned(facts->text, result->t.total_us / 1000, 10);
        midge__text_add(facts->text, " ms");
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
        fact_native(&facts, result); /* mbedTLS's own for a certificate says less than the flags */
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

/* " on 2024-05-01" of what expired, " before" it of what is not valid yet. */
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

/* requests' and aiohttp's users know this sentence. */
static void add_status(struct midge__text *text, int status, const char *reason, const char *url)
{
    if (!given(reason)) {
        reason = midge_status_text(status);
    }
    midge__text_unsigned(text, (uint64_t)status, 10);
    midge__text_add(text, status < 500 ? " Client Error" : " Server Error");
    if (given(reason)) {
        midge__text_add(text, ": ");
        add_foreign(text, reason);
    }
    if (given(url)) {
        midge__text_add(text, " for url: ");
        add_foreign(text, url);
    }
}

int midge_raise_for_status(const struct midge_result *result, const char *reason, const char *url,
                           char *out, size_t cap)
{
    struct midge__text text = midge__text_on(out, out != NULL ? cap : 0);
    if (result->error != MIDGE_OK) {
        add_result(&text, result);
        return result->error;
    }
    if (result->status < 400 || result->status > 599) {
        return MIDGE_OK;
    }
    add_status(&text, result->status, reason, url);
    return MIDGE_ERR_HTTP_STATUS;
}
