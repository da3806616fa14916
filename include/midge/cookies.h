/* SPDX-License-Identifier: MIT */
/*
 * A jar of cookies (RFC 6265bis), as a hook: it keeps the cookies of answers, those of redirects
 * too, and sends with each hop the ones that belong to its URL.
 *
 *     static struct midge_cookies jar;
 *     static unsigned char memory[2048];
 *
 *     midge_cookies_init(&jar, config.port, memory, sizeof memory);
 *     config.hooks = &jar.hook;             or request.hooks
 *
 * If the request has a Cookie of its own, the value of that is sent behind those of the jar.
 */
#ifndef MIDGE_COOKIES_H
#define MIDGE_COOKIES_H

#include <midge/config.h>
#include <midge/hooks.h>
#include <midge/port.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Limits, which a build may change as those of config.h: cookies of one domain; the one that was
   unused for the longest time goes first, one without Secure before others; */
#ifndef MIDGE_COOKIES_PER_DOMAIN
#define MIDGE_COOKIES_PER_DOMAIN 50
#endif
/* bytes of the Cookie field of one request, at most MIDGE_HOOK_BYTES - 8: cookies that do not fit
   are not sent. */
#ifndef MIDGE_COOKIES_SENT
#define MIDGE_COOKIES_SENT (MIDGE_HOOK_BYTES - 256)
#endif

#if MIDGE_WITH_COOKIES

/* SameSite is kept for the application; midge has no sites, so all its requests are same-site. */
enum {
    MIDGE_SAME_SITE_DEFAULT, /* the cookie has no SameSite, or another one */
    MIDGE_SAME_SITE_NONE,    /* None */
    MIDGE_SAME_SITE_LAX,     /* Lax */
    MIDGE_SAME_SITE_STRICT   /* Strict */
};

/* One cookie. Strings end with NUL. */
struct midge_cookie {
    const char *name, *value; /* the name may be empty; at most 4096 bytes together */
    const char *domain;       /* in lower case, without a dot before it */
    const char *path;         /* begins with '/' */
    int64_t expires;   /* seconds since 1970 UTC; without a wall clock, since midge_cookies_init.
                          0: with the session */
    uint8_t host_only; /* 1: it is sent to `domain` only; 0: to the names below it, too */
    uint8_t secure;    /* 1: it is sent over https only */
    uint8_t http_only; /* 1: the server wants it hidden from scripts; kept for the application */
    uint8_t same_site; /* MIDGE_SAME_SITE_x */
};

/* A jar. It must live as a hook must (hooks.h); one jar may serve several clients of one thread. */
struct midge_cookies {
    struct midge_hook hook; /* for config.hooks or request.hooks */
    /* Set it after init, before the first request. 1: all names below `domain` do not belong
       together, as those of "com" and "co.uk" (publicsuffix.org): an answer may not set a cookie
       for them. `domain` is in lower case and has a dot. NULL: each cookie goes back to the host
       that has set it, and to no other. */
    int (*is_public_suffix)(void *ctx, const char *domain);
    void *ctx;

    /* The rest is the jar's own. */
    const struct midge_port *port;
    unsigned char *memory;
    size_t size, used;
    int64_t now;      /* seconds, at the last look */
    uint32_t last_ms; /* clock_ms at `now` */
    uint32_t tick;    /* counts creations and uses */
    uint8_t has_wall; /* `now` is wall time */
};

/* An empty jar. Each cookie takes some 40 bytes and its texts; when there is no room, expired ones
   go first, then the one that was unused for the longest time. A cookie that is larger than all of
   the memory is ignored. The memory and the port must live as long as the jar.

   Lifetimes end by the port's wall clock if it is trusted (not before MIDGE_TIME_FLOOR); otherwise
   by clock_ms, and Expires counts from the answer's Date. Without both, Expires means: with the
   session. When a wall clock appears later, the lifetimes are kept. */
void midge_cookies_init(struct midge_cookies *jar, const struct midge_port *port, void *memory,
                        size_t size);

/* As if an answer from url had `Set-Cookie: text`. URL: url is malformed. INVALID: the cookie is
   refused: by its domain, a prefix (__Host-, __Secure-), or Secure without https. TOO_LARGE: there
   is no room for it. */
int midge_cookies_set(struct midge_cookies *jar, const char *url, const char *text);

/* Adds a cookie as it is, from storage; its strings are copied. One that has expired removes the
   cookie of the same name, domain and path. INVALID: it has a control character, a ';' in name or
   value or a '=' in the name, it is too long, or domain or path is empty. TOO_LARGE: there is no
   room for it. */
int midge_cookies_put(struct midge_cookies *jar, const struct midge_cookie *cookie);

/* All cookies that have not expired: *at starts at 0; returns 0 after the last. The strings point
   into the jar's memory, until the jar is changed or used by a request. */
int midge_cookies_next(struct midge_cookies *jar, size_t *at, struct midge_cookie *cookie);

/* Removes all cookies (sessions_only 0), or only those that last as long as the session (1). Their
   bytes are wiped. */
void midge_cookies_clear(struct midge_cookies *jar, int sessions_only);

#else
struct midge_cookies;
#endif

#ifdef __cplusplus
}
#endif
#endif
