/* SPDX-License-Identifier: MIT */
/* The client's certificate, and its key or the key's number in PSA. Private to src/io, as it
   includes mbedTLS's headers. */
#ifndef MIDGE_IO_CREDENTIAL_H
#define MIDGE_IO_CREDENTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/mbedtls_compat.h"
#include "io/stream.h"
#include "midge/config.h"
#include <midge/tls.h>

struct midge__tls_context;
struct midge__tls_impl;

/* An external mbedTLS signs by the number of a key only if it is built for that. */
#if MIDGE_WITH_KEY_ID && MIDGE__HAS_PSA &&                                                         \
    (!defined(MIDGE_TLS_EXTERNAL) || defined(MIDGE__PK_IN_PSA))
#define MIDGE__HAS_KEY_ID 1
#else
#define MIDGE__HAS_KEY_ID 0
#endif

#if MIDGE_WITH_CREDENTIAL && MIDGE_WITH_PROXY_TLS && !MIDGE_WITH_OVERRIDES
#error                                                                                             \
    "MIDGE_WITH_CREDENTIAL and MIDGE_WITH_PROXY_TLS need MIDGE_WITH_OVERRIDES: proxies have another configuration, without the client's certificate"
#endif

struct midge__credential {
    mbedtls_x509_crt chain; /* the client's own first; empty: there is none */
    mbedtls_pk_context key;
    uint32_t key_id; /* in place of key; 0: none */
};

#if MIDGE_WITH_CREDENTIAL

/* Reads the settings, NULL: none, into the context, whose generator is ready. The caller is in the
   context's scope. CREDENTIAL, UNSUPPORTED, NO_MEMORY: *settings->why has the reason, and close
   must follow. */
int midge__credential_open(struct midge__tls_context *context,
                           const struct midge_credential *settings);
void midge__credential_close(struct midge__tls_context *context);
/* Most bytes of memory that open and later signatures keep. */
size_t midge__credential_bytes(const struct midge_credential *settings);
static inline bool midge__credential_given(const struct midge__credential *own)
{
    return own != NULL && own->chain.raw.len > 0;
}
/* Has the client one? */
bool midge__credential_in(const struct midge__tls_context *context);
/* mbedTLS sends its message as one record: may the server be asked for records of n bytes at most,
   which holds for both directions (RFC 6066 4)? */
bool midge__credential_fits(const struct midge__tls_context *context, unsigned n);
/* Lets connections of a configuration use it; returns mbedTLS's code. */
int midge__credential_use(struct midge__tls_context *context, mbedtls_ssl_config *conf);

/* credential_key.c. load: reads the key, and checks that it is the certificate's. Errors as
   midge__credential_open; *why has the reason. */
int midge__credential_load(struct midge__tls_context *context,
                           const struct midge_credential *settings, const char **why);

/* credential_fault.c. note: the handshake has left this state. signs: is it the one in which the
   client signs? */
void midge__credential_note(struct midge__tls_impl *impl, int state);
bool midge__credential_signs(const struct midge__tls_impl *impl, int state);
/* Is it an alert of a server that asked for a certificate, whatever failed before? */
bool midge__credential_is_verdict(const struct midge__tls_impl *impl, int native);
/* Sending failed: may it be that the server has refused the certificate and closed? */
bool midge__credential_awaits_verdict(const struct midge__tls_impl *impl);

/* credential_id.c: as midge__credential_load, for a key of PSA. sign: with it, in owned builds;
   mbedTLS's code. */
#if MIDGE__HAS_KEY_ID
int midge__credential_find(struct midge__tls_context *context, uint32_t key_id, const char **why);
#else
#define midge__credential_find(context, key_id, why) ((int)MIDGE_ERR_UNSUPPORTED)
#endif
#if MIDGE__HAS_KEY_ID && !defined(MIDGE_TLS_EXTERNAL)
int midge__credential_sign(struct midge__tls_context *context, mbedtls_pk_type_t type,
                           mbedtls_md_type_t md, const unsigned char *hash, unsigned char *sig,
                           size_t cap, size_t *len);
#endif

#else

#define midge__credential_open(context, settings)  ((void)(settings), (int)MIDGE_OK)
#define midge__credential_close(context)           ((void)0)
#define midge__credential_bytes(settings)          ((size_t)0)
#define midge__credential_in(context)              ((void)(context), false)
#define midge__credential_fits(context, n)         true
#define midge__credential_use(context, conf)       ((void)(context), (void)(conf), 0)
#define midge__credential_note(impl, state)        ((void)(state))
#define midge__credential_signs(impl, state)       false
#define midge__credential_awaits_verdict(impl)     false
#define midge__credential_is_verdict(impl, native) false

#endif

/* credential_fault.c: CREDENTIAL if the failure is about the client's certificate or pre-shared
   key, else MIDGE_OK. */
#if MIDGE_WITH_CREDENTIAL || MIDGE_WITH_PSK
int midge__credential_judge(const struct midge__tls_impl *impl, struct midge__fault *fault);
#else
#define midge__credential_judge(impl, fault) ((int)MIDGE_OK)
#endif

#if !defined(MIDGE_TLS_EXTERNAL)
/* credential_sign.c: mbedTLS's TLS files are compiled to call these in place of its own functions
   (port/mbedtls.cmake). */
int midge__pk_sign_restartable(mbedtls_pk_context *key, mbedtls_md_type_t md,
                               const unsigned char *hash, size_t hash_len, unsigned char *sig,
                               size_t cap, size_t *len,
                               int (*f_rng)(void *, unsigned char *, size_t), void *p_rng,
                               mbedtls_pk_restart_ctx *restart);
int midge__pk_sign_ext(mbedtls_pk_type_t type, mbedtls_pk_context *key, mbedtls_md_type_t md,
                       const unsigned char *hash, size_t hash_len, unsigned char *sig, size_t cap,
                       size_t *len, int (*f_rng)(void *, unsigned char *, size_t), void *p_rng);
#endif

#endif
