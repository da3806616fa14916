/* SPDX-License-Identifier: MIT */
/* Fields in the head buffer, each as name NUL value NUL. */
#include "codec/h1_fields.h"

#include "base/span.h"
#include "codec/field.h"

bool midge__h1_field_next(const struct midge__h1_parse *p, size_t end, size_t *at,
                          struct midge_span *name, struct midge_span *value)
{
    while (*at < end && !midge__is_token(p->head[*at])) {
        ++*at; /* the rest of a line that was parsed where it lies (h1_whole.c) */
    }
    if (*at >= end) {
        return false;
    }
    *name = midge__span_of(p->head + *at);
    const char *begin = name->ptr + name->len + 1;
    while (midge__is_ows(*begin)) {
        begin++;
    }
    *value = midge__span_of(begin);
    *at = (size_t)(value->ptr + value->len + 1 - p->head);
    return true;
}

struct midge_span midge__h1_reason(const struct midge__h1_parse *p)
{
    return p->fields_end != 0 ? midge__span_of(p->head) : midge__span(p->head, 0);
}

bool midge__h1_header_next(const struct midge__h1_parse *p, size_t *iter, struct midge_span *name,
                           struct midge_span *value)
{
    *iter = *iter != 0 ? *iter : p->fields; /* a head's fields begin after its reason, not at 0 */
    return midge__h1_field_next(p, p->fields_end, iter, name, value);
}

#if MIDGE_WITH_TRAILERS

bool midge__h1_trailer_next(const struct midge__h1_parse *p, size_t *iter, struct midge_span *name,
                            struct midge_span *value)
{
    *iter = *iter > p->fields_end ? *iter : p->fields_end;
    return midge__h1_field_next(p, p->line, iter, name, value);
}

#endif

bool midge__h1_header_find(const struct midge__h1_parse *p, const char *name,
                           struct midge_span *value)
{
    struct midge_span wanted = midge__span_of(name), found;
    unsigned bit = midge__field_bit(midge__field_of(wanted));
    size_t iter = 0;
    while ((p->present & bit) != 0 && midge__h1_header_next(p, &iter, &found, value)) {
        if (midge__span_eq_nocase(found, wanted)) {
            return true;
        }
    }
    return false;
}

void midge__h1_parse_forget(struct midge__h1_parse *p)
{
    if (p->fields_end != 0) {
        memmove(p->head, p->head + p->fields_end, p->fill - p->fields_end);
        p->line -= p->fields_end;
        p->fill -= p->fields_end;
        p->fields = p->fields_end = 0;
    }
}
