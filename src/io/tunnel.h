/* SPDX-License-Identifier: MIT */
/* The exchange that opens a tunnel through a proxy: CONNECT (RFC 9110 9.3.6). Over any stream. When
   it has ended well, that stream leads to the server, and the tunnel's state is not needed any
   more. */
#ifndef MIDGE_IO_TUNNEL_H
#define MIDGE_IO_TUNNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "codec/h1_write.h"
#include "io/stream.h"

/* Cleared memory is a tunnel that has not begun. */
struct midge__tunnel {
    uint32_t sent;             /* bytes of CONNECT */
    uint32_t received;         /* bytes of the answer, heads of 1xx included */
    uint16_t status;           /* of the answer, as far as it was read */
    uint8_t state;             /* tunnel.c */
    uint8_t at;                /* place in the text that the next byte is compared with */
    bool is_challenge;         /* the current line is Proxy-Authenticate */
    bool takes_basic;          /* one of these offers Basic */
    struct midge__fault fault; /* after an error; native: the proxy's status, if it is PROXY */
};

/* One step. head: writes CONNECT; `sent` of it is set here. most: bytes of the answer. MIDGE_OK:
   the tunnel is open; AGAIN: poll for interest; BUSY: call again without waiting; PROXY: the proxy
   has refused, or its answer is malformed, too long, or followed by bytes that the server cannot
   have sent; else the stream's error. One call sends once, or receives once. */
int midge__tunnel_step(struct midge__tunnel *tunnel, struct midge__stream *lower,
                       struct midge__h1_write *head, uint32_t most);
unsigned midge__tunnel_interest(const struct midge__tunnel *tunnel,
                                const struct midge__stream *lower);

#endif
