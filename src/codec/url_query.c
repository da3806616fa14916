/* SPDX-License-Identifier: MIT */
/* Encodes parts of URLs: keys, values, path segments. */
#include "codec/url.h"
#include "codec/url_out.h"

#include "midge/err.h"

int midge_url_encode(char *out, size_t cap, size_t *len, const char *text, size_t text_len)
{
    struct midge__url_out o = {out, cap, 0, false};
    midge__url_put_encoded(&o, midge__span(text, text_len));
    return midge__url_finish(&o, len);
}

/* Adds what joins a new pair to a URL without its fragment. */
static void put_joint(struct midge__url_out *out)
{
    char last = out->len > 0 ? out->ptr[out->len - 1] : '\0';
    if (memchr(out->ptr, '?', out->len) == NULL) {
        midge__url_put(out, '?');
    } else if (last != '?' && last != '&') {
        midge__url_put(out, '&');
    }
}

/* The fragment waits at the end of the buffer while the pair is written before it. */
int midge_url_query_add(char *url, size_t cap, size_t *len, const char *key, const char *value)
{
    if (*len >= cap) {
        return MIDGE_ERR_TOO_LARGE;
    }
    size_t end = midge__span_find(midge__span(url, *len), '#'), fragment = *len - end;
    struct midge__url_out o = {url, cap - fragment, end, false};
    memmove(url + o.cap, url + end, fragment);
    put_joint(&o);
    midge__url_put_encoded(&o, midge__span_of(key));
    if (value != NULL) {
        midge__url_put(&o, '=');
        midge__url_put_encoded(&o, midge__span_of(value));
    }
    end = o.full ? end : o.len;
    memmove(url + end, url + o.cap, fragment);
    *len = end + fragment;
    url[*len] = '\0';
    return o.full ? MIDGE_ERR_TOO_LARGE : MIDGE_OK;
}
