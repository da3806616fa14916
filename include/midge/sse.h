/* SPDX-License-Identifier: MIT */
/*
 * Bodies that are read while they arrive: server-sent events, and lines (NDJSON).
 *
 *     static int on_event(void *ctx, const struct midge_sse_event *event)
 *     {
 *         printf("%s\n", event->data);
 *         return MIDGE_OK;
 *     }
 *     ...
 *     midge_sse_init(&sse, text, sizeof text, on_event, state);
 *     request.sink = &sse.sink;
 *
 * Events are reported as soon as their last byte has come. An event or line that the body does not
 * end is no event: a cut stream never gives a half one.
 */
#ifndef MIDGE_SSE_H
#define MIDGE_SSE_H

#include <stddef.h>
#include <stdint.h>
#include <midge/body.h>
#include <midge/config.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- server-sent events (WHATWG HTML 9.2, text/event-stream) --- */

/* Bytes of an event's type, and of an id, with their NUL. */
#ifndef MIDGE_SSE_TYPE_BYTES
#define MIDGE_SSE_TYPE_BYTES 32
#endif
#ifndef MIDGE_SSE_ID_BYTES
#define MIDGE_SSE_ID_BYTES 64 /* of an id */
#endif
#if MIDGE_SSE_TYPE_BYTES < 8 || MIDGE_SSE_TYPE_BYTES > 255
#error "MIDGE_SSE_TYPE_BYTES must be 8 to 255: \"message\" has to fit, and a length of 8 bits"
#endif
#if MIDGE_SSE_ID_BYTES < 2 || MIDGE_SSE_ID_BYTES > 255
#error "MIDGE_SSE_ID_BYTES must be 2 to 255: a length of 8 bits"
#endif

/* Valid only during the callback that gets it, its texts too. All texts end with a NUL. The bytes
   are the server's: the standard wants UTF-8, but it is not checked. */
struct midge_sse_event {
    const char *type; /* "message" if the server named none */
    const char *data; /* lines are separated by \n; may have NUL bytes inside */
    size_t data_len;  /* bytes of data */
    const char *id;   /* the last one that the server gave, in this event or before; "" none */
};

/* MIDGE_OK: continue. MIDGE_ERR_PAUSE: events in the bytes received so far are still reported,
   then none until midge_resume. Any other negative value fails the request with it. May call back
   into the client as a sink's write may; the reader must stay at its address until the request is
   done. */
typedef int midge_sse_event_fn(void *ctx, const struct midge_sse_event *event);

/* The reader's own state, public only for its size. */
struct midge__sse {
    char *text; /* data of the event so far, then the value of the line that is being read */
    size_t cap, data_len, value_len;
    uint8_t state, field, name_len, after_cr, has_id, told;
    char name[5];
    char type[MIDGE_SSE_TYPE_BYTES];
    char next_id[MIDGE_SSE_ID_BYTES]; /* becomes `id` where the event ends */
};

/* A reader of events: a sink. */
struct midge_sse {
    struct midge_sink sink;       /* for request.sink */
    midge_sse_event_fn *on_event; /* gets each event */
    void *ctx;                    /* of on_event */
    uint64_t events;              /* reported so far */
    /* Kept for the next connection, which continues where this one ended: */
    char id[MIDGE_SSE_ID_BYTES]; /* for the header Last-Event-ID; "" none */
    uint32_t retry_ms;           /* the server's wish, at most 2^30; UINT32_MAX: none came */
    uint8_t over;                /* private: the request has ended */
    struct midge__sse state;     /* private */
};

#if MIDGE_WITH_SSE

/* text: memory for one event, cap bytes: its data, the longest line that is not data, and a NUL.
   It must live as long as the reader. cap must be at least 16.

   The request's error is TOO_LARGE for an event that does not fit, or a type or id longer than the
   macros above; comments and unknown fields may have any length. A request whose body has begun is
   not repeated, since reported events can't be taken back. */
void midge_sse_init(struct midge_sse *sse, char *text, size_t cap, midge_sse_event_fn *on_event,
                    void *ctx);

/* Before the next connection of the same stream: forgets an event that was cut, keeps id and
   retry_ms. An event source (midge/event_source.h) connects again by itself. */
void midge_sse_again(struct midge_sse *sse);

/* --- lines --- */

/* One line without its end; NUL-terminated. Returns as midge_sse_event_fn. */
typedef int midge_line_fn(void *ctx, const char *line, size_t len);

/* Lines end with LF or CR LF; the last one may end with the body. Empty lines are reported. For
   NDJSON, for example: give each line to midge_json_parse. */
struct midge_lines {
    struct midge_sink sink; /* for request.sink */
    midge_line_fn *on_line; /* gets each line */
    void *ctx;              /* of on_line */
    char *text;             /* the line that is being read */
    size_t cap, len;        /* of text; of the line so far */
    uint64_t lines;         /* reported so far */
    uint8_t over;           /* private: the request has ended */
};

/* text: memory for one line, cap bytes with its CR, if it has one, and a NUL, at least 2; it must
   live as long as the sink. The request's error is TOO_LARGE for a longer line. */
void midge_lines_init(struct midge_lines *lines, char *text, size_t cap, midge_line_fn *on_line,
                      void *ctx);

#endif

#ifdef __cplusplus
}
#endif
#endif
