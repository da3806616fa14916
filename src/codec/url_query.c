/* SPDX-License-Identifier: MIT */
/* Encodes parts of URLs: keys, values, path segments. */
#include "codec/url.h"
#include "codec/url_out.h"

#include "midge/err.h"

static size_t encoded_len(struct midge_span text)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++)
        len += midge__url_is_unreserved(text.ptr[i]) ? 1 : 3;
    return len;
}

int midge_url_encode(char *out, size_t cap, size_t *len, const char *text, size_t text_len)
{
    struct midge__url_out o = {out, cap, 0, false};
    midge__url_put_encoded(&o, midge__span(text, text_len));
    return midge__url_finish(&o, len);
}

/* The character that joins a new pair to `url`, a URL without its fragment; '\0': none. */
static char query_joint(struct midge_span url)
{
    size_t mark = midge__span_find(url, '?');
    if (mark == url.len)
        return '?';
    char last = url.ptr[url.len - 1];
    return last == '?' || last == '&' ? '\0' : '&';
}

int midge_url_query_add(char *url, size_t cap, size_t *len, const char *key, const char *value)
{
    struct midge_span k = midge__span_of(key);
    struct midge_span v = midge__span_of(value);
    if (*len >= cap)
        return MIDGE_ERR_TOO_LARGE;
    size_t end = midge__span_find(midge__span(url, *len), '#');
    char joint = query_joint(midge__span(url, end));
    size_t grows = (joint != '\0') + encoded_len(k) + (v.ptr != NULL) + encoded_len(v);
    if (grows > cap - *len - 1)
        return MIDGE_ERR_TOO_LARGE;
    memmove(url + end + grows, url + end, *len - end);
    struct midge__url_out o = {url, end + grows + 1, end, false};
    if (joint != '\0')
        midge__url_put(&o, joint);
    midge__url_put_encoded(&o, k);
    if (v.ptr != NULL)
        midge__url_put(&o, '=');
    midge__url_put_encoded(&o, v);
    *len += grows;
    url[*len] = '\0';
    return MIDGE_OK;
}
