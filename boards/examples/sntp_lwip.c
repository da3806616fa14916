/* SPDX-License-Identifier: MIT */
/*
 *     state      means                           left by
 *     WAITS      a question is on its way        an answer, sntp_step
 *     HAS_TIME   the answer was good
 *     REFUSED    its clock is not synchronized, or it wants no questions
 *     LATE       no answer within the limit
 *     NO_MEMORY  lwIP has no place for a UDP socket
 */
#include "sntp_lwip.h"

#include <string.h>

#include <lwip/sys.h>

enum { AGAIN_MS = 1000 };

static void end(struct sntp *sntp, enum sntp_state state)
{
    sntp->state = state;
    sntp_stop(sntp);
}

/* lwIP allows udp_remove in this callback. */
static void answered(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
                     u16_t port)
{
    struct sntp *sntp = arg;
    uint8_t packet[SNTP_PACKET];
    const size_t len = pbuf_copy_partial(p, packet, sizeof packet, 0);
    (void)pcb;
    (void)from;
    (void)port;
    pbuf_free(p);
    sntp->verdict = sntp_take(packet, len, sntp->nonce, sntp->floor, &sntp->now);
    sntp->now_ms = sys_now();
    if (sntp->verdict != SNTP_FOREIGN) {
        end(sntp, sntp->verdict == SNTP_OK ? SNTP_HAS_TIME : SNTP_REFUSED);
    }
}

/* A packet that lwIP cannot send now is lost, as on the way. */
static void send(struct sntp *sntp)
{
    struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, SNTP_PACKET, PBUF_RAM);
    uint8_t packet[SNTP_PACKET];
    sntp->sent_ms = sys_now();
    if (p != NULL) {
        sntp_ask(packet, sntp->nonce);
        (void)pbuf_take(p, packet, sizeof packet);
        (void)udp_send(sntp->pcb, p);
        pbuf_free(p);
    }
}

void sntp_start(struct sntp *sntp, const ip_addr_t *server, uint16_t port,
                const uint8_t nonce[SNTP_NONCE], int64_t floor, uint32_t limit_ms)
{
    *sntp = (struct sntp){.floor = floor, .limit_ms = limit_ms, .begun_ms = sys_now()};
    memcpy(sntp->nonce, nonce, SNTP_NONCE);
    sntp->pcb = udp_new();
    if (sntp->pcb == NULL || udp_connect(sntp->pcb, server, port) != ERR_OK) {
        end(sntp, SNTP_NO_MEMORY);
        return;
    }
    udp_recv(sntp->pcb, answered, sntp);
    send(sntp);
}

enum sntp_state sntp_step(struct sntp *sntp)
{
    if (sntp->state == SNTP_WAITS && sys_now() - sntp->begun_ms >= sntp->limit_ms) {
        end(sntp, SNTP_LATE);
    }
    if (sntp->state == SNTP_WAITS && sys_now() - sntp->sent_ms >= AGAIN_MS) {
        send(sntp);
    }
    return sntp->state;
}

void sntp_stop(struct sntp *sntp)
{
    if (sntp->pcb != NULL) {
        udp_remove(sntp->pcb);
        sntp->pcb = NULL;
    }
}
