/* SPDX-License-Identifier: MIT */
/* A test of a user's application: one request over a port that answers from memory. */
#include <midge/midge.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
static size_t sent, received;
static uint32_t now;

static uint32_t clock_ms(void *ctx)
{
    (void)ctx;
    return now;
}

static uint64_t clock_us(void *ctx)
{
    (void)ctx;
    return (uint64_t)now * 1000;
}

static int64_t wall_time(void *ctx)
{
    (void)ctx;
    return MIDGE_ERR_UNSUPPORTED;
}

static int entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    memset(buf, 7, len); /* a test's */
    return MIDGE_OK;
}

static int dns_start(void *ctx, const char *host, struct midge_dns_query *query)
{
    (void)ctx;
    (void)host;
    query->addrs[0] = (struct midge_addr){.family = 4, .bytes = {192, 0, 2, 1}};
    query->count = 1;
    query->done = 1;
    return MIDGE_OK;
}

static void dns_cancel(void *ctx, struct midge_dns_query *query)
{
    (void)ctx;
    (void)query;
}

static int sock_connect(void *ctx, const struct midge_addr *addr, uint16_t number, midge_sock *sock,
                        int *native)
{
    (void)ctx;
    (void)addr;
    (void)number;
    (void)native;
    *sock = 1;
    return MIDGE_OK;
}

static int sock_connected(void *ctx, midge_sock sock, int *native)
{
    (void)ctx;
    (void)sock;
    (void)native;
    return MIDGE_OK;
}

static int sock_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    const size_t left = sizeof answer - 1 - received;

    (void)ctx;
    (void)sock;
    (void)native;
    if (sent == 0 || left == 0) {
        return MIDGE_ERR_AGAIN;
    }
    *n = cap < left ? cap : left;
    memcpy(buf, answer + received, *n);
    received += *n;
    return MIDGE_OK;
}

static int sock_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                     int *native)
{
    (void)ctx;
    (void)sock;
    (void)buf;
    (void)native;
    sent += len;
    *n = len;
    return MIDGE_OK;
}

static void sock_close(void *ctx, midge_sock sock)
{
    (void)ctx;
    (void)sock;
}

static int port_poll(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms)
{
    (void)ctx;
    (void)timeout_ms;
    now++;
    for (size_t i = 0; i < n; i++) {
        fds[i].revents = fds[i].events;
    }
    return MIDGE_OK;
}

static void port_wake(void *ctx)
{
    (void)ctx;
}

/* Requests that need a feature which is left out are refused when they are started. */
static int refuses_what_is_left_out(struct midge_client *client)
{
    const char *url = "http://device.example/";
    const struct midge_request requests[] = {
#if !MIDGE_WITH_REQUEST_COPY
        {.url = url},
#endif
#if !MIDGE_WITH_OVERRIDES
        {.url = url, .borrow = 1, .connect_host = "192.0.2.7"},
        {.url = url, .borrow = 1, .connect_port = 81},
        {.url = url, .borrow = 1, .servername = "other.example"},
        {.url = url, .borrow = 1, .min_tls = MIDGE_TLS_1_2},
        {.url = url, .borrow = 1, .max_tls = MIDGE_TLS_1_2},
        {.url = url, .borrow = 1, .dangerously_skip_verification = 1},
        {.url = url, .borrow = 1, .no_reuse = 1},
#endif
        {.url = NULL}
    };
    midge_id id;

    for (size_t i = 0; requests[i].url != NULL; i++) {
        if (midge_start(client, &requests[i], &id) != MIDGE_ERR_UNSUPPORTED) {
            printf("consumer-none: request %u of those that need a feature is not refused\n",
                   (unsigned)i);
            return MIDGE_ERR_INVALID;
        }
    }
    return MIDGE_OK;
}

/* Without the mending of URLs no userinfo is accepted: no host can be read in another place. */
static int refuses_userinfo(struct midge_client *client)
{
    static const char *const urls[] = {
#if !MIDGE_WITH_URL_MENDING
        "http://user@device.example/",
        "http://user:80@device.example/",
        "http://user:@device.example/",
        "http://device.example:80@other.example:80/",
#endif
        NULL
    };
    midge_id id;

    for (size_t i = 0; urls[i] != NULL; i++) {
        struct midge_request request = {.url = urls[i], .borrow = 1, .allow_userinfo = 1};
        if (midge_start(client, &request, &id) != MIDGE_ERR_URL) {
            printf("consumer-none: %s is not refused\n", urls[i]);
            return MIDGE_ERR_INVALID;
        }
    }
    return MIDGE_OK;
}

int main(void)
{
    struct midge_port port = {.clock_ms = clock_ms,
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
                              .wake = port_wake};
    struct midge_config config = {.port = &port, .max_connections = 1};
    /* Borrowed: a midge without features copies no request. */
    struct midge_request request = {.url = "http://device.example/", .borrow = 1};
    struct midge_result result = {0};
    struct midge_client *client;
    midge_id id;
    int err;

    config.tls.dangerously_skip_verification = 1;
    if (!MIDGE_WITH_ALLOCATORS && midge_open(&client, &config) != MIDGE_ERR_UNSUPPORTED) {
        printf("consumer-none: a client without a block is not refused\n");
        return 1;
    }
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    err = midge_open(&client, &config);
    if (err == MIDGE_OK) {
        err = refuses_what_is_left_out(client);
    }
    if (err == MIDGE_OK) {
        err = refuses_userinfo(client);
    }
    if (err == MIDGE_OK) {
        err = midge_start(client, &request, &id);
    }
    if (err == MIDGE_OK) {
        err = midge_wait(client, id, &result);
    }
    midge_close(client);
    free(config.memory);
    printf("consumer-none: %d %s, HTTP status %d\n", err, midge_err_text(err), result.status);
    return err == MIDGE_OK && result.status == 200 ? 0 : 1;
}
