/* SPDX-License-Identifier: MIT */
/*
 * Incremental HTTP/1.x response parser (RFC 9112), strict: anything that two readers could
 * understand differently is an error. Any split of the bytes gives the same events.
 *
 * Tolerated, but the connection is not kept afterwards: "Transfer-Encoding: identity" alone, white
 * space after a chunk's size, and a header that continues on the next line (obs-fold, 5.2), which
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
 * The head is kept in the caller's buffer, with a NUL after each name and each value:
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
#include "midge/config.h"
#include "midge/span.h"

/* The request changes the meaning of the answer (RFC 9112 6.3). */
#define MIDGE__H1_FOR_HEAD    1u
#define MIDGE__H1_FOR_CONNECT 2u
#define MIDGE__H1_FOR_UPGRADE 4u /* 101 is allowed: it is a final head, then END */

enum midge__h1_kind {
    MIDGE__H1_NEED_MORE,     /* all input is consumed */
    MIDGE__H1_INFORMATIONAL, /* a 1xx head; readable until the next call */
    MIDGE__H1_HEAD,          /* the final head */
    MIDGE__H1_BODY,          /* data, len: a piece of the input, de-chunked */
    MIDGE__H1_END,           /* the message is complete, trailers readable; unused input is not
                                part of it */
    MIDGE__H1_GROW /* the head buffer is full: call midge__h1_parse_grow or _skip, or give up */
};

struct midge__h1_event {
    enum midge__h1_kind kind;
    const uint8_t *data;
    size_t len;
};

/* How the stream ended. A reset is an error, not an end: do not call midge__h1_parse_eof then. */
enum midge__h1_eof {
    MIDGE__H1_EOF_PLAIN,       /* FIN on plain TCP */
    MIDGE__H1_EOF_TLS_FIN,     /* FIN without close_notify: an attacker can send it */
    MIDGE__H1_EOF_CLOSE_NOTIFY /* close_notify: the end is authentic */
};

enum midge__h1_complete {
    MIDGE__H1_COMPLETE_NO,
    MIDGE__H1_COMPLETE_UNVERIFIED, /* until-close over plain TCP: cannot be verified */
    MIDGE__H1_COMPLETE_YES
};

struct midge__h1_parse {
    /* To be read by the caller; those of the head from HEAD (or INFORMATIONAL) on. */
    uint16_t status;  /* 100..999 */
    uint8_t minor;    /* HTTP/1.minor */
    uint8_t framing;  /* enum midge__h1_framing */
    uint8_t complete; /* enum midge__h1_complete; YES also before END, if only END follows */
    bool has_length;  /* content_length was given */
    bool keep_alive;  /* the server accepts another request; may become false until END */
    struct midge__keep_alive keep; /* the limits of keep_alive */
    bool skipped;                  /* fields were removed for lack of room */
    /* Private to the parser. */
    uint8_t state;
    uint8_t flags;    /* MIDGE__H1_FOR_ */
    uint8_t seen;     /* headers seen so far that concern framing, see h1_framing.h */
    uint8_t in_line;  /* state of the current line, see h1_line.c */
    uint8_t skip;     /* whether the current line is skipped, see h1_skip.c */
    bool folded;      /* the current line continues the line before it */
    bool begun;       /* a byte came */
    int8_t err;       /* the error that every further call returns */
    uint16_t present; /* one bit for each enum midge__field that the head has */
    /* Set by the caller after init. */
    uint32_t budget;    /* bytes that all heads (1xx and final) and trailers may still have */
    const char *wanted; /* names of fields to keep: "ETag, Link"; "*": all; NULL: none */
    /* Private to the parser. */
    char *head;
    size_t cap;
    size_t fill;       /* bytes of head in use */
    size_t line;       /* where the current line starts in head */
    size_t fields;     /* where headers start */
    size_t fields_end; /* where headers end and trailers start; 0 before the head is complete */
    const uint8_t *at, *end;      /* the unread input of the current call */
    struct midge__h1_chunk chunk; /* chunk.left counts down every kind of body */
    /* To be read by the caller. The two counters of bytes since init start again at 2^32. */
#if MIDGE_WITH_TEXTS
    const char *why;   /* after an error: its cause, a short static text */
    uint32_t offset;   /* after an error: its place; before: the line's start */
    uint32_t received; /* bytes consumed; during a call, the whole input */
#endif
    uint64_t content_length; /* of Content-Length, also where there is no body (HEAD, 304) */
};

/* `cap` may be 0. `flags`: MIDGE__H1_FOR_. The buffer belongs to the parser until the caller needs
 * head and trailers no more. After init, budget (default: no limit) and wanted may be set. */
void midge__h1_parse_init(struct midge__h1_parse *p, char *head, size_t cap, unsigned flags);

/* Reads up to the next event. `*used` is the number of bytes of `in` that are consumed, also on
 * error. MIDGE_OK; or MIDGE_ERR_PROTOCOL or, beyond the budget, MIDGE_ERR_TOO_LARGE, with why and
 * offset set. After an error every call returns that error. */
int midge__h1_parse(struct midge__h1_parse *p, const uint8_t *in, size_t len, size_t *used,
                    struct midge__h1_event *event);

/* After GROW, and at any later time to shrink: `head` is another buffer that starts with a copy of
 * the old one's first p->fill bytes (as realloc leaves it). To continue it must be larger than
 * p->fill bytes. */
static inline void midge__h1_parse_grow(struct midge__h1_parse *p, char *head, size_t cap)
{
    p->head = head;
    p->cap = cap;
}

/* The input may lie in the head buffer, at least this far behind head + fill: it is parsed in place
 * then, and the buffer is never full below its end. The kept text may become longer by two bytes
 * before a byte of the input is consumed: a fold's space, a NUL after a value. */
#define MIDGE__H1_GAP 2u

/* After HEAD: forgets the head's text, which the caller does not need any more. Trailers are
 * kept. */
void midge__h1_parse_forget(struct midge__h1_parse *p);

/* After an error: its cause and its place; without texts "" and 0. */
#if MIDGE_WITH_TEXTS
static inline const char *midge__h1_why(const struct midge__h1_parse *p)
{
    return p->why;
}
static inline uint32_t midge__h1_place(const struct midge__h1_parse *p)
{
    return p->offset;
}
#else
static inline const char *midge__h1_why(const struct midge__h1_parse *p)
{
    (void)p;
    return "";
}
static inline uint32_t midge__h1_place(const struct midge__h1_parse *p)
{
    (void)p;
    return 0;
}
#endif

#if MIDGE_WITH_HEAD_SKIPPING
/* After GROW, when the buffer may not grow: makes room by removing fields that are not needed, the
 * current one or those before it; for trailers the whole head is removed first. Needed are the
 * fields of framing and connection, a few that the client itself uses (h1_skip.c), and the wanted
 * ones. False: all fields are needed, or the status line itself does not fit. */
bool midge__h1_parse_skip(struct midge__h1_parse *p);
#else
static inline bool midge__h1_parse_skip(struct midge__h1_parse *p)
{
    (void)p;
    return false;
}
#endif

/*
 * Call at the end of the stream. MIDGE_OK with p->complete YES or UNVERIFIED, MIDGE_ERR_EMPTY_REPLY
 * (no byte came), MIDGE_ERR_PROTOCOL (cut before or in the head) or MIDGE_ERR_PARTIAL (cut in the
 * body, or an end that TLS did not confirm).
 */
int midge__h1_parse_eof(struct midge__h1_parse *p, enum midge__h1_eof eof);

struct midge_span midge__h1_reason(const struct midge__h1_parse *p);

/* Iterate with *iter = 0 at first; false after the last. Names are as received, values trimmed.
 * Both have a NUL after them and move when the buffer moves. */
bool midge__h1_header_next(const struct midge__h1_parse *p, size_t *iter, struct midge_span *name,
                           struct midge_span *value);
#if MIDGE_WITH_TRAILERS
bool midge__h1_trailer_next(const struct midge__h1_parse *p, size_t *iter, struct midge_span *name,
                            struct midge_span *value);
#else
/* Trailers are checked, but not kept. */
static inline bool midge__h1_trailer_next(const struct midge__h1_parse *p, size_t *iter,
                                          struct midge_span *name, struct midge_span *value)
{
    (void)p;
    (void)iter;
    (void)name;
    (void)value;
    return false;
}
#endif

/* The first header with that name, case ignored; false when there is none. */
bool midge__h1_header_find(const struct midge__h1_parse *p, const char *name,
                           struct midge_span *value);

#endif
