/* SPDX-License-Identifier: MIT */
/*
 * The two ports on lwIP 2.2. Without an operating system (NO_SYS 1) it is port/lwip_raw, with an
 * RTOS under lwIP (NO_SYS 0) port/lwip_sockets. Both fill in dns_start to wake of a struct
 * midge_port; the firmware sets the clocks, the entropy and, if it has some, the files. There is
 * one lwIP in a program, so there is one port too. port/PORTING.md lists the options of lwIP that
 * they need, the order of the calls, and the requirements on the Ethernet driver.
 *
 * Names are looked up by midge's resolver from lwIP's name servers (dns_setserver, or DHCP), or,
 * without MIDGE_WITH_RESOLVER, by lwIP's: PORTING.md, "Names".
 */
#ifndef MIDGE_PORT_LWIP_H
#define MIDGE_PORT_LWIP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct midge_port; /* port.h */

/*
 * port/lwip_raw: lwIP's raw API in a superloop. The firmware initializes lwIP, brings its netif up
 * before midge polls, and defines lwIP's own functions (sys_now). All calls of the port come from
 * the superloop, except for wake.
 */
struct midge_lwip_raw {
    void *ctx; /* passed to both functions */
    /* Passes the frames that the Ethernet chip received to lwIP, a bounded number of them. Called
       in each poll. */
    void (*pump)(void *ctx);
    /* Sleeps until an interrupt, for example; never longer than ms milliseconds; may return at
       once. NULL: polls do not sleep. */
    void (*idle)(void *ctx, uint32_t ms);
};

/* Call it before lwip_init, with port->entropy set: lwIP takes its random numbers from there.
   Without entropy now, the port asks again later, and refuses to connect until there is some. Both
   structs are kept, not copied. */
void midge_lwip_raw_attach(struct midge_port *port, const struct midge_lwip_raw *machine);

/*
 * port/lwip_sockets: lwIP's sockets in a thread of an RTOS. Call it in the thread that polls, after
 * tcpip_init. The port needs one socket of lwIP for wake, beside one for each connection.
 * NO_MEMORY: lwIP has no socket or no message for it; BUSY: another port is attached.
 */
int midge_lwip_sockets_attach(struct midge_port *port);

/* Frees what attach took. Every client that uses the port must be closed before, and no thread or
   interrupt may call its wake any more. Waits for lwIP's thread. */
void midge_lwip_sockets_detach(struct midge_port *port);

#ifdef __cplusplus
}
#endif
#endif
