/* SPDX-License-Identifier: MIT */
/*
 * Each call goes to the port below, in most cases unchanged. recv and send pass on at most a slice,
 * wall_time starts at another date, dns_start answers lists of addresses, and poll calls on_turn
 * first. A call that a user wants to fail returns as the desktop port does for that errno: EAGAIN
 * is AGAIN, EINTR is no failure.
 */
#include "shim.h"

#include <errno.h>
#include <midge/err.h>

#include "addresses.h"

#define BELOW(ctx) (((const struct shim *)(ctx))->below)
#define FILES(ctx) (((const struct shim *)(ctx))->files)

/* --- faults --- */

/* MIDGE_OK: the call goes on. */
static int fault(void *ctx, enum fault_op op, int err, int *native)
{
    struct shim *shim = ctx;
    const int code = faults_next(&shim->faults, op);

    if (code == 0 || code == EINTR) {
        return MIDGE_OK;
    }
    if ((op == FAULT_RECV || op == FAULT_SEND) && code == EAGAIN) {
        return MIDGE_ERR_AGAIN;
    }
    if (native != NULL) {
        *native = code;
    }
    return err;
}

/* EMFILE and its like will pass: they mean that the client has to wait. */
static int fault_open(void *ctx, enum fault_op op, int err, int *native)
{
    int code = 0;

    err = fault(ctx, op, err, &code);
    if (native != NULL) {
        *native = code;
    }
    switch (code) {
    case EINPROGRESS:
        return MIDGE_OK;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return MIDGE_ERR_NO_MEMORY;
    default:
        return err;
    }
}

/* c-ares' code that says most nearly the same. */
static int resolver_code(int code)
{
    switch (code) {
    case ENOENT:
        return 4; /* ARES_ENOTFOUND */
    case ECONNREFUSED:
        return 11; /* ARES_ECONNREFUSED */
    case ETIMEDOUT:
        return 12; /* ARES_ETIMEOUT */
    case ENOMEM:
        return 15; /* ARES_ENOMEM */
    default:
        return 3; /* ARES_ESERVFAIL */
    }
}

/* --- calls --- */

static uint32_t shim_clock_ms(void *ctx)
{
    return BELOW(ctx)->clock_ms(BELOW(ctx)->ctx);
}

static uint64_t shim_clock_us(void *ctx)
{
    struct shim *shim = ctx;

    shim->seen_us = BELOW(ctx)->clock_us(BELOW(ctx)->ctx);
    return shim->seen_us;
}

static void tell_call(const struct shim *shim)
{
    if (shim->on_call != NULL) {
        shim->on_call(shim->call_ctx, shim->seen_us);
    }
}

static int64_t shim_wall_time(void *ctx)
{
    const struct shim *shim = ctx;

    if (shim->now < 0) {
        return BELOW(ctx)->wall_time(BELOW(ctx)->ctx);
    }
    return shim->now + (int64_t)((shim_clock_us(ctx) - shim->start_us) / 1000000);
}

static int shim_entropy(void *ctx, uint8_t *buf, size_t len)
{
    return BELOW(ctx)->entropy(BELOW(ctx)->ctx, buf, len);
}

static int shim_dns_start(void *ctx, const char *host, struct midge_dns_query *query)
{
    int code = 0;

    if (fault(ctx, FAULT_RESOLVE, MIDGE_ERR_RESOLVE, &code) != MIDGE_OK) {
        query->done = 1;
        query->err = MIDGE_ERR_RESOLVE;
        query->native = resolver_code(code);
        return MIDGE_OK;
    }
    if (addresses_answer(host, query)) {
        return MIDGE_OK;
    }
    return BELOW(ctx)->dns_start(BELOW(ctx)->ctx, host, query);
}

static void shim_dns_cancel(void *ctx, struct midge_dns_query *query)
{
    BELOW(ctx)->dns_cancel(BELOW(ctx)->ctx, query);
}

static int shim_zone(void *ctx, const char *name, uint32_t *scope)
{
    return BELOW(ctx)->zone(BELOW(ctx)->ctx, name, scope);
}

static int shim_connect(void *ctx, const struct midge_addr *addr, uint16_t port, midge_sock *sock,
                        int *native)
{
    int err = fault_open(ctx, FAULT_CONNECT, MIDGE_ERR_CONNECT, native);

    tell_call(ctx);
    if (err != MIDGE_OK) {
        *sock = MIDGE_SOCK_NONE;
        return err;
    }
    return BELOW(ctx)->connect(BELOW(ctx)->ctx, addr, port, sock, native);
}

static int shim_connected(void *ctx, midge_sock sock, int *native)
{
    return BELOW(ctx)->connected(BELOW(ctx)->ctx, sock, native);
}

static size_t sliced(size_t len, size_t slice)
{
    return slice > 0 && slice < len ? slice : len;
}

static int shim_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    struct shim *shim = ctx;
    int err = fault(ctx, FAULT_RECV, MIDGE_ERR_RECV, native);

    tell_call(shim);
    *n = 0;
    if (err != MIDGE_OK) {
        return err;
    }
    err = BELOW(ctx)->recv(BELOW(ctx)->ctx, sock, buf, sliced(cap, shim->recv_slice), n, native);
    if (err == MIDGE_OK) {
        shim->received += *n;
    }
    return err;
}

static int shim_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                     int *native)
{
    const struct shim *shim = ctx;
    int err = fault(ctx, FAULT_SEND, MIDGE_ERR_SEND, native);

    tell_call(shim);
    *n = 0;
    if (err != MIDGE_OK) {
        return err;
    }
    return BELOW(ctx)->send(BELOW(ctx)->ctx, sock, buf, sliced(len, shim->send_slice), n, native);
}

static void shim_close(void *ctx, midge_sock sock)
{
    tell_call(ctx);
    BELOW(ctx)->close(BELOW(ctx)->ctx, sock);
}

static int shim_poll(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms)
{
    const struct shim *shim = ctx;
    int err = fault(ctx, FAULT_POLL, MIDGE_ERR_PORT, NULL);

    tell_call(shim);
    if (err != MIDGE_OK) {
        return err;
    }
    if (shim->on_turn != NULL) {
        shim->on_turn(shim->turn_ctx);
        if (timeout_ms < 0 || timeout_ms > shim->turn_ms) {
            timeout_ms = shim->turn_ms;
        }
    }
    return BELOW(ctx)->poll(BELOW(ctx)->ctx, fds, n, timeout_ms);
}

static int shim_interest(void *ctx, struct midge_pollfd *fds, size_t cap, size_t *n,
                         int *timeout_ms)
{
    return BELOW(ctx)->interest(BELOW(ctx)->ctx, fds, cap, n, timeout_ms);
}

static void shim_wake(void *ctx)
{
    BELOW(ctx)->wake(BELOW(ctx)->ctx);
}

static int shim_file_open(void *ctx, const char *path, enum midge_file_mode mode, midge_file *file,
                          int *native)
{
    int err = fault_open(ctx, FAULT_FILE,
                         mode == MIDGE_FILE_READ ? MIDGE_ERR_READ : MIDGE_ERR_WRITE, native);

    if (err != MIDGE_OK) {
        *file = NULL;
        return err;
    }
    return FILES(ctx)->file_open(FILES(ctx)->ctx, path, mode, file, native);
}

static int shim_file_size(void *ctx, midge_file file, uint64_t *size)
{
    if (fault(ctx, FAULT_FILE, MIDGE_ERR_UNSUPPORTED, NULL) != MIDGE_OK) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    return FILES(ctx)->file_size(FILES(ctx)->ctx, file, size);
}

static int shim_file_seek(void *ctx, midge_file file, uint64_t offset)
{
    if (fault(ctx, FAULT_FILE, MIDGE_ERR_UNSUPPORTED, NULL) != MIDGE_OK) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    return FILES(ctx)->file_seek(FILES(ctx)->ctx, file, offset);
}

static int shim_file_read(void *ctx, midge_file file, uint8_t *buf, size_t cap, size_t *n,
                          int *native)
{
    int err = fault(ctx, FAULT_FILE, MIDGE_ERR_READ, native);

    *n = 0;
    return err != MIDGE_OK ? err
                           : FILES(ctx)->file_read(FILES(ctx)->ctx, file, buf, cap, n, native);
}

static int shim_file_write(void *ctx, midge_file file, const uint8_t *buf, size_t len, int *native)
{
    int err = fault(ctx, FAULT_FILE, MIDGE_ERR_WRITE, native);

    return err != MIDGE_OK ? err : FILES(ctx)->file_write(FILES(ctx)->ctx, file, buf, len, native);
}

static int shim_file_finish(void *ctx, midge_file file, int commit, int *native)
{
    int code = 0;
    int err = fault(ctx, FAULT_FILE, MIDGE_ERR_WRITE, &code);

    if (err == MIDGE_OK) {
        return FILES(ctx)->file_finish(FILES(ctx)->ctx, file, commit, native);
    }
    (void)FILES(ctx)->file_finish(FILES(ctx)->ctx, file, 0, native);
    if (native != NULL) {
        *native = code;
    }
    return err;
}

void shim_init(struct shim *shim, const struct midge_port *below)
{
    *shim = (struct shim){
        .port =
            {
                .ctx = shim,
                .clock_ms = shim_clock_ms,
                .clock_us = shim_clock_us,
                .wall_time = shim_wall_time,
                .entropy = shim_entropy,
                .dns_start = shim_dns_start,
                .dns_cancel = shim_dns_cancel,
                .zone = below->zone != NULL ? shim_zone : NULL,
                .connect = shim_connect,
                .connected = shim_connected,
                .recv = shim_recv,
                .send = shim_send,
                .close = shim_close,
                .poll = shim_poll,
                .interest = below->interest != NULL ? shim_interest : NULL,
                .wake = shim_wake,
                .file_open = shim_file_open,
                .file_size = shim_file_size,
                .file_seek = shim_file_seek,
                .file_read = shim_file_read,
                .file_write = shim_file_write,
                .file_finish = shim_file_finish,
            },
        .below = below,
        .files = below,
        .now = -1,
        .start_us = below->clock_us(below->ctx),
    };
}
