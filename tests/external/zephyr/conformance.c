/* SPDX-License-Identifier: MIT */
/*
 * The conformance program on port/zephyr, with Linux in place of Zephyr (fake/), and of the port
 * what conformance does not ask: its errors.
 *
 *     conformance-zephyr PORT      as the other ports' programs, run by peer.py
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <midge/config.h>
#include <midge/err.h>
#include <midge/port_bsd.h>
#include <midge/port_zephyr.h>
#include <zephyr/kernel.h>
#include <zephyr/net/dns_resolve.h>
#include <zephyr/random/random.h>
#include <zephyr/settings/settings.h>

#include "desktop.h"

enum { MAX_FILES = 48 };

int fake_csrand_fails;
static struct dns_resolve_context resolver;

struct dns_resolve_context *dns_resolve_get_default(void)
{
    return &resolver;
}

/* 224.0.0.251, which must be passed over, and 127.0.0.1. */
static void set_servers(void)
{
    static const uint8_t mdns[4] = {224, 0, 0, 251}, loopback[4] = {127, 0, 0, 1};
    const uint8_t *const addrs[2] = {mdns, loopback};

    for (size_t i = 0; i < 2; i++) {
        struct sockaddr_in in = {.sin_family = AF_INET};
        memcpy(&in.sin_addr, addrs[i], 4);
        memcpy(&resolver.servers[i].dns_server, &in, sizeof in);
    }
}

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "conformance.c:%d: not %s\n", __LINE__, #condition);             \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static int my_time_home = 0;

static int64_t my_time(void *ctx)
{
    CHECK(midge_bsd_home(ctx) == &my_time_home);
    return 1800000000;
}

static int my_key(void *ctx, uint8_t key[32])
{
    (void)ctx;
    memset(key, 7, 32);
    return MIDGE_OK;
}

static void check_open(void)
{
    static uint64_t memory[1024];
    static const struct midge_addr server = {.family = 4, .bytes = {192, 0, 2, 53}};
    struct midge_zephyr_config config = {.home = &my_time_home,
                                         .max_socks = 2,
                                         .wall_time = my_time,
                                         .device_key = my_key,
                                         .memory = memory,
                                         .memory_size = sizeof memory,
                                         .servers = &server,
                                         .n_servers = 1};
    struct midge_port port;

    fake_csrand_fails = 1;
    CHECK(midge_zephyr_open(&port, NULL) == MIDGE_ERR_ENTROPY);
    fake_csrand_fails = 0;
    CHECK(midge_zephyr_open(&port, &config) == MIDGE_OK);
    CHECK(port.wall_time(port.ctx) == 1800000000 && port.device_key == my_key);
    CHECK((const char *)port.ctx >= (const char *)memory &&
          (const char *)port.ctx < (const char *)(memory + 1024));
    midge_zephyr_close(&port);
    CHECK(midge_zephyr_needed(&config) <= sizeof memory);
    config.memory_size = midge_zephyr_needed(&config) - 1;
    CHECK(midge_zephyr_open(&port, &config) == MIDGE_ERR_INVALID);
}

/* A file that does not fit is never committed; names have their limits. */
static void check_files(const struct midge_port *port)
{
    static uint8_t bytes[CONFIG_MIDGE_ZEPHYR_FILE_BYTES + 1];
    midge_file file, other, third;
    int native = 0;

    CHECK(port->file_open(port->ctx, "a=b", MIDGE_FILE_REPLACE, &file, &native) == MIDGE_ERR_WRITE);
    CHECK(port->file_open(port->ctx, "", MIDGE_FILE_READ, &file, &native) == MIDGE_ERR_READ);
    CHECK(port->file_open(port->ctx,
                          "a-name-of-more-than-64-bytes-with-its-prefix-which-settings-do-not-take",
                          MIDGE_FILE_REPLACE, &file, &native) == MIDGE_ERR_WRITE);
    CHECK(port->file_open(port->ctx, "x", MIDGE_FILE_REPLACE, &file, &native) == MIDGE_OK);
    CHECK(port->file_write(port->ctx, file, bytes, sizeof bytes - 1, &native) == MIDGE_OK);
    CHECK(port->file_write(port->ctx, file, bytes, 1, &native) == MIDGE_ERR_WRITE && native != 0);
    CHECK(port->file_open(port->ctx, "y", MIDGE_FILE_REPLACE, &other, &native) == MIDGE_OK);
    CHECK(port->file_open(port->ctx, "z", MIDGE_FILE_READ, &third, &native) == MIDGE_ERR_NO_MEMORY);
    CHECK(port->file_finish(port->ctx, other, 0, &native) == MIDGE_OK);
    CHECK(port->file_finish(port->ctx, file, 1, &native) == MIDGE_ERR_WRITE);
    CHECK(port->file_open(port->ctx, "x", MIDGE_FILE_READ, &file, &native) == MIDGE_ERR_READ);
    CHECK(native == ENOENT);
    /* A value of an earlier firmware that had more room; one whose name only begins so. */
    CHECK(settings_save_one("midge/long", bytes, sizeof bytes) == 0);
    CHECK(port->file_open(port->ctx, "long", MIDGE_FILE_READ, &file, &native) == MIDGE_ERR_READ);
    CHECK(native == EFBIG);
    CHECK(settings_save_one("midge/dir/x", bytes, 1) == 0);
    CHECK(port->file_open(port->ctx, "dir", MIDGE_FILE_READ, &file, &native) == MIDGE_ERR_READ);
    CHECK(native == ENOENT);
}

/* So that there is an end of sockets. */
static void few_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > MAX_FILES) {
        limit.rlim_cur = MAX_FILES;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    const uint16_t base = desktop_base(argc, argv);
    const struct midge_zephyr_config config = {.name_port = (uint16_t)(base + PEER_DNS)};
    struct conformance_peer peer;
    static struct midge_port port;
    int status;

    few_files();
    set_servers();
    check_open();
    if (midge_zephyr_open(&port, &config) != MIDGE_OK) {
        return 2;
    }
    check_files(&port);
    desktop_peer(&peer, &port, base, loopback, NULL);
    peer.file = "conformance";
    peer.max_socks = CONFIG_MIDGE_ZEPHYR_SOCKETS;
    peer.max_poll = CONFIG_MIDGE_ZEPHYR_SOCKETS;
    status = desktop_run(&port, &peer);
    midge_zephyr_close(&port);
    return status;
}
