/* SPDX-License-Identifier: MIT */
/*
 * A machine whose network is lwIP, on the desktop: what a board's main would set up, behind one
 * face for both ports. machine_sockets.c has threads (port/lwip_sockets), machine_raw.c has none
 * (port/lwip_raw). Clocks, entropy and files are the desktop's.
 */
#ifndef MIDGE_TESTS_MACHINE_H
#define MIDGE_TESTS_MACHINE_H

#include <midge/port.h>

extern const char machine_name[]; /* "sockets" or "raw" */

/* Brings the network up and gives the port its clocks, entropy and files. Names are asked from
   127.0.0.1:dns_port of the host, which is 192.0.2.2 in the machine's network. Once in a program.
   Exits when it cannot, as does machine_attach. */
void machine_open(struct midge_port *port, unsigned short dns_port);
void machine_close(void);

/* Adds lwIP to the port. From the thread that polls. */
void machine_attach(struct midge_port *port);
void machine_detach(struct midge_port *port);

/* After midge_wake from another thread: on a chip the interrupt that calls it ends the sleep too.
 */
void machine_interrupt(void);

/* What lwIP has in use. */
struct machine_use {
    unsigned connections; /* TCP control blocks, those in TIME-WAIT not counted */
    unsigned sockets;     /* 0 where there are none */
    unsigned buffers;     /* pbufs of both pools, segments */
    unsigned messages;    /* to lwIP's thread */
    unsigned semaphores;  /* mailboxes too */
    unsigned heap;        /* bytes */
};
void machine_use(struct machine_use *use);

#endif
