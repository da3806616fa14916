/* SPDX-License-Identifier: MIT */
/*
 * The port for Zephyr (port/zephyr): zsock_* with poll and an eventfd for wake (port/bsd does
 * these), Zephyr's clocks, its cryptographic random numbers, and the name servers of its resolver,
 * which DHCP or CONFIG_DNS_SERVER1 set. Names themselves are looked up by midge's resolver, which
 * has more than one address for a name and can be cancelled.
 *
 *     static struct midge_port port;
 *
 *     if (midge_zephyr_open(&port, NULL) == MIDGE_OK) {
 *         const struct midge_config config = {.port = &port, ...};
 *         ... midge_open, the requests, midge_close ...
 *         midge_zephyr_close(&port);
 *     }
 *
 * All calls come from one thread; only port.wake may come from another one.
 */
#ifndef MIDGE_PORT_ZEPHYR_H
#define MIDGE_PORT_ZEPHYR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct midge_port; /* port.h */
struct midge_addr;

/* All fields may be 0. It is copied; the servers are not. */
struct midge_zephyr_config {
    void *home; /* for wall_time and device_key: midge_bsd_home(ctx) is this pointer (port_bsd.h) */
    /* The most sockets that one poll takes, at least the connections of the client; 0:
       CONFIG_MIDGE_ZEPHYR_SOCKETS. */
    size_t max_socks;
    /* The port's memory, midge_zephyr_needed bytes, aligned for any type, in use until
       midge_zephyr_close. NULL: malloc. */
    void *memory;
    size_t memory_size;
    /* The name servers, in place of those of Zephyr's resolver, and their port (0: 53). */
    const struct midge_addr *servers;
    unsigned n_servers;
    uint16_t name_port;
    /* Seconds since 1970 UTC, or a negative MIDGE_ERR when no clock is trusted. NULL: Zephyr's
       real-time clock, which the program sets by clock_settime or sys_clock_settime (from SNTP or
       an RTC). A time before MIDGE_TIME_FLOOR, such as that of a clock that was not set, is not
       trusted. */
    int64_t (*wall_time)(void *ctx);
    /* As in struct midge_port: 32 secret bytes of this device, for sessions that outlive its sleep.
       NULL: none. hwinfo_get_device_id is no such key, since it is no secret. */
    int (*device_key)(void *ctx, uint8_t key[32]);
};

/* Bytes of config.memory. config may be NULL. */
size_t midge_zephyr_needed(const struct midge_zephyr_config *config);

/* Sets all of port, which is the caller's and stays in place until midge_zephyr_close. config may
   be NULL. The file store is set with CONFIG_MIDGE_ZEPHYR_FILES; settings_subsys_init is called
   then. ENTROPY: there are no random numbers (see CONFIG_MIDGE_ZEPHYR_TEST_ENTROPY); WRITE: no
   settings; and the errors of midge_bsd_attach (port_bsd.h). */
int midge_zephyr_open(struct midge_port *port, const struct midge_zephyr_config *config);

/* Frees what open took. Every client that uses the port must be closed before. */
void midge_zephyr_close(struct midge_port *port);

#ifdef __cplusplus
}
#endif
#endif
