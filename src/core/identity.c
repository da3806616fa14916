/* SPDX-License-Identifier: MIT */
/*
 * The identity of a stored session. It is read as a request that has this identity, so that
 * origin.c finds or makes the origin as for any request, with all of its checks.
 */
#include "core/identity.h"

#if MIDGE_WITH_SESSION_STORE

#include <string.h>

#include "base/span.h"
#include "core/proxy.h"

/* --- what a request may override --- */

#if MIDGE_WITH_OVERRIDES

/* The host with its zone, as in connect_host. */
static void put_host(struct midge__put *put, const struct midge__origin *o)
{
    char text[256 + 1 + 64];
    const size_t host = strlen(o->host), zone = MIDGE_WITH_IPV6 ? strlen(o->zone) : 0;
    if (zone == 0 || host + 1 + zone >= sizeof text) {
        midge__put_text(put, o->host);
        return;
    }
    memcpy(text, o->host, host);
    text[host] = '%';
    memcpy(text + host + 1, o->zone, zone + 1);
    midge__put_text(put, text);
}

static void put_overrides(struct midge__put *put, const struct midge__origin *o)
{
    put_host(put, o);
    midge__put_number(put, o->port, 2);
    midge__put_text(put, o->servername);
    midge__put_number(put, o->min_tls, 1);
    midge__put_number(put, o->max_tls, 1);
    midge__put_number(put, o->skip_verification, 1);
}

static void take_overrides(struct midge__take *take, struct midge_request *r)
{
    r->connect_host = midge__take_text(take);
    r->connect_port = (uint16_t)midge__take_number(take, 2);
    r->servername = midge__take_text(take);
    r->min_tls = (uint8_t)midge__take_number(take, 1);
    r->max_tls = (uint8_t)midge__take_number(take, 1);
    r->dangerously_skip_verification = (uint8_t)midge__take_number(take, 1);
    take->bad = take->bad || r->connect_host == NULL || r->servername == NULL;
}

#define url_port(o) ((o)->url_port)

#else

#define put_overrides(put, o)   ((void)0)
#define take_overrides(take, r) ((void)0)
#define url_port(o)             ((o)->port)

#endif

/* --- its proxy --- */

#if MIDGE_WITH_PROXY

static void put_proxy(struct midge__put *put, const struct midge__origin *o)
{
    const struct midge_proxy proxy = midge__origin_proxy(o);
    midge__put_text(put, proxy.host);
    midge__put_number(put, proxy.port, 2);
    midge__put_text(put, proxy.credentials);
    midge__put_number(put, proxy.secure, 1);
    midge__put_number(put, proxy.dangerously_skip_verification, 1);
}

static void take_proxy(struct midge__take *take, struct midge_proxy *proxy)
{
    proxy->host = midge__take_text(take);
    proxy->port = (uint16_t)midge__take_number(take, 2);
    proxy->credentials = midge__take_text(take);
    proxy->secure = (uint8_t)midge__take_number(take, 1);
    proxy->dangerously_skip_verification = (uint8_t)midge__take_number(take, 1);
}

#else

#define put_proxy(put, o)       ((void)0)
#define take_proxy(take, proxy) ((void)0)

#endif

void midge__identity_put(struct midge__put *put, const struct midge__origin *o)
{
    midge__put_text(put, o->url_host);
    midge__put_number(put, url_port(o), 2);
    midge__put_number(put, o->family, 1);
    put_overrides(put, o);
    put_proxy(put, o);
    /* Pins: session_store.c, as no request is known yet that has others than the client's. */
}

bool midge__identity_take(struct midge__take *take, struct midge__identity *id)
{
    *id = (struct midge__identity){.url = {.is_https = true}};
    id->url.host = midge__span_of(midge__take_text(take));
    id->url.port = (uint16_t)midge__take_number(take, 2);
    id->request.family = (uint8_t)midge__take_number(take, 1);
    take_overrides(take, &id->request);
    take_proxy(take, &id->proxy);
    id->request.proxy = &id->proxy; /* without a host: none, not the client's */
    return !take->bad && id->url.host.len > 0;
}

#endif
