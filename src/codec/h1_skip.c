/* SPDX-License-Identifier: MIT */
/*
 * A head that is longer than its buffer loses the fields that are not needed. If the current line
 * is such a field, its beginning is dropped and the rest is skipped; if it is needed, the fields
 * before it that are not needed are removed. For trailers the whole head is removed.
 *
 * p->skip     the bytes of the line
 * KEEP        are collected (h1_line.c)
 * SKIP_NAME   are dropped; they belong to the name
 * SKIP_VALUE  are dropped
 */
#include "codec/h1_skip.h"

#if MIDGE_WITH_HEAD_SKIPPING

#include "base/check.h"
#include "base/span.h"
#include "codec/field.h"
#include "codec/h1_fail.h"
#include "codec/h1_fields.h"
#include "codec/h1_framing.h"
#include "midge/err.h"

enum { KEEP, SKIP_NAME, SKIP_VALUE };

/* ---- which fields are needed ---- */

/* Those that frame the message, that say how long the connection lives, that describe the body, and
   the targets and times of redirects and retries. */
static const unsigned needed_fields =
    MIDGE__FIELD_BIT(CONTENT_LENGTH) | MIDGE__FIELD_BIT(TRANSFER_ENCODING) |
    MIDGE__FIELD_BIT(CONNECTION) | MIDGE__FIELD_BIT(KEEP_ALIVE) |
    MIDGE__FIELD_BIT(CONTENT_ENCODING) | MIDGE__FIELD_BIT(CONTENT_RANGE) |
    MIDGE__FIELD_BIT(CONTENT_TYPE) | MIDGE__FIELD_BIT(LOCATION) | MIDGE__FIELD_BIT(RETRY_AFTER);

/* whole false: `name` is the beginning of a name that is not complete; does the other begin so? */
static bool is_named(struct midge_span other, struct midge_span name, bool whole)
{
    if (!whole && other.len > name.len) {
        other.len = name.len;
    }
    return midge__span_eq_nocase(other, name);
}

static bool is_wanted(const char *list, struct midge_span name, bool whole)
{
    struct midge_span rest = midge__span_of(list);
    struct midge_span item;
    while (midge__span_list_next(&rest, &item)) {
        if (midge__span_is(item, "*") || is_named(item, name, whole)) {
            return true;
        }
    }
    return false;
}

/* The application's names count for the final response only. It does not get the fields of an
   interim head, so a long interim head must not make the final response fail. */
static bool is_needed(const struct midge__h1_parse *p, struct midge_span name, bool whole)
{
    bool final = p->status >= 200 || p->status == 101;
    for (unsigned i = 0; i < MIDGE__FIELD_OTHER; i++) {
        enum midge__field field = (enum midge__field)i;
        if ((needed_fields & midge__field_bit(field)) != 0 &&
            is_named(midge__span_of(midge__field_name(field)), name, whole)) {
            return true;
        }
    }
    return final && is_wanted(p->wanted, name, whole);
}

/* ---- removing fields ---- */

/* Removes the fields from p->fields to p->line that are not needed; the current line moves down.
   False when all of them are needed. */
static bool drop_fields(struct midge__h1_parse *p)
{
    struct midge_span name;
    struct midge_span value;
    size_t from = p->fields, to = from, next = from;
    while (midge__h1_field_next(p, p->line, &next, &name, &value)) {
        if (is_needed(p, name, true)) {
            memmove(p->head + to, p->head + from, next - from);
            to += next - from;
        }
        from = next;
    }
    size_t freed = p->line - to;
    memmove(p->head + to, p->head + p->line, p->fill - p->line);
    p->line = to;
    p->fill -= freed;
    return freed != 0;
}

/* ---- skipping the current line ---- */

/* The name is checked also here, so that no reader can see another header in it. */
int midge__h1_skip_bytes(struct midge__h1_parse *p, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && p->skip == SKIP_NAME; i++) {
        if (bytes[i] == ':') {
            p->skip = SKIP_VALUE;
        } else if (!midge__is_token(bytes[i])) {
            return midge__h1_fail_in_line(p, 0, MIDGE__RARE_TEXT("bad character in header name"));
        }
    }
    return MIDGE_OK;
}

int midge__h1_skip_end(struct midge__h1_parse *p)
{
    bool in_name = p->skip == SKIP_NAME;
    p->skip = KEEP;
    midge__h1_note_fold(p);
    return in_name ? midge__h1_fail_in_line(p, 0, MIDGE__RARE_TEXT("header line without colon"))
                   : MIDGE_OK;
}

bool midge__h1_parse_skip(struct midge__h1_parse *p)
{
    if (p->status == 0) {
        return false; /* the status line does not fit */
    }
    if (p->fields_end != 0) {
        midge__h1_parse_forget(p);
        return true;
    }
    struct midge_span line = midge__span(p->head + p->line, p->fill - p->line);
    size_t colon = midge__span_find(line, ':');
    p->skipped = true;
    if (is_needed(p, midge__span(line.ptr, colon), colon < line.len)) {
        return drop_fields(p);
    }
    p->fill = p->line;
    p->skip = SKIP_NAME;
    (void)midge__h1_skip_bytes(p, line.ptr, line.len); /* the next call returns its error */
    return true;
}

#endif
