/* SPDX-License-Identifier: MIT */
/*
 * A wire for test_lwip_raw.c: lwIP at one end, at the other a peer that does what the test says,
 * packet by packet. The clock stands still unless idle or the test moves it.
 */
#ifndef MIDGE_TESTS_RAW_WIRE_H
#define MIDGE_TESTS_RAW_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midge/port.h"
#include "midge/port_lwip.h"

enum { WIRE_FIN = 1, WIRE_SYN = 2, WIRE_RST = 4, WIRE_PSH = 8, WIRE_ACK = 16 };

/* What lwIP sent last, TCP or UDP; .packets counts all. */
struct wire_seen {
    unsigned packets;
    uint8_t protocol;
    uint16_t from, to; /* ports */
    uint32_t seq, ack;
    uint8_t flags;
    uint16_t window;
    size_t len; /* of the payload */
    uint8_t payload[2048];
};

/* The peer's side of a connection. */
struct wire_peer {
    uint16_t port;  /* its own */
    uint16_t guest; /* lwIP's */
    uint32_t seq, ack;
    uint16_t window;
};

struct wire {
    struct midge_port port;
    struct midge_lwip_raw machine;
    struct wire_seen seen;
    uint32_t now_ms;
    bool no_entropy;
    unsigned pumps, idles;
    uint32_t idle_ms;  /* asked for last */
    bool wake_in_idle; /* once */
    unsigned flood;    /* junk packets handed over by each pump */
    uint32_t flood_ms; /* that take so long */
};
extern struct wire wire;

void wire_open(void); /* once */
void wire_up(bool up);
void wire_pass(uint32_t ms); /* time, with polls every 100 ms */

/* Answers the SYN seen last. */
struct wire_peer wire_accept(void);
/* A segment to lwIP, at once; acknowledges all that was seen on that connection. */
void wire_send(struct wire_peer *peer, uint8_t flags, const void *bytes, size_t len);
/* Answers the DNS query seen last with an address; 0.0.0.0: no such name. */
void wire_dns_answer(uint32_t address);

/* In use: PCBs that are not closing, buffers of the pool, bytes of the heap, lwIP's UDP PCBs. */
unsigned wire_pcbs(void), wire_buffers(void), wire_heap(void), wire_udp(void);

#endif
