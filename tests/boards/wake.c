/* SPDX-License-Identifier: MIT */
/*
 * Wake, post, sleep, as the app of a board (in place of boards/apps):
 *
 *     wake URL WAKES
 *
 * Each wake is a start of the machine, by its own reset request; RAM that a reset keeps holds the
 * sealed sessions. Instructions are the time that was not slept (QEMU's -icount: 125 in a
 * microsecond), from midge_open to the end of the export. The last wake damages a byte first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <midge/midge.h>

#include "board.h"
#include "common/hw.h"
#include "examples/wake.h"
#include "idle.h"

#define MAGIC UINT32_C(0x77616b65)
enum { KEPT = 1024, PER_US = 125 };

/* A reset keeps this. */
static struct {
    uint32_t magic, wakes;
    uint32_t len;
    uint8_t block[KEPT];
} kept __attribute__((section(".noinit"), aligned(8)));

static struct midge_port *port;
static uint32_t sent, received;

/* --- measures --- */

static int (*port_send)(void *, midge_sock, const uint8_t *, size_t, size_t *, int *);
static int (*port_recv)(void *, midge_sock, uint8_t *, size_t, size_t *, int *);

static int count_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                      int *native)
{
    int err = port_send(ctx, sock, buf, len, n, native);
    sent += err == MIDGE_OK ? (uint32_t)*n : 0;
    return err;
}

static int count_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    int err = port_recv(ctx, sock, buf, cap, n, native);
    received += err == MIDGE_OK ? (uint32_t)*n : 0;
    return err;
}

/* Thousands of instructions since the last call. */
static uint32_t instructions(void)
{
    static uint64_t last;
    const uint64_t busy = hw_micros() - idle_us;
    const uint64_t n = busy - last;
    last = busy;
    return (uint32_t)(n * PER_US / 1000);
}

/* --- the device --- */

static int device_key(void *ctx, uint8_t key[32])
{
    (void)ctx;
    memset(key, 0x5a, 32); /* a device derives it from its fuses */
    return MIDGE_OK;
}

static uint32_t shaken; /* thousands of instructions until the head is sent */

static size_t take(struct wake_memory *memory, uint8_t *block, size_t cap)
{
    const size_t len = kept.len <= cap ? kept.len : 0;
    (void)memory;
    memcpy(block, kept.block, len);
    kept.len = 0;
    memset(kept.block, 0, sizeof kept.block);
    return len;
}

static int keep(struct wake_memory *memory, const uint8_t *block, size_t len)
{
    (void)memory;
    kept.len = (uint32_t)len;
    memcpy(kept.block, block, len);
    return MIDGE_OK;
}

static void on_send(void *ctx, midge_id id, const char *method, const char *url)
{
    (void)ctx;
    (void)id;
    (void)method;
    (void)url;
    shaken = instructions();
}

_Noreturn static void reset(void)
{
    *(volatile uint32_t *)0xE000ED0C = 0x05FA0004; /* AIRCR: SYSRESETREQ */
    for (;;) {
    }
}

static int wake_up(struct board *board, const char *url)
{
    static const char reading[] = "{\"device\":\"t-17\",\"celsius\":21.5,\"battery\":3.61}";
    static uint8_t block[KEPT];
    const struct midge_config config = {.max_connections = 1, .max_awaitables = 4};
    const struct midge_request post = {.url = url,
                                       .method = "POST",
                                       .body = reading,
                                       .body_len = sizeof reading - 1,
                                       .content_type = "application/json",
                                       .on_send = on_send,
                                       .borrow = 1};
    struct wake_memory memory = {take, keep};
    struct midge_result result = {.error = MIDGE_OK};
    struct midge_client *client;
    char line[200];
    const uint64_t from = hw_micros();
    (void)instructions();
    if (board_open(board, &config, 0, &client) != MIDGE_OK) {
        return BOARD_EXIT_FAILED;
    }
    const uint32_t opened = instructions();
    int err = wake_post(client, &post, &memory, block, sizeof block, &result);
    const uint32_t rest = instructions();
    const uint32_t us = (uint32_t)(hw_micros() - from);
    (void)snprintf(line, sizeof line,
                   "wake %lu: %s, status %d, TLS %u %s; %lu k instructions (%lu, %lu, %lu), %lu "
                   "bytes sent, %lu received, %lu us, block %lu\n",
                   (unsigned long)kept.wakes, err == MIDGE_OK ? "OK" : midge_err_name(err),
                   result.status, result.tls_version, result.resumed ? "resumed" : "full",
                   (unsigned long)(opened + shaken + rest), (unsigned long)opened,
                   (unsigned long)shaken, (unsigned long)rest, (unsigned long)sent,
                   (unsigned long)received, (unsigned long)us, (unsigned long)kept.len);
    board_write(board, BOARD_OUT, line, strlen(line));
    midge_close(client);
    return err == MIDGE_OK ? BOARD_EXIT_OK : BOARD_EXIT_FAILED;
}

int board_app(struct board *board, int argc, char **argv)
{
    if (argc != 3) {
        return BOARD_EXIT_USAGE;
    }
    if (kept.magic != MAGIC) {
        memset(&kept, 0, sizeof kept);
        kept.magic = MAGIC;
    }
    port = board->port;
    port->device_key = device_key;
    port_send = port->send;
    port_recv = port->recv;
    port->send = count_send;
    port->recv = count_recv;
    const uint32_t wakes = (uint32_t)strtoul(argv[2], NULL, 10);
    if (++kept.wakes == wakes) {
        kept.block[kept.len / 2] ^= 1;
    }
    const int code = wake_up(board, argv[1]);
    if (kept.wakes >= wakes || code != BOARD_EXIT_OK) {
        return code;
    }
    reset();
}
