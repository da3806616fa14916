/* SPDX-License-Identifier: MIT */
/*
 * The jar of cookies as a hook, and its public functions. The jar has a clock of its own: wall
 * time as soon as the port has it; before that, seconds since init by clock_ms. When wall time
 * appears, all lifetimes move with the clock; if it is lost again, the clock continues by clock_ms.
 */
#include "midge/cookies.h"

#include "base/span.h"
#include "codec/set_cookie.h"
#include "midge/client.h"
#include "midge/err.h"
#include "midge/url.h"
#include "policy/cookie_jar.h"
#include "policy/cookies.h"

#if MIDGE_WITH_COOKIES

/* --- clock --- */

static void shift(struct midge_cookies *jar, int64_t seconds)
{
    struct midge__cookie_record *r;
    for (size_t at = 0; (r = midge__jar_next(jar, &at)) != NULL;) {
        if (r->expires != MIDGE__COOKIE_SESSION) {
            r->expires += seconds;
        }
    }
}

static void look_at_clock(struct midge_cookies *jar)
{
    const int64_t wall = jar->port->wall_time(jar->port->ctx);
    const uint32_t passed = (jar->port->clock_ms(jar->port->ctx) - jar->last_ms) / 1000;
    jar->last_ms += passed * 1000;
    jar->now += passed;
    if (wall < MIDGE_TIME_FLOOR) {
        return;
    }
    if (!jar->has_wall) {
        shift(jar, wall - jar->now);
        jar->has_wall = 1;
    }
    jar->now = wall;
}

/* --- hook --- */

/* Sends `own` behind the jar's cookies; len: their bytes. */
static int send(struct midge_cookies *jar, struct midge_hop *hop,
                const struct midge__cookie_url *url, const char *own, size_t len)
{
    const size_t own_len = own != NULL ? strlen(own) : 0;
    char *text = midge_alloc(hop->client, len + 2 + own_len + 1);
    if (text == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    size_t at = midge__jar_header(jar, url, text, len);
    if (own_len > 0) {
        memcpy(text + at, "; ", 2);
        memcpy(text + at + 2, own, own_len);
        at += 2 + own_len;
    }
    text[at] = '\0';
    const int err = midge_hop_set(hop, "Cookie", text);
    memset(text, 0, at);
    midge_free(hop->client, text);
    return err;
}

static int parse_url(const char *text, struct midge__cookie_url *out)
{
    struct midge_url url;
    const int err = midge_url_parse(&url, text, strlen(text), MIDGE_URL_ALLOW_USERINFO);
    if (err == MIDGE_OK) {
        *out = midge__cookie_url(&url);
    }
    return err;
}

static int on_send(struct midge_hook *hook, struct midge_hop *hop)
{
    struct midge_cookies *jar = (struct midge_cookies *)(void *)hook;
    const char *own = midge_hop_get(hop, "Cookie");
    const size_t own_size = own != NULL ? strlen(own) + 2 : 0;
    struct midge__cookie_url url;
    if (jar->used == 0 || own_size >= MIDGE_COOKIES_SENT || parse_url(hop->url, &url) != MIDGE_OK) {
        return MIDGE_OK;
    }
    look_at_clock(jar);
    const size_t len = midge__jar_header(jar, &url, NULL, MIDGE_COOKIES_SENT - own_size);
    return len > 0 ? send(jar, hop, &url, own, len) : MIDGE_OK;
}

static struct midge__cookie_clock clock_of(const struct midge_cookies *jar,
                                           const struct midge_response *response)
{
    struct midge__cookie_clock clock = {.is_known = jar->has_wall != 0};
    struct midge_span date;
    int64_t seconds;
    date.ptr = midge_response_header(response, "Date", &date.len);
    if (!clock.is_known && date.ptr != NULL && midge__cookie_date(date, &seconds)) {
        clock = (struct midge__cookie_clock){jar->now - seconds, true};
    }
    return clock;
}

static int on_head(struct midge_hook *hook, struct midge_hop *hop,
                   const struct midge_response *response)
{
    struct midge_cookies *jar = (struct midge_cookies *)(void *)hook;
    struct midge__cookie_url url;
    struct midge_span name, value;
    size_t at = 0, len;
    if (midge_response_header(response, "Set-Cookie", &len) == NULL ||
        parse_url(hop->url, &url) != MIDGE_OK) {
        return MIDGE_OK;
    }
    look_at_clock(jar);
    const struct midge__cookie_clock clock = clock_of(jar, response);
    while (midge_response_next(response, &at, &name.ptr, &name.len, &value.ptr, &value.len) != 0) {
        if (midge__span_is(name, "Set-Cookie")) {
            (void)midge__cookies_take(jar, &url, value, clock); /* a bad one is ignored */
        }
    }
    return MIDGE_OK;
}

/* --- public --- */

void midge_cookies_init(struct midge_cookies *jar, const struct midge_port *port, void *memory,
                        size_t size)
{
    const size_t pad = (8 - (uintptr_t)memory % 8) % 8;
    *jar = (struct midge_cookies){
        .hook = {.on_send = on_send, .on_head = on_head, .keep_headers = "Set-Cookie, Date"},
        .port = port,
        .memory = (unsigned char *)memory + pad,
        .size = size > pad ? (size - pad) / 8 * 8 : 0,
        .last_ms = port->clock_ms(port->ctx),
    };
    look_at_clock(jar);
}

int midge_cookies_set(struct midge_cookies *jar, const char *url, const char *text)
{
    struct midge__cookie_url from;
    const int err = parse_url(url, &from);
    if (err != MIDGE_OK) {
        return MIDGE_ERR_URL;
    }
    look_at_clock(jar);
    return midge__cookies_take(jar, &from, midge__span_of(text),
                               (struct midge__cookie_clock){.is_known = jar->has_wall != 0});
}

static bool is_plain(struct midge_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (midge__is_ctl(text.ptr[i])) {
            return false;
        }
    }
    return true;
}

/* A ';' ends a name or value; a path of a URL may have it. */
static bool is_one(struct midge_span text)
{
    return is_plain(text) && midge__span_find(text, ';') == text.len;
}

static bool is_sound(const struct midge__cookie *c)
{
    return is_one(c->name) && is_one(c->value) && is_plain(c->domain) && is_plain(c->path) &&
           c->name.len + c->value.len <= MIDGE__COOKIE_MAX &&
           midge__span_find(c->name, '=') == c->name.len && c->domain.len > 0 && c->path.len > 0;
}

int midge_cookies_put(struct midge_cookies *jar, const struct midge_cookie *cookie)
{
    const struct midge__cookie c = {
        .name = midge__span_of(cookie->name),
        .value = midge__span_of(cookie->value),
        .domain = midge__span_of(cookie->domain),
        .path = midge__span_of(cookie->path),
        .expires = cookie->expires != 0 ? cookie->expires : MIDGE__COOKIE_SESSION,
        .host_only = cookie->host_only != 0,
        .secure = cookie->secure != 0,
        .http_only = cookie->http_only != 0,
        .same_site = cookie->same_site,
    };
    look_at_clock(jar);
    return is_sound(&c) ? midge__jar_put(jar, &c) : MIDGE_ERR_INVALID;
}

int midge_cookies_next(struct midge_cookies *jar, size_t *at, struct midge_cookie *cookie)
{
    const struct midge__cookie_record *r;
    look_at_clock(jar);
    do {
        r = midge__jar_next(jar, at);
    } while (r != NULL && r->expires <= jar->now);
    if (r == NULL) {
        return 0;
    }
    *cookie = (struct midge_cookie){
        .name = midge__cookie_name(r),
        .value = midge__cookie_value(r),
        .domain = midge__cookie_domain(r),
        .path = midge__cookie_path(r),
        .expires = r->expires != MIDGE__COOKIE_SESSION ? r->expires : 0,
        .host_only = r->host_only,
        .secure = r->secure,
        .http_only = r->http_only,
        .same_site = r->same_site,
    };
    return 1;
}

void midge_cookies_clear(struct midge_cookies *jar, int sessions_only)
{
    if (sessions_only) {
        midge__jar_purge(jar, true);
    } else {
        memset(jar->memory, 0, jar->used);
        jar->used = 0;
    }
}

#endif
