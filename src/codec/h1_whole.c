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
 * While the head is read, a word of NULs stands behind the input, so no byte is compared with a
 * limit (h1_scan.h). The bytes that stood there come back. So the buffer must be longer than the
 * head by a word; where it is not, the head is refused.
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

/* Gives the bytes from `at` to `end` back: the first NUL was the CR after the reason. There was
   none before. */
static char *restore(char *at, const char *end)
{
    for (char mark = '\r'; at != end; at++) {
        if (*at == '\0') {
            *at = mark;
            mark = mark == ':' ? '\r' : ':';
        }
    }
    return NULL;
}

/* The line's end is read: is this field accepted? */
static bool note(struct midge__h1_parse *p, struct midge_span name, const char *value,
                 const char *end)
{
    return !midge__is_ows(end[-1]) &&
           midge__h1_note_header(p, midge__field_of(name),
                                 midge__span(value, (size_t)(end - value))) == NULL;
}

/* Parses the reason that begins at `at`, and all fields. The empty line, or NULL: refused. */
static char *take_lines(struct midge__h1_parse *p, char *const reason)
{
    struct midge_span name = {NULL, 0};
    char *at = reason;
    for (;;) {
        char *end = midge__text_end(at);
        if (end[0] != '\r' || end[1] != '\n' || (name.len != 0 && !note(p, name, at, end))) {
            return restore(reason, end);
        }
        *end = '\0';
        name.ptr = at = end + 2;
        if (at[0] == '\r' && at[1] == '\n') {
            return at;
        }
        at = midge__token_end(at);
        name.len = (size_t)(at - name.ptr);
        if (name.len == 0 || *at != ':') {
            return restore(reason, at); /* a fold, too: white space is not of a token */
        }
        *at++ = '\0';
        while (midge__is_ows(*at)) {
            at++;
        }
    }
}

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Parses the head that begins at `at` and returns its end; NULL: refused. */
static char *take_head(struct midge__h1_parse *p, char *at)
{
    size_t unused;
    if (memcmp(at, MIDGE__H1_PREFIX, MIDGE__H1_PREFIX_LEN) != 0 ||
        midge__h1_status(p, at, &unused) != NULL || at[MIDGE__H1_REASON - 1] != ' ') {
        return NULL;
    }
    char *reason = at + MIDGE__H1_REASON, *end = take_lines(p, reason);
    if (end != NULL) {
        size_t len = strlen(reason) + 1;
        memmove(p->head, reason, len);
        p->fields = (size_t)(reason + len + 1 - p->head);
        p->fill = p->line = (size_t)(end - p->head);
        end += 2;
    }
    return end;
}

bool midge__h1_whole(struct midge__h1_parse *p)
{
    size_t word, before = (size_t)((uintptr_t)p->at - (uintptr_t)p->head);
    if (before >= p->cap || p->cap - before < MIDGE__H1_REASON + sizeof word) {
        return false; /* the input does not lie in the head buffer, or at its end */
    }
    char *begin = p->head + before;
    size_t len =
        min_size(min_size((size_t)(p->end - p->at), p->budget), p->cap - before - sizeof word);
    memcpy(&word, begin + len, sizeof word);
    memset(begin + len, 0, sizeof word);
    char *end = len > MIDGE__H1_REASON ? take_head(p, begin) : NULL;
    memcpy(begin + len, &word, sizeof word);
    if (end == NULL) {
        return false;
    }
    p->at += end - begin;
    p->budget -= (uint32_t)(end - begin);
    return true;
}

#endif
