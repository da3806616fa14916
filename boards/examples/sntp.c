/* SPDX-License-Identifier: MIT */
/*
 * The packet (RFC 4330 4), of which a client uses these bytes:
 *
 *     0   leap indicator (2 bits; 3: alarm), version (3), mode (3; 3 client, 4 server)
 *     1   stratum (0 kiss of death, 1..15 a server, 16 not synchronized)
 *     24  originate timestamp: the question's transmit timestamp, here the nonce
 *     40  transmit timestamp: seconds since 1900 modulo 2^32, and a fraction
 */
#include "sntp.h"

#include <string.h>

enum { VERSION = 4, CLIENT = 3, SERVER = 4, NOT_SYNCHRONIZED = 3 };
enum { STRATUM = 1, ORIGINATE = 24, TRANSMIT = 40, MOST_STRATUM = 15 };

#define FROM_1900_TO_1970 INT64_C(2208988800)
#define ERA               (INT64_C(1) << 32)

void sntp_ask(uint8_t packet[SNTP_PACKET], const uint8_t nonce[SNTP_NONCE])
{
    memset(packet, 0, SNTP_PACKET);
    packet[0] = VERSION << 3 | CLIENT;
    memcpy(packet + TRANSMIT, nonce, SNTP_NONCE);
}

static int64_t seconds_of(const uint8_t *at, int64_t floor)
{
    const uint32_t wire =
        (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    int64_t seconds = (int64_t)wire - FROM_1900_TO_1970;
    while (seconds < floor) {
        seconds += ERA;
    }
    return seconds;
}

enum sntp_verdict sntp_take(const uint8_t *packet, size_t len, const uint8_t nonce[SNTP_NONCE],
                            int64_t floor, int64_t *now)
{
    static const uint8_t zero[SNTP_NONCE];
    if (len < SNTP_PACKET || (packet[0] & 7) != SERVER || (packet[0] >> 3 & 7) == 0 ||
        (packet[0] >> 3 & 7) > VERSION || memcmp(packet + ORIGINATE, nonce, SNTP_NONCE) != 0) {
        return SNTP_FOREIGN;
    }
    if (packet[STRATUM] == 0) {
        return SNTP_KISS;
    }
    if (packet[0] >> 6 == NOT_SYNCHRONIZED || packet[STRATUM] > MOST_STRATUM ||
        memcmp(packet + TRANSMIT, zero, SNTP_NONCE) == 0) {
        return SNTP_ALARM;
    }
    *now = seconds_of(packet + TRANSMIT, floor);
    return SNTP_OK;
}
