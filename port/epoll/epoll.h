/* SPDX-License-Identifier: MIT */
/* A port for Linux that waits by epoll: an example of a port that is written by port/PORTING.md. */
#ifndef PORT_EPOLL_H
#define PORT_EPOLL_H

#include <midge/port.h>

#ifndef EPOLL_SOCKS
#define EPOLL_SOCKS 64 /* connections at once */
#endif

/* The port, of which there is one. It asks this name server, at that UDP and TCP port. NULL: the
   system has no descriptor left for it. */
struct midge_port *epoll_port_open(const struct midge_addr *server, uint16_t server_port);
void epoll_port_close(struct midge_port *port);

#endif
