/* SPDX-License-Identifier: MIT */
/*
 * The time from an SNTP server (RFC 4330; the packets are those of RFC 5905), for a device whose
 * clock is not set. The packets are here; sntp_lwip.h sends them. tests/unit/test_sntp.c runs it.
 *
 *     sntp_ask(packet, nonce);                      send 48 bytes to port 123 of the server
 *     err = sntp_take(packet, len, nonce, MIDGE_TIME_FLOOR, &now);      for each answer
 *
 * SNTP is not authenticated: who can see the question can answer it with any time. So a clock that
 * is set from it makes certificates count as valid that are expired or not valid yet; it must not
 * go below the floor, and a device that needs more asks several servers, or compares with the date
 * of an answer over TLS (midge_response_date).
 */
#ifndef SNTP_H
#define SNTP_H

#include <stddef.h>
#include <stdint.h>

enum { SNTP_PACKET = 48, SNTP_NONCE = 8, SNTP_PORT = 123 };

enum sntp_verdict {
    SNTP_OK,
    SNTP_FOREIGN, /* no answer to this question: another one's, forged or cut; go on waiting */
    SNTP_ALARM,   /* the server's own clock is not synchronized */
    SNTP_KISS /* the server wants no questions (kiss of death): ask another one, do not repeat */
};

/* Writes a question. nonce: random, new for each question; it stands for the time that it is sent,
   which the answer repeats, so that the device does not show its clock. */
void sntp_ask(uint8_t packet[SNTP_PACKET], const uint8_t nonce[SNTP_NONCE]);

/* Judges an answer. now: seconds since 1970, if SNTP_OK. Times on the wire begin anew in 2036 and
   each 136 years: the one that is meant is the first from floor on. */
enum sntp_verdict sntp_take(const uint8_t *packet, size_t len, const uint8_t nonce[SNTP_NONCE],
                            int64_t floor, int64_t *now);

#endif
