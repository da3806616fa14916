/* SPDX-License-Identifier: MIT */
/*
 * URLs: base, LF, reference; the last byte chooses. A URL that is accepted and printed from its
 * parts parses to the same parts; the normal form is accepted, and its own normal form; resolving
 * gives normal forms; a query's key is found again where it was added.
 */
#include "fuzz.h"

#include "base/span.h"
#include "midge/url.h"

enum { CAP = MIDGE_URL_MAX * 3 + 64 };

static char text_a[CAP], text_b[CAP];

static bool same(struct midge_span a, struct midge_span b)
{
    return a.len == b.len && (a.ptr == NULL) == (b.ptr == NULL) &&
           (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static void check_within(struct midge_span part, const char *text, size_t len)
{
    FUZZ_CHECK(part.ptr == NULL || (part.ptr >= text && part.ptr + part.len <= text + len) ||
               part.len == 0);
}

/* --- printed and parsed again --- */

static void put(struct fuzz_text *t, const char *before, struct midge_span part, const char *after)
{
    if (part.ptr != NULL) {
        fuzz_puts(t, before);
        fuzz_add(t, part.ptr, part.len);
        fuzz_puts(t, after);
    }
}

static void print(struct fuzz_text *t, const struct midge_url *url)
{
    put(t, "", url->scheme, "://");
    put(t, "", url->userinfo, "@");
    put(t, url->is_ipv6 ? "[" : "", url->host, "");
    put(t, "%25", url->zone, "");
    fuzz_printf(t, "%s:%u", url->is_ipv6 ? "]" : "", url->port);
    put(t, "", url->path, "");
    put(t, "?", url->query, "");
    put(t, "#", url->fragment, "");
}

static void check_printed(const struct midge_url *url, unsigned flags)
{
    struct fuzz_text t = {NULL, 0, 0};
    struct midge_url again;
    print(&t, url);
    if (t.len <= MIDGE_URL_MAX) {
        FUZZ_CHECK(midge_url_parse(&again, t.ptr, t.len, flags) == MIDGE_OK);
        FUZZ_CHECK(same(url->scheme, again.scheme) && same(url->userinfo, again.userinfo));
        FUZZ_CHECK(same(url->host, again.host) && same(url->zone, again.zone));
        FUZZ_CHECK(same(url->path, again.path) && same(url->query, again.query));
        FUZZ_CHECK(same(url->fragment, again.fragment) && url->port == again.port);
        FUZZ_CHECK(url->is_https == again.is_https && url->is_ipv6 == again.is_ipv6);
    }
    fuzz_free(&t);
}

static int check_parse(const char *text, size_t len, unsigned flags)
{
    struct midge_url url;
    struct midge_span path, query;
    int err = midge_url_parse(&url, text, len, flags);
    FUZZ_CHECK(err == MIDGE_OK || err == MIDGE_ERR_URL || err == MIDGE_ERR_SCHEME);
    if (err == MIDGE_OK) {
        check_within(url.host, text, len);
        check_within(url.path, text, len);
        check_within(url.fragment, text, len);
        FUZZ_CHECK(url.host.len > 0 && url.port > 0 && url.path.ptr != NULL);
        midge_url_target(&url, &path, &query);
        FUZZ_CHECK(path.len > 0 && path.ptr[0] == '/' && same(query, url.query));
        check_printed(&url, flags);
    }
    return err;
}

/* --- the normal form --- */

static void check_normal(const char *text, size_t len, unsigned flags)
{
    static char again[CAP];
    size_t again_len = 0;
    FUZZ_CHECK(strlen(text) == len);
    if (len <= MIDGE_URL_MAX) {
        FUZZ_CHECK(check_parse(text, len, flags) == MIDGE_OK);
        FUZZ_CHECK(midge_url_normalise(again, CAP, &again_len, text, flags) == MIDGE_OK);
        FUZZ_CHECK(again_len == len && memcmp(again, text, len) == 0);
    }
}

/* A scheme in capitals hides from the shortcut that the rest is in its normal form. */
static void check_shortcut(const char *text, const char *normal, unsigned flags)
{
    static char loud[MIDGE_URL_MAX + 1], slow[CAP];
    size_t len = 0, n = strlen(text);
    if (n <= MIDGE_URL_MAX && strncmp(text, "http", 4) == 0) {
        memcpy(loud, text, n + 1);
        loud[0] = 'H';
        FUZZ_CHECK(midge_url_normalise(slow, CAP, &len, loud, flags) == MIDGE_OK);
        FUZZ_CHECK(strcmp(slow, normal) == 0);
    }
}

static void check_small_buffer(const char *text, size_t cap, unsigned flags)
{
    size_t len = 0;
    char *small = malloc(cap > 0 ? cap : 1);
    FUZZ_CHECK(small != NULL);
    if (cap > 0 && midge_url_normalise(small, cap, &len, text, flags) == MIDGE_OK) {
        FUZZ_CHECK(len < cap && small[len] == '\0');
    }
    free(small);
}

static void check_one(const char *text, size_t cap, unsigned flags)
{
    size_t len = 0;
    char *exact = fuzz_copy(text, strlen(text));
    int parsed = check_parse(exact, strlen(text), flags);
    int err = midge_url_normalise(text_a, CAP, &len, text, flags);
    FUZZ_CHECK(parsed != MIDGE_OK || err == MIDGE_OK);
    if (err == MIDGE_OK) {
        check_normal(text_a, len, flags);
        check_shortcut(text, text_a, flags);
    }
    check_small_buffer(text, cap, flags);
    free(exact);
}

/* --- two of them --- */

static void check_resolve(const char *base, const char *ref)
{
    size_t len = 0, alone = 0;
    struct midge_url url;
    int err = midge_url_resolve(text_a, CAP, &len, base, ref);
    if (err == MIDGE_OK) {
        check_normal(text_a, len, 0);
    }
    if (midge_url_parse(&url, ref, strlen(ref), 0) == MIDGE_OK) {
        FUZZ_CHECK(err == MIDGE_OK);
        FUZZ_CHECK(midge_url_normalise(text_b, CAP, &alone, ref, 0) == MIDGE_OK);
        FUZZ_CHECK(strcmp(text_a, text_b) == 0);
    }
}

static void check_query(const char *base, const char *value)
{
    struct midge_url before, after;
    size_t len = strlen(base);
    if (midge_url_parse(&before, base, len, 0) != MIDGE_OK || len + 3 * strlen(value) + 8 > CAP) {
        return;
    }
    memcpy(text_a, base, len + 1);
    FUZZ_CHECK(midge_url_query_add(text_a, CAP, &len, "k", value) == MIDGE_OK);
    FUZZ_CHECK(strlen(text_a) == len);
    if (len <= MIDGE_URL_MAX) {
        FUZZ_CHECK(midge_url_parse(&after, text_a, len, 0) == MIDGE_OK);
        FUZZ_CHECK(same(before.path, after.path) && same(before.fragment, after.fragment));
        FUZZ_CHECK(after.query.len >= before.query.len + 2);
        FUZZ_CHECK(midge_url_encode(text_b, CAP, &len, value, strlen(value)) == MIDGE_OK);
        FUZZ_CHECK(after.query.len >= len &&
                   memcmp(after.query.ptr + after.query.len - len, text_b, len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    unsigned flags = fuzz_choice(&in);
    size_t cap = fuzz_choice(&in);
    char *base = in.len <= MIDGE_URL_MAX + 1 ? fuzz_string(in.at, in.len) : NULL;
    if (base != NULL) {
        char *line = strchr(base, '\n');
        char *ref = line != NULL ? fuzz_string(line + 1, strlen(line + 1)) : fuzz_string("", 0);
        if (line != NULL) {
            *line = '\0';
        }
        check_one(base, cap, flags & MIDGE_URL_ALLOW_USERINFO);
        check_resolve(base, ref);
        check_query(base, ref);
        free(ref);
    }
    free(base);
    return 0;
}
