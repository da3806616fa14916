/* SPDX-License-Identifier: MIT */
/*
 * board.h under FreeRTOS: the port's clocks, entropy and files, the console, trust, and the client
 * of a program. A program is a task of its own, and only that task calls its client. The console's
 * task takes what is typed and wakes it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <FreeRTOS.h>
#include <semphr.h>
#include <task.h>

#include <lwip/opt.h>
#include <midge/midge.h>

#include "common/ca_file.h"
#include "common/hw.h"
#include "common/lines.h"
#include "common/services/services.h"
#include "common/typing.h"
#include "rtos.h"

#define CA_BYTES   4096
#define LINE_BYTES 200
#define WAIT_MS    50
#define WAKE_TICKS 5

#define CONSOLE_WORDS 384

uint64_t rtos_block[RTOS_BLOCK_BYTES / sizeof(uint64_t)];
static uint8_t ca[CA_BYTES];

struct midge_port rtos_port;

/* --- the console --- */

static SemaphoreHandle_t console_free, listener_free;

static void console(const char *text, size_t len)
{
    xSemaphoreTake(console_free, portMAX_DELAY);
    console_lines(text, len);
    xSemaphoreGive(console_free);
}

void say(const char *format, ...)
{
    char line[LINE_BYTES];
    va_list args;

    va_start(args, format);
    const int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len > 0) {
        console(line, (size_t)len < sizeof line ? (size_t)len : sizeof line - 1);
    }
}

void board_write(struct board *board, enum board_stream stream, const char *text, size_t len)
{
    (void)board;
    (void)stream;
    console(text, len);
}

const char *board_env(struct board *board, const char *name)
{
    (void)board;
    return services_env(name);
}

const char *board_error_text(struct board *board, int native)
{
    (void)board;
    (void)native;
    return NULL;
}

/* --- input: taken by the console's task, read by the program's --- */

static struct midge_client *listener; /* woken by Ctrl-C */
static volatile bool listening, interrupted;

static void set_listener(struct midge_client *client)
{
    xSemaphoreTake(listener_free, portMAX_DELAY);
    listener = client;
    xSemaphoreGive(listener_free);
}

/* The client cannot be closed between the look and the wake. */
static void wake_listener(void)
{
    xSemaphoreTake(listener_free, portMAX_DELAY);
    if (listener != NULL) {
        midge_wake(listener);
    }
    xSemaphoreGive(listener_free);
}

static bool take_typed(void)
{
    taskENTER_CRITICAL();
    const bool stop = typing_poll();
    taskEXIT_CRITICAL();
    return stop;
}

static void console_task(void *arg)
{
    (void)arg;
    for (;;) {
        if (listening && take_typed()) {
            interrupted = true;
            wake_listener();
        }
        vTaskDelay(1);
    }
}

bool rtos_console(void)
{
    console_free = xSemaphoreCreateMutex();
    listener_free = xSemaphoreCreateMutex();
    return console_free != NULL && listener_free != NULL &&
           xTaskCreate(console_task, "console", CONSOLE_WORDS, NULL, PRIORITY_CONSOLE, NULL) ==
               pdPASS;
}

bool board_listen(struct board *board)
{
    (void)board;
    listening = true;
    return true;
}

int board_read(struct board *board, char *buf, size_t cap, size_t *n)
{
    (void)board;
    taskENTER_CRITICAL();
    const int err = typing_read(buf, cap, n);
    taskEXIT_CRITICAL();
    return err;
}

/* With nothing live the poll does not wait. */
void board_wait(struct board *board, struct midge_client *client)
{
    (void)board;
    (void)client;
    (void)midge_poll(client, WAIT_MS);
    vTaskDelay(1);
}

bool board_interrupted(struct board *board)
{
    const bool was = interrupted;

    (void)board;
    interrupted = false;
    return was;
}

/* --- trust --- */

bool rtos_trust(struct midge_tls *tls)
{
    const char *path = services_env("CA");

    if (path == NULL) {
        return true; /* plain HTTP only */
    }
    tls->ca = ca;
    const bool whole = ca_file_read(&rtos_port, path, ca, sizeof ca, &tls->ca_len) == MIDGE_OK;
    if (!whole) {
        say("trust: %s can't be read, or is too long\n", path);
    }
    return whole;
}

/* --- the client of a program --- */

int board_open(struct board *board, const struct midge_config *config, size_t app_bytes,
               struct midge_client **client)
{
    struct midge_config whole = *config;

    (void)app_bytes;
    whole.port = board->port;
    whole.tls = board->tls;
    whole.memory = board->memory;
    whole.memory_size = board->memory_size;
    if (whole.max_connections == 0 || whole.max_connections > RTOS_SOCKS) {
        whole.max_connections = RTOS_SOCKS;
    }
    const int err = midge_open(client, &whole);
    if (err == MIDGE_OK) {
        set_listener(*client);
        rtos_wake_from_tick(*client, WAKE_TICKS);
    } else {
        say("midge: the client can't be opened: %s\n", midge_err_text(err));
    }
    return err;
}

void board_close(struct board *board, struct midge_client *client)
{
    struct midge_stats s;

    (void)board;
    if (client == NULL) {
        return;
    }
    rtos_wake_from_tick(NULL, 0);
    set_listener(NULL);
    midge_client_stats(client, &s);
    midge_close(client);
    say("report: %u requests, %u failed, %u connections (%u at once), %u full and %u resumed\n",
        (unsigned)s.requests, (unsigned)s.failed, (unsigned)s.connections,
        (unsigned)s.peak_connections, (unsigned)s.handshakes_full, (unsigned)s.handshakes_resumed);
}
