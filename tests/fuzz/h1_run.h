/* SPDX-License-Identifier: MIT */
/*
 * Runs the HTTP/1 parser over an input in pieces and logs its events: a head with its fields, body
 * bytes (adjacent ones together), trailers, the end or the error with its place. Any split must
 * give the same log.
 */
#ifndef FUZZ_H1_RUN_H
#define FUZZ_H1_RUN_H

#include "fuzz.h"

#include <inttypes.h>

#include "codec/h1_parse.h"
#include "midge/err.h"

#define H1_RUN_EVENTS 100000 /* of one input: more is a loop without end */

struct h1_run {
    struct midge__h1_parse p;
    struct fuzz_text log, body;
    char *head;
    size_t cap, max_cap;
    size_t grow; /* bytes by which the head buffer grows */
    bool in_place;
    size_t spare;    /* bytes behind a piece in the head buffer: whole heads need some */
    bool keeps_body; /* it is not logged: body is all of it */
    int err;
    bool over; /* END, an error, or no room */
    unsigned events;
};

static inline void h1_run_begin(struct h1_run *r, unsigned flags, size_t max_cap, size_t grow)
{
    memset(r, 0, sizeof *r);
    r->max_cap = max_cap;
    r->grow = grow;
    fuzz_add(&r->log, "", 0);
    midge__h1_parse_init(&r->p, NULL, 0, flags);
}

static inline void h1_run_free(struct h1_run *r)
{
    free(r->head);
    fuzz_free(&r->log);
    fuzz_free(&r->body);
}

/* --- the log --- */

static inline void h1_run_flush(struct h1_run *r)
{
    if (r->body.len > 0 && !r->keeps_body) {
        fuzz_puts(&r->log, "body ");
        fuzz_add(&r->log, r->body.ptr, r->body.len);
        fuzz_puts(&r->log, "\n");
        r->body.len = 0;
    }
}

static inline void h1_run_fields(struct h1_run *r, const char *kind,
                                 bool (*next)(const struct midge__h1_parse *, size_t *,
                                              struct midge_span *, struct midge_span *))
{
    struct midge_span name, value;
    size_t iter = 0;
    while (next(&r->p, &iter, &name, &value)) {
        FUZZ_CHECK(name.len > 0 && name.ptr[name.len] == '\0' && value.ptr[value.len] == '\0');
        FUZZ_CHECK(memchr(value.ptr, '\n', value.len) == NULL);
        FUZZ_CHECK(memchr(value.ptr, '\r', value.len) == NULL);
        FUZZ_CHECK(memchr(value.ptr, '\0', value.len) == NULL);
        fuzz_puts(&r->log, kind);
        fuzz_add(&r->log, name.ptr, name.len);
        fuzz_puts(&r->log, ": ");
        fuzz_add(&r->log, value.ptr, value.len);
        fuzz_puts(&r->log, "\n");
    }
}

static inline void h1_run_head(struct h1_run *r, const char *kind)
{
    struct midge_span reason = midge__h1_reason(&r->p);
    fuzz_printf(&r->log, "%s 1.%u %u framing %u length %d %" PRIu64 " keep %d skipped %d: ", kind,
                r->p.minor, r->p.status, r->p.framing, r->p.has_length, r->p.content_length,
                r->p.keep_alive, r->p.skipped);
    fuzz_add(&r->log, reason.ptr, reason.len);
    fuzz_puts(&r->log, "\n");
    h1_run_fields(r, "header ", midge__h1_header_next);
}

/* --- the head buffer --- */

static inline void h1_run_grow(struct h1_run *r, size_t cap)
{
    char *head = malloc(cap);
    FUZZ_CHECK(head != NULL);
    if (r->p.fill > 0) {
        memcpy(head, r->head, r->p.fill);
    }
    free(r->head);
    r->head = head;
    r->cap = cap;
    midge__h1_parse_grow(&r->p, head, cap);
}

static inline void h1_run_full(struct h1_run *r)
{
    size_t cap = r->max_cap - r->cap < r->grow ? r->max_cap : r->cap + r->grow;
    if (!r->in_place && cap > r->cap) {
        h1_run_grow(r, cap);
    } else if (!midge__h1_parse_skip(&r->p)) {
        fuzz_puts(&r->log, "too large\n");
        r->over = true;
    }
}

/* --- pieces --- */

static inline void h1_run_event(struct h1_run *r, const struct midge__h1_event *event)
{
    if (event->kind == MIDGE__H1_BODY) {
        FUZZ_CHECK(event->len > 0);
        fuzz_add(&r->body, event->data, event->len);
    } else if (event->kind == MIDGE__H1_GROW) {
        h1_run_full(r);
    } else if (event->kind == MIDGE__H1_END) {
        h1_run_flush(r);
        h1_run_fields(r, "trailer ", midge__h1_trailer_next);
        fuzz_printf(&r->log, "end keep %d\n", r->p.keep_alive);
        FUZZ_CHECK(r->p.complete == MIDGE__H1_COMPLETE_YES);
        r->over = true;
    } else if (event->kind != MIDGE__H1_NEED_MORE) {
        h1_run_flush(r);
        h1_run_head(r, event->kind == MIDGE__H1_HEAD ? "head" : "info");
    }
}

static inline void h1_run_error(struct h1_run *r, int err)
{
    FUZZ_CHECK(err == MIDGE_ERR_PROTOCOL || err == MIDGE_ERR_TOO_LARGE);
    h1_run_flush(r);
    fuzz_printf(&r->log, "error %d at %" PRIu32 ": %s\n", err, r->p.offset, r->p.why);
    r->err = err;
    r->over = true;
}

/* Returns the number of bytes used. */
static inline size_t h1_run_parse(struct h1_run *r, const uint8_t *in, size_t len)
{
    struct midge__h1_event event = {MIDGE__H1_BODY, NULL, 0};
    size_t at = 0, used;
    while (!r->over && event.kind != MIDGE__H1_NEED_MORE) {
        int err = midge__h1_parse(&r->p, in + at, len - at, &used, &event);
        FUZZ_CHECK(used <= len - at && ++r->events < H1_RUN_EVENTS);
        FUZZ_CHECK(r->p.fill <= r->cap);
        at += used;
        if (err != MIDGE_OK) {
            h1_run_error(r, err);
        } else {
            h1_run_event(r, &event);
        }
    }
    FUZZ_CHECK(r->over || at == len);
    return at;
}

/* The piece lies in the head buffer itself, as close behind the kept text as is allowed. */
static inline size_t h1_run_in_place(struct h1_run *r, const uint8_t *piece, size_t len)
{
    size_t kept = r->p.fill, size = kept + MIDGE__H1_GAP + len + r->spare;
    h1_run_grow(r, size);
    memcpy(r->head + kept + MIDGE__H1_GAP, piece, len);
    memset(r->head + size - r->spare, 'x', r->spare);
    midge__h1_parse_grow(&r->p, r->head, size < r->max_cap ? size : r->max_cap);
    return h1_run_parse(r, (const uint8_t *)r->head + kept + MIDGE__H1_GAP, len);
}

/* Returns the number of bytes used: all of them, unless the run is over. */
static inline size_t h1_run_feed(struct h1_run *r, struct fuzz_in in, struct fuzz_splits splits)
{
    size_t at = 0;
    while (at < in.len && !r->over) {
        size_t size = fuzz_next(&splits, in.len - at);
        if (r->in_place) {
            at += h1_run_in_place(r, in.at + at, size);
        } else {
            uint8_t *piece = fuzz_copy(in.at + at, size);
            at += h1_run_parse(r, piece, size);
            free(piece);
        }
    }
    return at;
}

static inline void h1_run_eof(struct h1_run *r, unsigned eof)
{
    int err = r->err == MIDGE_OK ? midge__h1_parse_eof(&r->p, (enum midge__h1_eof)(eof % 3)) : 0;
    h1_run_flush(r);
    fuzz_printf(&r->log, "eof %d complete %u\n", err, r->p.complete);
    FUZZ_CHECK(err == MIDGE_OK || r->p.complete == MIDGE__H1_COMPLETE_NO);
}

#endif
