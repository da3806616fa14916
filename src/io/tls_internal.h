/* SPDX-License-Identifier: MIT */
/* Shared by the files of the TLS stream. Private to src/io, as it includes mbedTLS's headers. */
#ifndef MIDGE_IO_TLS_INTERNAL_H
#define MIDGE_IO_TLS_INTERNAL_H

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "io/cert_path.h"
#include "io/chain_search.h"
#include "io/tls.h"
#include "io/tls_process.h"
#include "io/trust.h"

#if !defined(MBEDTLS_CTR_DRBG_C)
#error "midge needs MBEDTLS_CTR_DRBG_C: its random generator, seeded from the port"
#endif
#if !defined(MBEDTLS_SSL_CLI_C) || !defined(MBEDTLS_X509_CRT_PARSE_C)
#error "midge needs MBEDTLS_SSL_CLI_C and MBEDTLS_X509_CRT_PARSE_C"
#endif

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

/* (verified, not) x (1.2), (1.2 and 1.3), (1.3): all possible combinations. */
#define MIDGE__TLS_CONFIGS (MIDGE__TLS_MIN_VERSION == MIDGE__TLS_MAX_VERSION ? 2U : 6U)

/* One mbedTLS configuration, made at its first use and shared by connections. */
struct midge__tls_config {
    struct midge__tls_config *next;
    bool skip_verification;
    uint8_t min_version, max_version;
    mbedtls_ssl_config ssl;
};

struct midge__tls_context {
    struct midge__tls_context *next; /* list of all contexts in the process */
    struct midge__memory *memory;
    struct midge_port *port;
    struct midge__tls_limits limits;
    int64_t time_floor;
    uint64_t ms; /* mbedTLS's clock: the port's, in 64 bits */
    uint8_t min_version, max_version;
    bool seeded;
    struct midge__tls_config *configs;
    struct midge__trust trust;
    struct midge__cert_path path; /* the path that mbedTLS is verifying */
    int unread; /* mbedTLS's code: why a certificate was left out in this step; 0: none was */
    mbedtls_ctr_drbg_context drbg;
};

struct midge__tls_session {
    bool time_verified; /* a trusted clock judged the chain's dates */
    mbedtls_ssl_session ssl;
};

/* Bound for one call of a stream's operation: calls of mbedTLS plus its reads from the lower
   stream. A ticket takes 4, another record without data 2; a handshake has about 20 steps. */
#define MIDGE__TLS_CALLS 64U

/* The life of a stream. */
enum midge__tls_state {
    MIDGE__TLS_WAIT_HANDSHAKE,
    MIDGE__TLS_OPEN,
    MIDGE__TLS_ENDED_CLEAN, /* the peer's close_notify was read */
    MIDGE__TLS_ENDED_CUT,   /* the lower stream ended without one */
    MIDGE__TLS_DEAD         /* mbedTLS's context must not be used any more; see error */
};

struct midge__tls_impl {
    mbedtls_ssl_context ssl;
    struct midge__tls *tls;
    enum midge__tls_state state;
    int error;          /* DEAD: returned by every later call */
    uint8_t recv_wants; /* the event the last AGAIN waits for: MIDGE_POLL_IN or OUT, 0 none */
    uint8_t send_wants;
    bool unsent;           /* mbedTLS holds output that the lower stream did not take */
    bool notified;         /* close_notify was written */
    bool saw_certificate;  /* the server sent a certificate: a full handshake */
    bool small_records;    /* the server agreed to max_fragment_length */
    uint32_t longest_send; /* most bytes for one write of mbedTLS; 0: mbedTLS limits it */
    bool offered_verified; /* time_verified of the session that was offered */
    uint8_t max_version;
    unsigned owner;
    void (*show)(struct midge__tls *tls, const void *certificate); /* NULL none */
    /* verification */
    struct midge__verdict verdict;
    struct midge__chain_search search;
    int unread; /* the context's, recorded for this connection's chain */
    bool now_known;
    int64_t now; /* seconds since 1970; negative: no trusted clock */
    uint8_t ip[16];
    uint8_t ip_len; /* 4, 16: the name is a literal; 0: a DNS name */
    /* read ahead */
    int lower_error; /* the lower stream's failure, MIDGE_OK none */
    int deaf;        /* sending failed with this error; MIDGE_OK: it has not */
    bool lower_eof;
    bool spoke;         /* the peer has sent something */
    bool plaintext;     /* the first bytes were not TLS */
    uint8_t calls_left; /* of MIDGE__TLS_CALLS */
    uint32_t ahead_begin, ahead_end, ahead_size;
    uint8_t *ahead; /* after the struct */
    char *name;     /* after ahead; NUL-terminated */
};

/* tls_context.c: the configuration for these settings; NULL: too little memory. Versions are not
   0. */
struct midge__tls_config *midge__tls_config_get(struct midge__tls_context *context,
                                                bool skip_verification, uint8_t min_version,
                                                uint8_t max_version);
/* tls_context.c: mbedTLS's f_rng; p is a struct midge__tls_context. */
int midge__tls_random(void *p, unsigned char *out, size_t len);

/* tls_bio.c: mbedTLS's callbacks; p is a struct midge__tls_impl. */
int midge__tls_bio_send(void *p, const unsigned char *buf, size_t len);
int midge__tls_bio_recv(void *p, unsigned char *buf, size_t len);
/* tls_bio.c: can mbedTLS read more bytes now, although it returned WANT_READ? */
bool midge__tls_may_read(const struct midge__tls_impl *impl);

/* tls_verify.c */
/* Stores the name to verify: literal or DNS. */
void midge__tls_verify_name(struct midge__tls_impl *impl);
/* mbedTLS's f_vrfy; p is a struct midge__tls_impl. */
int midge__tls_verify(void *p, mbedtls_x509_crt *crt, int depth, uint32_t *flags);
/* Fixed text for the most serious of the flags. */
const char *midge__tls_verify_text(const struct midge__tls_impl *impl, uint32_t flags);

/* tls_error.c: the fixed text for an mbedTLS code that reports a certificate feature that this
   mbedTLS lacks; NULL for other codes. */
const char *midge__tls_unsupported_text(int native);
/* tls_error.c. clear: call before a call into mbedTLS. memory_was_short: has an allocation failed
   since then? fail: judges mbedTLS's code, makes the stream DEAD, fills in its fault and returns
   the MIDGE_ERR. */
void midge__tls_clear(struct midge__tls_impl *impl);
bool midge__tls_memory_was_short(const struct midge__tls_impl *impl);
int midge__tls_fail(struct midge__tls_impl *impl, int native);

/* tls_alert.c: fixed text for a fatal alert of the peer; only with MIDGE_WITH_TEXTS. */
const char *midge__tls_alert_text(unsigned number);

/* tls_handshake.c: the stream's operation; show passes the server's certificate to the observer. */
int midge__tls_handshake(struct midge__stream *s);
void midge__tls_show(struct midge__tls_impl *impl, const mbedtls_x509_crt *crt);

/* tls_fragment.c. fragment: the max_fragment_length to ask TLS 1.2 servers for, 0 none.
   sent_record: where buffers shrink, the longest record sent to a server that agrees. ask_fragment:
   sets it in the configuration. look_at_hello: records whether the ServerHello just read agrees.
   wrap_up: mbedTLS's last step of the handshake, in which the buffers shrink only if the server
   agreed. */
unsigned midge__tls_fragment(void);
unsigned midge__tls_sent_record(void);
int midge__tls_ask_fragment(mbedtls_ssl_config *conf);
void midge__tls_look_at_hello(struct midge__tls_impl *impl);
int midge__tls_wrap_up(struct midge__tls_impl *impl);

/* session.c: sets tls->new_session if the session of the stream is worth keeping. */
void midge__tls_session_offer(struct midge__tls_impl *impl);

#endif
