/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "snippets.h"

/* base?q=words&lang=en, and the same words as a segment of the path: base/words?q=... */
int url_search(char *out, size_t cap, const char *base, const char *words)
{
    size_t len = strlen(base), added;
    int err;
    if (len + 2 > cap) {
        return MIDGE_ERR_TOO_LARGE;
    }
    memcpy(out, base, len);
    out[len++] = '/';
    err = midge_url_encode(out + len, cap - len, &added, words, strlen(words));
    if (err != MIDGE_OK) {
        return err;
    }
    len += added;
    err = midge_url_query_add(out, cap, &len, "q", words);
    return err == MIDGE_OK ? midge_url_query_add(out, cap, &len, "lang", "en") : err;
}

/* A URL as people paste it, then where a link in that page leads. */
int url_follow(char *out, size_t cap, const char *pasted, const char *location)
{
    char base[256];
    size_t len;
    int err = midge_url_normalise(base, sizeof base, &len, pasted, 0);
    return err == MIDGE_OK ? midge_url_resolve(out, cap, &len, base, location) : err;
}

/* Is it an https URL of that host whose path begins so? */
int url_is_below(const char *url, const char *host, const char *folder)
{
    struct midge_url parts;
    struct midge_span path, query;
    if (midge_url_parse(&parts, url, strlen(url), 0) != MIDGE_OK) {
        return 0;
    }
    midge_url_target(&parts, &path, &query);
    return parts.is_https && parts.host.len == strlen(host) &&
           memcmp(parts.host.ptr, host, parts.host.len) == 0 && path.len >= strlen(folder) &&
           memcmp(path.ptr, folder, strlen(folder)) == 0;
}
