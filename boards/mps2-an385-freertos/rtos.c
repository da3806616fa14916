/* SPDX-License-Identifier: MIT */
/*
 * The kernel's hooks. The tick counts the clock of common/cpu/systick.c, whose interrupt is the
 * kernel's here, and can wake a client: the hook runs in the interrupt, as the handler of a button
 * or a sensor would.
 */
#include "rtos.h"

#include <assert.h>

#include <FreeRTOS.h>
#include <task.h>

#include "common/cpu/fault.h"
#include "common/hw.h"
#include <lwip/opt.h>
#include <midge/client.h>
#include <midge/port.h>

#define PAINT 0xA5

void systick_count(void); /* systick.c */
void vApplicationTickHook(void);
void vApplicationIdleHook(void);
void vApplicationStackOverflowHook(TaskHandle_t task, char *name);

/* --- the tick --- */

static struct midge_client *volatile woken;
static volatile unsigned every, wakes;

void rtos_wake_from_tick(struct midge_client *client, unsigned ticks)
{
    every = ticks;
    woken = client;
}

unsigned rtos_wakes(void)
{
    return wakes;
}

static const struct midge_port *volatile later;
static volatile uint32_t later_ms;

void rtos_wake_later(void *port, uint32_t ms)
{
    later = NULL;
    later_ms = ms;
    later = port;
}

static void wake_once(void)
{
    if (later != NULL && later_ms-- == 0) {
        later->wake(later->ctx);
        later = NULL;
    }
}

void vApplicationTickHook(void)
{
    static unsigned count;

    systick_count();
    wake_once();
    if (woken != NULL && ++count >= every) {
        count = 0;
        wakes = wakes + 1;
        midge_wake(woken);
    }
}

long rtos_in_interrupt(void)
{
    return xPortIsInsideInterrupt();
}

/* --- the other hooks --- */

void vApplicationIdleHook(void)
{
    hw_idle();
}

void rtos_task_delete(void)
{
    vTaskDelete(NULL);
}

void vApplicationStackOverflowHook(TaskHandle_t task, char *name)
{
    (void)task;
    fault_begin();
    fault_text("\r\nfault: stack overflow of task ");
    fault_text(name);
    fault_text("\r\n");
    fault_end();
}

void rtos_assert(const char *file, int line)
{
    __assert_func(file, line, NULL, "of the kernel, lwIP or this board");
}

/* --- the stack of interrupts: main's until the kernel starts --- */

void rtos_paint(void)
{
    const uintptr_t end = (uintptr_t)__builtin_frame_address(0) - 256;

    for (volatile uint8_t *p = hw_stack_bottom; (uintptr_t)p < end; p++) {
        *p = PAINT;
    }
}

size_t rtos_interrupt_stack_left(void)
{
    const volatile uint8_t *p = hw_stack_bottom;

    while (p < hw_stack_top && *p == PAINT) {
        p++;
    }
    return (size_t)(p - hw_stack_bottom);
}
