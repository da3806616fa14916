/* SPDX-License-Identifier: MIT */
/* Private to port/sim/tls: the server behind its connections, and the calls into its mbedTLS. */
#ifndef MIDGE_SIM_TLS_SERVER_H
#define MIDGE_SIM_TLS_SERVER_H

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/x509_crt.h>

#include "../sim.h"
#include "../tls_peer.h"

/* A certificate that was made for a name. */
struct sim_tls_named {
    struct sim_tls_named *next;
    char *name;
    mbedtls_x509_crt cert;
};

struct sim_tls {
    struct sim_tls_settings settings;
    const char *alpn[2];
    mbedtls_ctr_drbg_context drbg; /* before the first connection */
    mbedtls_ssl_config conf;
    mbedtls_pk_context key;
    mbedtls_x509_crt chain;
    struct sim_tls_named *named;
    mbedtls_x509_buf own; /* chain's DER, while it shows the settings' */
    mbedtls_x509_crt client_ca;
    mbedtls_ssl_ticket_context tickets;
    bool has_tickets; /* their keys are made with the first connection, at its date */
    struct sim_tls_count count;
};

/* Where mbedTLS gets chance and time during a call. */
struct sim_tls_scope {
    mbedtls_ctr_drbg_context *drbg;
    const struct midge_sim *sim; /* NULL: the date is 0 */
};

/* process.c. Each call into mbedTLS is between enter and leave; these nest. */
const struct sim_tls_scope *midge__sim_tls_enter(const struct sim_tls_scope *scope);
void midge__sim_tls_leave(const struct sim_tls_scope *outer);
/* mbedTLS's f_rng: from the scope. */
int midge__sim_tls_chance(void *unused, unsigned char *out, size_t len);
/* Seeds an initialised generator with these bytes. mbedTLS's code. */
int midge__sim_tls_seed(mbedtls_ctr_drbg_context *drbg, const uint8_t *seed, size_t len);

/* identity.c: fills chain and key as the settings say. mbedTLS's code. */
int midge__sim_tls_identity(struct sim_tls *tls);
/* mbedTLS's f_sni, if the settings have no names: makes a certificate for the name. */
int midge__sim_tls_by_name(void *tls, mbedtls_ssl_context *ssl, const unsigned char *name,
                           size_t len);
void midge__sim_tls_named_free(struct sim_tls *tls);

/* server.c: ticket keys, if the server has none and wants them. mbedTLS's code. */
int midge__sim_tls_make_tickets(struct sim_tls *tls);

#endif
