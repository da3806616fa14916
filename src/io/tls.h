/* SPDX-License-Identifier: MIT */
/*
 * TLS over any stream: a context shared by a client's connections, sessions, streams. The only
 * header through which the rest of midge uses mbedTLS.
 */
#ifndef MIDGE_IO_TLS_H
#define MIDGE_IO_TLS_H

#include "base/memory.h"
#include "io/pin.h"
#include "io/stream.h"
#include "midge/config.h"
#include <midge/tls.h>

/* Shared by the connections of a client: trusted roots (parsed once), configurations by (verify,
   versions), RNG. Allocated from memory as owner 0. */
struct midge__tls_context;

struct midge__tls_limits {
    uint32_t ecp_max_ops;
    uint32_t read_ahead; /* bytes of the buffer for ciphertext, one for all connections */
    uint32_t max_ticket; /* bytes of the longest ticket kept; 0: none are asked for */
};

/* CA: none of the given roots can be parsed; CREDENTIAL; ENTROPY; NO_MEMORY; UNSUPPORTED (version,
   a kind of credential).
   settings->ca NULL: no roots, so a connection can be opened only if it skips verification (else
   CA). */
int midge__tls_context_open(struct midge__tls_context **context, struct midge__memory *memory,
                            struct midge_port *port, const struct midge_tls *settings,
                            const struct midge__tls_limits *limits);
void midge__tls_context_close(struct midge__tls_context *context);

/* Does mbedTLS take its memory from the client's block (owned mode)? */
#if defined(MIDGE_TLS_EXTERNAL)
#define MIDGE__TLS_IN_BLOCK false
#else
#define MIDGE__TLS_IN_BLOCK true
#endif

/* Worst-case bytes of the block (owned mode), for midge_memory_needed and admission. */
size_t midge__tls_context_bytes(const struct midge_tls *settings); /* trust, configs, rng */
#if MIDGE_WITH_HTTP2
/* The same of connections that offer HTTP/2. */
size_t midge__tls_h2_bytes(void);
#endif
/* Exact sizes of mbedTLS's requests for record buffers; 0: they come from no record slot. */
#if MIDGE_WITH_RECORD_SLOTS
size_t midge__tls_slot_in(void);
size_t midge__tls_slot_out(void);
#else
#define midge__tls_slot_in()  ((size_t)0)
#define midge__tls_slot_out() ((size_t)0)
#endif
/* Beside the slots: peak with a chain of MIDGE_MAX_CHAIN bytes, 5 KB at most. */
size_t midge__tls_handshake_bytes(void);
/* The same under MIDGE_MAX_CHAIN and RSA-4096 keys, with a root of settings->roots. */
size_t midge__tls_handshake_worst(const struct midge_tls *settings);
size_t midge__tls_handshake_piece(void); /* the largest single allocation of a handshake */
size_t midge__tls_resumed_bytes(void);   /* beside the slots: peak of a resumed handshake */
/* Does a connection keep its slots until it closes? If not, it needs them for handshakes, and
   afterwards only with servers that do not agree to small records; other buffers become small
   blocks. */
bool midge__tls_keeps_slots(void);
size_t midge__tls_held_bytes(void);    /* beside the slots: after the handshake */
size_t midge__tls_held_least(void);    /* the same with the ciphers that need the least memory */
size_t midge__tls_session_bytes(void); /* one remembered session */
/* The lines of midge_memory_ledger for context_bytes, held_bytes, handshake_worst. */
struct midge__ledger;
void midge__tls_context_lines(const struct midge__ledger *ledger, const struct midge_tls *settings);
void midge__tls_held_lines(const struct midge__ledger *ledger);
void midge__tls_handshake_lines(const struct midge__ledger *ledger,
                                const struct midge_tls *settings);

#if MIDGE_WITH_UPDATE
/* As midge_verify_p256 (midge/update.h). */
int midge__tls_verify_p256(struct midge__tls_context *context, const uint8_t *key, size_t key_len,
                           const uint8_t digest[32], const uint8_t *signature, size_t len);
#endif

/* A session that can be resumed; in owner 0's memory. Without MIDGE_WITH_SESSIONS there is none. */
struct midge__tls_session;
#if MIDGE_WITH_SESSIONS
void midge__tls_session_free(struct midge__tls_context *context,
                             struct midge__tls_session *session);
#else
#define midge__tls_session_free(context, session) ((void)(context), (void)(session))
#endif

struct midge__tls;
struct midge__tls_params {
    const char *servername;           /* host name or IP literal to verify; SNI unless a literal */
    uint8_t min_version, max_version; /* 0: the context's */
    bool skip_verification;
    /* Of the client or the request; not used if verification is skipped. NULL: none. The set and
       servername must live as long as the stream. */
    const struct midge_pins *pins;
    bool offers_h2;     /* by ALPN, before http/1.1 (RFC 9113 3.2); only with MIDGE_WITH_HTTP2 */
    bool keeps_buffers; /* HTTP/2: the record buffers keep the size that the handshake needs */
    bool for_proxy;     /* a TLS connection to a proxy: it gets no credential of the client */
    const struct midge__tls_session *resume; /* NULL: full; only read during open */
    unsigned owner;                          /* memory tag of the connection */
    /* Called with the server's own certificate (a mbedtls_x509_crt) before it is judged. NULL: not
       called. */
    void (*show)(struct midge__tls *tls, const void *certificate);
};

struct midge__tls {
    struct midge__stream s;
    struct midge__stream *lower;
    struct midge__tls_context *context;
    void *impl;      /* mbedtls_ssl_context, read-ahead buffer, …; in the owner's memory */
    uint8_t version; /* 12, 13 after the ServerHello */
    bool resumed;
    bool offered; /* a session was offered */
    bool time_verified;
#if MIDGE_WITH_HTTP2
    bool h2;     /* the peer has chosen HTTP/2 */
    bool shrunk; /* its record buffers were larger during the handshake (tls_shrink.c) */
    /* After the handshake: plaintext bytes of the longest record that its input buffer holds. 0:
       all that the peer may send. */
    uint16_t record_max;
#endif
    bool new_session;      /* take_session can fetch a session or ticket */
    const char *cipher;    /* static, mbedTLS's name; "" before the handshake ends */
    uint32_t received;     /* ciphertext bytes received from the peer; wraps */
    uint32_t crypto_steps; /* expensive handshake steps done so far; callers compare two readings */
};

/* lower is connected, or the caller will first drive its handshake. Closing this stream does not
   close it: its opener does so afterwards. NO_MEMORY; CA: the context has no root, and verification
   is not skipped; UNSUPPORTED: a version. On error nothing is held; close is legal. */
int midge__tls_open(struct midge__tls *tls, struct midge__tls_context *context,
                    struct midge__stream *lower, const struct midge__tls_params *params);

/* The newest session, in owner 0's memory; clears new_session. NO_MEMORY, AGAIN (there is none). */
#if MIDGE_WITH_SESSIONS
int midge__tls_take_session(struct midge__tls *tls, struct midge__tls_session **session);
#else
#define midge__tls_take_session(tls, session) ((void)(tls), *(session) = NULL, (int)MIDGE_ERR_AGAIN)
#endif

/* Does the context have a root to verify servers with? */
bool midge__tls_can_verify(const struct midge__tls_context *context);
/* Does the profile support this version? */
bool midge__tls_has_version(unsigned version);

#endif
