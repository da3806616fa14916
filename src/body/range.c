/* SPDX-License-Identifier: MIT */
/* Two things that the head of an answer says: which part it brings, and of which version of the
   whole. */
#include "midge/range.h"

#include <string.h>

#include "base/span.h"
#include "codec/content_range.h"
#include "codec/http_date.h"

#define CLOCKS_DIFFER_S 60 /* RFC 9110 8.8.2.2 */

static struct midge_span header(const struct midge_response *response, const char *name)
{
    struct midge_span value = {NULL, 0};
    value.ptr = midge_response_header(response, name, &value.len);
    return value;
}

/* Two fields with different values would be a choice for the reader, who may choose wrongly. */
static unsigned count(const struct midge_response *response, const char *name)
{
    struct midge_span n, value;
    unsigned found = 0;
    size_t at = 0;
    while (midge_response_next(response, &at, &n.ptr, &n.len, &value.ptr, &value.len)) {
        found += midge__span_is(n, name);
    }
    return found;
}

int midge_response_range(const struct midge_response *response, struct midge_content_range *range)
{
    struct midge_content_range read;
    const unsigned n = count(response, "Content-Range");
    if (n == 0) {
        return MIDGE_ERR_EOF;
    }
    if (n > 1 || !midge__content_range(header(response, "Content-Range"), &read)) {
        return MIDGE_ERR_PROTOCOL;
    }
    if (read.first != MIDGE_RANGE_UNKNOWN && response->framing == MIDGE_FRAMING_LENGTH &&
        response->content_len != read.last - read.first + 1) {
        return MIDGE_ERR_PROTOCOL;
    }
    *range = read;
    return MIDGE_OK;
}

static bool is_strong_tag(struct midge_span tag)
{
    return tag.len >= 2 && tag.ptr[0] == '"' && tag.ptr[tag.len - 1] == '"' &&
           midge__span_find(midge__span(tag.ptr + 1, tag.len - 2), '"') == tag.len - 2;
}

static bool is_strong_date(struct midge_span modified, struct midge_span date)
{
    int64_t then, now;
    return midge__http_date(modified, &then) && midge__http_date(date, &now) &&
           now - then >= CLOCKS_DIFFER_S;
}

size_t midge_validator(const struct midge_response *response, char text[MIDGE_VALIDATOR_BYTES])
{
    struct midge_span found = header(response, "ETag");
    bool good = is_strong_tag(found);
    if (found.ptr == NULL) {
        found = header(response, "Last-Modified");
        good = is_strong_date(found, header(response, "Date"));
    }
    if (!good || found.len >= MIDGE_VALIDATOR_BYTES) {
        found.len = 0;
    }
    if (found.len > 0) {
        memcpy(text, found.ptr, found.len);
    }
    text[found.len] = '\0';
    return found.len;
}
