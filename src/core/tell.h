/* SPDX-License-Identifier: MIT */
/* Traces and events of the peer (tell.c). */
#ifndef MIDGE_CORE_TELL_H
#define MIDGE_CORE_TELL_H

#include <stdint.h>
#include "core/event.h"
#include "midge/client.h"
#include "midge/config.h"

struct midge__conn;
struct midge__tls;

#if MIDGE_WITH_TRACE
void midge__trace(const struct midge_client *client, enum midge_trace_kind kind, midge_id id,
                  const char *a, const char *b, uint64_t number);
/* Calls config.on_peer; address and certificate may be NULL. */
void midge__peer_report(const struct midge__conn *conn, enum midge_peer_event event,
                        const struct midge_addr *address, const void *certificate);
/* As midge__tls_params.show. */
void midge__peer_certificate(struct midge__tls *tls, const void *certificate);
#else
#define midge__peer_certificate NULL
#define midge__peer_report(conn, event, address, crt)                                              \
    ((void)(conn), (void)(event), (void)(address), (void)(crt))
/* sizeof does not evaluate its operand, but the compiler counts it as used. */
#define midge__trace(client, kind, id, a, b, number)                                               \
    ((void)(sizeof(id) + sizeof(a) + sizeof(b) + sizeof(number)))
#endif

/* The same, and the event of it. */
static inline void midge__peer_tell(const struct midge__conn *conn, enum midge_peer_event event,
                                    const struct midge_addr *address, const void *certificate)
{
    midge__event_peer(conn, event, address);
    midge__peer_report(conn, event, address, certificate);
}

#endif
