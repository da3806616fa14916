/* SPDX-License-Identifier: MIT */
/* How the end of a response is found, and whether another response may follow: RFC 9112 6 and
   9.3. */
#include "codec/h1_framing.h"

#include "base/check.h"
#include "base/span.h"

/* p->seen */
enum { SEEN_CHUNKED = 1, SEEN_CLOSE = 2, SEEN_KEEP_ALIVE = 4, SEEN_IDENTITY = 8 };

/* ---- header by header ---- */

/* RFC 9112 6.3: a list of identical values may count as one, anything else is an attack. */
static const char *on_content_length(struct midge__h1_parse *p, struct midge_span value)
{
    struct midge_span item;
    uint64_t length;
    while (midge__span_list_next(&value, &item)) {
        if (!midge__span_u64(item, &length))
            return MIDGE__TEXT("bad Content-Length");
        if (p->has_length && length != p->content_length)
            return MIDGE__TEXT("conflicting Content-Length");
        p->has_length = true;
        p->content_length = length;
    }
    return NULL;
}

/* RFC 9112 6.1, 7: midge asks for no transfer coding, so a server may use chunked only. RFC 2616
   3.6 named "identity" for no coding, and some servers still send it. Together with another coding
   it has no meaning that all readers agree on. */
static const char *on_transfer_encoding(struct midge__h1_parse *p, struct midge_span value)
{
    bool identity = midge__span_is(value, "identity");
    if (!identity && !midge__span_is(value, "chunked")) {
        return MIDGE__TEXT("unknown transfer coding");
    }
    if ((p->seen & (SEEN_CHUNKED | SEEN_IDENTITY)) != 0) {
        return MIDGE__TEXT("more than one transfer coding");
    }
    p->seen |= identity ? SEEN_IDENTITY : SEEN_CHUNKED;
    p->tolerated |= identity;
    return NULL;
}

static const char *on_connection(struct midge__h1_parse *p, struct midge_span value)
{
    struct midge_span item;
    while (midge__span_list_next(&value, &item)) {
        if (midge__span_is(item, "close"))
            p->seen |= SEEN_CLOSE;
        else if (midge__span_is(item, "keep-alive"))
            p->seen |= SEEN_KEEP_ALIVE;
    }
    return NULL;
}

const char *midge__h1_note_header(struct midge__h1_parse *p, struct midge_span name,
                                  struct midge_span value)
{
    static const struct {
        const char *name;
        const char *(*note)(struct midge__h1_parse *p, struct midge_span value);
    } fields[] = {
        {"Content-Length", on_content_length},
        {"Transfer-Encoding", on_transfer_encoding},
        {"Connection", on_connection},
    };
    p->tolerated |= p->folded;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (midge__span_is(name, fields[i].name)) {
            return p->folded ? MIDGE__TEXT("folded header line") : fields[i].note(p, value);
        }
    }
    if (midge__span_is(name, "Keep-Alive")) {
        midge__keep_alive_note(&p->keep, value);
    }
    return NULL;
}

/* ---- when the head is complete, RFC 9112 6.3 ---- */

const char *midge__h1_framing_error(const struct midge__h1_parse *p)
{
    if ((p->seen & SEEN_CHUNKED) == 0)
        return NULL;
    if (p->minor == 0)
        return MIDGE__TEXT("Transfer-Encoding in HTTP/1.0"); /* 6.1: treat such framing as faulty */
    if (p->has_length)
        return MIDGE__TEXT("both Transfer-Encoding and Content-Length");
    return NULL;
}

/* After these responses the stream does not carry this exchange's HTTP any more. */
static bool is_switched(const struct midge__h1_parse *p)
{
    bool tunnel = (p->flags & MIDGE__H1_FOR_CONNECT) != 0 && p->status / 100 == 2;
    return tunnel || p->status == 101;
}

static enum midge__h1_framing choose_framing(const struct midge__h1_parse *p)
{
    bool for_head = (p->flags & MIDGE__H1_FOR_HEAD) != 0;
    if (for_head || is_switched(p) || p->status == 204 || p->status == 304)
        return MIDGE__H1_FRAMING_NONE;
    if ((p->seen & SEEN_CHUNKED) != 0)
        return MIDGE__H1_FRAMING_CHUNKED;
    return p->has_length ? MIDGE__H1_FRAMING_LENGTH : MIDGE__H1_FRAMING_CLOSE;
}

/* RFC 9112 9.3. */
static bool choose_keep_alive(const struct midge__h1_parse *p)
{
    /* A server may send a body after a 204 that announces one: its bytes would be taken for the
       beginning of the next response. */
    bool stray_body = p->status == 204 && (p->content_length != 0 || (p->seen & SEEN_CHUNKED) != 0);
    if (p->framing == MIDGE__H1_FRAMING_CLOSE || is_switched(p) || stray_body)
        return false;
    if ((p->seen & SEEN_CLOSE) != 0 || p->tolerated)
        return false;
    return p->minor != 0 || (p->seen & SEEN_KEEP_ALIVE) != 0;
}

void midge__h1_choose_framing(struct midge__h1_parse *p)
{
    p->framing = (uint8_t)choose_framing(p);
    p->keep_alive = choose_keep_alive(p);
}
