/* SPDX-License-Identifier: MIT */
/*
 * Compile-time defaults. Override any of them by a definition of the build,
 * target_compile_definitions(midge PUBLIC MIDGE_MAX_SESSIONS=8), or in a file of your own named by
 * -DMIDGE_CONFIG_FILE="\"my_midge_config.h\"". Every run-time field of struct midge_config that is
 * zero takes its default from here.
 */
#ifndef MIDGE_CONFIG_H
#define MIDGE_CONFIG_H

#ifdef MIDGE_CONFIG_FILE
#include MIDGE_CONFIG_FILE
#endif

/* The TLS profile the library was built with (port/mbedtls): one of FULL, SMALL, TINY. */
#if !defined(MIDGE_PROFILE_FULL) && !defined(MIDGE_PROFILE_SMALL) && !defined(MIDGE_PROFILE_TINY)
#define MIDGE_PROFILE_FULL 1
#endif

#ifdef MIDGE_PROFILE_FULL
#define MIDGE__PICK(full, small, tiny) (full)
#elif defined(MIDGE_PROFILE_SMALL)
#define MIDGE__PICK(full, small, tiny) (small)
#else
#define MIDGE__PICK(full, small, tiny) (tiny)
#endif

/* Open connections at once. Each costs a pair of record slots and about 1 KB; in profile tiny, with
   servers that agree to MIDGE_MAX_FRAGMENT, two small records and about 2.5 KB. */
#ifndef MIDGE_MAX_CONNECTIONS
#define MIDGE_MAX_CONNECTIONS MIDGE__PICK(32, 2, 8)
#endif
/* Of these, to one origin. */
#ifndef MIDGE_MAX_PER_ORIGIN
#define MIDGE_MAX_PER_ORIGIN MIDGE__PICK(8, 2, 8)
#endif
/* TLS handshakes that compute at the same time. */
#ifndef MIDGE_MAX_HANDSHAKES
#define MIDGE_MAX_HANDSHAKES MIDGE__PICK(8, 1, 1)
#endif
/* Requests, sleeps, tasks and gathers alive at once, waiting ones and untaken results included. */
#ifndef MIDGE_MAX_AWAITABLES
#define MIDGE_MAX_AWAITABLES MIDGE__PICK(255, 64, 64)
#endif
/* Bytes of one response's head that are kept (status line, headers; again for trailers). Of a
   longer head the fields that are not needed are skipped: keep_headers in request.h. */
#ifndef MIDGE_MAX_HEADER
#define MIDGE_MAX_HEADER MIDGE__PICK(65536, 4096, 2048)
#endif
/* Bytes of all heads of one answer on the wire: 1xx heads, the final one with the fields that are
   skipped, trailers. They take no memory. At least max_header. */
#ifndef MIDGE_MAX_HEAD_TOTAL
#define MIDGE_MAX_HEAD_TOTAL 65536
#endif
/* Bytes of the plaintext buffers, for received bytes and for bytes to send (in profile tiny also
   the longest record sent). A client has one of each, which its connections borrow for a step. What
   a paused sink has not taken, and a head that comes in pieces, move to memory of the connection; a
   request with a source has a send buffer of its own. */
#ifndef MIDGE_RECV_BUFFER
#define MIDGE_RECV_BUFFER MIDGE__PICK(4096, 512, 256)
#endif
#ifndef MIDGE_SEND_BUFFER
#define MIDGE_SEND_BUFFER MIDGE__PICK(1024, 512, 256) /* the one for bytes to send */
#endif
/* Profile tiny asks servers for records of at most this many bytes (max_fragment_length, RFC
   6066): 512, 1024, 2048 or 4096, 0 not to ask. If the server agrees, the connection's buffer
   holds one record. Each record costs 21 to 29 bytes more on the wire. */
#ifndef MIDGE_MAX_FRAGMENT
#define MIDGE_MAX_FRAGMENT MIDGE__PICK(0, 0, 512)
#endif
/* Profile tiny: connections whose servers did not agree keep a pair of record slots. This many
   of them may be open at once, in addition to those in a handshake; more of them wait for each
   other. A small block may have no pair for them; then they also wait for handshakes, and
   handshakes wait for them. */
#ifndef MIDGE_MAX_FULL_RECORDS
#define MIDGE_MAX_FULL_RECORDS 1
#endif
/* HTTP/2: requests at once on one connection, if the server allows so many. The others wait;
   max_transfers limits those of all connections. */
#ifndef MIDGE_HTTP2_STREAMS
#define MIDGE_HTTP2_STREAMS MIDGE__PICK(100, 50, 8)
#endif
/* HTTP/2: bytes that a server may send before they are taken, for each request (a sink that pauses
   may leave so many in the client's memory) and for the connection: http2_window and
   http2_conn_window in client.h. */
#ifndef MIDGE_HTTP2_WINDOW
#define MIDGE_HTTP2_WINDOW MIDGE__PICK(65536, 2048, 2048) /* for each request */
#endif
#ifndef MIDGE_HTTP2_CONN_WINDOW
#define MIDGE_HTTP2_CONN_WINDOW MIDGE__PICK(1048576, 65535, 65535) /* for the connection */
#endif
/* HTTP/2: plaintext bytes of the longest TLS record that a connection's input buffer holds, 0 if it
   holds all that there can be (16 KB). With midge's own mbedTLS the handshake has the profile's
   buffers, and a connection whose server chooses HTTP/2 replaces them by small ones: of these
   bytes, and of MIDGE_SEND_BUFFER. Many servers put everything that they may send into one record:
   so the windows of all streams, and the heads that have not come, are kept below that, and fewer
   requests run at once: with heads of 150 bytes 10 that wait for their answers at 4096, 30 at 8192.
   Each begins with a window of MIDGE_HTTP2_FIRST_WINDOW bytes. At least 4096, at most mbedTLS's
   MBEDTLS_SSL_IN_CONTENT_LEN. */
#ifndef MIDGE_HTTP2_RECORD
#define MIDGE_HTTP2_RECORD MIDGE__PICK(0, 8192, 4096)
#endif
#ifndef MIDGE_HTTP2_FIRST_WINDOW
#define MIDGE_HTTP2_FIRST_WINDOW 32 /* with HTTP2_RECORD not 0 */
#endif
/* HTTP/2: a server that is silent for so long, ms, while requests wait for it, is asked by a PING;
   if it is silent for so long after that, the connection is given up. MIDGE_NO_TIMEOUT: not. */
#ifndef MIDGE_HTTP2_PING_MS
#define MIDGE_HTTP2_PING_MS 15000
#endif
#ifndef MIDGE_HTTP2_PONG_MS
#define MIDGE_HTTP2_PONG_MS 10000 /* until the answer to PING */
#endif
/* Bytes of the buffer for ciphertext, one for all connections of a client: a larger one saves calls
   into the port where records are small. At least 64. */
#ifndef MIDGE_READ_AHEAD
#define MIDGE_READ_AHEAD MIDGE__PICK(2048, 512, 64)
#endif
/* Sessions (tickets) remembered, one for an origin; bytes of the longest ticket kept. */
#ifndef MIDGE_MAX_SESSIONS
#define MIDGE_MAX_SESSIONS MIDGE__PICK(32, 4, 4)
#endif
#ifndef MIDGE_MAX_TICKET
#define MIDGE_MAX_TICKET MIDGE__PICK(4096, 1024, 512) /* bytes of a ticket */
#endif
/* Names remembered, with up to MIDGE_DNS_ADDRS addresses each: about 24 bytes an address, 32 and
   the name. 0: none. */
#ifndef MIDGE_MAX_NAMES
#define MIDGE_MAX_NAMES MIDGE__PICK(32, 4, 4)
#endif
/* The longest time that a name is remembered, whatever its TTL, s; a name that does not exist. At
   most 1,000,000. */
#ifndef MIDGE_NAME_MAX_S
#define MIDGE_NAME_MAX_S 86400
#endif
#ifndef MIDGE_NAME_NEGATIVE_S
#define MIDGE_NAME_NEGATIVE_S 300 /* of a name that does not exist */
#endif
/* The longest certificate chain (DER bytes) that the memory computation assumes. A longer one is
   accepted if there is memory for it and it fits the profile's input buffer. midge_memory_least and
   the start of a connection count 5 KB at most. 512 or less: one certificate with a P-256 key,
   signed with P-256, as a private CA issues it; no memory for RSA is counted. */
#ifndef MIDGE_MAX_CHAIN
#define MIDGE_MAX_CHAIN MIDGE__PICK(16384, 8192, 4000)
#endif
/* The budget of one turn: handshake steps that compute, plaintext bytes moved, steps of any
   kind. */
#ifndef MIDGE_TURN_CRYPTO
#define MIDGE_TURN_CRYPTO MIDGE__PICK(4, 1, 1)
#endif
#ifndef MIDGE_TURN_BYTES
#define MIDGE_TURN_BYTES MIDGE__PICK(262144, 16384, 8192) /* plaintext bytes */
#endif
#ifndef MIDGE_TURN_STEPS
#define MIDGE_TURN_STEPS MIDGE__PICK(256, 32, 64) /* steps of any kind */
#endif
/* Point multiplications' inner operations between two yields (profiles with ECP_RESTARTABLE). */
#ifndef MIDGE_ECP_MAX_OPS
#define MIDGE_ECP_MAX_OPS 200
#endif
/* Limits of a request's phases, ms, if neither the request nor the client sets them (struct
   midge_timeouts explains each). MIDGE_NO_TIMEOUT: none. */
#ifndef MIDGE_QUEUE_MS
#define MIDGE_QUEUE_MS MIDGE_NO_TIMEOUT
#endif
#ifndef MIDGE_DNS_MS
#define MIDGE_DNS_MS 10000 /* dns_ms */
#endif
#ifndef MIDGE_CONNECT_MS
#define MIDGE_CONNECT_MS 15000 /* connect_ms */
#endif
#ifndef MIDGE_TLS_MS
#define MIDGE_TLS_MS 30000 /* tls_ms */
#endif
#ifndef MIDGE_FIRST_BYTE_MS
#define MIDGE_FIRST_BYTE_MS 120000 /* first_byte_ms */
#endif
#ifndef MIDGE_IDLE_MS
#define MIDGE_IDLE_MS 60000 /* idle_ms */
#endif
#ifndef MIDGE_TOTAL_MS
#define MIDGE_TOTAL_MS MIDGE_NO_TIMEOUT /* total_ms */
#endif
/* Requests that start together to one origin wait for the session that the first connection's
   handshake brings, and resume it. They wait while that handshake makes progress; when the peer
   is silent for 300 ms (or three times the measured round trip, if that is longer), one more of
   them begins a full handshake. After this many ms in all, lookup and connect included, one of
   them begins even if the first handshake still makes progress. The value should be longer than
   a full handshake takes on this machine. */
#ifndef MIDGE_LEAD_MS
#define MIDGE_LEAD_MS MIDGE__PICK(5000, 10000, 10000)
#endif
/* How long they wait for its ticket after the handshake has ended, ms; or two measured round
   trips, if that is longer. Only TLS 1.3 sends tickets so late. */
#ifndef MIDGE_TICKET_WAIT_MS
#define MIDGE_TICKET_WAIT_MS 250
#endif
/* The least share of connect_ms that each address of a name gets, ms. A lost SYN is repeated
   after 1 s (RFC 6298 2.1); with less than that, one lost SYN would rule out a good address. */
#ifndef MIDGE_CONNECT_SHARE_MS
#define MIDGE_CONNECT_SHARE_MS 1000
#endif
/* With MIDGE_WITH_HAPPY_EYEBALLS: when an address has not answered for so long, ms, the next one is
   tried beside it; 100 to 2000, or MIDGE_NO_TIMEOUT (RFC 8305 8). */
#ifndef MIDGE_ATTEMPT_DELAY_MS
#define MIDGE_ATTEMPT_DELAY_MS 250
#endif
/* Attempts of one connection at the same time, 2 to 8. Each takes a socket and, on a 32-bit
   machine, 72 bytes while the connection is opened. */
#ifndef MIDGE_MAX_ATTEMPTS
#define MIDGE_MAX_ATTEMPTS MIDGE__PICK(8, 2, 2)
#endif
/* Idle keep-alive connections are closed after this, ms. If the server announced that it closes
   them sooner (Keep-Alive: timeout=5), midge closes them a second, or two round trips, before
   that. */
#ifndef MIDGE_KEEP_ALIVE_MS
#define MIDGE_KEEP_ALIVE_MS 15000
#endif
/* Bytes of the body of a redirect, or of an answer before a repeat, that are read, so that its
   connection can be kept. If there are more, it is closed. */
#ifndef MIDGE_REDIRECT_BODY
#define MIDGE_REDIRECT_BODY 16384
#endif
/* How long midge waits for an answer after sending the request failed, ms: a server may answer
   413 and at the same time stop to read the upload. */
#ifndef MIDGE_EARLY_ANSWER_MS
#define MIDGE_EARLY_ANSWER_MS 1000
#endif
/* How long an orderly close (close_notify) may take, ms. */
#ifndef MIDGE_CLOSE_MS
#define MIDGE_CLOSE_MS 1000
#endif
/* Certificates are never checked against a date before this one (seconds since 1970); a clock
   that shows an earlier date is not trusted. Default 2026-01-01. */
#ifndef MIDGE_TIME_FLOOR
#define MIDGE_TIME_FLOOR 1767225600
#endif

#include <midge/features.h>

#if MIDGE_WITH_HTTP2 && (!MIDGE_WITH_LEADERS || !MIDGE_WITH_REPLAY)
#undef MIDGE_WITH_HTTP2
#define MIDGE_WITH_HTTP2 0
#endif
/* Large record buffers that come back after each handshake are not kept apart: their memory serves
   streams, too. Profile tiny shares them by slots (MIDGE_WITH_SMALL_RECORDS). */
#if MIDGE_WITH_HTTP2 && MIDGE_HTTP2_RECORD > 0 && !defined(MIDGE_PROFILE_TINY)
#undef MIDGE_WITH_SMALL_RECORDS
#define MIDGE_WITH_SMALL_RECORDS 0
#undef MIDGE_WITH_RECORD_SLOTS
#define MIDGE_WITH_RECORD_SLOTS 0
#endif
#if MIDGE_MAX_NAMES == 0
#undef MIDGE_WITH_NAMES
#define MIDGE_WITH_NAMES 0
#endif

#endif
