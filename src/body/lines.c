/* SPDX-License-Identifier: MIT */
/*
 * A sink that collects a line in the caller's memory and reports it at its LF. Of a CR LF the CR is
 * collected too and taken off at the LF; a CR elsewhere stays in the line.
 */
#include <string.h>

#include "base/check.h"
#include "codec/encoding.h"
#include "midge/err.h"
#include "midge/sse.h"

#if MIDGE_WITH_SSE

static int report(struct midge_lines *lines)
{
    size_t len = lines->len;
    if (len > 0 && lines->text[len - 1] == '\r') {
        len--;
    }
    lines->text[len] = '\0';
    lines->len = 0;
    lines->lines++;
    return lines->on_line(lines->ctx, lines->text, len);
}

/* len bytes without an LF. One byte is kept for the NUL. */
static int collect(struct midge_lines *lines, const uint8_t *data, size_t len)
{
    if (len >= lines->cap - lines->len) {
        return MIDGE_ERR_TOO_LARGE;
    }
    memcpy(lines->text + lines->len, data, len);
    lines->len += len;
    return MIDGE_OK;
}

/* PAUSE is returned only after all bytes were taken. */
static int lines_write(struct midge_sink *base, const uint8_t *data, size_t len)
{
    struct midge_lines *lines = MIDGE_CONTAINER_OF(base, struct midge_lines, sink);
    int err = MIDGE_OK, paused = MIDGE_OK;
    while (len > 0 && err == MIDGE_OK && !lines->over) {
        const uint8_t *end = memchr(data, '\n', len);
        size_t n = end != NULL ? (size_t)(end - data) : len;
        err = collect(lines, data, n);
        if (err == MIDGE_OK && end != NULL) {
            err = report(lines);
            n++;
        }
        if (err == MIDGE_ERR_PAUSE) {
            paused = err;
            err = MIDGE_OK;
        }
        data += n;
        len -= n;
    }
    return err != MIDGE_OK ? err : paused;
}

/* The last line may lack its LF, but only a whole body has a last line. */
static int lines_finish(struct midge_sink *base, int err, enum midge_complete complete)
{
    struct midge_lines *lines = MIDGE_CONTAINER_OF(base, struct midge_lines, sink);
    lines->over = 1; /* on_line may have canceled the request: no further line is reported */
    if (err != MIDGE_OK || complete == MIDGE_COMPLETE_NO || lines->len == 0) {
        return MIDGE_OK;
    }
    err = report(lines);
    return err == MIDGE_ERR_PAUSE ? MIDGE_OK : err;
}

void midge_lines_init(struct midge_lines *lines, char *text, size_t cap, midge_line_fn *on_line,
                      void *ctx)
{
    *lines = (struct midge_lines){
        .sink = {.write = lines_write, .finish = lines_finish, .head = midge__encoding_refuse},
        .on_line = on_line,
        .ctx = ctx,
        .text = text,
        .cap = cap};
}

#endif
