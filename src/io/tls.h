/* SPDX-License-Identifier: MIT */
/*
 * TLS over any stream: context shared by a client, session, stream. The only header through which
 * the rest of midge meets mbedTLS.
 */
#ifndef MIDGE_IO_TLS_H
#define MIDGE_IO_TLS_H

#include "base/memory.h"
#include "io/stream.h"
#include <midge/tls.h>

/* What a client shares among its connections: trust (parsed once), configurations by (verify,
   versions), RNG. Allocated from memory as owner 0. */
struct midge__tls_context;

struct midge__tls_limits {
    uint32_t ecp_max_ops;
    uint32_t read_ahead; /* ciphertext bytes per connection */
    uint32_t max_ticket;
};

/* CA: none of the given roots can be parsed; ENTROPY; NO_MEMORY; UNSUPPORTED (version).
   settings->ca NULL: no trust, every verified handshake fails with CA... except skip. */
int midge__tls_context_open(struct midge__tls_context **context, struct midge__memory *memory,
                            struct midge_port *port, const struct midge_tls *settings,
                            const struct midge__tls_limits *limits);
void midge__tls_context_close(struct midge__tls_context *context);

/* Worst-case bytes of the block (owned mode), for midge_memory_needed and admission. */
size_t midge__tls_context_bytes(const struct midge_tls *settings); /* trust, configs, rng */
size_t midge__tls_slot_in(void); /* exact size of mbedTLS's record buffer request; 0 external */
size_t midge__tls_slot_out(void);
size_t midge__tls_handshake_bytes(void); /* beside the slots: peak with a 5 KB chain */
size_t midge__tls_handshake_worst(void); /* the same under MIDGE_MAX_CHAIN and RSA-4096 keys */
size_t midge__tls_handshake_piece(void); /* the largest single one of them */
size_t midge__tls_resumed_bytes(void);   /* beside the slots: peak of a resumed handshake */
/* Whether a connection has its slots for life. If not, they are for handshakes, and for servers
   that do not agree to small records; others' buffers become small blocks. */
bool midge__tls_keeps_slots(void);
size_t midge__tls_held_bytes(void);    /* beside the slots: after the handshake */
size_t midge__tls_held_least(void);    /* the same with the ciphers that take least */
size_t midge__tls_session_bytes(void); /* one remembered session */

/* A session that can be resumed; owner 0's memory. */
struct midge__tls_session;
void midge__tls_session_free(struct midge__tls_context *context,
                             struct midge__tls_session *session);

struct midge__tls;
struct midge__tls_params {
    const char *servername;           /* host name or IP literal to verify; SNI unless a literal */
    uint8_t min_version, max_version; /* 0: the context's */
    bool skip_verification;
    const struct midge__tls_session *resume; /* NULL: full; only read during open */
    unsigned owner;                          /* memory tag of the connection */
    /* Gets the server's own certificate (a mbedtls_x509_crt), before the verdict on it. NULL: not
       wanted. */
    void (*show)(struct midge__tls *tls, const void *certificate);
};

struct midge__tls {
    struct midge__stream s;
    struct midge__stream *lower;
    struct midge__tls_context *context;
    void *impl;      /* mbedtls_ssl_context, read-ahead buffer, …; owner's memory */
    uint8_t version; /* 12, 13 after the ServerHello */
    bool resumed;
    bool offered; /* a session was offered */
    bool time_verified;
    bool new_session;      /* a session or ticket has come that take_session can fetch */
    const char *cipher;    /* static, mbedTLS's name; "" before */
    uint32_t received;     /* ciphertext bytes of the peer so far; wraps */
    uint32_t crypto_steps; /* expensive handshake steps done so far; the caller compares */
};

/* lower is connected (or will be: its handshake is driven by the caller first). It is not closed
   with this stream: its opener closes it afterwards. NO_MEMORY; CA: the context has no root, and
   verification is not skipped; UNSUPPORTED: a version. On error nothing is held; close is legal. */
int midge__tls_open(struct midge__tls *tls, struct midge__tls_context *context,
                    struct midge__stream *lower, const struct midge__tls_params *params);

/* The newest session, owner 0's memory; clears new_session. NO_MEMORY, AGAIN (there is none). */
int midge__tls_take_session(struct midge__tls *tls, struct midge__tls_session **session);

/* Has it a root to verify a server with? */
bool midge__tls_can_verify(const struct midge__tls_context *context);
/* Names versions the profile has. */
bool midge__tls_has_version(unsigned version);

#endif
