/* SPDX-License-Identifier: MIT */
/* Messages of DNS (RFC 1035): a question is written, an answer is read (dns_message.c). */
#ifndef MIDGE_PORT_DNS_MESSAGE_H
#define MIDGE_PORT_DNS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midge/port.h"

enum midge__dns_type { MIDGE__DNS_A = 1, MIDGE__DNS_AAAA = 28 };

/* Bytes of the longest question: header, name, type and class, and EDNS. */
#define MIDGE__DNS_QUESTION_MAX (12 + 255 + 4 + 11)

struct midge__dns_question {
    const char *host;
    uint32_t letters; /* random bits: which letters are in upper case */
    uint16_t id;
    uint16_t type; /* enum midge__dns_type */
    uint16_t
        payload; /* the longest answer taken, for EDNS (RFC 6891); 0: without EDNS, 512 bytes */
};

/* Writes it to out, which has room for MIDGE__DNS_QUESTION_MAX, and returns its length. 0: host is
   not a name that DNS can have (RFC 1035 2.3.4). */
size_t midge__dns_ask(const struct midge__dns_question *question, uint8_t *out);

enum midge__dns_verdict {
    MIDGE__DNS_FOREIGN,    /* not an answer to the question: ignore it */
    MIDGE__DNS_WRONG_CASE, /* its letters are not the question's: perhaps forged */
    MIDGE__DNS_TRUNCATED,  /* ask again by TCP */
    MIDGE__DNS_FOUND,      /* addresses */
    MIDGE__DNS_NO_NAME,    /* NXDOMAIN */
    MIDGE__DNS_NO_DATA,    /* the name has no address of this type */
    MIDGE__DNS_FAILED,     /* the server cannot answer: rcode says why */
    MIDGE__DNS_MALFORMED   /* or an endless chain of aliases */
};

struct midge__dns_answer {
    uint8_t rcode; /* 0 to 15 */
    uint8_t count;
    uint32_t ttl_s; /* of FOUND, NO_NAME (RFC 2308 5) and NO_DATA. Up to 2^31 - 1; 0: not to keep */
    uint8_t addresses[MIDGE_DNS_ADDRS][16]; /* 4 bytes used for type A */
};

/* How a message has come. */
enum midge__dns_way {
    MIDGE__DNS_UDP,
    MIDGE__DNS_TCP,    /* its letters and TC do not count */
    MIDGE__DNS_TCP_CUT /* too long for the caller's buffer: the records in it count */
};

enum midge__dns_verdict midge__dns_read(const struct midge__dns_question *question,
                                        const uint8_t *bytes, size_t len, enum midge__dns_way way,
                                        struct midge__dns_answer *answer);

#endif
