/* SPDX-License-Identifier: MIT */
/* Header fields that stay readable after an answer: copied from the head to the caller's memory as
   name NUL value NUL …, with one more NUL at the end, so that they need no memory of the client and
   no call frees them. */
#include "core/kept_headers.h"

#if MIDGE_WITH_KEPT_HEADERS

#include "base/span.h"
#include <string.h>

void midge__kept_begin(const struct midge_request *request)
{
    if (request->kept_size > 0) {
        request->kept[0] = '\0';
    }
}

static bool is_listed(const char *list, struct midge_span name)
{
    struct midge_span rest = midge__span_of(list), item;
    while (midge__span_list_next(&rest, &item)) {
        if (midge__span_is(item, "*") || midge__span_eq_nocase(item, name)) {
            return true;
        }
    }
    return false;
}

/* Writes text and a NUL; returns the place behind them. */
static char *put(char *at, const char *text, size_t len)
{
    memcpy(at, text, len);
    at[len] = '\0';
    return at + len + 1;
}

bool midge__kept_fill(const struct midge_request *request, const struct midge_response *response)
{
    const char *name, *value;
    size_t next = 0, name_len, value_len;
    char *at = request->kept;
    bool fits = true;
    while (midge_response_next(response, &next, &name, &name_len, &value, &value_len)) {
        size_t left = request->kept_size - (size_t)(at - request->kept);
        if (!is_listed(request->keep_headers, midge__span(name, name_len))) {
            continue;
        }
        if (name_len + value_len + 3 > left) { /* three NULs: the last one ends the list */
            fits = false;
            continue;
        }
        at = put(put(at, name, name_len), value, value_len);
    }
    *at = '\0';
    return fits;
}

const char *midge_kept_header(const char *kept, const char *name)
{
    while (kept != NULL && *kept != '\0') {
        size_t len = strlen(kept);
        const char *value = kept + len + 1;
        if (midge__span_is(midge__span(kept, len), name)) {
            return value;
        }
        kept = value + strlen(value) + 1;
    }
    return NULL;
}

#endif
