/* SPDX-License-Identifier: MIT */
/* Calls config.on_peer while a connection is opened. */
#include "base/check.h"
#include "base/list.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/origin.h"
#include "core/tell.h"
#include "midge/config.h"

#if MIDGE_WITH_TEXTS

void midge__peer_tell(const struct midge__conn *conn, enum midge_peer_event event,
                      const struct midge_addr *address, const void *certificate)
{
    const struct midge_config *config = &conn->client->config;
    const struct midge__origin *o = conn->origin;
    if (config->on_peer == NULL) {
        return;
    }
    const struct midge_peer peer = {
        .event = event,
        .connection = conn->number,
        .host = o->host,
        .servername = o->servername,
        .address = address,
        .port = o->port,
        .tls_version = conn->tls.version,
        .resumed = conn->tls.resumed,
        .verified = !o->skip_verification,
        .cipher = conn->tls.cipher,
        .certificate = certificate,
    };
    config->on_peer(config->trace_ctx, &peer);
}

void midge__peer_certificate(struct midge__tls *tls, const void *certificate)
{
    midge__peer_tell(MIDGE_CONTAINER_OF(tls, struct midge__conn, tls), MIDGE_PEER_CERTIFICATE, NULL,
                     certificate);
}

#endif
