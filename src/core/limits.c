/* SPDX-License-Identifier: MIT */
/* Defaults of the configuration, and how much memory it needs. */
#include "core/core.h"
#include <string.h>

#define ORIGIN_BYTES    512U /* an origin with names of ordinary length */
#define EXCHANGE_BYTES  (MIDGE_SEND_BUFFER + MIDGE_RECV_BUFFER + 640U)
#define REQUEST_BYTES   512U
#define LEAST_HEAD      2048U
#define LEAST_SESSION   1024U /* without room for a longer ticket there is no resumption */
#define FRAGMENTS_SHARE 32U   /* one part in 32 may be lost between small blocks */

static void default_u16(uint16_t *field, unsigned value, unsigned max)
{
    if (*field == 0) {
        *field = (uint16_t)value;
    }
    if (*field > max) {
        *field = (uint16_t)max;
    }
}

static void default_u32(uint32_t *field, uint32_t value)
{
    if (*field == 0) {
        *field = value;
    }
}

void midge__config_defaults(struct midge_config *c, const struct midge_config *from)
{
    *c = *from;
    default_u16(&c->max_connections, MIDGE_MAX_CONNECTIONS, MIDGE__OWNERS_MAX - 24);
    default_u16(&c->max_per_origin, MIDGE_MAX_PER_ORIGIN, UINT16_MAX);
    default_u16(&c->max_handshakes, MIDGE_MAX_HANDSHAKES, UINT16_MAX);
    default_u16(&c->max_transfers, c->max_connections, UINT16_MAX);
    default_u16(&c->max_awaitables, MIDGE_MAX_AWAITABLES, 65000);
    default_u16(&c->queued_requests, c->max_awaitables, UINT16_MAX);
    default_u16(&c->request_bytes, REQUEST_BYTES, UINT16_MAX);
    default_u32(&c->max_header, MIDGE_MAX_HEADER);
    default_u32(&c->turn_crypto, MIDGE_TURN_CRYPTO);
    default_u32(&c->turn_bytes, MIDGE_TURN_BYTES);
    default_u32(&c->turn_steps, MIDGE_TURN_STEPS);
    default_u32(&c->keep_alive_ms, MIDGE_KEEP_ALIVE_MS);
    default_u32(&c->ticket_wait_ms, MIDGE_TICKET_WAIT_MS);
    if (c->max_header < 256) {
        c->max_header = 256;
    }
    if (c->max_handshakes > c->max_connections) {
        c->max_handshakes = c->max_connections;
    }
}

/* After the handshake; an exchange begins when the handshake's own needs are over. */
static size_t working_bytes(size_t head)
{
    return midge__tls_held_bytes() + MIDGE__MEMORY_COST(EXCHANGE_BYTES) + MIDGE__MEMORY_COST(head);
}

static size_t slot_bytes(void)
{
    return MIDGE__MEMORY_SLOT_COST(midge__tls_slot_in()) +
           MIDGE__MEMORY_SLOT_COST(midge__tls_slot_out());
}

static size_t connection_bytes(size_t head)
{
    return working_bytes(head) + MIDGE__MEMORY_COST(sizeof(struct midge__conn)) +
           MIDGE__MEMORY_COST(sizeof(struct midge_dns_query)) +
           MIDGE__MEMORY_COST(sizeof(struct midge_result)) + MIDGE__MEMORY_COST(ORIGIN_BYTES) +
           sizeof(struct midge__conn *) + sizeof(struct midge_pollfd) +
           2 * sizeof(struct midge__timer *) + sizeof(struct midge__owner_stats);
}

static size_t with_slack(size_t bytes)
{
    return bytes + bytes / FRAGMENTS_SHARE;
}

static size_t beyond(size_t handshake, size_t working)
{
    return handshake > working ? handshake - working : 0;
}

static size_t fixed_bytes(const struct midge_config *c, size_t sessions)
{
    return sizeof(struct midge_client) + MIDGE__MEMORY_FIXED_COST(1U) +
           c->max_awaitables * (sizeof(struct midge__slot) + sizeof(struct midge__timer *)) +
           midge__tls_context_bytes(&c->tls) + sessions + 8 * MIDGE__MEMORY_UNIT;
}

void midge__config_sizes(const struct midge_config *c, struct midge__sizes *sizes)
{
    sizes->fixed = with_slack(fixed_bytes(c, c->no_sessions ? 0 : LEAST_SESSION));
    sizes->connection = slot_bytes() + with_slack(connection_bytes(LEAST_HEAD));
    sizes->handshake = beyond(midge__tls_handshake_bytes(), working_bytes(LEAST_HEAD));
}

size_t midge_memory_needed(const struct midge_config *config)
{
    struct midge_config c;
    struct midge__sizes sizes;
    midge__config_defaults(&c, config);
    midge__config_sizes(&c, &sizes);
    size_t sessions = c.no_sessions ? 0 : MIDGE_MAX_SESSIONS * midge__tls_session_bytes();
    size_t transfer = MIDGE__MEMORY_COST(sizeof(struct midge__transfer));
    return with_slack(fixed_bytes(&c, sessions)) +
           c.max_connections *
               (slot_bytes() + with_slack(connection_bytes((size_t)c.max_header * 3 / 2))) +
           (c.max_handshakes + 1U) *
               beyond(midge__tls_handshake_worst(), working_bytes(LEAST_HEAD)) +
           c.queued_requests * with_slack(transfer + MIDGE__MEMORY_COST(c.request_bytes));
}

size_t midge_memory_least(const struct midge_config *config)
{
    struct midge_config c;
    struct midge__sizes sizes;
    midge__config_defaults(&c, config);
    midge__config_sizes(&c, &sizes);
    return sizes.fixed + sizes.connection + sizes.handshake +
           MIDGE__MEMORY_COST(sizeof(struct midge__transfer)) + MIDGE__MEMORY_COST(c.request_bytes);
}
