/* SPDX-License-Identifier: MIT */
/* Fields in the head buffer, each as name NUL value NUL: reads them, and removes those not
   needed. */
#include "codec/h1_fields.h"

#include "base/span.h"

/* ---- reading ---- */

static bool field_next(const struct midge__h1_parse *p, size_t begin, size_t end, size_t *iter,
                       struct midge_span *name, struct midge_span *value)
{
    size_t at = *iter < begin ? begin : *iter;
    if (at >= end)
        return false;
    *name = midge__span_of(p->head + at);
    *value = midge__span_of(p->head + at + name->len + 1);
    *iter = at + name->len + 1 + value->len + 1;
    return true;
}

struct midge_span midge__h1_reason(const struct midge__h1_parse *p)
{
    return midge__span(p->head, p->fields_end != 0 ? p->fields - 1 : 0);
}

bool midge__h1_header_next(const struct midge__h1_parse *p, size_t *iter, struct midge_span *name,
                           struct midge_span *value)
{
    return field_next(p, p->fields, p->fields_end, iter, name, value);
}

bool midge__h1_trailer_next(const struct midge__h1_parse *p, size_t *iter, struct midge_span *name,
                            struct midge_span *value)
{
    return field_next(p, p->fields_end, p->line, iter, name, value);
}

bool midge__h1_header_find(const struct midge__h1_parse *p, const char *name,
                           struct midge_span *value)
{
    struct midge_span found;
    size_t iter = 0;
    while (midge__h1_header_next(p, &iter, &found, value)) {
        if (midge__span_is(found, name))
            return true;
    }
    return false;
}

/* ---- removing ---- */

/* Kept beside the fields that the application asked for: those that frame the message, that say how
   long the connection lives, that describe the body, and the targets and times of redirects and
   retries. */
static const char needed_fields[] =
    "Content-Length,Transfer-Encoding,Connection,Keep-Alive,"
    "Content-Encoding,Content-Range,Content-Type,Location,Retry-After";

/* Is the name in the list? whole false: `name` is the beginning of a name that is not complete. */
static bool is_in_list(const char *list, struct midge_span name, bool whole)
{
    struct midge_span rest = midge__span_of(list);
    struct midge_span item;
    while (midge__span_list_next(&rest, &item)) {
        if (midge__span_is(item, "*")) {
            return true;
        }
        if (!whole && item.len > name.len) {
            item.len = name.len;
        }
        if (midge__span_eq_nocase(item, name)) {
            return true;
        }
    }
    return false;
}

/* The application's names count for the final response only. Nobody reads the fields of an interim
   head, so a long interim head must not make the final response fail. */
bool midge__h1_field_is_needed(const struct midge__h1_parse *p, struct midge_span name, bool whole)
{
    bool final = p->status >= 200 || p->status == 101;
    return is_in_list(needed_fields, name, whole) || (final && is_in_list(p->wanted, name, whole));
}

bool midge__h1_fields_drop(struct midge__h1_parse *p)
{
    struct midge_span name;
    struct midge_span value;
    size_t from = p->fields, to = from, next = from;
    while (field_next(p, from, p->line, &next, &name, &value)) {
        if (midge__h1_field_is_needed(p, name, true)) {
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

void midge__h1_fields_drop_head(struct midge__h1_parse *p)
{
    memmove(p->head, p->head + p->fields_end, p->fill - p->fields_end);
    p->line -= p->fields_end;
    p->fill -= p->fields_end;
    p->fields = p->fields_end = 0;
}
