/* SPDX-License-Identifier: MIT */
/*
 * A jar of cookies in the caller's memory: records of different sizes, one behind the other, each a
 * header and four texts: name, value, domain, path, with a NUL after each. A record that goes
 * leaves no gap: those behind it move. They are in the order of their creation. `tick` counts
 * creations and uses, so that no two records have the same `created`, and the smallest `used` is
 * the one that was unused for the longest time.
 *
 * The order of Cookie (RFC 6265bis 5.8.3) is: longer paths first, then older ones first. It is
 * found by looking through the jar once for each cookie that is sent: no memory is needed.
 */
#include "policy/cookie_jar.h"

#include "base/span.h"
#include "codec/set_cookie.h"
#include "midge/err.h"

#if MIDGE_WITH_COOKIES

/* --- matches --- */

static bool is_address(struct midge_span host)
{
    const char last = host.len > 0 ? host.ptr[host.len - 1] : '0';
    return midge__is_digit(last) || midge__span_find(host, ':') < host.len;
}

bool midge__cookie_domain_matches(struct midge_span host, struct midge_span domain)
{
    if (host.len <= domain.len) {
        return midge__span_eq_nocase(host, domain);
    }
    const size_t more = host.len - domain.len;
    return domain.len > 0 && host.ptr[more - 1] == '.' && !is_address(host) &&
           midge__span_eq_nocase(midge__span(host.ptr + more, domain.len), domain);
}

bool midge__cookie_path_matches(struct midge_span path, struct midge_span of_cookie)
{
    const size_t n = of_cookie.len;
    if (path.len < n || n == 0 || memcmp(path.ptr, of_cookie.ptr, n) != 0) {
        return false;
    }
    return path.len == n || of_cookie.ptr[n - 1] == '/' || path.ptr[n] == '/';
}

static struct midge_span name_of(const struct midge__cookie_record *r)
{
    return midge__span(midge__cookie_name(r), r->name_len);
}

static struct midge_span domain_of(const struct midge__cookie_record *r)
{
    return midge__span(midge__cookie_domain(r), r->domain_len);
}

static struct midge_span path_of(const struct midge__cookie_record *r)
{
    return midge__span(midge__cookie_path(r), r->path_len);
}

static bool is_alive(const struct midge_cookies *jar, const struct midge__cookie_record *r)
{
    return r->expires > jar->now;
}

static bool belongs_to(const struct midge_cookies *jar, const struct midge__cookie_record *r,
                       const struct midge__cookie_url *url)
{
    const struct midge_span domain = domain_of(r);
    return is_alive(jar, r) && (url->is_https || !r->secure) &&
           (r->host_only ? midge__span_eq_nocase(url->host, domain)
                         : midge__cookie_domain_matches(url->host, domain)) &&
           midge__cookie_path_matches(url->path, path_of(r));
}

/* --- records --- */

struct midge__cookie_record *midge__jar_next(const struct midge_cookies *jar, size_t *at)
{
    if (*at >= jar->used) {
        return NULL;
    }
    struct midge__cookie_record *r = (void *)(jar->memory + *at);
    *at += r->size;
    return r;
}

static void drop(struct midge_cookies *jar, struct midge__cookie_record *r)
{
    unsigned char *from = (unsigned char *)r;
    const size_t size = r->size;
    const size_t behind = jar->used - (size_t)(from - jar->memory) - size;
    memmove(from, from + size, behind);
    memset(from + behind, 0, size);
    jar->used -= size;
}

void midge__jar_purge(struct midge_cookies *jar, bool sessions)
{
    struct midge__cookie_record *r;
    for (size_t at = 0, next = 0; (r = midge__jar_next(jar, &next)) != NULL;) {
        if (sessions ? r->expires == MIDGE__COOKIE_SESSION : !is_alive(jar, r)) {
            drop(jar, r);
            next = at;
        }
        at = next;
    }
}

static struct midge__cookie_record *find(const struct midge_cookies *jar,
                                         const struct midge__cookie *c)
{
    struct midge__cookie_record *r;
    for (size_t at = 0; (r = midge__jar_next(jar, &at)) != NULL;) {
        if (r->host_only == c->host_only && midge__span_eq(name_of(r), c->name) &&
            midge__span_eq_nocase(domain_of(r), c->domain) && midge__span_eq(path_of(r), c->path)) {
            return r;
        }
    }
    return NULL;
}

bool midge__jar_has_secure(const struct midge_cookies *jar, const struct midge__cookie *c)
{
    const struct midge__cookie_record *r;
    for (size_t at = 0; (r = midge__jar_next(jar, &at)) != NULL;) {
        if (r->secure && is_alive(jar, r) && midge__span_eq(name_of(r), c->name) &&
            (midge__cookie_domain_matches(domain_of(r), c->domain) ||
             midge__cookie_domain_matches(c->domain, domain_of(r))) &&
            midge__cookie_path_matches(c->path, path_of(r))) {
            return true;
        }
    }
    return false;
}

/* --- eviction --- */

/* Does a go before b? b NULL: yes. */
static bool goes_first(const struct midge__cookie_record *a, const struct midge__cookie_record *b,
                       bool by_secure)
{
    if (b == NULL || (by_secure && a->secure != b->secure)) {
        return b == NULL || !a->secure;
    }
    return a->used < b->used;
}

/* The cookie that goes first, of one domain or (NULL) of all; *n: how many there are. */
static struct midge__cookie_record *victim(const struct midge_cookies *jar,
                                           const struct midge_span *domain, size_t *n)
{
    struct midge__cookie_record *r, *found = NULL;
    *n = 0;
    for (size_t at = 0; (r = midge__jar_next(jar, &at)) != NULL;) {
        if (domain == NULL || midge__span_eq_nocase(domain_of(r), *domain)) {
            found = goes_first(r, found, domain != NULL) ? r : found;
            (*n)++;
        }
    }
    return found;
}

/* Makes room for a record of that domain (RFC 6265bis 5.7, the end). */
static int make_room(struct midge_cookies *jar, struct midge_span domain, size_t size)
{
    size_t n;
    if (size > jar->size) {
        return MIDGE_ERR_TOO_LARGE;
    }
    midge__jar_purge(jar, false);
    struct midge__cookie_record *r = victim(jar, &domain, &n);
    if (n >= MIDGE_COOKIES_PER_DOMAIN) {
        drop(jar, r);
    }
    while (jar->size - jar->used < size) {
        drop(jar, victim(jar, NULL, &n));
    }
    return MIDGE_OK;
}

/* --- storing --- */

static char *put(char *at, struct midge_span text)
{
    if (text.len > 0) {
        memcpy(at, text.ptr, text.len);
    }
    at[text.len] = '\0';
    return at + text.len + 1;
}

static void lower(char *text)
{
    for (; *text != '\0'; text++) {
        *text = midge__lower(*text);
    }
}

/* Moves the records that are younger, so that the order of records is that of their creation. */
static void *make_gap(struct midge_cookies *jar, size_t size, uint32_t created)
{
    const struct midge__cookie_record *r;
    size_t at = 0, next = 0;
    while ((r = midge__jar_next(jar, &next)) != NULL && r->created < created) {
        at = next;
    }
    unsigned char *gap = jar->memory + at;
    memmove(gap + size, gap, jar->used - at);
    jar->used += size;
    return gap;
}

static void insert(struct midge_cookies *jar, const struct midge__cookie *c, size_t size,
                   uint32_t created)
{
    struct midge__cookie_record *r = make_gap(jar, size, created);
    *r = (struct midge__cookie_record){.expires = c->expires,
                                       .size = (uint32_t)size,
                                       .created = created,
                                       .used = jar->tick,
                                       .name_len = (uint16_t)c->name.len,
                                       .value_len = (uint16_t)c->value.len,
                                       .domain_len = (uint16_t)c->domain.len,
                                       .path_len = (uint16_t)c->path.len,
                                       .host_only = c->host_only,
                                       .secure = c->secure,
                                       .http_only = c->http_only,
                                       .same_site = c->same_site};
    char *at = put((char *)(r + 1), c->name), *domain = put(at, c->value);
    at = put(domain, c->domain);
    (void)put(at, c->path);
    lower(domain);
}

int midge__jar_put(struct midge_cookies *jar, const struct midge__cookie *c)
{
    const size_t texts = c->name.len + c->value.len + c->domain.len + c->path.len + 4;
    const size_t size = (sizeof(struct midge__cookie_record) + texts + 7) / 8 * 8;
    if (texts > UINT16_MAX) {
        return MIDGE_ERR_TOO_LARGE;
    }
    struct midge__cookie_record *old = find(jar, c);
    uint32_t created = ++jar->tick;
    if (old != NULL) { /* a new value does not change the order */
        created = old->created;
        drop(jar, old);
    }
    if (c->expires <= jar->now) {
        return MIDGE_OK;
    }
    int err = make_room(jar, c->domain, size);
    if (err == MIDGE_OK) {
        insert(jar, c, size, created);
    }
    return err;
}

/* --- Cookie --- */

static bool is_before(const struct midge__cookie_record *a, const struct midge__cookie_record *b)
{
    return a->path_len != b->path_len ? a->path_len > b->path_len : a->created < b->created;
}

/* The first one of the order that comes after `last` (NULL: of all) and belongs to url. */
static struct midge__cookie_record *following(const struct midge_cookies *jar,
                                              const struct midge__cookie_url *url,
                                              const struct midge__cookie_record *last)
{
    struct midge__cookie_record *r, *found = NULL;
    for (size_t at = 0; (r = midge__jar_next(jar, &at)) != NULL;) {
        if ((last == NULL || is_before(last, r)) && (found == NULL || is_before(r, found)) &&
            belongs_to(jar, r, url)) {
            found = r;
        }
    }
    return found;
}

static void write_pair(char *at, const struct midge__cookie_record *r, bool is_first)
{
    if (!is_first) {
        *at++ = ';';
        *at++ = ' ';
    }
    at = (char *)memcpy(at, midge__cookie_name(r), r->name_len) + r->name_len;
    if (r->name_len > 0) {
        *at++ = '=';
    }
    memcpy(at, midge__cookie_value(r), r->value_len);
}

size_t midge__jar_header(struct midge_cookies *jar, const struct midge__cookie_url *url, char *out,
                         size_t cap)
{
    struct midge__cookie_record *r = NULL;
    size_t len = 0;
    jar->tick++;
    while ((r = following(jar, url, r)) != NULL) {
        const size_t more =
            (len > 0 ? 2U : 0U) + r->name_len + (r->name_len > 0 ? 1U : 0U) + r->value_len;
        if (more > cap - len) {
            continue; /* a shorter one may fit */
        }
        if (out != NULL) {
            write_pair(out + len, r, len == 0);
            r->used = jar->tick;
        }
        len += more;
    }
    return len;
}

#endif
