/* SPDX-License-Identifier: MIT */
/* A TLS server's configuration, from its settings. */
#include "server.h"

#include <stdlib.h>

#define TICKET_SECONDS 86400U

static mbedtls_ssl_protocol_version version_of(uint8_t version)
{
    return version == 13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;
}

static bool is_legal(const struct sim_tls_settings *settings)
{
    uint8_t min = settings->min_version, max = settings->max_version;
    return settings->inner != NULL && (min == 0 || min == 12 || min == 13) &&
           (max == 0 || max == 12 || max == 13) && (min == 0 || max == 0 || min <= max);
}

static bool has_tickets(const struct sim_tls *tls)
{
    return tls->settings.tickets != SIM_TLS_NO_TICKETS;
}

/* As servers of OpenSSL choose for midge, which names P-256 first. mbedTLS's own order begins with
   X25519, whose computing a client can't divide into steps. */
static const uint16_t usual_groups[] = {
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, MBEDTLS_SSL_IANA_TLS_GROUP_NONE};

static void choose(struct sim_tls *tls)
{
    const struct sim_tls_settings *settings = &tls->settings;
    mbedtls_ssl_conf_rng(&tls->conf, midge__sim_tls_chance, NULL);
    mbedtls_ssl_conf_renegotiation(&tls->conf, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
    if (settings->min_version != 0) {
        mbedtls_ssl_conf_min_tls_version(&tls->conf, version_of(settings->min_version));
    }
    if (settings->max_version != 0) {
        mbedtls_ssl_conf_max_tls_version(&tls->conf, version_of(settings->max_version));
    }
    if (settings->suites != NULL) {
        mbedtls_ssl_conf_ciphersuites(&tls->conf, settings->suites);
    }
    mbedtls_ssl_conf_preference_order(&tls->conf, MBEDTLS_SSL_SRV_CIPHERSUITE_ORDER_CLIENT);
    mbedtls_ssl_conf_groups(&tls->conf, settings->groups != NULL ? settings->groups : usual_groups);
    if (settings->names == NULL && settings->chain_len == 0) {
        mbedtls_ssl_conf_sni(&tls->conf, midge__sim_tls_by_name, tls);
    }
    uint8_t tickets = settings->tickets != 0 ? settings->tickets : 1;
    mbedtls_ssl_conf_new_session_tickets(&tls->conf, has_tickets(tls) ? tickets : 0);
}

static int ask_for_certificate(struct sim_tls *tls)
{
    const struct sim_tls_settings *settings = &tls->settings;
    if (settings->client_ca == NULL) {
        return 0;
    }
    mbedtls_ssl_conf_authmode(&tls->conf, settings->client_required ? MBEDTLS_SSL_VERIFY_REQUIRED
                                                                    : MBEDTLS_SSL_VERIFY_OPTIONAL);
    mbedtls_ssl_conf_ca_chain(&tls->conf, &tls->client_ca, NULL);
    return mbedtls_x509_crt_parse_der(&tls->client_ca, settings->client_ca,
                                      settings->client_ca_len);
}

static int share_key(struct sim_tls *tls)
{
    const struct midge_psk *psk = tls->settings.psk;
    return psk == NULL ? 0
                       : mbedtls_ssl_conf_psk(&tls->conf, psk->key, psk->key_len, psk->identity,
                                              psk->identity_len);
}

static int offer_alpn(struct sim_tls *tls)
{
    const char *protocol = tls->settings.alpn != NULL ? tls->settings.alpn : "http/1.1";
    tls->alpn[0] = protocol;
    return *protocol == '\0' ? 0 : mbedtls_ssl_conf_alpn_protocols(&tls->conf, tls->alpn);
}

static int configure(struct sim_tls *tls)
{
    static const uint8_t seed[] = "simulated server";
    int ret = midge__sim_tls_seed(&tls->drbg, seed, sizeof seed);
    if (ret == 0) {
        ret = mbedtls_ssl_config_defaults(&tls->conf, MBEDTLS_SSL_IS_SERVER,
                                          MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    }
    if (ret == 0) {
        choose(tls);
        ret = midge__sim_tls_identity(tls);
    }
    if (ret == 0) {
        ret = mbedtls_ssl_conf_own_cert(&tls->conf, &tls->chain, &tls->key);
    }
    if (ret == 0) {
        ret = ask_for_certificate(tls);
    }
    if (ret == 0) {
        ret = share_key(tls);
    }
    return ret == 0 ? offer_alpn(tls) : ret;
}

struct sim_tls *midge__sim_tls_open(const struct sim_tls_settings *settings)
{
    if (!is_legal(settings)) {
        return NULL;
    }
    struct sim_tls *tls = midge__sim_new(sizeof *tls);
    tls->settings = *settings;
    mbedtls_ctr_drbg_init(&tls->drbg);
    mbedtls_ssl_config_init(&tls->conf);
    mbedtls_pk_init(&tls->key);
    mbedtls_x509_crt_init(&tls->chain);
    mbedtls_x509_crt_init(&tls->client_ca);
    mbedtls_ssl_ticket_init(&tls->tickets);
    const struct sim_tls_scope scope = {.drbg = &tls->drbg};
    const struct sim_tls_scope *outer = midge__sim_tls_enter(&scope);
    int ret = configure(tls);
    midge__sim_tls_leave(outer);
    if (ret != 0) {
        midge__sim_tls_close(tls);
        return NULL;
    }
    return tls;
}

void midge__sim_tls_close(struct sim_tls *tls)
{
    if (tls == NULL) {
        return;
    }
    const struct sim_tls_scope scope = {.drbg = &tls->drbg};
    const struct sim_tls_scope *outer = midge__sim_tls_enter(&scope);
    if (tls->own.p != NULL) {
        tls->chain.raw = tls->own;
    }
    mbedtls_ssl_ticket_free(&tls->tickets);
    mbedtls_ssl_config_free(&tls->conf);
    mbedtls_x509_crt_free(&tls->chain);
    midge__sim_tls_named_free(tls);
    mbedtls_x509_crt_free(&tls->client_ca);
    mbedtls_pk_free(&tls->key);
    midge__sim_tls_leave(outer);
    mbedtls_ctr_drbg_free(&tls->drbg);
    free(tls);
}

int midge__sim_tls_make_tickets(struct sim_tls *tls)
{
    if (tls->has_tickets || !has_tickets(tls)) {
        return 0;
    }
    uint32_t seconds = tls->settings.ticket_seconds;
    tls->has_tickets = true;
    mbedtls_ssl_conf_session_tickets_cb(&tls->conf, mbedtls_ssl_ticket_write,
                                        mbedtls_ssl_ticket_parse, &tls->tickets);
    return mbedtls_ssl_ticket_setup(&tls->tickets, midge__sim_tls_chance, NULL,
                                    MBEDTLS_CIPHER_AES_256_GCM,
                                    seconds != 0 ? seconds : TICKET_SECONDS);
}

struct sim_tls_count midge__sim_tls_count(const struct sim_tls *tls)
{
    return tls->count;
}
