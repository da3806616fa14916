/* SPDX-License-Identifier: MIT */
/*
 * The memory that a connection takes, for admission and midge_memory_needed. Only owned builds read
 * mbedTLS's internal headers: they are built together with the mbedTLS they describe. In external
 * builds mbedTLS does not use midge's memory, and only the stream's own block counts.
 *
 * The constants below were measured (tests/unit/test_tls_memory.c checks them) and rounded up.
 */
#if !defined(MIDGE_TLS_EXTERNAL)
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#endif

#include "base/ledger.h"
#include "io/tls_internal.h"
#include <midge/config.h>

#if !defined(MIDGE_TLS_EXTERNAL)
#include "ssl_misc.h"
#endif

#define COST(n) MIDGE__MEMORY_COST(n)

/* Pointers and size_t are twice as wide on the desktop; arrays of bytes are not. */
#define WIDE(on_32, on_64) (sizeof(void *) > 4 ? (size_t)(on_64) : (size_t)(on_32))

static size_t impl_bytes(void)
{
    return sizeof(struct midge__tls_impl);
}

/* With a credential, TLS to proxies has configurations without it. */
static size_t configs_bytes(const struct midge_tls *settings)
{
    const bool twice = (MIDGE_WITH_CREDENTIAL && settings->credential != NULL) ||
                       (MIDGE_WITH_PSK && settings->psk != NULL);
    const size_t more = MIDGE__TLS_MORE_CONFIGS;
    return COST(sizeof(struct midge__tls_context) +
                (MIDGE_WITH_READ_AHEAD ? MIDGE_READ_AHEAD : 0U)) +
           (MIDGE_WITH_PROXY_TLS && twice ? 2 * more + 1 : more) *
               COST(sizeof(struct midge__tls_config)) +
           (more + 1) * midge__psk_bytes(settings->psk);
}

#if MIDGE_WITH_HTTP2
size_t midge__tls_h2_bytes(void)
{
    return (MIDGE__TLS_MORE_CONFIGS + 1) * COST(sizeof(struct midge__tls_config));
}
#endif

#if defined(MIDGE_TLS_EXTERNAL)

/* The stream's block: external builds use no other memory of midge. */
#define EXTERNAL_BYTES COST(impl_bytes())

size_t midge__tls_context_bytes(const struct midge_tls *settings)
{
    return configs_bytes(settings);
}

#if MIDGE_WITH_RECORD_SLOTS
size_t midge__tls_slot_in(void)
{
    return 0;
}

size_t midge__tls_slot_out(void)
{
    return 0;
}
#endif

size_t midge__tls_handshake_bytes(void)
{
    return EXTERNAL_BYTES;
}

size_t midge__tls_handshake_worst(const struct midge_tls *settings)
{
    (void)settings;
    return EXTERNAL_BYTES;
}

size_t midge__tls_handshake_piece(void)
{
    return impl_bytes();
}

size_t midge__tls_resumed_bytes(void)
{
    return EXTERNAL_BYTES;
}

bool midge__tls_keeps_slots(void)
{
    return true;
}

size_t midge__tls_held_bytes(void)
{
    return EXTERNAL_BYTES;
}

size_t midge__tls_held_least(void)
{
    return EXTERNAL_BYTES;
}

size_t midge__tls_session_bytes(void)
{
    return COST(sizeof(struct midge__tls_session));
}

void midge__tls_context_lines(const struct midge__ledger *ledger, const struct midge_tls *settings)
{
    midge__ledger_add(ledger, "configurations, keys shared in advance", 1, configs_bytes(settings),
                      0);
}

void midge__tls_held_lines(const struct midge__ledger *ledger)
{
    midge__ledger_add(ledger, "stream; the rest is mbedTLS's own allocator's", 1, EXTERNAL_BYTES,
                      0);
}

void midge__tls_handshake_lines(const struct midge__ledger *ledger,
                                const struct midge_tls *settings)
{
    (void)settings;
    midge__tls_held_lines(ledger);
}

#else

#define CONTEXT_PARTS(X, settings)                                                                 \
    X("configurations, read-ahead buffer, keys shared in advance", 1, configs_bytes(settings))     \
    X("trusted roots of tls.ca", 1, midge__trust_bytes((settings)->ca, (settings)->ca_len))        \
    X("client certificate and key", 1, midge__credential_bytes((settings)->credential))

size_t midge__tls_context_bytes(const struct midge_tls *settings)
{
    return 0 CONTEXT_PARTS(MIDGE__LEDGER_SUM, settings);
}

void midge__tls_context_lines(const struct midge__ledger *ledger, const struct midge_tls *settings){
    CONTEXT_PARTS(MIDGE__LEDGER_LINE, settings)}

#if MIDGE_WITH_RECORD_SLOTS
size_t midge__tls_slot_in(void)
{
    return MBEDTLS_SSL_IN_BUFFER_LEN;
}

size_t midge__tls_slot_out(void)
{
    return MBEDTLS_SSL_OUT_BUFFER_LEN;
}

#define RECORDS_BYTES ((size_t)0) /* record buffers that are not in slots */
#else
#define RECORDS_BYTES (COST(MBEDTLS_SSL_IN_BUFFER_LEN) + COST(MBEDTLS_SSL_OUT_BUFFER_LEN))
#endif

/* mbedTLS's copy of the name, of 255 bytes at most. */
static size_t names_bytes(void)
{
    return COST(256);
}

/* A chain with a signature of RSA-2048 takes more than this. */
#define EC_CHAIN   512U
/* No public server sends more; handshake_worst counts longer ones. */
#define LONG_CHAIN 5120U

static bool has_rsa(void)
{
    return MIDGE_MAX_CHAIN > EC_CHAIN;
}

/*
 * The other memory at the peak of a full handshake, with keys of RSA-2048 or up to P-384. Measured
 * with the stream's block and a short name, on 32 and 64 bits, for one certificate of P-256, one of
 * RSA-2048, and a chain of 5 KB in three certificates (tiny: too long for its input buffer):
 *
 *     full, TLS 1.3    9,128 11,488   13,088 15,520   17,104 22,272
 *     full, TLS 1.2    7,616 10,192   11,552 13,840   15,592 20,960
 *     small            4,448  6,336    8,592 10,800    7,272 12,144
 *     tiny             4,456  6,384    8,600 10,816
 *
 * Three certificates of RSA-2048 take up to 2,600 more than one.
 */
static size_t keys_bytes(void)
{
    size_t ec = MIDGE__PICK(WIDE(8500, 10600), WIDE(3800, 5400), WIDE(3800, 5400));
    return ec + (has_rsa() ? MIDGE__PICK(WIDE(4000, 4200), WIDE(4100, 4500), WIDE(4100, 4500)) : 0);
}

/* Above one short certificate. */
static size_t chain_bytes(void)
{
    size_t most = MIDGE_MAX_CHAIN < LONG_CHAIN ? MIDGE_MAX_CHAIN : LONG_CHAIN;
    size_t percent = MIDGE__PICK(WIDE(120, 180), WIDE(42, 100), WIDE(32, 90));
    return has_rsa() ? (most - EC_CHAIN) * percent / 100 : 0;
}

#define HANDSHAKE_PARTS(X)                                                                         \
    X("record buffers without slots", 1, RECORDS_BYTES)                                            \
    X("stream", 1, COST(impl_bytes()))                                                             \
    X("host name", 1, names_bytes())                                                               \
    X("key exchange, short certificate", 1, keys_bytes())                                          \
    X("certificate chain of up to 5 KB", 1, chain_bytes())

size_t midge__tls_handshake_bytes(void)
{
    return 0 HANDSHAKE_PARTS(MIDGE__LEDGER_SUM);
}

/* A root of a table, parsed, with RSA-4096 and its largest scratch number: test_tls_roots.c
   measures the roots of the system's bundle. Where the key is smaller, the other estimates have
   room for it. */
static size_t root_bytes(const struct midge_tls *settings)
{
    return MIDGE_WITH_ROOT_TABLE && settings->roots_len > 0 ? WIDE(2200, 3000) : 0;
}

/* A chain of MIDGE_MAX_CHAIN bytes takes its DER once, again where the peer's certificate is kept,
   and the same size for the parsed form; verifying with RSA-4096 keys takes 7 KB more. */
#if defined(MBEDTLS_SSL_KEEP_PEER_CERTIFICATE)
#define CHAIN_TIMES 3U
#else
#define CHAIN_TIMES 2U
#endif
#define LONGER_BYTES ((size_t)(MIDGE_MAX_CHAIN > LONG_CHAIN ? MIDGE_MAX_CHAIN - LONG_CHAIN : 0U))
#define WORST_PARTS(X, settings)                                                                   \
    X("longer chain, up to MIDGE_MAX_CHAIN", CHAIN_TIMES, LONGER_BYTES)                            \
    X("verifying with RSA-4096", 1, (size_t)7168)                                                  \
    X("root of a table", 1, root_bytes(settings))

size_t midge__tls_handshake_worst(const struct midge_tls *settings)
{
    return midge__tls_handshake_bytes() WORST_PARTS(MIDGE__LEDGER_SUM, settings);
}

void midge__tls_handshake_lines(const struct midge__ledger *ledger,
                                const struct midge_tls *settings){
    HANDSHAKE_PARTS(MIDGE__LEDGER_LINE) WORST_PARTS(MIDGE__LEDGER_LINE, settings)}

/* A certificate of 3 KB or the scratch of one RSA-4096 verification; else mbedTLS's structure for
   the handshake, or the stream's block. Record buffers without slots are taken before these, so one
   piece must hold all. */
size_t midge__tls_handshake_piece(void)
{
    size_t least = has_rsa() ? 3072 : sizeof(mbedtls_ssl_handshake_params);
    return RECORDS_BYTES + (impl_bytes() > least ? impl_bytes() : least);
}

/*
 * Measured, in sum, on 32 and 64 bits: full 6,688 and 8,576, small 4,136 and 5,152, tiny 4,144 and
 * 5,168, with a name and tickets of usual length. If they are longer, or the server requires a full
 * handshake after all, and there is too little memory for that, the request is retried later.
 */
size_t midge__tls_resumed_bytes(void)
{
    return RECORDS_BYTES + COST(impl_bytes()) + COST(64) +
           MIDGE__PICK(WIDE(6400, 8100), WIDE(3800, 4600), WIDE(3800, 4600));
}

bool midge__tls_keeps_slots(void)
{
#if defined(MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH)
    return midge__tls_fragment() == 0;
#else
    return true;
#endif
}

/* They replace the slots. */
static size_t small_buffers(void)
{
    return midge__tls_keeps_slots() ? 0
                                    : COST(midge__tls_fragment() + MIDGE__TLS_RECORD_MORE) +
                                          COST(midge__tls_sent_record() + MIDGE__TLS_RECORD_MORE);
}

/* TLS 1.3 keeps the handshake's structure, a name, three keys and the last ticket. */
#define HELD_PARTS(X)                                                                              \
    X("record buffers without slots", 1, RECORDS_BYTES)                                            \
    X("stream", 1, COST(impl_bytes()))                                                             \
    X("buffers of small records", 1, small_buffers())                                              \
    X("keys and the state of mbedTLS", 1,                                                          \
      MIDGE__PICK(COST(256) + WIDE(6000, 7000), WIDE(2000, 2300), WIDE(2000, 2300)))

size_t midge__tls_held_bytes(void)
{
    return 0 HELD_PARTS(MIDGE__LEDGER_SUM);
}

void midge__tls_held_lines(const struct midge__ledger *ledger){HELD_PARTS(MIDGE__LEDGER_LINE)}

/* With ChaCha20-Poly1305, and after the session was taken. */
size_t midge__tls_held_least(void)
{
    return RECORDS_BYTES + COST(impl_bytes()) + small_buffers() +
           MIDGE__PICK(WIDE(1300, 1700), WIDE(1300, 1700), WIDE(800, 1000));
}

size_t midge__tls_session_bytes(void)
{
    return COST(sizeof(struct midge__tls_session)) + COST(MIDGE_MAX_TICKET) + COST(256) + COST(64);
}

#endif
