/* SPDX-License-Identifier: MIT */
/*
 * A line is collected in the head buffer. A header has ended when the byte after its CRLF is not
 * white space: after white space the next line belongs to the same header (obs-fold).
 *
 * p->in_line  waits for                           leads to
 * TEXT        the line's bytes, CR                CR
 * CR          LF                                  the line is read; NEXT (a header)
 * NEXT        the byte after the line             FOLD, or the line is read
 * FOLD        the end of a fold's white space     TEXT
 *
 * TEXT takes all bytes up to the next control character at once. A skipped line passes through the
 * same states: its bytes are checked but not kept (h1_skip.c).
 */
#include "codec/h1_line.h"

#include "base/check.h"
#include "base/span.h"
#include "codec/h1_skip.h"
#include "codec/h1_status.h"
#include "midge/err.h"

enum { TEXT, CR, NEXT, FOLD };

static const char prefix[] = MIDGE__H1_PREFIX;

/* ---- the line's bytes ---- */

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void take(struct midge__h1_parse *p, size_t n)
{
    p->at += n;
    p->budget -= (uint32_t)n;
}

/* A peer that does not speak HTTP is refused at its first wrong byte, not at its first line end. */
static int check_prefix(struct midge__h1_parse *p)
{
    size_t n = 0;
    while (n < MIDGE__H1_PREFIX_LEN && n < p->fill && p->head[n] == prefix[n]) {
        n++;
    }
    return n == MIDGE__H1_PREFIX_LEN || n == p->fill
               ? MIDGE__H1_GO
               : midge__h1_fail_in_line(p, n, MIDGE__TEXT("not an HTTP/1 response"));
}

/* Adds as many bytes to the line as fit; *len becomes their number. */
static int add_bytes(struct midge__h1_parse *p, const void *bytes, size_t *len)
{
    if (midge__h1_skips(p)) {
        return midge__h1_skip_bytes(p, bytes, *len);
    }
    *len = min_size(*len, p->cap - p->fill);
    if (*len == 0) {
        return MIDGE__H1_FULL;
    }
    memmove(p->head + p->fill, bytes, *len); /* the input may lie in the head buffer */
    p->fill += *len;
    return MIDGE__H1_GO;
}

static int on_control(struct midge__h1_parse *p, bool status_line)
{
    uint8_t c = *p->at;
    if (status_line && p->fill < MIDGE__H1_PREFIX_LEN) {
        return midge__h1_fail_at(p, 0, MIDGE__TEXT("not an HTTP/1 response"));
    }
    if (c != '\r') {
        return midge__h1_fail_at(p, 0,
                                 c == '\n' ? MIDGE__RARE_TEXT("bare LF in head")
                                           : MIDGE__RARE_TEXT("control character in head"));
    }
    if (p->fill == p->cap && p->fill != p->line) {
        return MIDGE__H1_FULL; /* two NULs need one byte more than the colon and CRLF give */
    }
    take(p, 1);
    p->in_line = CR;
    return MIDGE__H1_GO;
}

static int on_text(struct midge__h1_parse *p, bool status_line)
{
    size_t most = min_size((size_t)(p->end - p->at), p->budget);
    size_t n = 0;
    while (n != most && !midge__is_ctl((char)p->at[n])) {
        n++;
    }
    if (n == 0) {
        return on_control(p, status_line);
    }
    int got = add_bytes(p, p->at, &n);
    if (got != MIDGE__H1_GO) {
        return got;
    }
    take(p, n);
    return status_line ? check_prefix(p) : MIDGE__H1_GO;
}

/* ---- line ends ---- */

static int end_line(struct midge__h1_parse *p)
{
    p->in_line = TEXT;
    return MIDGE__H1_READ;
}

static int on_cr(struct midge__h1_parse *p, bool header)
{
    if (*p->at != '\n') {
        return midge__h1_fail_at(p, -1, MIDGE__RARE_TEXT("bare CR in head"));
    }
    take(p, 1);
    bool empty = p->fill == p->line && !midge__h1_skips(p);
    p->in_line = NEXT;
    return !header || empty ? end_line(p) : MIDGE__H1_GO;
}

static int on_next(struct midge__h1_parse *p)
{
    if (!midge__is_ows((char)*p->at)) {
        return end_line(p);
    }
    while (p->fill > p->line && midge__is_ows(p->head[p->fill - 1])) {
        p->fill--;
    }
    p->folded = true;
    p->in_line = FOLD;
    return MIDGE__H1_GO;
}

/* RFC 9112 5.2: a user agent replaces a fold by spaces. A fold with nothing after it could be taken
   for the empty line that ends the head. */
static int on_fold(struct midge__h1_parse *p)
{
    size_t one = 1;
    if (midge__is_ows((char)*p->at)) {
        take(p, 1);
        return MIDGE__H1_GO;
    }
    if (*p->at == '\r') {
        return midge__h1_fail_at(p, 0, MIDGE__RARE_TEXT("folded header line"));
    }
    int got = add_bytes(p, " ", &one);
    if (got == MIDGE__H1_GO) {
        p->in_line = TEXT;
    }
    return got;
}

/* ---- all together ---- */

static int step(struct midge__h1_parse *p, enum midge__h1_line_kind kind)
{
    if (p->budget == 0) {
        (void)midge__h1_fail_at(p, 0, MIDGE__RARE_TEXT("response heads exceed max_head_total"));
        p->err = MIDGE_ERR_TOO_LARGE;
        return MIDGE_ERR_TOO_LARGE;
    }
    switch (p->in_line) {
    case TEXT:
        return on_text(p, kind == MIDGE__H1_STATUS_LINE);
    case CR:
        return on_cr(p, kind == MIDGE__H1_HEADER_LINE);
    case NEXT:
        return on_next(p);
    default:
        return on_fold(p);
    }
}

int midge__h1_line(struct midge__h1_parse *p, enum midge__h1_line_kind kind)
{
    int got = MIDGE__H1_GO;
    while (got == MIDGE__H1_GO && p->at != p->end) {
        got = step(p, kind);
    }
    return got == MIDGE__H1_GO ? MIDGE__H1_STOP : got;
}
