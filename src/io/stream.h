/* SPDX-License-Identifier: MIT */
/*
 * A stream of bytes, non-blocking. TLS can run over any other stream. The lowest stream decides the
 * events to poll for, since TLS may need to read in order to write.
 */
#ifndef MIDGE_IO_STREAM_H
#define MIDGE_IO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <midge/err.h>
#include <midge/port.h>

/* Details of a failure, beside the MIDGE_ERR that was returned. */
struct midge__fault {
    int native;            /* errno or mbedTLS code */
    uint32_t verify_flags; /* CERT only */
    uint32_t cert_date;    /* YYYYMMDD: the certificate date that caused the refusal; 0: none */
    const char *detail;    /* static text or NULL */
};

struct midge__stream;
struct midge__stream_ops {
    /* Makes the stream ready. MIDGE_OK: ready; AGAIN: poll for interest; MIDGE_ERR_BUSY: more to
       compute, call again without waiting for the socket; else failed. */
    int (*handshake)(struct midge__stream *s);
    /* MIDGE_OK with *n > 0; AGAIN: the peer has sent nothing more that can be read now; BUSY: it
       has sent more, but no data so far: call again without waiting for the socket; EOF: the stream
       ended, see s->clean; else failed. One call does a bounded amount of work. */
    int (*recv)(struct midge__stream *s, uint8_t *buf, size_t cap, size_t *n);
    /* MIDGE_OK with *n > 0 (may be less than len); AGAIN: repeat with the same arguments; BUSY:
       repeat without waiting for the socket; else failed. */
    int (*send)(struct midge__stream *s, const uint8_t *buf, size_t len, size_t *n);
    /* The events that recv (or send) waits for: MIDGE_POLL_IN | MIDGE_POLL_OUT. */
    unsigned (*interest)(const struct midge__stream *s, bool want_recv, bool want_send);
    /* Does the stream hold bytes of the peer that recv has not processed? After a recv that
       returned AGAIN these are the beginning of a record whose rest has not come. */
    bool (*pending)(const struct midge__stream *s);
    /* Orderly end (close_notify). MIDGE_OK: done; AGAIN; else failed, and close may follow
       directly. */
    int (*shutdown)(struct midge__stream *s);
    /* Frees everything. Idempotent. */
    void (*close)(struct midge__stream *s);
};

struct midge__stream {
    const struct midge__stream_ops *ops;
    struct midge__fault fault;
    bool clean; /* valid after EOF: the end is authentic (close_notify; plain TCP never) */
};

/* --- tcp --- */
struct midge__tcp {
    struct midge__stream s;
    struct midge_port *port;
    midge_sock sock; /* MIDGE_SOCK_NONE when closed */
    bool connected;
    bool hung;    /* poll reports an error or hang-up: a call that returns AGAIN has failed */
    bool drained; /* the last recv emptied the socket, and no poll has reported bytes since then */
};
/* Begins to connect; handshake() completes the connection. On error nothing is open. */
int midge__tcp_open(struct midge__tcp *tcp, struct midge_port *port, const struct midge_addr *addr,
                    uint16_t port_number);
/* Call after each poll, with the revents of this socket; 0: none, or it was not polled. After a
   recv that emptied the socket, recv returns AGAIN without a call of the port until a poll has
   reported MIDGE_POLL_IN or MIDGE_POLL_ERR. */
void midge__tcp_polled(struct midge__tcp *tcp, unsigned revents);

#endif
