/* SPDX-License-Identifier: MIT */
/* Leaks and stacks. Connections that were closed say goodbye for a while, so their buffers come
   back a little later; TIME-WAIT, which holds no memory but a PCB of the pool, is not waited for.
 */
#include <lwip/memp.h>
#include <lwip/stats.h>

#include <FreeRTOS.h>
#include <task.h>

#include "rtos.h"

#define WAIT_MS 5000
#define TASKS   16

void marks_take(struct marks *marks)
{
    marks->lwip_heap = lwip_stats.mem.used;
    marks->rtos_heap = xPortGetFreeHeapSize();
    marks->sockets = lwip_stats.memp[MEMP_NETCONN]->used;
    marks->buffers = lwip_stats.memp[MEMP_PBUF_POOL]->used;
    marks->messages = lwip_stats.memp[MEMP_TCPIP_MSG_API]->used;
}

static bool same(const struct marks *a, const struct marks *b)
{
    return a->lwip_heap == b->lwip_heap && a->rtos_heap == b->rtos_heap &&
           a->sockets == b->sockets && a->buffers == b->buffers && a->messages == b->messages;
}

bool marks_return_to(const struct marks *before)
{
    struct marks now;

    marks_take(&now);
    for (unsigned ms = 0; ms < WAIT_MS && !same(before, &now); ms += 10) {
        vTaskDelay(10);
        marks_take(&now);
    }
    if (same(before, &now)) {
        say("leak: none\n");
        return true;
    }
    say("leak: heap of lwIP %u -> %u used, of the kernel %u -> %u free, sockets %u -> %u, buffers "
        "%u -> %u, messages %u -> %u\n",
        (unsigned)before->lwip_heap, (unsigned)now.lwip_heap, (unsigned)before->rtos_heap,
        (unsigned)now.rtos_heap, before->sockets, now.sockets, before->buffers, now.buffers,
        before->messages, now.messages);
    return false;
}

void marks_show(void)
{
    static TaskStatus_t tasks[TASKS];
    const UBaseType_t n = uxTaskGetSystemState(tasks, TASKS, NULL);

    say("stack left:");
    for (UBaseType_t i = 0; i < n; i++) {
        say(" %s %u,", tasks[i].pcTaskName,
            (unsigned)(tasks[i].usStackHighWaterMark * sizeof(StackType_t)));
    }
    say(" interrupts %u\n", (unsigned)rtos_interrupt_stack_left());
    say("memory: heap of the kernel %u of %u at most, heap of lwIP %u of %u, buffers %u of %u\n",
        (unsigned)(configTOTAL_HEAP_SIZE - xPortGetMinimumEverFreeHeapSize()),
        (unsigned)configTOTAL_HEAP_SIZE, (unsigned)lwip_stats.mem.max,
        (unsigned)lwip_stats.mem.avail, (unsigned)lwip_stats.memp[MEMP_PBUF_POOL]->max,
        (unsigned)lwip_stats.memp[MEMP_PBUF_POOL]->avail);
}
