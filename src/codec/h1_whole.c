/* SPDX-License-Identifier: MIT */
/*
 * Most heads come whole, and in the head buffer. Such a head is parsed where it lies: nothing is
 * copied, and there are no states. A NUL replaces the colon after each name and the CR after each
 * value:
 *
 *     Content-Length\0 2\0\nETag\0 "1"\0\n\r\n
 *
 * White space before a value and the LF after it stay; midge__h1_field_next passes over them.
 *
 * All that is not usual is refused: a head that is not complete, a fold, white space at a line's
 * end, any error. Then the bytes are restored, and the states of h1_line.c read the head from its
 * beginning. They find the error and its place.
 */
#include "codec/h1_whole.h"

#if MIDGE_WITH_WHOLE_HEADS

#include "base/span.h"
#include "codec/h1_framing.h"
#include "codec/h1_scan.h"
#include "codec/h1_status.h"

/* The end of the line of text that begins at `at`: its CR. NULL: none, or the next line may belong
   to it. */
static char *line_end(char *at, const char *limit)
{
    at = midge__text_end(at, limit);
    return limit - at >= 3 && at[0] == '\r' && at[1] == '\n' && !midge__is_ows(at[2]) ? at : NULL;
}

/* The line after the field that begins at `at`; NULL: refused. */
static char *take_field(struct midge__h1_parse *p, char *at, const char *limit)
{
    char *const colon = midge__token_end(at, limit);
    if (colon == at || colon == limit || *colon != ':') {
        return NULL;
    }
    char *value = colon + 1;
    while (value != limit && midge__is_ows(*value)) {
        value++;
    }
    char *const end = line_end(value, limit);
    if (end == NULL || midge__is_ows(end[-1])) {
        return NULL;
    }
    enum midge__field field = midge__field_of(midge__span(at, (size_t)(colon - at)));
    if (midge__h1_note_header(p, field, midge__span(value, (size_t)(end - value))) != NULL) {
        return NULL;
    }
    *colon = *end = '\0';
    return end + 2;
}

/* There was no NUL before. */
static void restore(char *at, const char *end)
{
    for (char mark = ':'; at != end; at++) {
        if (*at == '\0') {
            *at = mark;
            mark = mark == ':' ? '\r' : ':';
        }
    }
}

/* Parses the fields from `at` on. The empty line, or NULL: refused. */
static char *take_fields(struct midge__h1_parse *p, char *at, const char *limit)
{
    char *line = at, *next = at;
    while (next != NULL && *next != '\r') {
        line = next;
        next = take_field(p, line, limit);
    }
    if (next != NULL && limit - next >= 2 && next[1] == '\n') {
        return next;
    }
    restore(at, next != NULL ? next : line);
    return NULL;
}

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Parses the head that begins at `at` and returns its end; NULL: refused. */
static char *take_head(struct midge__h1_parse *p, char *at, const char *limit)
{
    size_t unused;
    if (limit - at < (ptrdiff_t)MIDGE__H1_REASON ||
        memcmp(at, MIDGE__H1_PREFIX, MIDGE__H1_PREFIX_LEN) != 0 ||
        midge__h1_status(p, at, &unused) != NULL || at[MIDGE__H1_REASON - 1] != ' ') {
        return NULL;
    }
    char *reason = at + MIDGE__H1_REASON, *reason_end = line_end(reason, limit);
    char *end = reason_end != NULL ? take_fields(p, reason_end + 2, limit) : NULL;
    if (end != NULL) {
        *reason_end = '\0';
        memmove(p->head, reason, (size_t)(reason_end - reason) + 1);
        p->fields = (size_t)(reason_end + 2 - p->head);
        p->fill = p->line = (size_t)(end - p->head);
        end += 2;
    }
    return end;
}

bool midge__h1_whole(struct midge__h1_parse *p)
{
    const size_t before = (size_t)((uintptr_t)p->at - (uintptr_t)p->head);
    if (before >= p->cap) {
        return false; /* the input does not lie in the head buffer */
    }
    char *begin = p->head + before;
    size_t len = min_size(min_size((size_t)(p->end - p->at), p->budget), p->cap - before);
    const char *end = take_head(p, begin, begin + len);
    if (end == NULL) {
        return false;
    }
    p->at += end - begin;
    p->budget -= (uint32_t)(end - begin);
    return true;
}

#endif
