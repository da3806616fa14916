/* SPDX-License-Identifier: MIT */
/* How the end of a response is found, and whether another response may follow: RFC 9112 6 and
   9.3. */
#include "codec/h1_framing.h"

#include "base/check.h"
#include "base/span.h"

/* ---- header by header ---- */

static const char *note_length(struct midge__h1_parse *p, uint64_t length)
{
    if (p->has_length && length != p->content_length) {
        return MIDGE__RARE_TEXT("conflicting Content-Length");
    }
    p->has_length = true;
    p->content_length = length;
    return NULL;
}

/* RFC 9112 6.3: a list of identical values may count as one, anything else is an attack. */
static const char *on_content_length(struct midge__h1_parse *p, struct midge_span value)
{
    struct midge_span item;
    uint64_t length;
    if (MIDGE_WITH_WHOLE_HEADS && midge__span_u64(value, &length)) {
        return note_length(p, length); /* most are no list: this way is shorter */
    }
    const char *why = NULL;
    while (why == NULL && midge__span_list_next(&value, &item)) {
        why = midge__span_u64(item, &length) ? note_length(p, length)
                                             : MIDGE__RARE_TEXT("bad Content-Length");
    }
    return why;
}

/* RFC 9112 6.1, 7: midge asks for no transfer coding, so a server may use chunked only. RFC 2616
   3.6 named "identity" for no coding, and some servers still send it. Together with another coding
   it has no meaning that all readers agree on. */
static const char *on_transfer_encoding(struct midge__h1_parse *p, struct midge_span value)
{
    bool identity = midge__span_is(value, "identity");
    if (!identity && !midge__span_is(value, "chunked")) {
        return MIDGE__RARE_TEXT("unknown transfer coding");
    }
    if ((p->seen & (MIDGE__H1_SEEN_CHUNKED | MIDGE__H1_SEEN_IDENTITY)) != 0) {
        return MIDGE__RARE_TEXT("more than one transfer coding");
    }
    p->seen |=
        identity ? MIDGE__H1_SEEN_IDENTITY | MIDGE__H1_SEEN_TOLERATED : MIDGE__H1_SEEN_CHUNKED;
    return NULL;
}

static const char *on_connection(struct midge__h1_parse *p, struct midge_span value)
{
    struct midge_span item;
    if (MIDGE_WITH_WHOLE_HEADS && midge__span_is(value, "keep-alive")) {
        p->seen |= MIDGE__H1_SEEN_KEEP_ALIVE; /* as most say */
        return NULL;
    }
    while (midge__span_list_next(&value, &item)) {
        p->seen |= midge__span_is(item, "close")        ? MIDGE__H1_SEEN_CLOSE
                   : midge__span_is(item, "keep-alive") ? MIDGE__H1_SEEN_KEEP_ALIVE
                                                        : 0;
    }
    return NULL;
}

const char *midge__h1_note_framing(struct midge__h1_parse *p, enum midge__field field,
                                   struct midge_span value)
{
    switch (field) {
    case MIDGE__FIELD_CONTENT_LENGTH:
        return on_content_length(p, value);
    case MIDGE__FIELD_TRANSFER_ENCODING:
        return on_transfer_encoding(p, value);
    case MIDGE__FIELD_CONNECTION:
        return on_connection(p, value);
    default:
        midge__keep_alive_note(&p->keep, value);
        return NULL;
    }
}

/* ---- when the head is complete, RFC 9112 6.3 ---- */

const char *midge__h1_framing_error(const struct midge__h1_parse *p)
{
    if ((p->seen & MIDGE__H1_SEEN_CHUNKED) == 0)
        return NULL;
    if (p->minor == 0)
        return MIDGE__RARE_TEXT(
            "Transfer-Encoding in HTTP/1.0"); /* 6.1: treat such framing as faulty */
    if (p->has_length)
        return MIDGE__RARE_TEXT("both Transfer-Encoding and Content-Length");
    return NULL;
}

static bool has_no_body(const struct midge__h1_parse *p, bool switched)
{
    return switched || (p->flags & MIDGE__H1_FOR_HEAD) != 0 || p->status == 204 || p->status == 304;
}

void midge__h1_choose_framing(struct midge__h1_parse *p)
{
    const bool chunked = (p->seen & MIDGE__H1_SEEN_CHUNKED) != 0;
    const bool tunnel =
        (p->flags & MIDGE__H1_FOR_CONNECT) != 0 && p->status >= 200 && p->status < 300;
    /* The stream does not carry this exchange's HTTP any more. */
    const bool switched = tunnel || p->status == 101;
    /* A server may send a body after a 204 that announces one: its bytes would be taken for the
       beginning of the next response. */
    const bool stray_body = p->status == 204 && (p->content_length != 0 || chunked);
    p->framing = has_no_body(p, switched) ? MIDGE__H1_FRAMING_NONE
                 : chunked                ? MIDGE__H1_FRAMING_CHUNKED
                 : p->has_length          ? MIDGE__H1_FRAMING_LENGTH
                                          : MIDGE__H1_FRAMING_CLOSE;
    /* RFC 9112 9.3. */
    p->keep_alive = p->framing != MIDGE__H1_FRAMING_CLOSE && !switched && !stray_body &&
                    (p->seen & (MIDGE__H1_SEEN_CLOSE | MIDGE__H1_SEEN_TOLERATED)) == 0 &&
                    (p->minor != 0 || (p->seen & MIDGE__H1_SEEN_KEEP_ALIVE) != 0);
}
