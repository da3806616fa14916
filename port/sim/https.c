/* SPDX-License-Identifier: MIT */
/* The scripted HTTP server inside a TLS server. */
#include "http.h"
#include "tls_peer.h"

static void close_tls(void *tls)
{
    midge__sim_tls_close(tls);
}

int midge_sim_use_tls(struct midge_sim_host *host, uint16_t port,
                      const struct midge_sim_tls *settings)
{
    static const struct midge_sim_tls none;
    const struct midge_sim_tls *with = settings != NULL ? settings : &none;
    const struct sim_peer_type *inner = midge__sim_http_type(with->http2 != 0);
    struct sim_tls *tls = inner == NULL ? NULL
                                        : midge__sim_tls_open(&(const struct sim_tls_settings){
                                              .inner = inner,
                                              .inner_config = midge__sim_site(host, port),
                                              .alpn = with->http2 ? "h2" : NULL,
                                              .names = with->names,
                                              .unknown_root = with->unknown_root,
                                              .rsa = with->rsa,
                                              .since = with->since,
                                              .until = with->until,
                                              .min_version = with->min_version,
                                              .max_version = with->max_version,
                                              .client_ca = with->client_ca,
                                              .client_ca_len = with->client_ca_len,
                                              .client_required = with->client_required != 0,
                                              .psk = with->psk,
                                              .tickets = with->no_tickets ? SIM_TLS_NO_TICKETS : 0,
                                          });
    if (tls == NULL) {
        return MIDGE_ERR_INVALID;
    }
    midge__sim_own(host->sim, tls, close_tls);
    return midge__sim_listen(host->sim, host->name, port, &midge__sim_tls_peer, tls);
}

const void *midge_sim_root(size_t *len)
{
    return midge__sim_tls_root(len);
}
