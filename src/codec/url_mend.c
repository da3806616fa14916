/* SPDX-License-Identifier: MIT */
/*
 * Mends URLs: normal form, resolution of references. The parts of the parsed URL are written one
 * after the other through struct midge__url_out. Dot segments are removed in the output itself,
 * while the path is written.
 */
#include "codec/url.h"

#if MIDGE_WITH_URL_MENDING

#include "codec/url_out.h"
#include "midge/err.h"
#include <string.h>

static void put_span(struct midge__url_out *out, struct midge_span s)
{
    for (size_t i = 0; i < s.len; i++)
        midge__url_put(out, s.ptr[i]);
}

static void put_lower(struct midge__url_out *out, struct midge_span s)
{
    for (size_t i = 0; i < s.len; i++)
        midge__url_put(out, midge__lower(s.ptr[i]));
}

/* Text of a URL in its normal form: hex digits in upper case, illegal bytes percent-encoded, those
   that midge__url_text_ok let pass. In a query or fragment a second '#' is data (RFC 3986 3.5). */
static void put_text(struct midge__url_out *out, struct midge_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        int byte = midge__url_escape(midge__url_drop(s, i));
        if (midge__url_is_text(c)) {
            midge__url_put(out, c);
        } else if (byte >= 0) {
            midge__url_put_escape(out, (unsigned char)byte);
            i += 2;
        } else {
            midge__url_put_escape(out, (unsigned char)c);
        }
    }
}

/* ---- path, RFC 3986 5.2.4 ---- */

/* Removes the last segment of a path that starts at `root` and ends in '/'. */
static void pop_segment(struct midge__url_out *out, size_t root)
{
    if (out->full || out->len == root + 1)
        return;
    do
        out->len--;
    while (out->ptr[out->len - 1] != '/');
}

/* Adds segments to a path in `out` that starts at `root` and ends in '/', and removes dot segments
 * at the same time. */
static void put_segments(struct midge__url_out *out, size_t root, struct midge_span path)
{
    while (path.len != 0) {
        size_t slash = midge__span_find(path, '/');
        struct midge_span segment = midge__span(path.ptr, slash);
        bool ends = slash == path.len;
        if (midge__span_is(segment, "..")) {
            pop_segment(out, root);
        } else if (!midge__span_is(segment, ".")) {
            put_text(out, segment);
            if (!ends)
                midge__url_put(out, '/');
        }
        path =
            ends ? midge__span(NULL, 0) : midge__span(path.ptr + slash + 1, path.len - slash - 1);
    }
}

/* Every path here is absolute: put_path writes the leading '/', so it is skipped here. */
static struct midge_span below_root(struct midge_span path)
{
    if (path.len != 0 && path.ptr[0] == '/')
        return midge__span(path.ptr + 1, path.len - 1);
    return path;
}

/* `dir`, then `path` below it: the merge of RFC 3986 5.2.3 without the copy. */
static void put_path(struct midge__url_out *out, struct midge_span dir, struct midge_span path)
{
    size_t root = out->len;
    midge__url_put(out, '/');
    put_segments(out, root, below_root(dir));
    put_segments(out, root, dir.len != 0 ? path : below_root(path));
}

/* ---- the whole, RFC 3986 5.3 ---- */

static void put_authority(struct midge__url_out *out, const struct midge_url *url)
{
    char port[MIDGE__U64_DIGITS];
    if (url->userinfo.ptr != NULL) {
        put_text(out, url->userinfo);
        midge__url_put(out, '@');
    }
    if (url->is_ipv6)
        midge__url_put(out, '[');
    put_lower(out, url->host);
    if (MIDGE_WITH_IPV6 &&
        url->zone.ptr != NULL) { /* case is kept: interfaces may differ in case only */
        put_span(out, MIDGE__LIT("%25"));
        put_text(out, url->zone);
    }
    if (url->is_ipv6)
        midge__url_put(out, ']');
    if (url->port != midge__url_default_port(url->is_https)) {
        midge__url_put(out, ':');
        put_span(out, midge__span(port, midge__u64_text(port, url->port)));
    }
}

static void put_tail(struct midge__url_out *out, char mark, struct midge_span tail)
{
    if (tail.ptr == NULL)
        return;
    midge__url_put(out, mark);
    put_text(out, tail);
}

static void put_url(struct midge__url_out *out, const struct midge_url *url, struct midge_span dir)
{
    put_lower(out, url->scheme);
    put_span(out, MIDGE__LIT("://"));
    put_authority(out, url);
    put_path(out, dir, url->path);
    put_tail(out, '?', url->query);
    put_tail(out, '#', url->fragment);
}

static int parse_loose(struct midge_url *url, const char *text, unsigned flags)
{
    struct midge_span all = midge__span_of(text);
    if (all.len > MIDGE_URL_MAX || !midge__url_split(url, all)) {
        return MIDGE_ERR_URL;
    }
    return midge__url_complete(url, flags | MIDGE__URL_LOOSE);
}

static int normalise(char *out, size_t cap, size_t *len, const char *url, unsigned flags)
{
    struct midge_url parsed;
    struct midge__url_out o = {out, cap, 0, false};
    size_t url_len = strlen(url);
    if (url_len < cap && midge_url_parse(&parsed, url, url_len, 0) == MIDGE_OK &&
        midge__url_is_normal(&parsed, midge__span(url, url_len))) {
        memcpy(out, url, url_len + 1);
        *len = url_len;
        return MIDGE_OK;
    }
    int err = parse_loose(&parsed, url, flags);
    if (err != MIDGE_OK)
        return err;
    put_url(&o, &parsed, midge__span(NULL, 0));
    return midge__url_finish(&o, len);
}

/* A path up to and including its last '/': the directory that relative references start from. */
static struct midge_span directory(struct midge_span path)
{
    while (path.len != 0 && path.ptr[path.len - 1] != '/')
        path.len--;
    return path.len != 0 ? path : MIDGE__LIT("/");
}

/* RFC 3986 5.2.2 for a reference that is split, and has no scheme: turns the base in `*url` into
 * the target. `*dir` becomes the directory in front of the target's path. */
static int apply_ref(struct midge_url *url, struct midge_span *dir, const struct midge_url *ref,
                     unsigned flags)
{
    int err = MIDGE_OK;
    if (ref->host.ptr != NULL) {
        err = midge__url_authority(url, ref->host, flags);
        url->path = ref->path;
        url->query = ref->query;
    } else if (ref->path.len != 0) {
        if (ref->path.ptr[0] != '/')
            *dir = directory(url->path);
        url->path = ref->path;
        url->query = ref->query;
    } else if (ref->query.ptr != NULL) {
        url->query = ref->query;
    }
    url->fragment = ref->fragment;
    return midge__url_tail_ok(ref, flags) ? err : MIDGE_ERR_URL;
}

/* ---- public ---- */

int midge_url_normalise(char *out, size_t cap, size_t *len, const char *url, unsigned flags)
{
    return normalise(out, cap, len, url, flags & MIDGE_URL_ALLOW_USERINFO);
}

int midge__url_resolve(char *out, size_t cap, size_t *len, const char *base, const char *ref,
                       unsigned flags)
{
    struct midge_url url, parts;
    struct midge_span dir = {NULL, 0};
    struct midge__url_out o = {out, cap, 0, false};
    struct midge_span text = midge__span_of(ref);
    const unsigned of_ref = MIDGE__URL_LOOSE | (flags & MIDGE__URL_LOCATION);
    if (text.len > MIDGE_URL_MAX || !midge__url_split(&parts, text))
        return MIDGE_ERR_URL;
    if (parts.scheme.ptr != NULL)
        return normalise(out, cap, len, ref, of_ref);
    int err = parse_loose(&url, base, flags & MIDGE_URL_ALLOW_USERINFO);
    url.userinfo = midge__span(NULL, 0);
    if (err == MIDGE_OK)
        err = apply_ref(&url, &dir, &parts, of_ref);
    if (err != MIDGE_OK)
        return err;
    put_url(&o, &url, dir);
    return midge__url_finish(&o, len);
}

int midge_url_resolve(char *out, size_t cap, size_t *len, const char *base, const char *ref)
{
    return midge__url_resolve(out, cap, len, base, ref, MIDGE__URL_LOCATION);
}

#endif
