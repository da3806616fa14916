/* SPDX-License-Identifier: MIT */
/* For tests/unit/test_pico_w.c on the desktop: the calls of pico-sdk's cyw43_arch and async_context
   that port/pico-sdk/pico_w.c uses, declared after its public interface. The test defines them. */
#ifndef DESKTOP_CYW43_ARCH_H
#define DESKTOP_CYW43_ARCH_H

#include <stdbool.h>
#include <stdint.h>

typedef struct async_context async_context_t;
typedef struct async_when_pending_worker {
    void (*do_work)(async_context_t *context, struct async_when_pending_worker *worker);
} async_when_pending_worker_t;
typedef uint64_t absolute_time_t;

async_context_t *cyw43_arch_async_context(void);
bool async_context_add_when_pending_worker(async_context_t *context,
                                           async_when_pending_worker_t *worker);
void async_context_set_work_pending(async_context_t *context, async_when_pending_worker_t *worker);
absolute_time_t make_timeout_time_ms(uint32_t ms);
void cyw43_arch_poll(void);
void cyw43_arch_wait_for_work_until(absolute_time_t until);
void cyw43_arch_lwip_begin(void);
void cyw43_arch_lwip_end(void);

#endif
