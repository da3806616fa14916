/* SPDX-License-Identifier: MIT */
/* Firmware under an RTOS: lwIP's thread runs, and midge's port on its sockets is woken and polled.
 */
#include <lwip/sys.h>
#include <lwip/tcpip.h>
#include <midge/midge.h>
#include <midge/port_lwip.h>

#include <stdio.h>

unsigned short midge_lwip_dns_port = 53; /* of tests/lwip/sockets/lwipopts.h */

static void on_init(void *arg)
{
    sys_sem_signal(arg);
}

static uint32_t clock_ms(void *ctx)
{
    (void)ctx;
    return sys_now();
}

int main(void)
{
    struct midge_port port = {.clock_ms = clock_ms}; /* midge's resolver has timers */
    sys_sem_t started;
    int err;

    if (sys_sem_new(&started, 0) != ERR_OK) {
        return 1;
    }
    tcpip_init(on_init, &started);
    (void)sys_arch_sem_wait(&started, 0);
    sys_sem_free(&started);
    err = midge_lwip_sockets_attach(&port);
    if (err == MIDGE_OK) {
        port.wake(port.ctx);
        err = port.poll(port.ctx, NULL, 0, -1);
        midge_lwip_sockets_detach(&port);
    }
    printf("consumer-lwip: %s\n", midge_err_text(err));
    return err == MIDGE_OK ? 0 : 1;
}
