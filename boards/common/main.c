/* SPDX-License-Identifier: MIT */
/*
 * A board without an operating system: starts the network, then the app named by the arguments.
 *
 *     [KEY=VALUE …] APP [options]      from services_args
 *
 *     IP=, MASK=, GATEWAY=   static address; without IP the board uses DHCP
 *     DNS=ADDRESS[:PORT]     this name server in place of DHCP's
 *     CA=FILE                trusted roots; without it the roots in the image
 *     HEAP=BYTES             size of the client's block, smaller than the board's
 *     any other              for the app (board_env)
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/opt.h>
#include <lwip/stats.h>
#include <lwip/timeouts.h>
#include <midge/midge.h>
#include <midge/port_lwip.h>
#include <netif/ethernet.h>

#include "board.h"
#include "common/ca_file.h"
#include "common/clocks.h"
#include "common/hw.h"
#include "common/keys.h"
#include "common/partition.h"
#include "common/lines.h"
#include "common/net/ipv6.h"
#include "common/services/services.h"
#include "common/typing.h"

#ifndef BOARD_CA_BYTES
#define BOARD_CA_BYTES 4096 /* of a CA file */
#endif
#define NETWORK_MS 15000 /* for link and address */
#define IPV6_MS    6000  /* for a router's answer, and a second to see that the address is free */
#define LINE_BYTES 160

static uint64_t block[BOARD_BLOCK_BYTES / sizeof(uint64_t)];
static uint8_t ca_file[BOARD_CA_BYTES];
static struct netif ethernet;

/* The roots of a hardware image (boards.cmake); without roots both symbols are equal. */
extern const uint8_t board_ca[], board_ca_end[];

/* --- console --- */

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
    char line[LINE_BYTES];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len > 0) {
        console_lines(line, (size_t)len < sizeof line ? (size_t)len : sizeof line - 1);
    }
}

/* --- stack: painted at the start, measured at the end --- */

#define PAINT 0xA5

static void paint_stack(void)
{
    /* 256 bytes below this frame stay unpainted: interrupts use them meanwhile. */
    const uintptr_t end = (uintptr_t)__builtin_frame_address(0) - 256;
    for (volatile uint8_t *p = hw_stack_bottom; (uintptr_t)p < end; p++) {
        *p = PAINT;
    }
}

/* --- the port --- */

/* DNS=: set again after each renewal, because DHCP then sets its own servers. */
static ip_addr_t server_set;

static void set_server(void)
{
    for (u8_t i = 0; i < DNS_MAX_SERVERS; i++) {
        dns_setserver(i, i == 0 ? &server_set : NULL);
    }
}

/* Set by programs that take input; in others no such code is linked. */
static void (*take_input)(void);

static void pump(void *ctx)
{
    hw_netif_poll(ctx);
    if (take_input != NULL) {
        take_input();
    }
    if (!ip_addr_isany_val(server_set) && !ip_addr_cmp(dns_getserver(0), &server_set)) {
        set_server();
    }
}

static void idle(void *ctx, uint32_t ms)
{
    (void)ctx;
    (void)ms; /* the tick ends the sleep earlier */
    hw_idle();
}

uint32_t sys_now(void) /* lwIP's clock */
{
    return (uint32_t)hw_millis();
}

static const struct midge_lwip_raw machine = {.ctx = &ethernet, .pump = pump, .idle = idle};
static struct midge_port port;

/* --- network --- */

static bool address(const char *name, ip4_addr_t *out)
{
    const char *text = services_env(name);
    if (text == NULL) {
        return false;
    }
    if (!ip4addr_aton(text, out)) {
        say("network: %s=%s is no address\n", name, text);
        return false;
    }
    return true;
}

/* ADDRESS[:PORT] */
static void name_server(void)
{
    const char *text = services_env("DNS");
    char host[16];
    ip_addr_t server;
    if (text == NULL) {
        return;
    }
    size_t len = strcspn(text, ":");
    if (len >= sizeof host) {
        return;
    }
    memcpy(host, text, len);
    host[len] = '\0';
    if (!ipaddr_aton(host, &server)) {
        say("network: DNS=%s is no address\n", text);
        return;
    }
    if (text[len] == ':') {
        midge_lwip_dns_port = (uint16_t)strtoul(text + len + 1, NULL, 10);
    }
    server_set = server;
    set_server();
}

static bool network_ready(void)
{
    return netif_is_link_up(&ethernet) && !ip4_addr_isany_val(*netif_ip4_addr(&ethernet));
}

/* A network without a router for IPv6 has IPv4. */
static void wait_for_ipv6(uint64_t start)
{
    while (!ipv6_ready(&ethernet) && hw_millis() - start < IPV6_MS) {
        hw_netif_poll(&ethernet);
        sys_check_timeouts();
        hw_idle();
    }
    for (int i = 0; i < IPV6_ADDRESSES; i++) {
        const char *text = ipv6_text(&ethernet, i);
        if (text != NULL) {
            say("network: IPv6 %s\n", text);
        }
    }
}

static bool network_up(void)
{
    ip4_addr_t ip = {0}, mask = {0}, gateway = {0};
    const bool is_static = address("IP", &ip);
    if (is_static) {
        if (!address("MASK", &mask)) {
            IP4_ADDR(&mask, 255, 255, 255, 0);
        }
        (void)address("GATEWAY", &gateway);
    }
    if (netif_add(&ethernet, &ip, &mask, &gateway, NULL, hw_netif_init, ethernet_input) == NULL) {
        say("network: the Ethernet chip does not answer\n");
        return false;
    }
    netif_set_default(&ethernet);
    netif_set_up(&ethernet);
    ipv6_begin(&ethernet);
    if (!is_static && dhcp_start(&ethernet) != ERR_OK) {
        say("network: DHCP does not start\n");
        return false;
    }
    const uint64_t start = hw_millis();
    while (!network_ready()) {
        if (hw_millis() - start > NETWORK_MS) {
            say("network: %s\n", netif_is_link_up(&ethernet) ? "no answer by DHCP" : "no link");
            return false;
        }
        hw_netif_poll(&ethernet);
        sys_check_timeouts();
        hw_idle();
    }
    name_server();
    say("network: %s by %s after %lu ms\n", ip4addr_ntoa(netif_ip4_addr(&ethernet)),
        is_static ? "setting" : "DHCP", (unsigned long)(hw_millis() - start));
    wait_for_ipv6(start);
    return true;
}

/* --- trust --- */

static bool read_ca(const char *path, size_t *len)
{
    int err = ca_file_read(&port, path, ca_file, sizeof ca_file, len);
    if (err == MIDGE_ERR_TOO_LARGE) {
        say("trust: %s has more than %u bytes (BOARD_CA_BYTES): give fewer roots\n", path,
            (unsigned)sizeof ca_file - 1);
    } else if (err != MIDGE_OK) {
        say("trust: %s can't be read\n", path);
    }
    return err == MIDGE_OK;
}

static bool trust(struct board *board)
{
    partition_trust(&board->tls, services_env("ROOTS"));
    const char *path = services_env("CA");
    if (path == NULL) {
        board->tls.ca = board_ca;
        board->tls.ca_len = (size_t)(board_ca_end - board_ca);
        return true;
    }
    board->tls.ca = ca_file;
    return read_ca(path, &board->tls.ca_len);
}

/* --- board.h --- */

void board_write(struct board *board, enum board_stream stream, const char *text, size_t len)
{
    (void)board;
    (void)stream; /* there is one console */
    console_lines(text, len);
}

const char *board_env(struct board *board, const char *name)
{
    (void)board;
    return services_env(name);
}

static bool interrupted;

static void take_typed(void)
{
    if (typing_poll()) {
        interrupted = true;
        port.wake(port.ctx);
    }
}

bool board_listen(struct board *board)
{
    (void)board;
    take_input = take_typed;
    return true;
}

int board_read(struct board *board, char *buf, size_t cap, size_t *n)
{
    (void)board;
    return typing_read(buf, cap, n);
}

/* The poll pumps. With nothing live it does not wait, so the tick paces the loop. */
void board_wait(struct board *board, struct midge_client *client)
{
    (void)board;
    (void)midge_poll(client, 0);
    hw_idle();
}

bool board_interrupted(struct board *board)
{
    const bool was = interrupted;
    (void)board;
    interrupted = false;
    return was;
}

/* The host's errno, by semihosting; these values are the same on all usual systems. */
const char *board_error_text(struct board *board, int native)
{
    static const struct {
        int code;
        const char *text;
    } words[] = {{2, "No such file or directory"}, {5, "Input/output error"},
                 {13, "Permission denied"},        {20, "Not a directory"},
                 {21, "Is a directory"},           {24, "Too many open files"},
                 {28, "No space left on device"},  {30, "Read-only file system"}};
    (void)board;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i].code == native) {
            return words[i].text;
        }
    }
    return NULL;
}

int board_open(struct board *board, const struct midge_config *config, size_t app_bytes,
               struct midge_client **client)
{
    struct midge_config whole = *config;
    (void)app_bytes; /* the board gives all it has; requests wait for each other */
    whole.port = board->port;
    whole.tls = board->tls;
    keys_set(&whole.tls);
    whole.memory = board->memory;
    whole.memory_size = board->memory_size;
    if (whole.turn_crypto == 0) {
        whole.turn_crypto = 1; /* one slow core: a turn computes one step of one handshake */
    }
    if (whole.max_connections == 0 || whole.max_connections > MIDGE_LWIP_SOCKS) {
        whole.max_connections =
            MIDGE_MAX_CONNECTIONS < MIDGE_LWIP_SOCKS ? MIDGE_MAX_CONNECTIONS : MIDGE_LWIP_SOCKS;
    }
    int err = midge_open(client, &whole);
    if (err == MIDGE_ERR_NO_MEMORY) {
        say("midge: a block of %u bytes is too small: %u are needed at least\n",
            (unsigned)whole.memory_size, (unsigned)midge_memory_least(&whole));
    } else if (err != MIDGE_OK) {
        say("midge: the client can't be opened: %s (error %d)\n", midge_err_text(err), err);
    }
    return err;
}

#if MIDGE_WITH_STATS

static size_t stack_used(void)
{
    const volatile uint8_t *p = hw_stack_bottom;
    while (p < hw_stack_top && *p == PAINT) {
        p++;
    }
    return (size_t)(hw_stack_top - p);
}

/* Reports for each pool: highest use, size, failed requests. */
static void report_lwip(void)
{
#if LWIP_STATS && MEMP_STATS && MEM_STATS
    const struct stats_mem *pcbs = lwip_stats.memp[MEMP_TCP_PCB];
    const struct stats_mem *buffers = lwip_stats.memp[MEMP_PBUF_POOL];
    const struct stats_mem *heap = &lwip_stats.mem;
    say("report: lwIP: %u of %u PCBs, %u of %u buffers, %u of %u bytes of its heap; refused %u, "
        "%u, %u\n",
        (unsigned)pcbs->max, (unsigned)pcbs->avail, (unsigned)buffers->max,
        (unsigned)buffers->avail, (unsigned)heap->max, (unsigned)heap->avail, (unsigned)pcbs->err,
        (unsigned)buffers->err, (unsigned)heap->err);
#endif
}

/* Closes the client and reports its counters. */
static void close_and_report(struct midge_client *client)
{
    struct midge_stats s;
    midge_client_stats(client, &s);
    midge_close(client);
    say("report: %s, %lu requests, %lu failed, %lu connections (%lu at once), %lu full and %lu "
        "resumed handshakes\n",
        midge_tls_profile(), (unsigned long)s.requests, (unsigned long)s.failed,
        (unsigned long)s.connections, (unsigned long)s.peak_connections,
        (unsigned long)s.handshakes_full, (unsigned long)s.handshakes_resumed);
    say("report: heap peak %u of %u bytes, stack %u of %u, longest step %lu us, longest turn %lu "
        "us\n",
        (unsigned)s.alloc_peak, (unsigned)s.memory_size, (unsigned)stack_used(),
        (unsigned)(hw_stack_top - hw_stack_bottom), (unsigned long)s.longest_step_us,
        (unsigned long)s.longest_turn_us);
    report_lwip();
}

#else

#define close_and_report(client) midge_close(client)

#endif

void board_close(struct board *board, struct midge_client *client)
{
    (void)board;
    if (client != NULL) {
        close_and_report(client);
    }
}

/* --- the program --- */

static size_t block_size(void)
{
    const char *heap = services_env("HEAP");
    size_t size = heap != NULL ? strtoul(heap, NULL, 10) : sizeof block;
    return size < sizeof block ? size : sizeof block;
}

static int run(void)
{
    struct board board = {.port = &port, .memory = block, .memory_size = block_size()};
    char **argv;
    int argc = services_args(&argv);
    board_clocks(&port);
    services_files(&port);
    while (argc > 0 && strchr(argv[0], '=') != NULL) { /* settings */
        argv++;
        argc--;
    }
    midge_lwip_raw_attach(&port, &machine);
    lwip_init();
    if (!trust(&board) || !network_up()) {
        return BOARD_EXIT_FAILED;
    }
    return board_app(&board, argc, argv);
}

int main(void)
{
    hw_init();
    paint_stack();
    services_init();
    say("%s: midge %s, %s, profile %s\n", hw_name, MIDGE_VERSION, midge_tls_library(),
        midge_tls_profile());
    const uint64_t start = hw_millis();
    int code = run();
    say("%s: ended with %d after %lu ms\n", hw_name, code, (unsigned long)(hw_millis() - start));
    services_exit(code);
}
