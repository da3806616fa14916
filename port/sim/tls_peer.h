/* SPDX-License-Identifier: MIT */
/*
 * Private to port/sim and to tests: TLS servers in the simulated network, TLS 1.2 and 1.3, with
 * any other peer inside.
 *
 *     struct sim_tls *tls = midge__sim_tls_open(&(struct sim_tls_settings){
 *         .names = "api.example.com", .inner = &http_peer, .inner_config = &site});
 *     midge__sim_listen(sim, "api.example.com", 443, &midge__sim_tls_peer, tls);
 *     config.tls.ca = midge__sim_tls_root(&config.tls.ca_len);
 *     ... midge_sim_close(sim); midge__sim_tls_close(tls);
 *
 * The servers have a copy of mbedTLS of their own (port/mbedtls/server.h): its allocator, random
 * generator, clock and key store are not the client's, so that the client's allocations are those
 * that it has with a server elsewhere.
 *
 * Secrets come from the seed or are constants: these servers are for tests only.
 */
#ifndef MIDGE_SIM_TLS_PEER_H
#define MIDGE_SIM_TLS_PEER_H

#include "peer.h"

/* A server's identity, tickets and settings, shared by its connections. */
struct sim_tls;

#define SIM_TLS_NO_TICKETS 255U

/* Zero means the value in brackets. Pointers must stay valid until close. */
struct sim_tls_settings {
    /* The peer that gets the plaintext; required. Its opened follows the handshake. */
    const struct sim_peer_type *inner;
    const void *inner_config;

    /* DNS names and addresses of the certificate, with blanks between them. It is issued by the
       root of midge__sim_tls_root [the name that the client asks for by SNI, else localhost]. */
    const char *names;
    bool unknown_root;               /* it is issued by another root */
    bool rsa;                        /* its key: RSA 2048 [ECDSA P-256] */
    int64_t since, until;            /* its dates, seconds since 1970 [1970 to 9999] */
    const struct sim_tls_der *chain; /* these certificates are sent in place of it */
    size_t chain_len;
    const uint8_t *key; /* the key that signs, DER, in place of the certificate's */
    size_t key_len;

    uint8_t min_version, max_version; /* MIDGE_TLS_1_2, MIDGE_TLS_1_3 [both] */
    const int *suites;                /* IANA's numbers, 0 behind the last [mbedTLS's] */
    const uint16_t *groups;           /* the same; one that the client has sent no key for makes a
                                         HelloRetryRequest */
    const char *alpn;                 /* its only protocol; "": the extension is ignored
                                         ["http/1.1"] */
    uint16_t record;                  /* most plaintext bytes of a record it sends [16384] */
    uint8_t tickets;          /* of TLS 1.3 after a handshake; SIM_TLS_NO_TICKETS: none, and none in
                                 TLS 1.2 [1] */
    uint32_t ticket_seconds;  /* their lifetime [86400] */
    const uint8_t *client_ca; /* DER: a certificate of the client is asked for */
    size_t client_ca_len;
    bool client_required;        /* a client without a certificate is refused */
    const struct midge_psk *psk; /* a pre-shared key, beside the certificate [none] */
    bool no_close_notify;        /* shutdown sends only FIN */
    bool no_fragment;            /* it does not agree to max_fragment_length (TLS 1.2) */
    uint8_t alert;               /* this fatal alert answers the ClientHello [none] */
};

struct sim_tls_der {
    const uint8_t *bytes;
    size_t len;
};

struct sim_tls_count {
    uint32_t full, resumed; /* handshakes */
    uint32_t failed;        /* in the handshake or later, by mbedTLS's judgement */
};

/* The peer to listen with; its config is a struct sim_tls. */
extern const struct sim_peer_type midge__sim_tls_peer;

/* NULL: a setting cannot be used (a name, a key, a version), or no memory. */
struct sim_tls *midge__sim_tls_open(const struct sim_tls_settings *settings);
/* After the sim. NULL does nothing. */
void midge__sim_tls_close(struct sim_tls *tls);
struct sim_tls_count midge__sim_tls_count(const struct sim_tls *tls);

/* The root of all certificates that are made here: DER, the same in each run. */
const uint8_t *midge__sim_tls_root(size_t *len);

/* For hostile servers: sends one protected record with that content type (RFC 8446 5.1), for
   example a KeyUpdate. inner is the peer inside. False: the connection is not open. */
bool midge__sim_tls_record(struct sim_peer *inner, uint8_t type, const void *data, size_t len);
/* One more session ticket of TLS 1.3, at any time. False: the server gives none, or as above. */
bool midge__sim_tls_ticket(struct sim_peer *inner);

#endif
