/* SPDX-License-Identifier: MIT */
/*
 * Each case is one handshake of TLS 1.2 with a server that is a string of bytes: its ServerHello
 * and Certificate need no key, and the client verifies the chain as soon as it has read it. Then
 * the server sends the alert internal_error. So a client that ends with this alert has accepted
 * the chain, and one that ends with MIDGE_ERR_CERT has refused it.
 *
 * A case may ask for mutants: the same handshake again for each damaged bit of one certificate.
 * Each of them must be refused with MIDGE_ERR_CERT.
 */
#include "judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/memory.h"
#include "io/stream.h"
#include "io/tls.h"
#include "midge/config.h"
#include "midge/err.h"
#include "set.h"

#define OWNER      1U
#define OWNERS     2U
#define FLIGHT_CAP 40000U
#define RECORD_CAP 16000U /* bytes of a record; a longer flight takes several */
#define MAX_CALLS  100000U

/* --- the server's bytes --- */

struct flight {
    size_t len, read;
    uint8_t bytes[FLIGHT_CAP];
};

static void put(struct flight *out, const void *bytes, size_t n)
{
    if (n <= sizeof out->bytes - out->len) {
        memcpy(out->bytes + out->len, bytes, n);
        out->len += n;
    }
}

static void put_number(struct flight *out, size_t number, size_t size)
{
    while (size-- > 0) {
        uint8_t byte = (uint8_t)(number >> 8 * size);
        put(out, &byte, 1);
    }
}

/* RFC 5246 6.2.1 */
static void put_record_head(struct flight *out, unsigned type, size_t len)
{
    put_number(out, type, 1);
    put_number(out, 0x0303, 2);
    put_number(out, len, 2);
}

/* RFC 5246 7.4.1.3: version, random, no session, suite, no compression, no extensions. */
static void put_server_hello(struct flight *out, uint16_t suite)
{
    static const uint8_t random[32] = {0x52};
    put_record_head(out, 22, 4 + 38);
    put_number(out, 2, 1);
    put_number(out, 38, 3);
    put_number(out, 0x0303, 2);
    put(out, random, sizeof random);
    put_number(out, 0, 1);
    put_number(out, suite, 2);
    put_number(out, 0, 1);
}

/* RFC 5246 7.4.2, in as many records as it takes. */
static void put_certificate(struct flight *out, const struct certs_case *one)
{
    size_t left = one->chain_len;
    const uint8_t *at = one->chain;
    size_t first = left + 7 < RECORD_CAP ? left : RECORD_CAP - 7;
    put_record_head(out, 22, first + 7);
    put_number(out, 11, 1);
    put_number(out, left + 3, 3);
    put_number(out, left, 3);
    for (size_t n = first;; n = left < RECORD_CAP ? left : RECORD_CAP) {
        put(out, at, n);
        at += n;
        left -= n;
        if (left == 0) {
            return;
        }
        put_record_head(out, 22, left < RECORD_CAP ? left : RECORD_CAP);
    }
}

static void put_alert(struct flight *out)
{
    static const uint8_t internal_error[2] = {2, 80};
    put_record_head(out, 21, sizeof internal_error);
    put(out, internal_error, sizeof internal_error);
}

/* --- the stream below TLS --- */

struct script {
    struct midge__stream s;
    struct flight *flight;
};

static int script_handshake(struct midge__stream *s)
{
    (void)s;
    return MIDGE_OK;
}

static int script_recv(struct midge__stream *s, uint8_t *buf, size_t cap, size_t *n)
{
    struct flight *flight = MIDGE_CONTAINER_OF(s, struct script, s)->flight;
    size_t left = flight->len - flight->read;
    if (left == 0) {
        return MIDGE_ERR_EOF;
    }
    *n = left < cap ? left : cap;
    memcpy(buf, flight->bytes + flight->read, *n);
    flight->read += *n;
    return MIDGE_OK;
}

static int script_send(struct midge__stream *s, const uint8_t *buf, size_t len, size_t *n)
{
    (void)s, (void)buf;
    *n = len;
    return MIDGE_OK;
}

static unsigned script_interest(const struct midge__stream *s, bool want_recv, bool want_send)
{
    (void)s, (void)want_recv, (void)want_send;
    return 0;
}

static bool script_pending(const struct midge__stream *s)
{
    (void)s;
    return false;
}

static void script_close(struct midge__stream *s)
{
    (void)s;
}

static const struct midge__stream_ops script_ops = {
    .handshake = script_handshake,
    .recv = script_recv,
    .send = script_send,
    .interest = script_interest,
    .pending = script_pending,
    .shutdown = script_handshake,
    .close = script_close,
};

/* --- one handshake --- */

struct judge {
    struct midge_port port;
    struct midge__memory memory;
    struct midge__tls_context *context;
    int64_t now;
    struct flight flight;
    struct midge__fault fault; /* of the last handshake */
    bool leaked;               /* the last handshake left memory behind */
};

static int64_t case_time(void *ctx)
{
    return ((struct judge *)ctx)->now;
}

static uint32_t no_clock(void *ctx)
{
    (void)ctx;
    return 0;
}

/* No secret is made: the server has no key, and no handshake gets beyond the certificate. */
static int constant_entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    memset(buf, 0x5A, len);
    return MIDGE_OK;
}

static int shake(struct judge *judge, const char *host)
{
    struct script lower = {.s.ops = &script_ops, .flight = &judge->flight};
    struct midge__tls tls = {.version = 0};
    struct midge__tls_params params = {
        .servername = host, .max_version = MIDGE_TLS_1_2, .owner = OWNER};
    judge->flight.read = 0;
    int err = midge__tls_open(&tls, judge->context, &lower.s, &params);
    for (unsigned calls = 0; err == MIDGE_OK && calls < MAX_CALLS; calls++) {
        int step = tls.s.ops->handshake(&tls.s);
        if (step != MIDGE_ERR_BUSY) {
            err = step == MIDGE_OK ? MIDGE_ERR_INVALID : step;
        }
    }
    judge->fault = tls.s.fault;
    tls.s.ops->close(&tls.s);
    judge->leaked = midge__memory_owner_live(&judge->memory, OWNER) != 0;
    return err;
}

static const char *detail_of(const struct judge *judge)
{
    return judge->fault.detail != NULL ? judge->fault.detail : "";
}

/* Was the chain accepted? Then the server's alert ended the handshake. */
static bool is_accepted(const struct judge *judge, int err)
{
    return err == MIDGE_ERR_TLS && judge->fault.verify_flags == 0 &&
           strcmp(detail_of(judge), "TLS alert internal_error") == 0;
}

/* --- cases --- */

static bool is_expected(const struct judge *judge, const struct certs_case *one, int err)
{
    if (judge->leaked) {
        return false;
    }
    if (one->error[0] == '\0') {
        return is_accepted(judge, err);
    }
    return midge_certs_refused(one, err, judge->fault.verify_flags, detail_of(judge));
}

static void report(const struct judge *judge, const struct certs_case *one, int err, certs_say *say,
                   void *ctx)
{
    char line[5 * CERTS_TEXT];
    snprintf(line, sizeof line, "WRONG %s: %s 0x%lx '%s'%s, not %s 0x%lx '%s'", one->name,
             midge_err_name(err), (unsigned long)judge->fault.verify_flags, detail_of(judge),
             judge->leaked ? " and memory left behind" : "",
             one->error[0] ? one->error : "accepted", (unsigned long)one->flags, one->text);
    say(ctx, line);
}

/* The handshake for one damaged bit of the certificate that begins at `at` in the flight. */
static void mutate(struct judge *judge, const struct certs_case *one, size_t at, unsigned bit,
                   size_t byte, certs_say *say, void *ctx, struct certs_count *count)
{
    uint8_t *target = &judge->flight.bytes[at + byte];
    *target ^= (uint8_t)(1U << bit);
    int err = shake(judge, one->host);
    *target ^= (uint8_t)(1U << bit);
    count->mutants++;
    if (err != MIDGE_ERR_CERT || judge->leaked) {
        char line[2 * CERTS_TEXT];
        count->taken++;
        snprintf(line, sizeof line, "WRONG %s, byte %u, bit %u: %s '%s'", one->name, (unsigned)byte,
                 bit, midge_err_name(err), detail_of(judge));
        say(ctx, line);
    }
}

static void mutate_all(struct judge *judge, const struct certs_case *one, certs_say *say, void *ctx,
                       struct certs_count *count)
{
    size_t len = 0;
    const uint8_t *der = midge_certs_certificate(one, one->mutated, &len);
    struct certs_count before = *count;
    char line[2 * CERTS_TEXT];
    if (der == NULL || one->chain_len + 7 > RECORD_CAP) {
        count->taken++;
        return;
    }
    /* The chain is one piece before the alert, which takes 7 bytes. */
    size_t at = judge->flight.len - 7 - one->chain_len + (size_t)(der - one->chain);
    for (size_t byte = 0; byte < len; byte++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            if (one->bits >> bit & 1U) {
                mutate(judge, one, at, bit, byte, say, ctx, count);
            }
        }
    }
    snprintf(line, sizeof line, "%s: %u mutants of %u bytes, %u accepted", one->name,
             count->mutants - before.mutants, (unsigned)len, count->taken - before.taken);
    say(ctx, line);
}

static int open_case(struct judge *judge, const struct certs_case *one)
{
    static const struct midge__tls_limits limits = {.ecp_max_ops = 200, .read_ahead = 300};
    struct midge_tls settings = midge_certs_trust(one);
    judge->now = one->now;
    judge->flight.len = 0;
    put_server_hello(&judge->flight, one->suite);
    put_certificate(&judge->flight, one);
    put_alert(&judge->flight);
    return midge__tls_context_open(&judge->context, &judge->memory, &judge->port, &settings,
                                   &limits);
}

static void judge_case(struct judge *judge, const struct certs_case *one, certs_say *say, void *ctx,
                       struct certs_count *count)
{
    size_t live = midge__memory_live(&judge->memory);
    int err = open_case(judge, one);
    judge->fault = (struct midge__fault){.native = 0};
    judge->leaked = false;
    if (err == MIDGE_OK) {
        err = shake(judge, one->host);
    }
    bool expected = is_expected(judge, one, err);
    if (!expected) {
        report(judge, one, err, say, ctx);
    } else if (one->mutated != CERTS_UNMUTATED) {
        mutate_all(judge, one, say, ctx, count);
    }
    midge__tls_context_close(judge->context);
    if (expected && midge__memory_live(&judge->memory) != live) {
        judge->leaked = true;
        expected = false;
        report(judge, one, err, say, ctx);
    }
    count->cases++;
    count->wrong += !expected;
}

/* --- the set --- */

static bool judge_open(struct judge *judge, void *block, size_t size)
{
    memset(judge, 0, sizeof *judge);
    judge->port.ctx = judge;
    judge->port.wall_time = case_time;
    judge->port.clock_ms = no_clock;
    judge->port.entropy = constant_entropy;
    if (midge__memory_init(&judge->memory, block, size, OWNERS) != MIDGE_OK) {
        return false;
    }
    return midge__tls_slot_in() == 0 || midge__memory_slots(&judge->memory, midge__tls_slot_in(),
                                                            midge__tls_slot_out(), 1) == MIDGE_OK;
}

int midge_certs_judge(const uint8_t *file, size_t len, void *block, size_t block_size,
                      certs_say *say, void *ctx, struct certs_count *count)
{
    static struct judge judge;
    static struct certs_case one;
    struct certs_set set;
    memset(count, 0, sizeof *count);
    if (!midge_certs_open(&set, file, len) || !judge_open(&judge, block, block_size)) {
        return -1;
    }
    while (midge_certs_next(&set, &one)) {
        judge_case(&judge, &one, say, ctx, count);
    }
    midge__memory_deinit(&judge.memory);
    return midge_certs_whole(&set) ? 0 : -1;
}
