/* SPDX-License-Identifier: MIT */
/* Reports for logs: lines to config.trace, and peers to config.on_peer while a connection is
 * opened. */
#include "base/check.h"
#include "base/list.h"
#include "base/text.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/origin.h"
#include "core/proxy.h"
#include "core/tell.h"
#include "midge/config.h"

#if MIDGE_WITH_TRACE

#define TRACE_LINE 200U

void midge__trace(const struct midge_client *client, enum midge_trace_kind kind, midge_id id,
                  const char *a, const char *b, uint64_t number)
{
    char line[TRACE_LINE];
    if (client->config.trace == NULL) {
        return;
    }
    struct midge__text text = midge__text_on(line, sizeof line);
    if (number != 0) {
        midge__text_add(&text, "connection %llu: ", (unsigned long long)number);
    }
    midge__text_add(&text, "%s (%s)", a, b);
    client->config.trace(client->config.trace_ctx, kind, id, line);
}

void midge__peer_report(const struct midge__conn *conn, enum midge_peer_event event,
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
        .host = midge__origin_peer(o),
        .servername = o->servername,
        .address = address,
        .port = midge__origin_peer_port(o),
        .tls_version = conn->tls.version,
        .resumed = conn->tls.resumed,
        .verified =
            !midge__origin_own(o, skip_verification, config->tls.dangerously_skip_verification),
        .cipher = conn->tls.cipher != NULL ? conn->tls.cipher : "",
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
