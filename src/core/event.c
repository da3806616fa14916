/* SPDX-License-Identifier: MIT */
/*
 * Events: records for config.on_event. The functions that change something call these in one line:
 *
 *     midge__transfer_phase, _enqueue, _end    QUEUE to BODY, START, ENDED
 *     midge__exchange_head; hop.c; retry.c,    HEAD; REDIRECT; REPEAT
 *     hooks.c
 *     midge__conn_open, _state_set             OPENED, CLOSING, CLOSED
 *     midge__peer_tell                         TRYING to SECURE
 *
 * So each start has its end wherever these functions keep to their own states. The clock is read
 * for each event: within a turn a handshake may compute for long.
 */
#include "core/event.h"
#include "core/origin.h"
#include "core/proxy.h"
#include "core/request.h"

#if MIDGE_WITH_EVENTS

static void tell(const struct midge_client *client, struct midge_event *event,
                 const struct midge_event_about *about)
{
    event->time_ms = client->port->clock_ms(client->port->ctx);
    client->config.on_event(client->config.event_ctx, event, about);
}

void midge__event_tell_request(const struct midge__transfer *t, enum midge_event_kind kind,
                               unsigned detail, uint32_t value)
{
    const bool has_url = kind == MIDGE_EVENT_START || kind == MIDGE_EVENT_REDIRECT;
    struct midge_event event = {.kind = (uint8_t)kind,
                                .detail = (uint8_t)detail,
                                .connection = (uint16_t)(t->conn != NULL ? t->conn->number : 0),
                                .request = t->aw.id,
                                .value = value};
    struct midge_event_about about = {0};
    if (has_url) {
        about.method = midge__request_method(t->request);
        about.url = t->request->url;
    }
    tell(t->aw.client, &event, &about);
}

void midge__event_tell_ended(const struct midge__transfer *t)
{
    const unsigned err = t->error < 0 ? 0U - (unsigned)t->error : 0;
    struct midge_event event = {.kind = MIDGE_EVENT_ENDED,
                                .detail = (uint8_t)(err < UINT8_MAX ? err : UINT8_MAX),
                                .connection = (uint16_t)t->result->connection,
                                .request = t->aw.id,
                                .value = err == 0 ? midge__u32(t->result->body_len)
                                                  : (uint32_t)t->result->native};
    static const struct midge_event_about none;
    tell(t->aw.client, &event, &none);
}

static void tell_conn(const struct midge__conn *conn, unsigned kind, unsigned detail,
                      uint32_t value, const struct midge_addr *address)
{
    struct midge_event event = {.kind = (uint8_t)kind,
                                .detail = (uint8_t)detail,
                                .connection = (uint16_t)conn->number,
                                .request = conn->transfer != NULL ? conn->transfer->aw.id : 0,
                                .value = value};
    const struct midge_event_about about = {.address = address};
    tell(conn->client, &event, &about);
}

void midge__event_tell_conn(const struct midge__conn *conn, enum midge_event_kind kind,
                            uint32_t value)
{
    tell_conn(conn, kind, 0, value, NULL);
}

void midge__event_tell_peer(const struct midge__conn *conn, enum midge_peer_event event,
                            const struct midge_addr *address)
{
    const bool tries = event == MIDGE_PEER_TRYING, secure = event == MIDGE_PEER_SECURE;
    const unsigned detail = tries ? address->family : secure ? conn->tls.version : 0;
    const uint32_t value = tries    ? midge__origin_peer_port(conn->origin)
                           : secure ? conn->tls.resumed
                                    : 0;
    tell_conn(conn, MIDGE_EVENT_TRYING + (unsigned)event, detail, value, tries ? address : NULL);
}

void midge__event_tell_state(const struct midge__conn *conn, enum midge__conn_state state)
{
    if (state >= MIDGE__CONN_WAIT_CLOSE) {
        tell_conn(conn, state == MIDGE__CONN_DEAD ? MIDGE_EVENT_CLOSED : MIDGE_EVENT_CLOSING, 0, 0,
                  NULL);
    }
}

#endif
