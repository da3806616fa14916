/* SPDX-License-Identifier: MIT */
/* sntp.h by lwIP's raw UDP: one question, sent again each second until a limit. All calls, as those
   of lwIP, come from the loop that polls midge, which also brings the answers. */
#ifndef SNTP_LWIP_H
#define SNTP_LWIP_H

#include <lwip/ip_addr.h>
#include <lwip/udp.h>

#include "sntp.h"

enum sntp_state { SNTP_WAITS, SNTP_HAS_TIME, SNTP_REFUSED, SNTP_LATE, SNTP_NO_MEMORY };

struct sntp {
    struct udp_pcb *pcb;
    enum sntp_state state;
    enum sntp_verdict verdict; /* of the answer that ended it */
    uint8_t nonce[SNTP_NONCE];
    uint32_t sent_ms, begun_ms, limit_ms; /* sys_now() */
    int64_t floor;
    int64_t now;     /* HAS_TIME: seconds since 1970, at */
    uint32_t now_ms; /* this sys_now() */
};

/* Asks. nonce: random bytes. Only the server that is asked can answer, from that port. */
void sntp_start(struct sntp *sntp, const ip_addr_t *server, uint16_t port,
                const uint8_t nonce[SNTP_NONCE], int64_t floor, uint32_t limit_ms);
/* Sends the question again when it is time, and ends it when it is too late. Returns the state. */
enum sntp_state sntp_step(struct sntp *sntp);
/* Ends it, in any state. */
void sntp_stop(struct sntp *sntp);

#endif
