/* SPDX-License-Identifier: MIT */
/*
 * A simulated network for tests on a desktop: a port with a virtual clock, hosts with names and
 * addresses, servers in the same process, and faults. No socket, no thread, no sleep. The same seed
 * and the same program give the same run to the byte. Link midge::sim.
 *
 *     struct midge_sim *sim;
 *     midge_sim_open(&sim, &(struct midge_sim_config){.seed = 1});
 *     struct midge_sim_host *api = midge_sim_add_host(sim, "api.example.com");
 *     midge_sim_add_reply(api, 80, "/time", &(struct midge_sim_reply){.body = "12:00"});
 *     const struct midge_config config = {.port = midge_sim_port(sim), ...};
 *     midge_open(&client, &config); ... the firmware's own code ...
 *     midge_sim_run(sim, client, 60000);          at most a minute of virtual time
 *     midge_close(client);
 *     midge_sim_close(sim);
 *
 * Its random numbers come from the seed and are no secret. So its port works only as a whole: if
 * any of its functions is replaced, entropy fails.
 *
 * port/sim/README.md is the guide. All functions belong to one thread. Memory is libc's, never the
 * client's block; without memory the process aborts, as a test can't go on.
 */
#ifndef MIDGE_SIM_H
#define MIDGE_SIM_H

#include <stddef.h>
#include <stdint.h>

#include <midge/client.h>
#include <midge/port.h>

#ifdef __cplusplus
extern "C" {
#endif

struct midge_sim;
struct midge_sim_host;

/* The calls of the port, for faults and costs. FILE: all of file_x. CLOCK: clock_ms and clock_us;
   these never fail. */
enum midge_sim_call {
    MIDGE_SIM_CONNECT, /* connect */
    MIDGE_SIM_SEND,    /* send */
    MIDGE_SIM_RECV,    /* recv */
    MIDGE_SIM_POLL,    /* poll */
    MIDGE_SIM_RESOLVE, /* dns_start */
    MIDGE_SIM_FILE,    /* the calls of the file store */
    MIDGE_SIM_CLOCK,   /* clock_ms and clock_us */
    MIDGE_SIM_CALLS    /* count */
};

/* Zero means the value in brackets. */
struct midge_sim_config {
    uint64_t seed;           /* of all that comes by chance */
    uint32_t clock_start_ms; /* what clock_ms shows at the start: it wraps at 2^32 */
    int64_t date;            /* wall_time at the start, seconds since 1970 [1780000000, in May
                                2026]; negative: there is no trusted clock */
    /* Virtual time that a call of the port takes, ns [1000]. Loops that only poll with a timeout of
       0 then get on too, and deadlines end each of them. UINT32_MAX: none. */
    uint32_t call_ns;
    uint32_t clock_ns;    /* the same for each look at a clock [none] */
    uint32_t max_sockets; /* connect then says NO_MEMORY [no limit] */
    uint32_t peer_queue;  /* bytes that a server may queue for a connection [16 MB] */
    /* Called before each call of the port; may call midge_sim_charge. NULL: not called. */
    void (*on_call)(void *ctx, enum midge_sim_call call, size_t bytes);
    /* Gets each line of the trace, without a line end, valid during the call. NULL: the lines are
       only hashed. */
    void (*trace)(void *ctx, const char *line);
    void *ctx; /* of both */
};

/* NO_MEMORY; INVALID: sim or config is NULL. */
int midge_sim_open(struct midge_sim **sim, const struct midge_sim_config *config);
/* Every client must be closed before. Returns how many sockets, lookups and files they left open,
   and calls with a handle that was not open: 0 for a client without errors. NULL: 0. */
unsigned midge_sim_close(struct midge_sim *sim);
struct midge_port *midge_sim_port(struct midge_sim *sim);

/* --- time --- */

/* Milliseconds of virtual time since midge_sim_open. */
uint64_t midge_sim_now_ms(const struct midge_sim *sim);
/* Lets ms pass, for programs that never wait in midge_poll. Servers and timers of the network work
   meanwhile; the client sees the result in its next poll. */
void midge_sim_advance(struct midge_sim *sim, uint32_t ms);
/* Polls the client until nothing lives or ms have passed. Returns how many started things have not
   completed, or midge_poll's error. */
static inline int midge_sim_run(struct midge_sim *sim, struct midge_client *client, uint32_t ms)
{
    uint64_t until = midge_sim_now_ms(sim) + ms, now, left;
    int live;
    do {
        now = midge_sim_now_ms(sim);
        left = now < until ? until - now : 0;
        live = midge_poll(client, left < INT32_MAX ? (int)left : INT32_MAX);
    } while (live > 0 && left > 0);
    return live;
}
/* Calls fn(ctx) once at that time (now, if it is over), from inside poll or advance. fn may change
   the world, wake the port, and start requests from a loop of its own, but must not poll. */
void midge_sim_at(struct midge_sim *sim, uint64_t ms, void (*fn)(void *ctx), void *ctx);
/* Sets the clock of wall_time, as a user or a time server does, or a sleep in which clock_ms stands
   still. Negative: there is no trusted clock. */
void midge_sim_set_date(struct midge_sim *sim, int64_t date);
/* The program has computed for ns: the clock moves on, and what is due then happens in the next
   poll. */
void midge_sim_charge(struct midge_sim *sim, uint64_t ns);

/* --- trace --- */

/* A hash of all lines so far: two runs were equal if their hashes are. */
uint64_t midge_sim_hash(const struct midge_sim *sim);
/* Adds a line of the program's own. */
void midge_sim_note(struct midge_sim *sim, const char *text);

/* --- hosts --- */

/* Adds a machine with an address of its own (10.0.0.1 and so on). name is copied; one '*' in it
   stands for any characters. A name that was added before gives that host. */
struct midge_sim_host *midge_sim_add_host(struct midge_sim *sim, const char *name);

/* How its name is resolved. Zero: at once, but not inside dns_start. */
struct midge_sim_name {
    uint32_t ms;     /* the answer takes so long */
    uint8_t in_call; /* the answer comes inside dns_start; ms is not used */
    uint8_t silent;  /* no answer comes: after 30 s the lookup fails */
    uint8_t shuffle; /* the addresses come in another order each time */
    int error;       /* the lookup fails with this code of the resolver; 4: no such name */
    uint32_t ttl_s;  /* of its addresses, or of the failure; 0 not known */
};
/* Copies name; NULL is not allowed. */
void midge_sim_set_name(struct midge_sim_host *host, const struct midge_sim_name *name);

/* How an address behaves. */
enum midge_sim_address_kind {
    MIDGE_SIM_ANSWERS,    /* as the servers of the host say */
    MIDGE_SIM_REFUSES,    /* no server listens there */
    MIDGE_SIM_SILENT,     /* no SYN is answered: after 127 s connect fails */
    MIDGE_SIM_UNREACHABLE /* connect fails inside the call */
};
/* Adds an address, "192.0.2.1" or "2001:db8::1". The first call replaces the one that the host got
   by itself. INVALID: no such text; NO_SLOT: it has MIDGE_DNS_ADDRS already. */
int midge_sim_add_address(struct midge_sim_host *host, const char *text,
                          enum midge_sim_address_kind kind);
/* Takes all of them away: connections stay, lookups fail until one is added. */
void midge_sim_clear_addresses(struct midge_sim_host *host);

/* --- the way there and back --- */

/* Zero means the value in brackets. Rates are in thousandths. */
struct midge_sim_path {
    uint32_t latency_us;    /* one way [0] */
    uint32_t jitter_us;     /* at most as much more, by chance for each segment */
    uint32_t bytes_per_s;   /* each direction, shared by all connections on this path [no limit] */
    uint32_t segment;       /* most bytes that travel together [1460] */
    uint16_t split;         /* rate of segments cut at a place by chance */
    uint16_t loss;          /* rate of segments lost: they come when they are sent again, after 200
                               ms and then twice as long each time. The sixth loss of a segment breaks
                               the connection. A lost SYN comes again after 1 s, 3 s, 7 s */
    uint32_t recv_buffer;   /* bytes that the client's system keeps before it reads [65536] */
    uint32_t send_buffer;   /* bytes that it keeps for sending [65536] */
    uint8_t reset_discards; /* a reset throws away the bytes that were not read before it */
};
/* For all hosts without a path of their own. */
void midge_sim_set_path(struct midge_sim *sim, const struct midge_sim_path *path);
/* For this host only, a line of its own. */
void midge_sim_set_host_path(struct midge_sim_host *host, const struct midge_sim_path *path);

/* Plugs or unplugs the client's cable. While it is out, connect fails with ENETUNREACH, lookups are
   not answered, and what is on the way comes when it is sent again after the link is up. */
void midge_sim_link(struct midge_sim *sim, int up);
/* The same for one host; connect is then not answered. */
void midge_sim_host_link(struct midge_sim_host *host, int up);

/* --- faults --- */

/* By chance, in thousandths of the calls. A rate of 1000 of would_block, spurious or interrupted
   stops everything but the clock. */
struct midge_sim_chance {
    uint16_t would_block; /* send, recv: AGAIN though ready */
    uint16_t short_calls; /* send, recv: fewer bytes than there are */
    uint16_t spurious;    /* poll: returns at once, one socket is reported ready though it is not */
    uint16_t interrupted; /* poll: returns at once with nothing (EINTR) */
    uint32_t recv_most, send_most; /* bytes of one call at most [no limit] */
};
/* From now on; copied. */
void midge_sim_set_chance(struct midge_sim *sim, const struct midge_sim_chance *chance);

/* The nth call from now on (1: the next) fails with that errno, once or from then on. Several may
   be set; errno 0 removes all of that call. EAGAIN and EINTR of send and recv are AGAIN. NO_SLOT:
   more than 16. INVALID: no such call, or nth is 0. */
int midge_sim_fail(struct midge_sim *sim, enum midge_sim_call call, uint32_t nth, int error,
                   int sticky);
/* Calls so far. */
uint32_t midge_sim_calls(const struct midge_sim *sim, enum midge_sim_call call);

/* How a connection is cut. */
enum midge_sim_cut_kind {
    MIDGE_SIM_CUT_RESET, /* the client gets ECONNRESET */
    MIDGE_SIM_CUT_FIN,   /* the server's direction ends in order */
    MIDGE_SIM_CUT_STALL  /* nothing comes any more in that direction */
};
/* Where a connection is cut. */
struct midge_sim_cut {
    enum midge_sim_cut_kind kind; /* how */
    uint8_t from_client;          /* counts the client's bytes, not the server's */
    uint64_t at;                  /* after so many bytes; 0: as soon as it is open */
    uint32_t nth;                 /* the nth connection to this host from now on [every one] */
};
/* Cuts connections to host that begin later. One cut of each direction; a later one replaces it.
   NULL: no more cuts. */
void midge_sim_set_cut(struct midge_sim_host *host, const struct midge_sim_cut *cut);

/* No recv goes across these bytes of the server's stream, and no send across these bytes of the
   client's (from_client): the call moves the bytes before one, the next call those behind it. at
   has n ascending positions from 1 on and outlives the connections to host that begin later. n 0:
   none. */
void midge_sim_set_splits(struct midge_sim_host *host, int from_client, const uint64_t *at,
                          size_t n);

/* --- servers of HTTP/1.1 --- */

/* How an answer ends. */
enum midge_sim_end {
    MIDGE_SIM_WHOLE,     /* whole */
    MIDGE_SIM_END_FIN,   /* after cut_at bytes of head and body: the connection ends in order */
    MIDGE_SIM_END_RESET, /* the same with a reset */
    MIDGE_SIM_END_STALL  /* the same, and nothing comes any more */
};

/* A request that a server got. Pointers are valid during the call. */
struct midge_sim_request {
    const char *method, *target; /* of the request line */
    const char *head;            /* all of its lines, each ended by CR LF */
    const uint8_t *body;         /* body_len bytes */
    size_t body_len;             /* of it, the first 64 KB are kept */
    uint64_t body_bytes;         /* all of them */
    uint32_t number;             /* of the requests to this reply, from 1 */
};

/* The answer of a server. Zero means the value in brackets. Strings must outlive the sim. */
struct midge_sim_reply {
    const char *method;   /* for this method only [all] */
    int status;           /* [200] */
    const char *headers;  /* lines that are added, each ended by CR LF */
    const void *body;     /* NULL: none, or fill */
    size_t body_len;      /* [the length of the string body] */
    uint64_t fill;        /* body NULL: that many bytes of a pattern, byte i is midge_sim_fill(i) */
    uint32_t chunk;       /* the body comes in chunks of that many bytes [with Content-Length] */
    uint8_t until_close;  /* the body ends with the connection, without a length */
    uint8_t close;        /* Connection: close, and the server closes */
    uint8_t early;        /* answers when the head has come, without waiting for the body */
    uint8_t no_continue;  /* a request that asks with Expect gets no 100 (Continue), */
    uint8_t continues;    /* or so many [1] */
    uint32_t delay_ms;    /* before the head */
    uint32_t body_ms;     /* between head and body */
    uint32_t bytes_per_s; /* of the body, or of raw [as fast as the path] */
    enum midge_sim_end end; /* how the answer ends [whole] */
    uint64_t cut_at;        /* after so many bytes of it, if it does not end whole */
    const char *raw; /* these bytes in place of the whole answer, for answers that are none */
    size_t raw_len;  /* [the length of the string raw] */
    /* These bytes come behind raw again and again, as long as the client takes them. */
    const char *forever;
    size_t forever_len; /* [the length of the string forever] */
    /* For so many requests; then the next reply that was added for the path [for all]. */
    uint32_t times;
    /* Sees the request and may change this answer, a copy. May be NULL. */
    void (*on_request)(void *ctx, const struct midge_sim_request *request,
                       struct midge_sim_reply *reply);
    void *ctx;
};

/* A server on that TCP port of the host, plain unless midge_sim_use_tls is called, answers so to
   requests for that path, without or with a query; '*' at its end stands for any rest. Of several
   replies for a path the first comes first, and the last stays. A path without a reply is answered
   with 404. Connections are kept; a request that comes before the answer to the one before has been
   sent resets its connection. */
void midge_sim_add_reply(struct midge_sim_host *host, uint16_t port, const char *path,
                         const struct midge_sim_reply *reply);

/* Counters of a server. */
struct midge_sim_counts {
    uint32_t connections;       /* of the server */
    uint32_t requests, answers; /* of the path; answers that were sent whole */
    uint64_t body_bytes;        /* of the requests' bodies */
    uint32_t pipelined;         /* of the server: connections that were reset because of that */
};
/* Of all replies for that path; path NULL: of the whole server. */
struct midge_sim_counts midge_sim_count(const struct midge_sim_host *host, uint16_t port,
                                        const char *path);

/* A server of TLS 1.2 and 1.3. Zero means the value in brackets. Strings must outlive the sim. */
struct midge_sim_tls {
    const char *names; /* of its certificate, with blanks between them; addresses too [the name that
                          the client asks for] */
    uint8_t rsa;       /* its key: RSA 2048 [ECDSA P-256] */
    uint8_t unknown_root;             /* it is not issued by midge_sim_root */
    uint8_t min_version, max_version; /* MIDGE_TLS_1_2, MIDGE_TLS_1_3 [both] */
    uint8_t no_tickets;               /* sessions are never resumed */
    int64_t since, until;             /* its dates, seconds since 1970 [1970 to 9999] */
    /* A root, DER: it asks for a certificate of the client, issued by this root or the root itself
       [it does not ask]. Not copied. */
    const void *client_ca;
    size_t client_ca_len;
    uint8_t client_required; /* a client without one is refused */
    /* A key that it shares with clients, beside its certificate [none]. Copied. */
    const struct midge_psk *psk;
    uint8_t http2; /* it speaks HTTP/2, and its ALPN is "h2": clients that do not offer it are
                      refused [HTTP/1.1] */
};
/* The host speaks TLS on that port, with the replies that are added for it, before or after.
   settings may be NULL. INVALID: the names or versions cannot be used; UNSUPPORTED: midge was built
   with MIDGE_TLS=external, and has no TLS servers. */
int midge_sim_use_tls(struct midge_sim_host *host, uint16_t port,
                      const struct midge_sim_tls *settings);
/* The host speaks HTTP/2 on that port without TLS, to clients that know it (MIDGE_HTTP_2_PRIOR),
   with the same replies; to be called before they are added. A stream is answered as a connection
   is in HTTP/1.1: a cut or a reset becomes RST_STREAM, `close` GOAWAY, and raw bytes that are no
   answer of HTTP/1.1 are RST_STREAM. UNSUPPORTED: without MIDGE_WITH_HTTP2. */
int midge_sim_use_http2(struct midge_sim_host *host, uint16_t port);
/* The root of all their certificates, for midge_config.tls.ca and ca_len. NULL: no TLS servers. */
const void *midge_sim_root(size_t *len);

static inline uint8_t midge_sim_fill(uint64_t i)
{
    return (uint8_t)('a' + i % 23);
}

/* --- files --- */

/* The file store of the port is in memory. These make a file and show one; NULL: there is none.
   The bytes are valid until the file is written again. */
void midge_sim_put_file(struct midge_sim *sim, const char *path, const void *data, size_t len);
const uint8_t *midge_sim_get_file(const struct midge_sim *sim, const char *path, size_t *len);

#ifdef __cplusplus
}
#endif
#endif
