/* SPDX-License-Identifier: MIT */
/*
 * CONNECT and its answer. Of the answer only the status counts; its fields are checked for bytes
 * that no line may have, and skipped: Content-Length and Transfer-Encoding mean nothing in it (RFC
 * 9110 9.3.6). Proxy-Authenticate is looked at for a better message. So no byte of it is kept, and
 * the answer may come in any pieces.
 *
 *     state    expects                                    then
 *     SENDING  the stream takes all of CONNECT            STATUS
 *     STATUS   "HTTP/1.d ddd", then SP or CR              VALUE, LF
 *     NAME     a name and ':', or CR                      VALUE, LAST_LF
 *     VALUE    the rest of the line, CR                   LF
 *     LF       LF                                         NAME
 *     LAST_LF  LF; after a 1xx a further answer follows   STATUS, OVER
 *     OVER     the answer is known
 *
 * In a tunnel the client speaks first (TLS as well as HTTP): bytes right behind the answer are not
 * the server's, and are refused.
 */
#include "io/tunnel.h"

#include "base/check.h"
#include "base/span.h"
#include "midge/config.h"

#if MIDGE_WITH_PROXY

enum { SENDING, STATUS, NAME, VALUE, LF, LAST_LF, OVER };

#define PIECE    256U /* bytes that one call sends or receives at most */
#define NO_MATCH UINT8_MAX

static int refuse(struct midge__tunnel *t, const char *detail)
{
    t->fault = (struct midge__fault){.detail = detail};
    return MIDGE_ERR_PROXY;
}

static int lower_failed(struct midge__tunnel *t, const struct midge__stream *lower, int err)
{
    if (err != MIDGE_ERR_AGAIN && err != MIDGE_ERR_BUSY) {
        t->fault = lower->fault;
    }
    return err;
}

/* --- CONNECT --- */

/* The head is composed anew each time; a stream that repeats a send gets the same bytes again. */
static int send_once(struct midge__tunnel *t, struct midge__stream *lower,
                     struct midge__h1_write *head)
{
    uint8_t buf[PIECE];
    size_t len, n;
    head->sent = t->sent;
    int whole = midge__h1_write(head, buf, sizeof buf, &len);
    int err = lower->ops->send(lower, buf, len, &n);
    if (err != MIDGE_OK) {
        return lower_failed(t, lower, err);
    }
    t->sent += (uint32_t)n;
    if (whole == MIDGE_OK && n == len) {
        t->state = STATUS;
    }
    return MIDGE_ERR_BUSY;
}

/* --- its answer --- */

static void begin(struct midge__tunnel *t, unsigned state)
{
    t->state = (uint8_t)state;
    t->at = 0;
}

/* The next byte of a text, case ignored. */
static void match(struct midge__tunnel *t, const char *text, size_t len, char c)
{
    t->at = t->at < len && midge__lower(c) == text[t->at] ? (uint8_t)(t->at + 1) : NO_MATCH;
}

static bool take_status(struct midge__tunnel *t, char c)
{
    static const char form[] = "HTTP/1.# ###";
    if (t->at == sizeof form - 1) {
        begin(t, c == '\r' ? LF : VALUE);
        return t->status >= 100 && (c == ' ' || c == '\r');
    }
    char wanted = form[t->at++];
    if (wanted != '#') {
        return c == wanted;
    }
    t->status = (uint16_t)(t->status * 10U + (unsigned)(c - '0')); /* the version's digit leaves */
    t->status = t->at <= sizeof "HTTP/1.#" ? 0 : t->status;
    return midge__is_digit(c);
}

static bool take_name(struct midge__tunnel *t, char c)
{
    static const char challenge[] = "proxy-authenticate:";
    if (c == '\r') { /* the end of the head, if it is the first byte of a line */
        bool first = t->at == 0;
        begin(t, LAST_LF);
        return first;
    }
    match(t, challenge, sizeof challenge - 1, c);
    if (c == ':') {
        t->is_challenge = t->at == sizeof challenge - 1;
        begin(t, VALUE);
    }
    return !midge__is_ctl(c);
}

/* Looks for the word Basic in a challenge. */
static bool take_value(struct midge__tunnel *t, char c)
{
    static const char basic[] = "basic";
    if (c == ' ' || c == ',' || c == '\r') {
        t->takes_basic |= t->is_challenge && t->at == sizeof basic - 1;
        begin(t, c == '\r' ? LF : VALUE);
        return true;
    }
    match(t, basic, sizeof basic - 1, c);
    return !midge__is_ctl(c);
}

static bool is_interim(unsigned status)
{
    return status < 200 && status != 101; /* 101 would be another protocol */
}

static bool take_lf(struct midge__tunnel *t, char c)
{
    bool last = t->state == LAST_LF;
    t->is_challenge = false;
    begin(t, last ? OVER : NAME);
    if (last && is_interim(t->status)) {
        begin(t, STATUS);
    }
    return c == '\n';
}

static bool take(struct midge__tunnel *t, char c)
{
    switch (t->state) {
    case STATUS:
        return take_status(t, c);
    case NAME:
        return take_name(t, c);
    case VALUE:
        return take_value(t, c);
    default:
        return take_lf(t, c);
    }
}

/* The proxy wants to know who asks (407). */
static const char *auth_text(const struct midge__tunnel *t, bool given)
{
    if (!t->takes_basic) {
        return MIDGE__TEXT("the proxy wants an authentication that is not Basic");
    }
    return given ? MIDGE__TEXT("the proxy does not accept the user and password")
                 : MIDGE__TEXT("the proxy wants a user and password");
}

/* more: bytes came behind the head. */
static int judge(struct midge__tunnel *t, bool given, bool more)
{
    if (t->status / 100 == 2) {
        return more ? refuse(t, MIDGE__TEXT("the proxy sent bytes before the server could"))
                    : MIDGE_OK;
    }
    (void)refuse(t, t->status == 407 ? auth_text(t, given) : NULL);
    t->fault.native = t->status;
    return MIDGE_ERR_PROXY;
}

static int recv_once(struct midge__tunnel *t, struct midge__stream *lower, bool given,
                     uint32_t most)
{
    uint8_t buf[PIECE];
    size_t n, i = 0;
    int err = lower->ops->recv(lower, buf, sizeof buf, &n);
    if (err == MIDGE_ERR_EOF) {
        return refuse(t, MIDGE__TEXT("the proxy closed the connection"));
    }
    if (err != MIDGE_OK) {
        return lower_failed(t, lower, err);
    }
    for (; i < n && t->state != OVER; i++) {
        if (t->received++ >= most) {
            return refuse(t, MIDGE__TEXT("the proxy's answer is too long"));
        }
        if (!take(t, (char)buf[i])) {
            return refuse(t, MIDGE__TEXT("the proxy's answer is malformed"));
        }
    }
    return t->state == OVER ? judge(t, given, i < n) : MIDGE_ERR_BUSY;
}

int midge__tunnel_step(struct midge__tunnel *t, struct midge__stream *lower,
                       struct midge__h1_write *head, uint32_t most)
{
    MIDGE_ASSERT(t->state != OVER);
    return t->state == SENDING ? send_once(t, lower, head)
                               : recv_once(t, lower, head->proxy_line != NULL, most);
}

unsigned midge__tunnel_interest(const struct midge__tunnel *t, const struct midge__stream *lower)
{
    return lower->ops->interest(lower, t->state != SENDING, t->state == SENDING);
}

#endif
