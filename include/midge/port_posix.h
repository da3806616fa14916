/* SPDX-License-Identifier: MIT */
/*
 * The port for Linux and systems with the same calls (port/posix): poll(2), c-ares, getrandom,
 * files, and an eventfd for wake. It sets all calls of struct midge_port.
 *
 *     struct midge_port *port;
 *
 *     if (midge_posix_open(&port, 0) == MIDGE_OK) {
 *         const struct midge_config config = {.port = port, ...};
 *         ... midge_open, the requests, midge_close ...
 *         midge_posix_close(port);
 *     }
 */
#ifndef MIDGE_PORT_POSIX_H
#define MIDGE_PORT_POSIX_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct midge_port; /* port.h */

/* Makes a port, which the caller owns. max_socks: the most sockets that one poll takes, at least
   the connections of the client; 0: 256. The port uses malloc: 8 bytes for each of these, c-ares'
   memory, and a record for each lookup and each open file. Several ports may be open at once.
   On failure *port is NULL: ENTROPY (the system has no random numbers), NO_MEMORY, or PORT (no
   eventfd, or c-ares does not start). */
int midge_posix_open(struct midge_port **port, size_t max_socks);

/* Frees the port. Every client that uses it must be closed before. NULL does nothing. */
void midge_posix_close(struct midge_port *port);

/* For tests: asks these name servers and not the system's, for example
   "127.0.0.1:5353,[::1]:53". /etc/hosts and localhost are answered as before. The text is copied.
   INVALID: csv is NULL, empty or no such list; BUSY: a lookup is under way. */
int midge_posix_set_dns_servers(struct midge_port *port, const char *csv);

#ifdef __cplusplus
}
#endif
#endif
