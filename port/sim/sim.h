/* SPDX-License-Identifier: MIT */
/*
 * Private to port/sim: the one struct behind the simulation and the functions that its files share.
 *
 *     port.c     the port's table; clocks, entropy, costs
 *     poll.c     the loop of virtual time        socket.c  connect, recv, send, close
 *     host.c     machines, addresses, servers    name.c    lookups
 *     conn.c     a connection between a socket and a peer
 *     pipe.c     one direction of it             line.c    latency, bandwidth, loss
 *     link.c     cables that are unplugged       bytes.c   memory
 *     peer.c     the servers' interface          http*.c   a server of HTTP
 *     file.c     the file store                  site.c    its replies; replies.c adds them
 *     fault.c    calls that fail                 trace.c   lines and their hash
 *     event.c    the queue of events             random.c  numbers from the seed
 *     sim.c      open and close, time            https.c   the server in TLS
 *     owned.c    parts to be freed at the end
 *
 * Everything happens in two places: in the port's calls, and in events, which only
 * midge__sim_run_due fires. A peer's callbacks come only from events.
 */
#ifndef MIDGE_SIM_INTERNAL_H
#define MIDGE_SIM_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midge/err.h"
#include "midge/port.h"
#include "midge/sim.h"

#include "peer.h"

#define SIM_NS_PER_MS 1000000ULL
#define SIM_NEVER     UINT64_MAX
#define SIM_FAULTS    16

/* --- bytes first in, first out --- */

struct sim_bytes {
    uint8_t *data;
    size_t begin, len, cap;
};

void midge__sim_bytes_put(struct sim_bytes *b, const uint8_t *data, size_t len);
void midge__sim_bytes_drop_last(struct sim_bytes *b, size_t len);
void midge__sim_bytes_drop(struct sim_bytes *b, size_t len);
void midge__sim_bytes_free(struct sim_bytes *b);

/* calloc and realloc that abort without memory. */
void *midge__sim_new(size_t size);
void *midge__sim_renew(void *p, size_t size);
char *midge__sim_copy(const char *text);

/* --- lines, hosts, services --- */

/* The way to one or all hosts; its bandwidth is shared. */
struct sim_line {
    struct midge_sim_path path;
    uint64_t free_at_ns[2]; /* when its transmitter has sent all: to the server, to the client */
    bool down;
};

struct sim_service {
    struct sim_service *next;
    struct midge_sim_host *host; /* NULL: every host */
    uint16_t port;
    const struct sim_peer_type *type;
    const void *config;
};

struct sim_cut {
    bool armed;
    struct midge_sim_cut cut;
    uint32_t seen; /* connections since it was set */
};

/* No call goes across these bytes of a stream. */
struct sim_splits {
    const uint64_t *at;
    size_t n;
};

struct sim_address {
    struct midge_addr addr;
    enum midge_sim_address_kind kind;
};

/* struct midge_sim_host of the public header is this. */
struct midge_sim_host {
    struct midge_sim_host *next;
    struct midge_sim *sim;
    char *name;
    struct midge_sim_name naming;
    struct sim_address addresses[MIDGE_DNS_ADDRS];
    uint8_t n_addresses;
    bool own_addresses; /* not the one made with the host */
    bool own_line;
    struct sim_line line;
    struct sim_cut cuts[2]; /* of the client's bytes, of the server's */
    struct sim_splits splits[2];
};

/* --- connections --- */

/* A segment carries bytes, or the end. */
enum sim_segment_kind { SIM_DATA, SIM_FIN, SIM_RST };
struct sim_segment {
    uint64_t sent_ns, at_ns;
    uint32_t len;
    enum sim_segment_kind kind;
};

/* One direction. Its bytes lie in one queue: those that have arrived, those on the way, those that
   wait for the window. */
struct sim_pipe {
    struct sim_conn *conn;
    bool to_client;
    struct sim_bytes bytes;
    size_t arrived, on_way, waiting;
    struct sim_segment *segments; /* a ring */
    size_t first, n_segments, cap_segments;
    struct sim_event arrival; /* of the first segment */
    uint64_t last_at_ns;      /* segments arrive in order */
    uint64_t sent;            /* bytes put on the way in all */
    uint64_t edge;            /* how far the client lets the server send; 0: recv_buffer */
    uint64_t moved;           /* bytes that the client's calls moved */
    struct sim_splits splits;
    bool closing; /* FIN follows the waiting bytes */
    bool closed;  /* FIN or RST is on the way: nothing follows */
    bool ended;   /* FIN has arrived */
    bool dead;    /* whatever is sent from now on is lost */
    struct sim_cut cut;
};

enum sim_conn_state {
    SIM_CONNECTING, /* SYN sent */
    SIM_OPEN,
    SIM_FAILED /* refused */
};

struct sim_conn {
    struct sim_conn *next;
    struct midge_sim *sim;
    struct midge_sim_host *host; /* NULL: no machine has that address */
    const struct sim_service *service;
    struct sim_line *line;
    uint32_t number;
    enum sim_conn_state state;
    int error;                /* errno that the client's calls get; 0 none */
    bool held_by_client;      /* its socket is open */
    struct sim_event syn;     /* SYN, SYN-ACK */
    struct sim_event timeout; /* of a dead direction: its sender stops trying */
    struct sim_event work;    /* callbacks of the peer that are due */
    struct sim_pipe up;       /* to the server */
    struct sim_pipe down;     /* to the client */
    struct sim_peer *peer;    /* NULL: not yet, or over */
    bool held;                /* the peer takes no bytes */
    bool drained_due, ended_told, peer_over;
};

/* --- lookups, files --- */

struct sim_lookup {
    struct sim_lookup *next;
    struct midge_sim *sim;
    struct midge_dns_query *query;
    struct midge_sim_host *host;
    uint8_t family; /* as it was at the start */
    struct sim_event answer, limit;
};

struct sim_file {
    struct sim_file *next;
    char *path;
    struct sim_bytes bytes;
};

/* Of parts that live as long as the simulation. */
struct sim_owned {
    struct sim_owned *next;
    void *part;
    void (*free)(void *part);
};

struct sim_call; /* at a time: sim.c */

struct sim_fault {
    enum midge_sim_call call;
    uint32_t nth; /* of all calls */
    int error;
    bool sticky;
};

/* --- the simulation --- */

struct midge_sim {
    struct midge_port port;
    struct midge_sim_config config;
    uint64_t now_ns, date_set_ns; /* when config.date was set */
    uint64_t chance, entropy;     /* streams of random numbers: the network's, the client's */

    struct sim_event **heap; /* heap[1..n_events] */
    size_t n_events, cap_events;
    uint64_t event_order;

    struct sim_line line;
    struct midge_sim_host *hosts;
    struct sim_service *services;
    struct sim_site *sites; /* http.h */
    uint32_t n_hosts;

    struct sim_conn *conns;
    struct {
        struct sim_conn *conn;
        uint32_t generation;
    } * slots;
    size_t n_slots;
    uint32_t n_conns, open_socks;
    struct sim_lookup *lookups;
    struct sim_call *at;
    struct sim_owned *owned;
    struct sim_file *files;
    uint32_t open_files, misuses;

    struct midge_sim_chance rates;
    struct sim_fault faults[SIM_FAULTS];
    unsigned n_faults;
    uint32_t calls[MIDGE_SIM_CALLS];

    bool woken, lookup_ended;
    struct sim_event reaper; /* a connection may be over on both sides */
    uint64_t hash;
};

/* event.c: a heap by time, then by order of setting. Setting an event again moves it. */
void midge__sim_event_set(struct midge_sim *sim, struct sim_event *event, uint64_t at_ns);
void midge__sim_event_cancel(struct midge_sim *sim, struct sim_event *event);
uint64_t midge__sim_event_next(const struct midge_sim *sim); /* SIM_NEVER: none */
/* Fires all events up to now. */
void midge__sim_run_due(struct midge_sim *sim);
/* The same, while time goes on to at_ns. */
void midge__sim_run_until(struct midge_sim *sim, uint64_t at_ns);

/* random.c */
uint64_t midge__sim_stream(uint64_t seed, uint64_t number); /* the start of a stream */
uint64_t midge__sim_random(uint64_t *stream);
void midge__sim_random_bytes(uint64_t *stream, uint8_t *buf, size_t len);
uint64_t midge__sim_below(uint64_t *stream, uint64_t n); /* 0 to n-1; 0 for n 0 */
/* True in rate of 1000 cases; draws nothing when the rate is 0. */
bool midge__sim_by_chance(uint64_t *stream, unsigned rate);

/* trace.c */
void midge__sim_trace(struct midge_sim *sim, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
uint32_t midge__sim_sum(const uint8_t *data, size_t len); /* of bytes, for a line */

/* fault.c */
/* Counts the call, lets its time pass, and returns the errno with which it fails, or 0. */
int midge__sim_call(struct midge_sim *sim, enum midge_sim_call call, size_t bytes);

/* host.c */
struct midge_sim_host *midge__sim_host_named(const struct midge_sim *sim, const char *name);
/* The host with that address; *kind is of the address. */
struct midge_sim_host *midge__sim_host_at(const struct midge_sim *sim,
                                          const struct midge_addr *addr,
                                          enum midge_sim_address_kind *kind);
const struct sim_service *midge__sim_service(const struct midge_sim *sim,
                                             const struct midge_sim_host *host, uint16_t port);
void midge__sim_hosts_free(struct midge_sim *sim);

/* line.c */
struct sim_line *midge__sim_line(struct midge_sim *sim, struct midge_sim_host *host);
bool midge__sim_is_down(const struct midge_sim *sim, const struct midge_sim_host *host);
uint64_t midge__sim_latency_ns(const struct sim_line *line);
/* When a segment arrives that is sent not before from_ns; SIM_NEVER: it is lost for good. */
uint64_t midge__sim_line_arrival(struct midge_sim *sim, struct sim_line *line, bool to_client,
                                 uint64_t from_ns, size_t len);
/* The delay of a SYN by losses. */
uint64_t midge__sim_line_syn_delay(struct midge_sim *sim, const struct sim_line *line);
/* The first time not before up_ns at which a segment sent at sent_ns is sent again. */
uint64_t midge__sim_line_again(uint64_t sent_ns, uint64_t up_ns, uint64_t first_ns);

/* pipe.c */
void midge__sim_pipe_init(struct sim_pipe *p, struct sim_conn *conn, bool to_client);
void midge__sim_pipe_free(struct sim_pipe *p);
/* Bytes that fit into the client's send buffer. */
size_t midge__sim_pipe_room(const struct sim_pipe *p);
void midge__sim_pipe_write(struct sim_pipe *p, const uint8_t *data, size_t len);
void midge__sim_pipe_end(struct sim_pipe *p);   /* FIN behind what waits */
void midge__sim_pipe_break(struct sim_pipe *p); /* RST; what waits is dropped */
const uint8_t *midge__sim_pipe_data(const struct sim_pipe *p);
void midge__sim_pipe_take(struct sim_pipe *p, size_t len); /* of what arrived */
void midge__sim_pipe_check_cut(struct sim_pipe *p);        /* for a cut at byte 0 */
/* The link is up again. */
void midge__sim_pipe_again(struct sim_pipe *p);

/* Something is to be done for the peer: drained, bytes, ended. */
static inline void midge__sim_conn_work(struct sim_conn *conn)
{
    if (conn->peer != NULL && conn->work.index == 0) {
        midge__sim_event_set(conn->sim, &conn->work, conn->sim->now_ns);
    }
}

/* The peer is over: its closed comes as the next event. */
static inline void midge__sim_conn_peer_over(struct sim_conn *conn)
{
    conn->peer_over = true;
    midge__sim_conn_work(conn);
}

/* The client's calls fail with that errno from now on. */
static inline void midge__sim_conn_fail(struct sim_conn *conn, int error)
{
    conn->error = conn->error == 0 ? error : conn->error;
}

/* conn.c */
struct sim_conn *midge__sim_conn_open(struct midge_sim *sim, struct midge_sim_host *host,
                                      uint16_t port, enum midge_sim_address_kind kind);
/* The client closes its socket. */
void midge__sim_conn_release(struct sim_conn *conn);
void midge__sim_conn_link_up(struct sim_conn *conn);
void midge__sim_conns_reap(struct sim_event *reaper);
void midge__sim_conns_free(struct midge_sim *sim);

/* socket.c */
int midge__sim_connect(void *ctx, const struct midge_addr *addr, uint16_t port, midge_sock *sock,
                       int *native);
int midge__sim_connected(void *ctx, midge_sock sock, int *native);
int midge__sim_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native);
int midge__sim_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                    int *native);
void midge__sim_close_sock(void *ctx, midge_sock sock);
/* The events that are ready; MIDGE_POLL_ERR for a handle that is not open. */
unsigned midge__sim_ready(struct midge_sim *sim, midge_sock sock);

/* name.c */
int midge__sim_dns_start(void *ctx, const char *host, struct midge_dns_query *query);
void midge__sim_dns_cancel(void *ctx, struct midge_dns_query *query);
void midge__sim_lookups_free(struct midge_sim *sim);
void midge__sim_lookups_link_up(struct midge_sim *sim);

/* poll.c */
int midge__sim_poll(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms);
int midge__sim_interest(void *ctx, struct midge_pollfd *fds, size_t cap, size_t *n,
                        int *timeout_ms);
void midge__sim_wake(void *ctx);

/* file.c */
int midge__sim_file_open(void *ctx, const char *path, enum midge_file_mode mode, midge_file *file,
                         int *native);
int midge__sim_file_size(void *ctx, midge_file file, uint64_t *size);
int midge__sim_file_seek(void *ctx, midge_file file, uint64_t offset);
int midge__sim_file_read(void *ctx, midge_file file, uint8_t *buf, size_t cap, size_t *n,
                         int *native);
int midge__sim_file_write(void *ctx, midge_file file, const uint8_t *buf, size_t len, int *native);
int midge__sim_file_finish(void *ctx, midge_file file, int commit, int *native);
void midge__sim_files_free(struct midge_sim *sim);

/* owned.c: the part is freed when all else is. */
void midge__sim_own(struct midge_sim *sim, void *part, void (*free_part)(void *part));
void midge__sim_owned_free(struct midge_sim *sim);

/* sim.c */
void midge__sim_calls_free(struct midge_sim *sim);

/* port.c */
void midge__sim_port_init(struct midge_sim *sim);

#endif
