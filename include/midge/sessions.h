/* SPDX-License-Identifier: MIT */
/*
 * Sessions over deep sleep: a device that wakes, sends one request and sleeps again pays a full TLS
 * handshake each time, unless it keeps the client's sessions in memory that survives. Before the
 * sleep they leave as one block; after it they come back, and the first handshake to each of their
 * servers is a resumed one (result.resumed).
 *
 *     midge_open(&client, &config);
 *     if (read_flash(block, &len)) {
 *         erase_flash();                             before the first request, see below
 *         midge_sessions_import(client, block, len);      an error costs only a full handshake
 *     }
 *     ... requests ...
 *     if (midge_sessions_export(client, block, sizeof block, &len) == MIDGE_OK) {
 *         write_flash(block, len);
 *     }
 *     midge_close(client);
 *
 * examples/wake.c is the whole program.
 *
 * The block holds secrets: with it an attacker can read a connection that was recorded, or pose as
 * the server in the next one, which is not verified again. So it is sealed (AEAD:
 * ChaCha20-Poly1305, or AES-256-GCM where the TLS library lacks it) with the key of the port's
 * device_key (port.h) and a fresh nonce of its entropy at each export. Without that key both
 * functions refuse (UNSUPPORTED). Memory that only the firmware can read and write (RAM that sleep
 * keeps, flash with hardware encryption) may hold a block without a seal: the functions whose names
 * end in _unsealed. Their checksum finds damage, but no attacker.
 *
 * A block is good only for a client like the one that made it: the same midge, TLS library and
 * profile, the same trusted roots, and the same settings of `tls`. Each session keeps the whole
 * identity of its connection: scheme, host, port, the name verified, whether to verify, TLS
 * versions, address family, proxy, where to connect to. No other request resumes it. The pins of
 * `tls` are among its settings; a session of a request with pins of its own does not leave.
 *
 * A session ends after the lifetime that its server gave (TLS 1.2 without one: a day, RFC 5246
 * F.1.4; TLS 1.3 with 0: at once), after 7 days (RFC 8446 4.6.1), or when the server's certificate
 * expires, whichever is first. So a trusted wall clock is needed (wall_time of the port) when a
 * session is made, exported, and imported. A session that was made before the clock was set, or
 * has ended, does not leave.
 *
 * TLS 1.3 tickets show to anyone who watches that two connections are of one device, so each is to
 * be used once (RFC 8446 C.4). In memory, requests that start together share one ticket, as their
 * connections are of one moment. A ticket that a connection has offered never leaves in a block,
 * even if no newer one came. But midge cannot erase the flash: do that before the first request,
 * as above. Sessions of TLS 1.2 may be used again until they end.
 *
 * A server that refuses a session makes a full handshake; the session is forgotten.
 */
#ifndef MIDGE_SESSIONS_H
#define MIDGE_SESSIONS_H

#include <stddef.h>

#include <midge/client.h>
#include <midge/config.h>

#ifdef __cplusplus
extern "C" {
#endif

#if MIDGE_WITH_SESSION_STORE

/* Bytes that an export needs now, at most. A block has 42 bytes, and for each session about 150
   bytes, its names, and its ticket: 160 to 250 bytes with most servers, at most MIDGE_MAX_TICKET.
   There are at most MIDGE_MAX_SESSIONS sessions whose servers have no request or connection now. */
size_t midge_sessions_size(const struct midge_client *client);

/* Writes the sessions that can be resumed later to block; *len: how many bytes of it. The client
   keeps them. Without any the block is a good one of no sessions. INVALID: a pointer is NULL.
   UNSUPPORTED: the port has no device_key. CLOCK: there is no trusted wall clock. TOO_LARGE: cap is
   too small; *len is the size that is needed. ENTROPY. An error of device_key. After an error
   nothing of the sessions is in block, and *len is 0 but for TOO_LARGE. */
int midge_sessions_export(struct midge_client *client, void *block, size_t cap, size_t *len);

/* Reads such a block; the client then has its sessions, except for those that have ended, and those
   of servers of which it has one already. The block is wiped, also after an error; but it is
   unchanged after INVALID, UNSUPPORTED and CLOCK, so that it can be imported later. INVALID: a
   pointer is NULL, or config.no_sessions. UNSUPPORTED: the port has no device_key, or the block is
   of another version of this format, or one is sealed and the other function was called. CLOCK:
   there is no trusted wall clock. STALE: all of its sessions have ended, or the clock is earlier
   than when the block was made. SEAL: the block is damaged, cut, or of another device, firmware,
   configuration or set of roots. NO_MEMORY. An error of device_key. After an error the client has
   none of its sessions. */
int midge_sessions_import(struct midge_client *client, void *block, size_t len);

/* The same for memory that only this firmware can read and write. */
int midge_sessions_export_unsealed(struct midge_client *client, void *block, size_t cap,
                                   size_t *len);
int midge_sessions_import_unsealed(struct midge_client *client, void *block, size_t len);

#endif

#ifdef __cplusplus
}
#endif
#endif
