/* SPDX-License-Identifier: MIT */
/*
 * The port for any system with BSD sockets (port/bsd): Linux with any C library, lwIP's sockets
 * under ESP-IDF, Zephyr's, NuttX. It waits by poll, or by select with MIDGE_BSD_SELECT=1, and looks
 * names up by midge's resolver; it needs no other library. port/bsd/bsd_system.h has the
 * differences between the systems; port/PORTING.md, "BSD sockets", says what select cannot do.
 *
 *     static struct midge_port port;  // on Linux all calls that are NULL get a default
 *     const struct midge_bsd_config config = {.max_socks = 8};
 *
 *     port.clock_ms = ...;            // elsewhere: clock_ms, clock_us, wall_time and entropy
 *     if (midge_bsd_attach(&port, &config) == MIDGE_OK) {
 *         ... midge_open, the requests, midge_close ...
 *         midge_bsd_detach(&port);
 *     }
 *
 * Call all of it in the thread that polls; only port->wake may come from another one. Several ports
 * may be attached at once.
 */
#ifndef MIDGE_PORT_BSD_H
#define MIDGE_PORT_BSD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct midge_port; /* port.h */
struct midge_addr;

/* All fields may be 0. It is copied; the servers are not. */
struct midge_bsd_config {
    /* For the functions below, and for the calls of struct midge_port that the program gives:
       those get a ctx of which midge_bsd_home makes this pointer. */
    void *home;

    /* The most sockets that one poll takes, at least the connections of the client; 0: 32. */
    size_t max_socks;

    /* The port's memory, aligned for any type, midge_bsd_needed bytes or more. It stays in use
       until midge_bsd_detach. NULL: malloc. */
    void *memory;
    size_t memory_size;

    /* The name servers, in the order in which they are asked; at most MIDGE_RESOLVER_SERVERS (3)
       are used. name_servers writes at most cap of them and returns their number; it is called
       often, also while lookups are under way. NULL: the n_servers of the list servers. No list
       either: those of /etc/resolv.conf on Linux, elsewhere none, so that only addresses and
       localhost can be reached. */
    unsigned (*name_servers)(void *home, struct midge_addr *servers, unsigned cap);
    const struct midge_addr *servers;
    unsigned n_servers;
    uint16_t name_port; /* their UDP and TCP port; 0: 53 */

    /* The families that lead to other networks: bit 0 IPv4, bit 1 IPv6. Names are asked for the
       addresses of these. NULL: a UDP socket is connected to an address of each family, which
       sends no packet; it finds out if there is a route where the stack checks that (lwIP does
       not). If there is none at all, both are asked. */
    unsigned (*families)(void *home);
};

/* Bytes of memory for config.max_socks. */
size_t midge_bsd_needed(const struct midge_bsd_config *config);

/*
 * Makes a port of port, which is the caller's and stays in place until midge_bsd_detach. Sets ctx,
 * connect, connected, recv, send, close, poll, wake and interest. Sets these only if they are NULL:
 *
 *     clock_ms, clock_us, wall_time   on Linux: clock_gettime
 *     entropy                         on Linux: getrandom
 *     dns_start, dns_cancel           midge's resolver (MIDGE_WITH_RESOLVER); set both or none
 *     zone                            if_nametoindex, where bsd_system.h says that it exists
 *
 *     file_open to file_finish        on Linux: the files of port/posix, if file_open is NULL
 *
 * device_key is the caller's, or remains NULL. INVALID: a call is NULL that has
 * no default here; memory is too small; NO_MEMORY: malloc, or no socket is left for wake; PORT:
 * the system refuses the socket or eventfd for wake, or its number is too large for select.
 */
int midge_bsd_attach(struct midge_port *port, const struct midge_bsd_config *config);

/* Frees what attach took. Every client that uses the port must be closed before, and nothing may
   call its wake any more. A port that is not attached, with ctx NULL: does nothing. */
void midge_bsd_detach(struct midge_port *port);

/* config.home of the port whose ctx this is. */
void *midge_bsd_home(void *ctx);

#ifdef __cplusplus
}
#endif
#endif
