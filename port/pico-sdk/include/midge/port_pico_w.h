/* SPDX-License-Identifier: MIT */
/*
 * Sockets and names on Pico W and Pico 2 W: port/lwip_raw on the lwIP of pico-sdk's cyw43_arch, in
 * poll mode (pico_cyw43_arch_lwip_poll) or background mode
 * (pico_cyw43_arch_lwip_threadsafe_background). Link midge_pico_w beside one of them.
 *
 *     midge_pico_port(&port);
 *     midge_pico_w_attach(&port);          before cyw43_arch_init, which starts lwIP
 *     cyw43_arch_init, cyw43_arch_enable_sta_mode, cyw43_arch_wifi_connect_timeout_ms
 *     midge_open with config.port = &port; then calls of midge need no lock
 *
 * In background mode lwIP runs in an interrupt of low priority. Each call of the port that touches
 * lwIP stands between cyw43_arch_lwip_begin and cyw43_arch_lwip_end, so the program calls midge
 * without them: around a waiting midge_poll they would stop lwIP for as long as it waits. While
 * midge_poll waits, the lock is free. Calls of lwIP by the program itself need their own begin and
 * end, as pico-sdk says. midge's callbacks run in the thread that polls and never in the interrupt.
 *
 * All calls of midge come from one thread of one core, that which called cyw43_arch_init; wake from
 * any thread, core or interrupt. A wake ends a waiting midge_poll at once.
 */
#ifndef MIDGE_PORT_PICO_W_H
#define MIDGE_PORT_PICO_W_H

#include <midge/port.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sets dns_start to wake; port->entropy must be set before. The struct is kept. */
void midge_pico_w_attach(struct midge_port *port);

#ifdef __cplusplus
}
#endif
#endif
