/* SPDX-License-Identifier: MIT */
/*
 * A port of stubs. It compiles, and the conformance program names the missing parts. Each stub says
 * what to write there, and returns a safe result in the meantime: "there is none", never a lie.
 * Step N of port/PORTING.md fills in section N.
 */
#include "myport.h"

#include <stdbool.h>
#include <stddef.h>

#include <midge/err.h>

/* One connection. Static and counted: a port allocates nothing while it runs. */
struct mysock {
    bool used;
};

struct myport {
    struct midge_port port; /* given to the client; port.ctx points back here */
    struct mysock socks[MYPORT_SOCKS];
};

/* Stores the code if the caller asked for it. */
static void native_is(int *native, int code)
{
    if (native != NULL) {
        *native = code;
    }
}

/* --- 1. Clocks --- */

/* Milliseconds since any fixed moment, never backwards; 32 bits, all used: 0 follows 2^32 - 1. */
static uint32_t clock_ms(void *ctx)
{
    static uint32_t calls;

    (void)ctx;
    return ++calls; /* runs, but keeps no time */
}

/* Microseconds of the same time in 64 bits, as fine as the machine allows. */
static uint64_t clock_us(void *ctx)
{
    return (uint64_t)clock_ms(ctx) * 1000;
}

/* Seconds since 1970 from a trusted clock (an RTC that was set, SNTP that was checked), else: */
static int64_t wall_time(void *ctx)
{
    (void)ctx;
    return MIDGE_ERR_UNSUPPORTED;
}

/* --- 2. Entropy --- */

/* The machine's TRNG. Never a timer, a constant or rand(): without a TRNG return ENTROPY, and midge
   refuses TLS. */
static int entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    (void)buf;
    (void)len;
    return MIDGE_ERR_ENTROPY;
}

/* --- 3. Poll and wake --- */

/* Step 3: wait until the timeout or a wake. Step 4: fill in the revents of each socket, and end
   when one is ready; step 7: when a lookup ends. */
static int port_poll(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms)
{
    (void)ctx;
    (void)timeout_ms;
    if (n > MYPORT_SOCKS) {
        return MIDGE_ERR_INVALID;
    }
    for (size_t i = 0; i < n; i++) {
        fds[i].revents = MIDGE_POLL_ERR;
    }
    return MIDGE_OK;
}

/* Called from interrupts: set a flag, end the sleep. */
static void port_wake(void *ctx)
{
    (void)ctx;
}

/* --- 4. Connections --- */

/* Take a free slot; open the stack's socket, non-blocking; begin to connect. */
static int sock_connect(void *ctx, const struct midge_addr *addr, uint16_t port, midge_sock *sock,
                        int *native)
{
    (void)ctx;
    (void)addr;
    (void)port;
    *sock = MIDGE_SOCK_NONE;
    native_is(native, -1);
    return MIDGE_ERR_CONNECT;
}

/* OK, AGAIN, or CONNECT with the stack's code. */
static int sock_connected(void *ctx, midge_sock sock, int *native)
{
    (void)ctx;
    (void)sock;
    native_is(native, -1);
    return MIDGE_ERR_CONNECT;
}

/* Legal in any state; the slot is free afterwards, whatever the stack still does. */
static void sock_close(void *ctx, midge_sock sock)
{
    (void)ctx;
    (void)sock;
}

/* --- 5. Bytes --- */

/* OK with *n > 0, AGAIN, EOF after a FIN and only then, RECV for all other ends. */
static int sock_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    (void)ctx;
    (void)sock;
    (void)buf;
    (void)cap;
    *n = 0;
    native_is(native, -1);
    return MIDGE_ERR_RECV;
}

/* OK with *n > 0 (less than len is fine), AGAIN when there is no room, SEND. */
static int sock_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                     int *native)
{
    (void)ctx;
    (void)sock;
    (void)buf;
    (void)len;
    *n = 0;
    native_is(native, -1);
    return MIDGE_ERR_SEND;
}

/* --- 6. Limits --- */

/* No code of its own: connect says NO_MEMORY when all entries of the table are in use, close frees
   one at once, poll says INVALID for more than there are, and nothing is lost on the way. Set
   MYPORT_SOCKS to the stack's number. */

/* --- 7. Names --- */

/* Answer into *query, immediately or later inside poll. */
static int dns_start(void *ctx, const char *host, struct midge_dns_query *query)
{
    (void)ctx;
    (void)host;
    query->count = 0;
    query->impl = NULL;
    query->err = MIDGE_ERR_RESOLVE;
    query->native = -1;
    query->done = 1;
    return MIDGE_OK;
}

/* Afterwards nothing may be written to *query, though the resolver may still answer. */
static void dns_cancel(void *ctx, struct midge_dns_query *query)
{
    (void)ctx;
    (void)query;
}

/* zone stays NULL: only a stack with IPv6 has names of interfaces in addresses. */

/* --- 8. Files --- */

/* Leave file_* NULL, or fill in all six. */

/* --- Open and close --- */

struct midge_port *myport_open(void)
{
    static struct myport p;

    p = (struct myport){.port = {
                            .ctx = &p,
                            .clock_ms = clock_ms,
                            .clock_us = clock_us,
                            .wall_time = wall_time,
                            .entropy = entropy,
                            .dns_start = dns_start,
                            .dns_cancel = dns_cancel,
                            .connect = sock_connect,
                            .connected = sock_connected,
                            .recv = sock_recv,
                            .send = sock_send,
                            .close = sock_close,
                            .poll = port_poll,
                            .wake = port_wake,
                        }};
    return &p.port;
}

void myport_close(struct midge_port *port)
{
    (void)port;
}
