/* SPDX-License-Identifier: MIT */
/*
 * The port: the few calls that cannot be written portably. A port holds no policy: no retries,
 * no timeouts, no caches. All calls come from the thread that polls the client, wake excepted.
 * midge's own ports: port_posix.h, port_bsd.h, port_lwip.h. port/PORTING.md says how to write
 * another.
 *
 * Every call that returns int returns MIDGE_OK or a negative MIDGE_ERR. *native gets the platform's
 * own code of a failure, 0 otherwise. Messages interpret it by its value: positive as an errno (of
 * a lookup: as the resolver's code), -1 to -16 as lwIP's err_t, others as a plain number. A
 * platform with negative errno values must give them as positive numbers.
 */
#ifndef MIDGE_PORT_H
#define MIDGE_PORT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef intptr_t midge_sock; /* the port's socket handle; MIDGE_SOCK_NONE is never one */
#define MIDGE_SOCK_NONE ((midge_sock)-1) /* no socket */

/* Readiness of a socket. */
enum {
    MIDGE_POLL_IN = 1,  /* recv has bytes, or the end */
    MIDGE_POLL_OUT = 2, /* send takes bytes, or the connect has ended */
    MIDGE_POLL_ERR = 4  /* it is broken */
};

/* One socket to wait for. */
struct midge_pollfd {
    midge_sock sock; /* of this port */
    uint8_t events;  /* MIDGE_POLL_IN | MIDGE_POLL_OUT wanted; 0: report errors only */
    uint8_t revents; /* events that are ready; MIDGE_POLL_ERR may be set in any case: the socket is
                        broken. If connected, recv or send return AGAIN then, they count as
                        failed */
};

/* An IP address. */
struct midge_addr {
    uint8_t family;    /* 4 or 6 */
    uint8_t bytes[16]; /* network order; 4 used for family 4 */
    uint32_t scope;    /* IPv6 zone index (RFC 4007), 0 none */
};

#define MIDGE_DNS_ADDRS 8 /* addresses kept of one answer */

/* A lookup under way. The caller owns it and keeps it in place until done or cancelled. */
struct midge_dns_query {
    struct midge_addr addrs[MIDGE_DNS_ADDRS]; /* in the order to try */
    uint8_t count;                            /* of addrs; 0 after a failure */
    uint8_t done;                             /* set by the port, from inside dns_start or poll */
    uint8_t family;                           /* 0 any, 4, 6: set by the caller */
    int err;                                  /* MIDGE_OK or MIDGE_ERR_RESOLVE, valid when done */
    int native;                               /* the resolver's code */
    void *impl;                               /* for the port's own use, as is host */
    const char *host;                         /* the port's own copy of the pointer */
    /* Seconds for which the addresses, or the failure, may be kept: the least TTL of the records;
       of a name or address that does not exist, RFC 2308 5. 0: the port does not know, or the
       failure is none of the name. 0 at the call. A TTL of 0 is given as 1. */
    uint32_t ttl_s;
};

/* A file that is being written or read. */
typedef struct midge_open_file *midge_file;
/* How a file is opened. */
enum midge_file_mode {
    MIDGE_FILE_READ,   /* an existing one */
    MIDGE_FILE_REPLACE /* written to a second file; commit renames that to the target. A target
                          that exists and is no regular file (a device, a pipe) is written
                          directly */
};

/* The table of a port's functions. */
struct midge_port {
    void *ctx; /* passed to every call */

    /* Monotonic milliseconds since any moment: never goes back, counts all 32 bits and then
       continues from 0, as millis() of Arduino and sys_now() of lwIP do. The program must poll
       midge at least once in 49 days. */
    uint32_t (*clock_ms)(void *ctx);
    /* A counter for measurements only: microseconds, 64 bits. Monotonic. No limit depends on it.
     */
    uint64_t (*clock_us)(void *ctx);
    /* Seconds since 1970 UTC, or a negative MIDGE_ERR when there is no trusted clock. Called in
       each poll (MIDGE_WITH_SESSIONS): if 12 days (2^30 ms) have passed between two polls, midge
       forgets sessions and addresses and closes idle connections, even if clock_ms stood still
       meanwhile or has wrapped. */
    int64_t (*wall_time)(void *ctx);
    /* Fill with cryptographic-quality entropy; MIDGE_ERR_ENTROPY when there is none. Never a
       timer, never a constant. */
    int (*entropy)(void *ctx, uint8_t *buf, size_t len);

    /* Resolve host, which is never a literal and stays in place as long as the query. May
       complete inside the call. The port bounds its own tries; when the client's DNS deadline is
       over, midge calls dns_cancel. If the port has no room for one more lookup now, it starts
       the lookup later. */
    int (*dns_start)(void *ctx, const char *host, struct midge_dns_query *query);
    void (*dns_cancel)(void *ctx, struct midge_dns_query *query);

    /* Open a non-blocking TCP socket and begin to connect. MIDGE_OK: under way or connected.
       NO_MEMORY: no socket is left for now; MIDGE_ERR_CONNECT. */
    int (*connect)(void *ctx, const struct midge_addr *addr, uint16_t port, midge_sock *sock,
                   int *native);
    /* After readiness: MIDGE_OK connected, AGAIN not yet, MIDGE_ERR_CONNECT refused or failed. */
    int (*connected)(void *ctx, midge_sock sock, int *native);
    /* MIDGE_OK with *n > 0; AGAIN; EOF (orderly FIN); MIDGE_ERR_RECV (a reset too). */
    int (*recv)(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native);
    /* MIDGE_OK with *n > 0; AGAIN; MIDGE_ERR_SEND. Never raises a signal. */
    int (*send)(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n, int *native);
    void (*close)(void *ctx, midge_sock sock);

    /* Wait until a socket is ready, a lookup ends, wake was called or timeout_ms passed (0: do
       not wait, negative: no limit). Runs the port's own work (resolver, lwIP timers), and may
       return MIDGE_OK early because of that or of a signal: the caller looks at revents and at
       the query's done. A wake ends exactly one poll. INVALID when n is more than the port
       supports. */
    int (*poll)(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms);
    /* From any thread or interrupt: end a poll in progress, or the next one at once. */
    void (*wake)(void *ctx);

    /* midge_open refuses a port without one of the functions above; all that follow may be NULL. */

    /* The index of a network interface, for midge_addr.scope: "eth0" of fe80::1%eth0. ZONE when
       no interface has that name. May be NULL: zones are numbers only. */
    int (*zone)(void *ctx, const char *name, uint32_t *scope);

    /* For foreign loops: writes the port's own sockets (resolver, wake), at most cap, and their
       number to *n; lowers *timeout_ms to the time until the port must be polled. May be NULL:
       none. */
    int (*interest)(void *ctx, struct midge_pollfd *fds, size_t cap, size_t *n, int *timeout_ms);

    /* A small file store. All of these may be NULL: MIDGE_ERR_UNSUPPORTED. There are no short
       writes: a write takes all bytes or fails. finish closes the file; commit 0 discards a
       REPLACE. open: READ or WRITE (by mode); NO_MEMORY: too many are open for now. read:
       MIDGE_OK with *n > 0, EOF, READ. write: WRITE. size and seek: UNSUPPORTED for a file
       without size or position (a pipe). finish: WRITE if the commit failed or an earlier write
       had failed; then too the file is freed, and the target is unchanged. */
    int (*file_open)(void *ctx, const char *path, enum midge_file_mode mode, midge_file *file,
                     int *native);
    int (*file_size)(void *ctx, midge_file file, uint64_t *size);
    int (*file_seek)(void *ctx, midge_file file, uint64_t offset);
    int (*file_read)(void *ctx, midge_file file, uint8_t *buf, size_t cap, size_t *n, int *native);
    int (*file_write)(void *ctx, midge_file file, const uint8_t *buf, size_t len, int *native);
    int (*file_finish)(void *ctx, midge_file file, int commit, int *native);

    /* A key of this device for midge_sessions_export (sessions.h): 32 random bytes, the same at
       each start, which nothing outside of the device can read, and which serve nothing else.
       Derive it, for example, from fuses. MIDGE_OK or an error, which export and import return. May
       be NULL: they are refused. */
    int (*device_key)(void *ctx, uint8_t key[32]);
};

#ifdef __cplusplus
}
#endif
#endif
