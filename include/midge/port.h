/* SPDX-License-Identifier: MIT */
/*
 * The port: the few calls that cannot be written portably. A port holds no policy: no retries,
 * no timeouts, no caches. All calls come from the thread that polls the client, wake excepted.
 *
 * Every call that returns int answers MIDGE_OK or a negative MIDGE_ERR. Where `native` is given
 * it receives the platform's own code of a failure and 0 otherwise. Messages show it by its value:
 * positive as an errno (of a lookup: as the resolver's code), -1 to -16 as lwIP's err_t, others as
 * a plain number. A platform whose errno is negative gives it as a positive number.
 */
#ifndef MIDGE_PORT_H
#define MIDGE_PORT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef intptr_t midge_sock; /* the port's socket handle; MIDGE_SOCK_NONE is never one */
#define MIDGE_SOCK_NONE ((midge_sock)-1)

enum { MIDGE_POLL_IN = 1, MIDGE_POLL_OUT = 2, MIDGE_POLL_ERR = 4 };

struct midge_pollfd {
    midge_sock sock;
    uint8_t events;  /* MIDGE_POLL_IN | MIDGE_POLL_OUT wanted; 0: report errors only */
    uint8_t revents; /* what is ready; MIDGE_POLL_ERR may come unasked: the socket is broken, and
                        connected, recv or send that say AGAIN all the same count as failed */
};

struct midge_addr {
    uint8_t family;    /* 4 or 6 */
    uint8_t bytes[16]; /* network order; 4 used for family 4 */
    uint32_t scope;    /* IPv6 zone index (RFC 4007), 0 none */
};

#define MIDGE_DNS_ADDRS 8 /* addresses kept of one answer */

/* A lookup under way. The caller owns it and keeps it in place until done or cancelled. */
struct midge_dns_query {
    struct midge_addr addrs[MIDGE_DNS_ADDRS]; /* in the order to try */
    uint8_t count;
    uint8_t done;   /* set by the port, from inside dns_start or poll */
    uint8_t family; /* 0 any, 4, 6: set by the caller */
    int err;        /* MIDGE_OK or MIDGE_ERR_RESOLVE, valid when done */
    int native;     /* the resolver's code */
    void *impl;     /* the port's, as is what follows */
    const char *host;
};

/* A file that is being written or read. */
typedef struct midge_open_file *midge_file;
enum midge_file_mode {
    MIDGE_FILE_READ,
    MIDGE_FILE_REPLACE /* written beside the target; commit renames it into place. A target that
                          exists and is no regular file (a device, a pipe) is written directly */
};

struct midge_port {
    void *ctx; /* passed to every call */

    /* Monotonic milliseconds since any moment: never goes back, counts all 32 bits and then on from
       0, as millis() of Arduino and sys_now() of lwIP do. midge must be polled once in 49 days. */
    uint32_t (*clock_ms)(void *ctx);
    /* A fast counter for measuring only: microseconds, 64 bits. Monotonic. No limit depends on it.
     */
    uint64_t (*clock_us)(void *ctx);
    /* Seconds since 1970 UTC, or a negative MIDGE_ERR when no trusted clock is there. Asked in each
       poll: what midge remembers goes when 12 days (2^30 ms) have passed between two of them, also
       if clock_ms stood still meanwhile or has wrapped. */
    int64_t (*wall_time)(void *ctx);
    /* Fill with cryptographic-quality entropy; MIDGE_ERR_ENTROPY when there is none. Never a
       timer, never a constant. */
    int (*entropy)(void *ctx, uint8_t *buf, size_t len);

    /* Resolve host (no literals come here), which stays in place as long as the query must. May
       complete inside the call. The port bounds its own tries; the client's DNS deadline ends it by
       dns_cancel. A lookup for which there is no room now waits for it. */
    int (*dns_start)(void *ctx, const char *host, struct midge_dns_query *query);
    void (*dns_cancel)(void *ctx, struct midge_dns_query *query);

    /* The index of a network interface, for midge_addr.scope: "eth0" of fe80::1%eth0. ZONE when
       there is none of that name. May be NULL: zones are numbers only. */
    int (*zone)(void *ctx, const char *name, uint32_t *scope);

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
       not wait, negative: no limit). Runs the port's own machinery (resolver, lwIP timers), and
       may return MIDGE_OK early for it or for a signal: look at revents and at the query's done.
       A wake ends exactly one poll. INVALID when n is more than the port can take. */
    int (*poll)(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms);
    /* For foreign loops: sockets of the port's own (resolver, wake), at most cap written, the
       number there are in *n; *timeout_ms is lowered to when the port wants to be polled. May be
       NULL: none. */
    int (*interest)(void *ctx, struct midge_pollfd *fds, size_t cap, size_t *n, int *timeout_ms);
    /* From any thread or interrupt: end a poll in progress, or the next one at once. */
    void (*wake)(void *ctx);

    /* A small file store. May be NULL as a whole: MIDGE_ERR_UNSUPPORTED. A write may be short of
       nothing: it is done or it failed. finish closes; commit 0 discards a REPLACE.
       open: READ or WRITE (by mode); NO_MEMORY: too many are open for now. read: MIDGE_OK with *n >
       0, EOF, READ. write: WRITE. size and seek: UNSUPPORTED for what has none (a pipe). finish:
       WRITE when the commit failed or a write before it had; the file is freed and the target
       untouched then too. */
    int (*file_open)(void *ctx, const char *path, enum midge_file_mode mode, midge_file *file,
                     int *native);
    int (*file_size)(void *ctx, midge_file file, uint64_t *size);
    int (*file_seek)(void *ctx, midge_file file, uint64_t offset);
    int (*file_read)(void *ctx, midge_file file, uint8_t *buf, size_t cap, size_t *n, int *native);
    int (*file_write)(void *ctx, midge_file file, const uint8_t *buf, size_t len, int *native);
    int (*file_finish)(void *ctx, midge_file file, int commit, int *native);
};

/* The desktop port: poll(2), c-ares, getrandom. max_socks bounds the sockets of one poll (0: 256).
   ENTROPY or NO_MEMORY or PORT on failure. Free it after every client that uses it is closed. */
int midge_posix_open(struct midge_port **port, size_t max_socks);
void midge_posix_close(struct midge_port *port);
/* For tests: ask these name servers instead of the system's, "127.0.0.1:5353,[::1]:53". /etc/hosts
   and localhost answer as before. INVALID for a bad list, BUSY while a lookup is under way. */
int midge_posix_set_dns_servers(struct midge_port *port, const char *csv);

/*
 * lwIP without an operating system (NO_SYS=1), raw API: port/lwip_raw. lwIP is initialized and its
 * netif is up before midge polls; lwIP's own needs (sys_now) stay the board's. One in a program, as
 * lwIP is. All calls come from the superloop, the port's
 * wake excepted.
 */
struct midge_lwip_raw {
    void *ctx;
    /* Hand what the Ethernet chip received to lwIP; bounded. Called in each poll. */
    void (*pump)(void *ctx);
    /* Sleep until an interrupt or so, never longer than ms; may return at once. NULL: polls spin.
     */
    void (*idle)(void *ctx, uint32_t ms);
};
/* Fills in dns_start … wake of `port`; the clocks, entropy and files are the board's and must be
   set by it. `machine` is kept. */
void midge_lwip_raw_attach(struct midge_port *port, const struct midge_lwip_raw *machine);

/*
 * lwIP's sockets under an RTOS: port/lwip_sockets. Fills in dns_start … wake likewise, one port in
 * a program. Called from the thread that polls, after tcpip_init. NO_MEMORY, or BUSY while another
 * is attached. Detached when every client that uses it is closed and nobody wakes it any more.
 */
int midge_lwip_sockets_attach(struct midge_port *port);
void midge_lwip_sockets_detach(struct midge_port *port);

#ifdef __cplusplus
}
#endif
#endif
