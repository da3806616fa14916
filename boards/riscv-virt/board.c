/* SPDX-License-Identifier: MIT */
/* QEMU's `-M virt` as 32-bit RISC-V: its addresses and their drivers. */
#include <lwip/netif.h>

#include "common/console/ns16550.h"
#include "common/cpu/riscv.h"
#include "common/hw.h"
#include "common/net/virtio_net.h"

#define CLINT        0x02000000u
#define UART         0x10000000u
#define UART_HZ      3686400u
#define VIRTIO       0x10001000u
#define VIRTIO_STEP  0x1000u
#define VIRTIO_COUNT 8u

#define TICKS_PER_US 10u
#define IDLE_US      1000u

const char hw_name[] = "riscv-virt";

extern uint8_t hw_stack_guard[]; /* defined in link.ld; ends at hw_stack_bottom */

static struct virtio_net net;
static uint64_t started;

void hw_init(void)
{
    riscv_guard(hw_stack_guard, (size_t)(hw_stack_bottom - hw_stack_guard));
    ns16550_init(UART, UART_HZ, 115200);
    riscv_timer_start(CLINT);
    started = riscv_timer_ticks();
}

uint64_t hw_micros(void)
{
    return (riscv_timer_ticks() - started) / TICKS_PER_US;
}

uint64_t hw_millis(void)
{
    return (riscv_timer_ticks() - started) / (TICKS_PER_US * 1000u);
}

void hw_idle(void)
{
    riscv_timer_wait(IDLE_US * TICKS_PER_US);
}

void hw_console_write(const char *text, size_t len)
{
    ns16550_write(UART, text, len);
}

bool hw_console_read(char *c)
{
    return ns16550_read(UART, c);
}

signed char hw_netif_init(struct netif *netif)
{
    netif->state = &net;
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    return virtio_net_start(netif, VIRTIO, VIRTIO_STEP, VIRTIO_COUNT);
}

void hw_netif_poll(struct netif *netif)
{
    virtio_net_poll(netif);
}

bool hw_entropy(uint8_t *buf, size_t len)
{
    (void)buf;
    (void)len;
    return false; /* the machine has no entropy source */
}

_Noreturn void hw_halt(void)
{
    RISCV_CSR_CLEAR(mstatus, RISCV_MSTATUS_MIE);
    RISCV_CSR_WRITE(mie, 0);
    for (;;) {
        __asm__ volatile("wfi");
    }
}
