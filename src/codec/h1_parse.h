/* SPDX-License-Identifier: MIT */
/*
 * Incremental HTTP/1.x response parser (RFC 9112), strict: what two readers could understand
 * differently is an error. Any split of the bytes gives the same events.
 *
 * Tolerated, but the connection is not kept afterwards: "Transfer-Encoding: identity" alone, white
 * space behind a chunk's size, a header that goes on in the next line (obs-fold, 5.2), which
 * becomes one space.
 *
 *     midge__h1_parse_init(&p, head, sizeof head, 0);
 *     do {
 *         err = midge__h1_parse(&p, in, len, &used, &event);
 *         in += used, len -= used;
 *         ... by event.kind ...
 *     } while (err == MIDGE_OK && event.kind != MIDGE__H1_NEED_MORE && ... != MIDGE__H1_END);
 *
 * Call until NEED_MORE or END, also with len 0: an event may follow without further bytes.
 *
 * The head is kept in the caller's buffer, each name and value with a NUL behind it:
 *
 *     Not Found\0  Content-Type\0text/html\0  Server\0x\0  ETag\0"1"\0
 *     ^ reason     ^ headers                               ^ trailers
 *     0            fields                                  fields_end      fill
 */
#ifndef MIDGE__H1_PARSE_H
#define MIDGE__H1_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/h1_chunk.h"
#include "codec/h1_write.h" /* enum midge__h1_framing */
#include "codec/keep_alive.h"
#include "midge/span.h"

/* What was asked changes what the answer means (RFC 9112 6.3). */
#define MIDGE__H1_FOR_HEAD    1u
#define MIDGE__H1_FOR_CONNECT 2u
#define MIDGE__H1_FOR_UPGRADE 4u /* 101 is welcome: a final head, then END */

enum midge__h1_kind {
    MIDGE__H1_NEED_MORE,     /* all input is consumed */
    MIDGE__H1_INFORMATIONAL, /* a 1xx head; readable until the next call */
    MIDGE__H1_HEAD,          /* the final head */
    MIDGE__H1_BODY,          /* data, len: a piece of the input, de-chunked */
    MIDGE__H1_END,           /* the message is complete, trailers readable; what of the input is
                                not used is not its part */
    MIDGE__H1_GROW /* the head buffer is full: midge__h1_parse_grow or _skip, or give up */
};

struct midge__h1_event {
    enum midge__h1_kind kind;
    const uint8_t *data;
    size_t len;
};

/* How the stream ended. A reset is no end but an error: never ask. */
enum midge__h1_eof {
    MIDGE__H1_EOF_PLAIN,       /* FIN on plain TCP */
    MIDGE__H1_EOF_TLS_FIN,     /* FIN without close_notify: anybody can have sent it */
    MIDGE__H1_EOF_CLOSE_NOTIFY /* TLS says that this is all */
};

enum midge__h1_complete {
    MIDGE__H1_COMPLETE_NO,
    MIDGE__H1_COMPLETE_UNVERIFIED, /* until-close over plain TCP: nobody can tell */
    MIDGE__H1_COMPLETE_YES
};

struct midge__h1_parse {
    /* For reading; the head's from HEAD (or INFORMATIONAL) on. */
    uint16_t status;  /* 100..999 */
    uint8_t minor;    /* HTTP/1.minor */
    uint8_t framing;  /* enum midge__h1_framing */
    uint8_t complete; /* enum midge__h1_complete */
    bool has_length;  /* content_length was given */
    bool keep_alive;  /* the server will take another request; may become false until END */
    struct midge__keep_alive keep; /* within these limits */
    bool skipped;                  /* fields for which there was no room were left out */
    /* The parser's own. */
    uint8_t state;
    uint8_t flags;   /* MIDGE__H1_FOR_ */
    uint8_t seen;    /* which fields that matter have come */
    uint8_t in_line; /* what of the current line is awaited */
    uint8_t skip;    /* which part of it is not kept */
    bool folded;     /* it goes on from the line before */
    bool tolerated;  /* something that two readers might take differently: never keep alive */
    /* The caller's, after init. */
    uint32_t budget; /* bytes that heads, 1xx and final, and trailers may still have */
    const char
        *wanted; /* names of fields that are not to be skipped: "ETag, Link", "*" all, NULL */
    /* The parser's own. */
    char *head;
    size_t cap;
    size_t fill;       /* bytes of head in use */
    size_t line;       /* where the current line starts in head */
    size_t fields;     /* where headers start */
    size_t fields_end; /* where they end and trailers start; 0 before the head is complete */
    struct midge__h1_chunk chunk; /* chunk.left counts every body */
    /* For reading. */
    const char *why;         /* what was wrong, after an error: a short static text */
    uint64_t offset;         /* where, after an error: bytes since init. Before: the line's start */
    uint64_t received;       /* bytes consumed since init */
    uint64_t content_length; /* of Content-Length, also where there is no body (HEAD, 304) */
};

/* `cap` may be 0. `flags`: MIDGE__H1_FOR_. The buffer stays the parser's until the caller has
 * no more use for head and trailers. Then budget (else without limit) and wanted may be set. */
void midge__h1_parse_init(struct midge__h1_parse *p, char *head, size_t cap, unsigned flags);

/* Reads up to the next event. `*used` bytes of `in` are done with, also on error. MIDGE_OK;
 * MIDGE_ERR_PROTOCOL or, beyond the budget, MIDGE_ERR_TOO_LARGE, with why and offset set; after an
 * error only that error. */
int midge__h1_parse(struct midge__h1_parse *p, const uint8_t *in, size_t len, size_t *used,
                    struct midge__h1_event *event);

/* After GROW, and at any later time to shrink: `head` is another buffer, of at least p->fill + 1
 * bytes to go on, that starts with a copy of the old one's first p->fill bytes (as realloc
 * leaves it). */
void midge__h1_parse_grow(struct midge__h1_parse *p, char *head, size_t cap);

/* After GROW, when the buffer may not grow: makes room by leaving out fields that are not needed,
 * the current one or those before it; for trailers the head goes first. Needed are those of framing
 * and connection, a few that a client lives by (h1_parse.c), and the wanted ones. False: there are
 * no others, or it is the status line that does not fit. */
bool midge__h1_parse_skip(struct midge__h1_parse *p);

/*
 * What the end of the stream means here: MIDGE_OK with p->complete YES or UNVERIFIED,
 * MIDGE_ERR_EMPTY_REPLY (nothing had come), MIDGE_ERR_PROTOCOL (cut before or in the head) or
 * MIDGE_ERR_PARTIAL (cut in the body, or an end that TLS did not confirm).
 */
int midge__h1_parse_eof(struct midge__h1_parse *p, enum midge__h1_eof eof);

struct midge_span midge__h1_reason(const struct midge__h1_parse *p);

/* Iterate with *iter = 0 at first; false after the last. Names are as received, values trimmed;
 * both have a NUL behind them and move when the buffer does. */
bool midge__h1_header_next(const struct midge__h1_parse *p, size_t *iter, struct midge_span *name,
                           struct midge_span *value);
bool midge__h1_trailer_next(const struct midge__h1_parse *p, size_t *iter, struct midge_span *name,
                            struct midge_span *value);

/* The first header of that name, in any case; false when there is none. */
bool midge__h1_header_find(const struct midge__h1_parse *p, const char *name,
                           struct midge_span *value);

#endif
