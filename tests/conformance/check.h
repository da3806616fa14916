/* SPDX-License-Identifier: MIT */
/* Private to tests/conformance: what the groups of checks share. */
#ifndef MIDGE_CONFORMANCE_CHECK_H
#define MIDGE_CONFORMANCE_CHECK_H

#include <stdbool.h>
#include <string.h>

#include "midge/err.h"

#include "conformance.h"

/* Everything that waits for the network waits this long at most. */
enum { PATIENCE_MS = 15000, SLACK_MS = 1000, BUFFER_BYTES = 2048 };

/* Connections that a check can hold: more than the port has, or their end is not tried. */
#ifndef CONFORMANCE_MANY
#define CONFORMANCE_MANY 64
#endif
enum { MANY = CONFORMANCE_MANY };

struct check {
    const struct midge_port *port;
    const struct conformance_peer *peer;
    uint8_t buf[BUFFER_BYTES];
    midge_sock socks[MANY]; /* open ones of this check: closed after it, whatever happened */
    size_t n_socks;
    bool wakes; /* a wake ends a poll: one without a limit may be tried */
};

/* A check answers NULL when the promise is kept, what is wrong when not, or SKIP("why"). */
typedef const char *(*check_fn)(struct check *c);
#define SKIP(why) "\001" why

struct promise {
    const char *name;
    check_fn check;
};

/* Ends the check with the sentence when the condition does not hold. */
#define EXPECT(condition, otherwise)                                                               \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            return otherwise;                                                                      \
        }                                                                                          \
    } while (0)

/* The same for what another function found. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        const char *broken = call;                                                                 \
        if (broken != NULL) {                                                                      \
            return broken;                                                                         \
        }                                                                                          \
    } while (0)

uint32_t check_ms(const struct check *c);
uint8_t check_pattern(size_t at);
bool check_is_pattern(const uint8_t *buf, size_t at, size_t n);
void check_fill(uint8_t *buf, size_t at, size_t n);

/* port->connect to a service; the socket is remembered. */
int check_begin(struct check *c, enum conformance_service service, midge_sock *sock, int *native);
/* The same, wait until it is connected, and say the byte to those that wait for it. */
const char *check_connect(struct check *c, enum conformance_service service, midge_sock *sock);
/* Poll until the events come, at most PATIENCE_MS; the revents, 0 when they never came. */
uint8_t check_wait(const struct check *c, midge_sock sock, uint8_t events);
void check_close(struct check *c, midge_sock sock);
void check_close_all(struct check *c);
/* recv until it answers something else than AGAIN; *n and *err as recv. */
const char *check_recv(const struct check *c, midge_sock sock, uint8_t *buf, size_t cap, size_t *n,
                       int *err, int *native);
/* All bytes out. */
const char *check_send_all(const struct check *c, midge_sock sock, const uint8_t *buf, size_t len);

/* The groups, each ended by a promise without a name. */
extern const struct promise check_clock_promises[], check_dns_promises[], check_connect_promises[],
    check_transfer_promises[], check_poll_promises[], check_many_promises[], check_file_promises[];

#endif
