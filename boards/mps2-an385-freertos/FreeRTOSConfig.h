/* SPDX-License-Identifier: MIT */
/* FreeRTOS 9.0.0 on mps2-an385. "Needed": lwIP's contrib/ports/freertos or midge's port fails
   without it; port/PORTING.md says how. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#include <stdint.h>

#define configCPU_CLOCK_HZ 25000000UL
#define configTICK_RATE_HZ 1000 /* the clock of midge and lwIP, and the driver's pace */

#define configUSE_PREEMPTION   1 /* needed: lwIP's task must run while midge's computes */
#define configUSE_TIME_SLICING 1
#define configUSE_IDLE_HOOK    1 /* sleeps */
#define configUSE_TICK_HOOK    1 /* counts milliseconds in 64 bits, and wakes midge for the test */
#define configUSE_16_BIT_TICKS 0 /* needed by lwIP: its timeouts would overflow after a minute */
#define configMAX_PRIORITIES   8
#define configUSE_CO_ROUTINES  0
#define configUSE_TIMERS       0

/* Words. lwIP's port casts to configSTACK_DEPTH_TYPE, which this kernel does not define. */
#define configMINIMAL_STACK_SIZE 128
#define configSTACK_DEPTH_TYPE   uint16_t

/* Needed: a semaphore for each task that calls lwIP (LWIP_NETCONN_SEM_PER_THREAD). */
#define configNUM_THREAD_LOCAL_STORAGE_POINTERS 1
/* Needed: an errno for each task. lwIP's sockets report "try later" by errno. */
#define configUSE_NEWLIB_REENTRANT 1

#define configUSE_MUTEXES             1 /* needed by lwIP */
#define configUSE_RECURSIVE_MUTEXES   1
#define configUSE_COUNTING_SEMAPHORES 1

/* Stacks of all tasks, lwIP's mailboxes and semaphores; midge's block and lwIP's pools are not in
   it. Dynamic allocation is needed by lwIP. */
#define configSUPPORT_STATIC_ALLOCATION  0
#define configSUPPORT_DYNAMIC_ALLOCATION 1
#define configTOTAL_HEAP_SIZE            (64 * 1024)

/* Interrupts that call midge_wake (or any ...FromISR) have a priority from MAX_SYSCALL on, which
   is the larger number. The tick has the lowest. */
#define configKERNEL_INTERRUPT_PRIORITY      255
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 128

/* For the test: stack marks, and names of tasks. */
#define configCHECK_FOR_STACK_OVERFLOW      2
#define configUSE_TRACE_FACILITY            1
#define INCLUDE_uxTaskGetStackHighWaterMark 1

void rtos_assert(const char *file, int line);
#define configASSERT(x)                                                                            \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            rtos_assert(__FILE__, __LINE__);                                                       \
        }                                                                                          \
    } while (0)

#define INCLUDE_vTaskDelete               1
#define INCLUDE_vTaskSuspend              1 /* needed by lwIP: waits without a limit */
#define INCLUDE_vTaskDelay                1 /* needed by lwIP */
#define INCLUDE_xTaskGetCurrentTaskHandle 1
#define INCLUDE_xTaskGetSchedulerState    1

/* The kernel's handlers have the names of cortexm_start.c's vectors. */
#define vPortSVCHandler     cortexm_svc
#define xPortPendSVHandler  cortexm_pendsv
#define xPortSysTickHandler systick_interrupt

#endif
