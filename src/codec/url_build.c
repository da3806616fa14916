/* SPDX-License-Identifier: MIT */
/*
 * Builds URLs: normal form, resolution of references, queries. All functions write through struct
 * out, which never writes beyond the buffer and records an overflow for finish(). Dot segments
 * are removed in the output itself, while the path is written.
 */
#include "codec/url.h"

#include "midge/config.h"
#include "midge/err.h"

/* ---- output ---- */

struct out {
    char *ptr;
    size_t cap;
    size_t len;
    bool full; /* something did not fit */
};

/* One byte of `cap` is kept for the NUL. */
static void put_char(struct out *out, char c)
{
    if (out->len + 1 >= out->cap) {
        out->full = true;
        return;
    }
    out->ptr[out->len++] = c;
}

static void put_span(struct out *out, struct midge_span s)
{
    for (size_t i = 0; i < s.len; i++)
        put_char(out, s.ptr[i]);
}

static void put_lower(struct out *out, struct midge_span s)
{
    for (size_t i = 0; i < s.len; i++)
        put_char(out, midge__lower(s.ptr[i]));
}

static void put_escape(struct out *out, unsigned char byte)
{
    static const char hex[] = "0123456789ABCDEF";
    put_char(out, '%');
    put_char(out, hex[byte >> 4]);
    put_char(out, hex[byte & 15]);
}

/* Text of a URL in its normal form: hex digits in upper case, illegal bytes percent-encoded. */
static void put_text(struct out *out, struct midge_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (midge__url_is_mendable(s.ptr[i])) {
            put_escape(out, (unsigned char)s.ptr[i]);
        } else if (s.ptr[i] == '%') {
            int high = midge__hex_value(s.ptr[i + 1]);
            int low = midge__hex_value(s.ptr[i + 2]);
            put_escape(out, (unsigned char)(high << 4 | low));
            i += 2;
        } else {
            put_char(out, s.ptr[i]);
        }
    }
}

static int finish(struct out *out, size_t *len)
{
    if (out->full || out->cap == 0)
        return MIDGE_ERR_TOO_LARGE;
    out->ptr[out->len] = '\0';
    *len = out->len;
    return MIDGE_OK;
}

/* ---- path, RFC 3986 5.2.4 ---- */

/* Removes the last segment of a path that starts at `root` and ends in '/'. */
static void pop_segment(struct out *out, size_t root)
{
    if (out->full || out->len == root + 1)
        return;
    do
        out->len--;
    while (out->ptr[out->len - 1] != '/');
}

/* Adds segments to a path in `out` that starts at `root` and ends in '/', and removes dot segments
 * at the same time. */
static void put_segments(struct out *out, size_t root, struct midge_span path)
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
                put_char(out, '/');
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
static void put_path(struct out *out, struct midge_span dir, struct midge_span path)
{
    size_t root = out->len;
    put_char(out, '/');
    put_segments(out, root, below_root(dir));
    put_segments(out, root, dir.len != 0 ? path : below_root(path));
}

/* ---- the whole, RFC 3986 5.3 ---- */

static void put_authority(struct out *out, const struct midge_url *url)
{
    char port[MIDGE__U64_DIGITS];
    if (url->userinfo.ptr != NULL) {
        put_text(out, url->userinfo);
        put_char(out, '@');
    }
    if (url->is_ipv6)
        put_char(out, '[');
    put_lower(out, url->host);
    if (MIDGE_WITH_IPV6 &&
        url->zone.ptr != NULL) { /* case is kept: interfaces may differ in case only */
        put_span(out, MIDGE__LIT("%25"));
        put_text(out, url->zone);
    }
    if (url->is_ipv6)
        put_char(out, ']');
    if (url->port != midge__url_default_port(url->is_https)) {
        put_char(out, ':');
        put_span(out, midge__span(port, midge__u64_text(port, url->port)));
    }
}

static void put_tail(struct out *out, char mark, struct midge_span tail)
{
    if (tail.ptr == NULL)
        return;
    put_char(out, mark);
    for (;;) { /* a second '#' is data, RFC 3986 3.5 */
        size_t hash = midge__span_find(tail, '#');
        put_text(out, midge__span(tail.ptr, hash));
        if (hash == tail.len)
            return;
        put_escape(out, '#');
        tail = midge__span(tail.ptr + hash + 1, tail.len - hash - 1);
    }
}

static void put_url(struct out *out, const struct midge_url *url, struct midge_span dir)
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
    struct midge__url_parts parts;
    struct midge_span all = midge__span_of(text);
    if (all.len > MIDGE_URL_MAX || !midge__url_split(&parts, all))
        return MIDGE_ERR_URL;
    return midge__url_from_parts(url, &parts, flags | MIDGE__URL_LOOSE);
}

/* A path up to and including its last '/': the directory that relative references start from. */
static struct midge_span directory(struct midge_span path)
{
    while (path.len != 0 && path.ptr[path.len - 1] != '/')
        path.len--;
    return path.len != 0 ? path : MIDGE__LIT("/");
}

/* RFC 3986 5.2.2 for a reference without a scheme: turns the base in `*url` into the target. `*dir`
 * becomes the directory in front of the target's path. */
static int apply_ref(struct midge_url *url, struct midge_span *dir,
                     const struct midge__url_parts *ref)
{
    int err = MIDGE_OK;
    if (ref->authority.ptr != NULL) {
        err = midge__url_authority(url, ref->authority, MIDGE__URL_LOOSE);
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
    if (!midge__url_text_ok(ref->path, MIDGE__URL_LOOSE) ||
        !midge__url_text_ok(ref->query, MIDGE__URL_LOOSE) ||
        !midge__url_text_ok(ref->fragment, MIDGE__URL_LOOSE))
        err = MIDGE_ERR_URL;
    return err;
}

/* ---- public ---- */

int midge_url_normalise(char *out, size_t cap, size_t *len, const char *url, unsigned flags)
{
    struct midge_url parsed;
    struct out o = {out, cap, 0, false};
    int err = parse_loose(&parsed, url, flags & MIDGE_URL_ALLOW_USERINFO);
    if (err != MIDGE_OK)
        return err;
    put_url(&o, &parsed, midge__span(NULL, 0));
    return finish(&o, len);
}

int midge_url_resolve(char *out, size_t cap, size_t *len, const char *base, const char *ref)
{
    struct midge__url_parts parts;
    struct midge_url url;
    struct midge_span dir = {NULL, 0};
    struct out o = {out, cap, 0, false};
    struct midge_span text = midge__span_of(ref);
    if (text.len > MIDGE_URL_MAX || !midge__url_split(&parts, text))
        return MIDGE_ERR_URL;
    if (parts.scheme.ptr != NULL)
        return midge_url_normalise(out, cap, len, ref, 0);
    int err = parse_loose(&url, base, 0);
    if (err == MIDGE_OK)
        err = apply_ref(&url, &dir, &parts);
    if (err != MIDGE_OK)
        return err;
    put_url(&o, &url, dir);
    return finish(&o, len);
}

static void put_encoded(struct out *out, struct midge_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (midge__url_is_unreserved(text.ptr[i]))
            put_char(out, text.ptr[i]);
        else
            put_escape(out, (unsigned char)text.ptr[i]);
    }
}

static size_t encoded_len(struct midge_span text)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++)
        len += midge__url_is_unreserved(text.ptr[i]) ? 1 : 3;
    return len;
}

int midge_url_encode(char *out, size_t cap, size_t *len, const char *text, size_t text_len)
{
    struct out o = {out, cap, 0, false};
    put_encoded(&o, midge__span(text, text_len));
    return finish(&o, len);
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
    struct out o = {url, end + grows + 1, end, false};
    if (joint != '\0')
        put_char(&o, joint);
    put_encoded(&o, k);
    if (v.ptr != NULL)
        put_char(&o, '=');
    put_encoded(&o, v);
    *len += grows;
    url[*len] = '\0';
    return MIDGE_OK;
}
