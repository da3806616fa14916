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

/*
 * Reads the system's trusted roots, for config.tls.ca and ca_len:
 *
 *     SSL_CERT_FILE   a bundle, PEM or DER
 *     SSL_CERT_DIR    folders, with ':' between them; used if SSL_CERT_FILE is not set. Files with
 *                     a hash as their name (c_rehash) are read: 8 hexadecimal digits, '.', a number
 *     neither         the first place that has some, of those that distributions use
 *
 * *roots: from malloc; the caller frees it after midge_open, at most 16 MB. *place (may be NULL):
 * the file or folder that they come from, or that failed; valid while the environment is unchanged.
 * Some 150 roots cost a client 400 KB of memory, see midge_tls.ca. READ: the file cannot be read,
 * or no place exists (errno); CA: it has no bytes, or too many; NO_MEMORY. Then *roots is NULL.
 */
int midge_posix_system_roots(void **roots, size_t *len, const char **place);

#ifdef __cplusplus
}
#endif
#endif
