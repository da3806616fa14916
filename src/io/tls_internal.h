/* SPDX-License-Identifier: MIT */
/* Shared by the files of the TLS stream. Private to src/io, as it includes mbedTLS's headers. */
#ifndef MIDGE_IO_TLS_INTERNAL_H
#define MIDGE_IO_TLS_INTERNAL_H

#include "base/check.h"
#include "io/chain_search.h"
#include "io/credential.h"
#include "io/mbedtls_compat.h"
#include "io/psk.h"
#include "io/root_callback.h"
#include "io/root_search.h"
#include "io/tls.h"
#include "io/tls_process.h"
#include "io/tls_random.h"
#include "io/trust.h"

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
#define MIDGE__TLS_MAX_VERSION MIDGE_TLS_1_3
#else
#define MIDGE__TLS_MAX_VERSION MIDGE_TLS_1_2
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_2)
#define MIDGE__TLS_MIN_VERSION MIDGE_TLS_1_2
#else
#define MIDGE__TLS_MIN_VERSION MIDGE_TLS_1_3
#endif

/* Beside the client's: (verified, not) x (1.2), (1.2 and 1.3), (1.3) are all combinations; with
   HTTP/2 all of them, and the client's, once more (midge__tls_h2_bytes). */
#define MIDGE__TLS_WITH_CONFIGS (MIDGE_WITH_OVERRIDES || MIDGE_WITH_HTTP2)
#if MIDGE_WITH_OVERRIDES
#define MIDGE__TLS_MORE_CONFIGS (MIDGE__TLS_MIN_VERSION == MIDGE__TLS_MAX_VERSION ? 1U : 5U)
#else
#define MIDGE__TLS_MORE_CONFIGS 0U
#endif

/* One mbedTLS configuration, shared by connections. */
struct midge__tls_config {
    struct midge__tls_config *next; /* tls_configs.c */
    bool skip_verification;
    bool offers_h2; /* only with MIDGE_WITH_HTTP2 */
    bool for_proxy; /* without the client's certificate and pre-shared key */
    uint8_t min_version, max_version;
    mbedtls_ssl_config ssl;
};

/* Do connections that speak HTTP/2 give their large record buffers back (tls_shrink.c)? The sizes
   of the small ones need mbedTLS's ssl_misc.h. */
#if MIDGE_WITH_HTTP2 && !MIDGE_WITH_RECORD_SLOTS && !defined(MIDGE_TLS_EXTERNAL)
#define MIDGE__TLS_SHRINKS                                                                         \
    (MIDGE_HTTP2_RECORD > 0 && MIDGE_HTTP2_RECORD < MBEDTLS_SSL_IN_CONTENT_LEN)
#else
#define MIDGE__TLS_SHRINKS 0
#endif
#define MIDGE__TLS_RECORD_MORE (MBEDTLS_SSL_HEADER_LEN + MBEDTLS_SSL_PAYLOAD_OVERHEAD)
#define MIDGE__TLS_SHRUNK_IN   ((size_t)MIDGE_HTTP2_RECORD + MIDGE__TLS_RECORD_MORE)
#define MIDGE__TLS_SHRUNK_OUT  ((size_t)MIDGE_SEND_BUFFER + MIDGE__TLS_RECORD_MORE)

struct midge_sha256;

struct midge__tls_context {
    struct midge__tls_context *next; /* list of all contexts in the process */
    struct midge__tls_scope scope;   /* for calls that are no connection's */
    struct midge__memory *memory;
    struct midge_port *port;
    struct midge__tls_limits limits;
    int64_t time_floor;
    uint64_t ms; /* mbedTLS's clock: the port's, in 64 bits */
    int unread;  /* mbedTLS's code: why a certificate was left out in this step; 0: none was */
    struct midge__cert_path path; /* the path that mbedTLS is verifying */
    struct midge__trust trust;
#if MIDGE_WITH_SESSION_STORE
    bool warm; /* midge__tls_warm was there */
#endif
#if MIDGE_WITH_CREDENTIAL
    struct midge__credential *credential; /* NULL: none */
#endif
    struct midge__tls_config config; /* the client's; others follow it */
    struct midge__tls_drbg drbg;
#if MIDGE_KEYLOG
    void (*on_key)(void *ctx, const char *line);
    void *key_ctx;
#endif
#if MIDGE_WITH_CIPHERS
    const int *ciphers; /* the application's suites, then 0; NULL: midge's */
#endif
#if MIDGE_WITH_READ_AHEAD
    /* The read-ahead buffer, see tls_ahead.c. */
    const struct midge__tls_impl *ahead_of; /* the stream that its bytes belong to; NULL: empty */
    uint32_t ahead_begin, ahead_end;
    uint8_t ahead[]; /* limits.read_ahead bytes */
#endif
};

#if MIDGE_KEYLOG
/* tls_keylog.c: the connection's keys are told, if the client wants that. */
void midge__tls_log_keys(struct midge__tls_context *context, mbedtls_ssl_context *ssl);
#else
#define midge__tls_log_keys(context, ssl) ((void)(context), (void)(ssl))
#endif

struct midge__tls_session {
    bool time_verified; /* a trusted clock judged the chain's dates */
#if MIDGE_WITH_SESSION_STORE
    int64_t received;  /* by the wall clock, seconds since 1970; 0: that is not known */
    int64_t not_after; /* the server's certificate expires; 0: it was not judged */
#endif
    mbedtls_ssl_session ssl;
};

/* Bound for one call of a stream's operation: calls of mbedTLS plus its reads from the lower
   stream. A ticket takes 4, another record without data 2; a handshake has about 20 steps. */
#define MIDGE__TLS_CALLS 64U

/* The receiving direction. */
enum midge__tls_state {
    MIDGE__TLS_WAIT_HANDSHAKE,
    MIDGE__TLS_OPEN,
    MIDGE__TLS_ENDED_CLEAN, /* the peer's close_notify was read */
    MIDGE__TLS_ENDED_CUT,   /* the lower stream ended without one */
    MIDGE__TLS_DEAD         /* mbedTLS's context must not be used any more; see error */
};

/* The sending direction. */
enum midge__tls_send_state {
    MIDGE__TLS_SEND_OPEN,
    MIDGE__TLS_SEND_HELD,      /* mbedTLS holds output that the lower stream did not take */
    MIDGE__TLS_SEND_NOTIFYING, /* the same, and its last record is close_notify */
    MIDGE__TLS_SEND_NOTIFIED,
    MIDGE__TLS_SEND_BROKEN /* the lower stream failed with send_error; reading goes on. Only with
                              MIDGE_WITH_EARLY_ANSWERS, else the stream is DEAD */
};

/* Kind of the peer's first bytes. */
enum midge__tls_peer { MIDGE__TLS_PEER_SILENT, MIDGE__TLS_PEER_TLS, MIDGE__TLS_PEER_PLAIN };

/* The short fields come first and mbedTLS's large structs last, so that most instructions which use
   a field have the short form (Thumb: bytes below 32, words below 128). */
struct midge__tls_impl {
    uint8_t state;      /* enum midge__tls_state */
    uint8_t sending;    /* enum midge__tls_send_state */
    uint8_t peer;       /* enum midge__tls_peer */
    uint8_t recv_wants; /* the event the last AGAIN waits for: MIDGE_POLL_IN or OUT, 0 none */
    uint8_t send_wants; /* the same for sending */
    uint8_t calls_left; /* of MIDGE__TLS_CALLS */
    uint8_t max_version;
    bool lower_eof;        /* the lower stream has ended */
    bool saw_certificate;  /* the server sent a certificate: a full handshake */
    bool offered_verified; /* time_verified of the session that was offered */
    bool small_records;    /* the server agreed to max_fragment_length */
    bool stacked;          /* the lower stream is TLS, too */
    bool lower_busy;       /* it has more to read without waiting for the socket */
    bool clock_trusted;
#if MIDGE__TLS_SHRINKS
    bool keeps_buffers; /* of the parameters */
#endif
#if MIDGE_WITH_CREDENTIAL
    bool asked_credential; /* the server asked for a certificate of the client */
#endif
    uint8_t ip_len; /* 4, 16: the name is a literal; 0: a DNS name, which mbedTLS's context has */
    struct midge__tls *tls;
    uint32_t longest_send; /* most bytes for one write of mbedTLS; 0: mbedTLS limits it */
    int error;             /* DEAD: returned by every later call */
    int send_error;        /* SEND_BROKEN: the lower stream's failure */
    int lower_error;       /* the lower stream's last failure, MIDGE_OK none */
    struct midge__tls_scope scope;
    void (*show)(struct midge__tls *tls, const void *certificate); /* NULL none */
    /* verification */
    struct midge__verdict verdict;
#if MIDGE_WITH_PINS
    const struct midge_pins *pins; /* those for the server's name; NULL: it has none */
    const char *pinned_host;       /* the name */
    bool pinned;                   /* a certificate of the path has a pinned key */
#endif
#if MIDGE__CERT_ANY_ORDER
    struct midge__chain_search search;
#endif
#if MIDGE_WITH_ROOT_TABLE && !defined(MIDGE_TLS_EXTERNAL)
    struct midge__root_search roots;
#endif
    int unread; /* the context's, recorded for this connection's chain */
    uint32_t ip[4];
#if MIDGE_WITH_SESSION_STORE
    int64_t not_after; /* of the server's certificate, or of the session that was offered */
#endif
    mbedtls_ssl_context ssl;
};

/* Is it TLS in TLS? Then it must not use the read-ahead buffer, which the stream below fills. */
static inline bool midge__tls_is_stacked(const struct midge__tls_impl *impl)
{
    return MIDGE_WITH_PROXY_TLS && impl->stacked;
}

/* A state is never left for an earlier one. */
static inline void midge__tls_set_state(struct midge__tls_impl *impl, enum midge__tls_state state)
{
    MIDGE_ASSERT((uint8_t)state > impl->state);
    impl->state = (uint8_t)state;
}

static inline bool midge__tls_send_is_broken(const struct midge__tls_impl *impl)
{
    return MIDGE_WITH_EARLY_ANSWERS && impl->sending == MIDGE__TLS_SEND_BROKEN;
}

/* tls_config.c. legal: does the profile have the versions? make: sets up config->ssl by the three
   settings; returns mbedTLS's code. */
bool midge__tls_config_legal(const struct midge__tls_config *config);
int midge__tls_config_make(struct midge__tls_context *context, struct midge__tls_config *config);

/* The suites that midge offers, in order, then 0. */
extern const int midge__tls_ciphersuites[];

/* tls_ciphers.c. legal: may the application offer these with the versions of config? set: its
   choice. */
#if MIDGE_WITH_CIPHERS
bool midge__tls_ciphers_legal(const struct midge__tls_config *config, const int *ciphers);
#define midge__tls_ciphers_set(context, own) ((void)((context)->ciphers = (own)))
#define midge__tls_ciphers(context)                                                                \
    ((context)->ciphers != NULL ? (context)->ciphers : midge__tls_ciphersuites)
#else
#define midge__tls_ciphers_legal(config, own) true
#define midge__tls_ciphers_set(context, own)  ((void)0)
#define midge__tls_ciphers(context)           midge__tls_ciphersuites
#endif

/* tls_configs.c. get: the configuration for the settings of a connection. UNSUPPORTED, NO_MEMORY.
   close: frees all but the client's. */
#if MIDGE__TLS_WITH_CONFIGS
int midge__tls_config_get(struct midge__tls_context *context,
                          const struct midge__tls_params *params,
                          const struct midge__tls_config **config);
void midge__tls_configs_close(struct midge__tls_context *context);
#else
#define midge__tls_config_get(context, params, out)                                                \
    ((void)(params), *(out) = &(context)->config, (int)MIDGE_OK)
#define midge__tls_configs_close(context) ((void)(context))
#endif

/* tls_shrink.c: ALPN's choice; the sizes of the record buffers follow it. */
#if MIDGE_WITH_HTTP2 && defined(MBEDTLS_SSL_ALPN)
void midge__tls_note_protocol(struct midge__tls_impl *impl);
#else
#define midge__tls_note_protocol(impl) ((void)(impl))
#endif

/* tls_context.c: midge__trust_warm, once; of mbedTLS's codes, 0 or ALLOC_FAILED. */
#if MIDGE_WITH_SESSION_STORE
int midge__tls_warm(struct midge__tls_context *context);
#else
#define midge__tls_warm(context) 0
#endif

/* tls_bio.c: mbedTLS's callbacks; p is a struct midge__tls_impl. */
int midge__tls_bio_send(void *p, const unsigned char *buf, size_t len);
int midge__tls_bio_recv(void *p, unsigned char *buf, size_t len);

/* tls_ahead.c. recv: in place of midge__tls_bio_recv. drop: forgets the bytes of this stream. */
#if MIDGE_WITH_READ_AHEAD
int midge__tls_ahead_recv(void *p, unsigned char *buf, size_t len);
void midge__tls_drop_ahead(struct midge__tls_impl *impl);
/* Has the read-ahead buffer bytes of this stream? */
static inline bool midge__tls_has_ahead(const struct midge__tls_impl *impl)
{
    return impl->tls->context->ahead_of == impl;
}
#else
#define midge__tls_ahead_recv       midge__tls_bio_recv
#define midge__tls_drop_ahead(impl) ((void)(impl))
#define midge__tls_has_ahead(impl)  ((void)(impl), false)
#endif

/* Can mbedTLS read more bytes now, although it returned WANT_READ? After warning alerts and similar
   records it continues to read while there are bytes. When calls_left is used up, this ends and the
   caller gets its turn back. */
static inline bool midge__tls_may_read(const struct midge__tls_impl *impl)
{
    return impl->calls_left == 0 || midge__tls_has_ahead(impl) ||
           (MIDGE_WITH_PROXY_TLS && impl->lower_busy);
}

/* tls_verify.c */
/* Sets the name to verify, a literal or a DNS name; returns mbedTLS's code. */
int midge__tls_verify_name(struct midge__tls_impl *impl, const char *name);
/* mbedTLS's f_vrfy; p is a struct midge__tls_impl. */
int midge__tls_verify(void *p, mbedtls_x509_crt *crt, int depth, uint32_t *flags);
/* pin.c. open: takes those of the parameters that are for the server's name. only: does a pin
   replace the verification of the chain? begin: a path begins. flags: those of a certificate of the
   path, with the verdict of the pins at its end. holds: have the pins that there are been
   verified? */
#if MIDGE_WITH_PINS
void midge__pin_open(struct midge__tls_impl *impl, const struct midge__tls_params *params);
static inline bool midge__pin_only(const struct midge__tls_impl *impl)
{
    return midge__pins_replace(impl->pins);
}
static inline void midge__pin_begin(struct midge__tls_impl *impl)
{
    impl->pinned = false;
}
uint32_t midge__pin_flags(struct midge__tls_impl *impl, const mbedtls_x509_crt *crt, int depth,
                          uint32_t flags);
bool midge__pin_holds(struct midge__tls_impl *impl);
#else
#define midge__pin_open(impl, params)             ((void)(impl), (void)(params))
#define midge__pin_only(impl)                     ((void)(impl), false)
#define midge__pin_begin(impl)                    ((void)(impl))
#define midge__pin_flags(impl, crt, depth, flags) (flags)
#define midge__pin_holds(impl)                    ((void)(impl), true)
#endif
/* Shows the server's certificate to the observer, once. */
#if MIDGE_WITH_TRACE
void midge__tls_show(struct midge__tls_impl *impl, const mbedtls_x509_crt *crt);
#else
#define midge__tls_show(impl, crt) ((void)(impl), (void)(crt))
#endif

/* tls_dates.c. read_clock: to be called once, when the stream opens. flags: mbedTLS's flags of a
   certificate, with those of its dates as midge judges them. */
void midge__tls_read_clock(struct midge__tls_impl *impl);
uint32_t midge__tls_date_flags(const struct midge__tls_impl *impl, const mbedtls_x509_crt *crt,
                               uint32_t flags);

/* tls_verdict.c: facts about a refused chain that only texts tell. */
#if MIDGE_WITH_TEXTS
void midge__tls_note_date(struct midge__tls_impl *impl, const mbedtls_x509_crt *crt,
                          uint32_t flags);
void midge__tls_note_trust(struct midge__tls_impl *impl, const mbedtls_x509_crt *leaf,
                           uint32_t flags);
#else
#define midge__tls_note_date(impl, crt, flags)   ((void)0)
#define midge__tls_note_trust(impl, leaf, flags) ((void)0)
#endif

/* tls_error.c. begin: enters the stream's scope, for the calls into mbedTLS of one operation;
   returns the outer one, for midge__tls_leave. memory_failed: has an allocation failed since then?
   fail: judges mbedTLS's code, makes the stream DEAD, fills in its fault and returns the
   MIDGE_ERR. */
const struct midge__tls_scope *midge__tls_begin(struct midge__tls_impl *impl);
void midge__tls_memory_failed_reset(struct midge__tls_impl *impl);
bool midge__tls_memory_failed(const struct midge__tls_impl *impl);
int midge__tls_fail(struct midge__tls_impl *impl, int native);

/* tls_handshake.c: the stream's operation. */
int midge__tls_handshake(struct midge__stream *s);

/* tls_fragment.c. fragment: the max_fragment_length to ask TLS 1.2 servers for, 0 none.
   sent_record: where buffers shrink, the longest record sent to a server that agrees. ask_fragment:
   sets it in the configuration. look_at_hello: records whether the ServerHello just read agrees.
   wrap_up: mbedTLS's last step of the handshake, in which the buffers shrink only if the server
   agreed. */
#if MIDGE_WITH_SMALL_RECORDS
unsigned midge__tls_fragment(void);
unsigned midge__tls_sent_record(void);
int midge__tls_ask_fragment(mbedtls_ssl_config *conf);
void midge__tls_look_at_hello(struct midge__tls_impl *impl);
int midge__tls_wrap_up(struct midge__tls_impl *impl);
#else
#define midge__tls_fragment()          0U
#define midge__tls_sent_record()       0U
#define midge__tls_ask_fragment(conf)  ((void)(conf), 0)
#define midge__tls_look_at_hello(impl) ((void)(impl))
#define midge__tls_wrap_up(impl)       mbedtls_ssl_handshake_step(&(impl)->ssl)
#endif

/* tls_shrink.c. record_recv: mbedTLS's callback. buffers_free: before mbedtls_ssl_free. */
#if MIDGE__TLS_SHRINKS
#define midge__tls_keep_buffers(impl, params)                                                      \
    ((void)((impl)->keeps_buffers = (params)->keeps_buffers))
int midge__tls_record_recv(void *p, unsigned char *buf, size_t len);
void midge__tls_buffers_free(struct midge__tls_impl *impl);
#else
#define midge__tls_keep_buffers(impl, params) ((void)(impl), (void)(params))
#define midge__tls_record_recv                midge__tls_ahead_recv
#define midge__tls_buffers_free(impl)         ((void)(impl))
#endif

/* session.c. offer: sets tls->new_session if the session of the stream is worth keeping. use:
   offers a session to the server; returns mbedTLS's code, 0 also for a session that cannot be used.
 */
#if MIDGE_WITH_SESSIONS
void midge__tls_session_offer(struct midge__tls_impl *impl);
int midge__tls_session_use(struct midge__tls_impl *impl, const struct midge__tls_session *session,
                           const struct midge__tls_config *config);
#else
#define midge__tls_session_offer(impl)                ((void)(impl))
#define midge__tls_session_use(impl, session, config) ((void)(session), (void)(config), 0)
#endif

/* session_times.c. note_leaf: the server's certificate is judged. offered: the session is offered.
   note: it was copied from impl. */
#if MIDGE_WITH_SESSION_STORE
void midge__tls_note_leaf(struct midge__tls_impl *impl, const mbedtls_x509_crt *leaf);
void midge__tls_session_offered(struct midge__tls_impl *impl,
                                const struct midge__tls_session *session);
void midge__tls_session_note(struct midge__tls_session *session,
                             const struct midge__tls_impl *impl);
#else
#define midge__tls_note_leaf(impl, leaf)          ((void)0)
#define midge__tls_session_offered(impl, session) ((void)0)
#define midge__tls_session_note(session, impl)    ((void)0)
#endif

#endif
