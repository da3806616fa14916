/* SPDX-License-Identifier: MIT */
/*
 * FreeRTOS on mps2-an385: starts the kernel and the network, then the programs of the command line,
 * one after another, each as a task of its own.
 *
 *     [KEY=VALUE ...] PROGRAM [options] [then PROGRAM [options]] ...
 *
 *     mixed         the load of mixed.c, on boards/examples/rtos_thread.c
 *     posts, ...    a program of boards/apps
 *
 *     IP=, GATEWAY=        static address; without IP by DHCP
 *     DNS=ADDRESS[:PORT]   this name server
 *     CA=FILE              trusted roots
 *
 * The exit code is that of the first program that failed, or 1 for a leak.
 */
#include <stdio.h>
#include <string.h>

#include <FreeRTOS.h>
#include <semphr.h>
#include <task.h>

#include <lwip/sockets.h>
#include <midge/midge.h>
#include <midge/port_lwip.h>

#include "common/cpu/cortexm.h"
#include "common/clocks.h"
#include "common/hw.h"
#include "common/services/services.h"
#include "rtos.h"

#define MAIN_WORDS    768
#define PROGRAM_WORDS 3072 /* TLS computes here */

#define MPU_CTRL    CORTEXM_REG(0xE000ED94)
#define MPU_CTRL_ON 0x5u /* as cortexm_start.c sets it */

/* --- a program --- */

static struct {
    int argc;
    char **argv;
    int code;
    SemaphoreHandle_t ended;
} program;

static int run_app(void)
{
    struct board board = {
        .port = &rtos_port, .memory = rtos_block, .memory_size = sizeof rtos_block};

    if (!rtos_trust(&board.tls) || midge_lwip_sockets_attach(&rtos_port) != MIDGE_OK) {
        return BOARD_EXIT_FAILED;
    }
    const int code = board_app(&board, program.argc, program.argv);
    midge_lwip_sockets_detach(&rtos_port);
    return code;
}

static void program_task(void *arg)
{
    (void)arg;
    program.code =
        strcmp(program.argv[0], "mixed") == 0 ? mixed(program.argc, program.argv) : run_app();
    lwip_socket_thread_cleanup(); /* the semaphore of a task that called lwIP */
    say("stack left: %s %u\n", program.argv[0],
        (unsigned)(uxTaskGetStackHighWaterMark(NULL) * sizeof(StackType_t)));
    (void)xSemaphoreGive(program.ended);
    vTaskDelete(NULL);
}

static int run_program(int argc, char **argv)
{
    struct marks before;

    program.argc = argc;
    program.argv = argv;
    marks_take(&before);
    if (xTaskCreate(program_task, argv[0], PROGRAM_WORDS, NULL, PRIORITY_PROGRAM, NULL) != pdPASS) {
        say("%s: no memory for its task\n", argv[0]);
        return BOARD_EXIT_FAILED;
    }
    (void)xSemaphoreTake(program.ended, portMAX_DELAY);
    const bool back = marks_return_to(&before);
    return program.code == BOARD_EXIT_OK && !back ? BOARD_EXIT_FAILED : program.code;
}

static int run_programs(int argc, char **argv)
{
    int code = BOARD_EXIT_OK;

    while (argc > 0) {
        int n = 0;
        while (n < argc && strcmp(argv[n], "then") != 0) {
            n++;
        }
        if (n > 0) {
            const int one = run_program(n, argv);
            code = code == BOARD_EXIT_OK ? one : code;
        }
        const int taken = n < argc ? n + 1 : n;
        argv += taken;
        argc -= taken;
    }
    return code;
}

/* --- the first task --- */

static void main_task(void *arg)
{
    char **argv;
    int code = BOARD_EXIT_FAILED;

    (void)arg;
    hw_init(); /* starts the tick again, as the kernel did */
    MPU_CTRL = MPU_CTRL_ON;
    services_init();
    board_clocks(&rtos_port);
    services_files(&rtos_port);
    if (!rtos_console()) {
        rtos_assert(__FILE__, __LINE__);
    }
    int argc = services_args(&argv);
    while (argc > 0 && strchr(argv[0], '=') != NULL) {
        argv++;
        argc--;
    }
    say("%s: midge %s, FreeRTOS %s, core locking %d\n", hw_name, MIDGE_VERSION,
        tskKERNEL_VERSION_NUMBER, LWIP_TCPIP_CORE_LOCKING);
    program.ended = xSemaphoreCreateBinary();
    if (network_up()) {
        vTaskDelay(10);
        code = run_programs(argc, argv);
    }
    marks_show();
    say("%s: ended with %d after %u ms\n", hw_name, code, (unsigned)hw_millis());
    services_exit(code);
}

/* The kernel reads the first vector, at address 0, where the MPU refuses reading. */
int main(void)
{
    rtos_paint();
    MPU_CTRL = 0;
    (void)xTaskCreate(main_task, "main", MAIN_WORDS, NULL, PRIORITY_WORKER, NULL);
    vTaskStartScheduler();
    return 0;
}
