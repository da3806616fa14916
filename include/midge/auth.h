/* SPDX-License-Identifier: MIT */
/*
 * Name and password, as a hook: Basic (RFC 7617) and Digest (RFC 7616: SHA-256, MD5, with -sess,
 * qop auth or none, stale nonces, userhash).
 *
 *     static struct midge_auth auth;
 *
 *     midge_auth_init(&auth, config.port, MIDGE_AUTH_DIGEST, "https://api.example/", "me",
 * "secret"); request.hooks = &auth.hook;           or config.hooks
 *
 * Digest, or more than one scheme: the first request goes without credentials; after 401 it is
 * repeated with the best scheme that the server offers: Digest with SHA-256, Digest with MD5,
 * Basic. The next requests have credentials at once. Basic alone is always sent at once. If the
 * password is wrong, 401 is the answer.
 */
#ifndef MIDGE_AUTH_H
#define MIDGE_AUTH_H

#include <midge/config.h>
#include <midge/hooks.h>
#include <midge/port.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A limit, which a build may change as those of config.h: bytes of realm, nonce and opaque of a
   Digest challenge together. A longer challenge is not answered. */
#ifndef MIDGE_AUTH_BYTES
#define MIDGE_AUTH_BYTES 512
#endif

#if MIDGE_WITH_DIGEST

/* Schemes. Basic sends the password itself: allow it only over https. */
enum {
    MIDGE_AUTH_BASIC = 1, /* RFC 7617 */
    MIDGE_AUTH_DIGEST = 2 /* RFC 7616 */
};

/* The credentials of one origin. It must live as a hook must (hooks.h). */
struct midge_auth {
    struct midge_hook hook; /* for config.hooks or request.hooks */
    /* They must live as long as the struct, and are copied nowhere but to the header field. */
    const char *user;     /* without ':', which would end it in Basic */
    const char *password; /* may be empty */
    const char *url;      /* credentials go to the origin (scheme, host, port) of this URL only */
    uint8_t schemes;      /* MIDGE_AUTH_x, that may be used */
    uint8_t all_origins;  /* 1: credentials go to each origin that a redirect leads to */

    /* The rest is the hook's own: the last challenge. */
    const struct midge_port *port;
    uint32_t count; /* uses of the nonce */
    uint8_t chosen; /* a MIDGE_AUTH_x; 0: no challenge yet */
    uint8_t is_md5, is_sess, has_qop, has_algorithm, has_userhash;
    uint16_t realm_len, nonce_len, opaque_len;
    char texts[MIDGE_AUTH_BYTES];
};

/* schemes: MIDGE_AUTH_x, one or more. If a request, or the client, has an Authorization of its own,
   that stays and the hook does nothing. HEADER is the result of a request whose user or password
   has a control character; ENTROPY, if the port has none for Digest. */
void midge_auth_init(struct midge_auth *auth, const struct midge_port *port, unsigned schemes,
                     const char *url, const char *user, const char *password);

#else
struct midge_auth;
#endif

#ifdef __cplusplus
}
#endif
#endif
