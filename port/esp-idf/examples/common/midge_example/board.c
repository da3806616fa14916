/* SPDX-License-Identifier: MIT */
/*
 * board.h on ESP-IDF, for the programs of boards/apps: the console by stdin and stdout, the client
 * in a block of the heap. TLS takes its memory from the heap beside it.
 *
 * Ctrl-C is seen when the program looks: between two pieces of an answer, or in the prompt.
 */
#include "example.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <esp_event.h>
#include <esp_netif.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>
#include <nvs_flash.h>
#include <sdkconfig.h>

#include <midge/midge.h>

#include "common/hw.h"
#include "common/typing.h"

#define WAIT_MS 50

static struct midge_esp esp;
static bool interrupted;

/* --- the console --- */

void hw_console_write(const char *text, size_t len)
{
    (void)fwrite(text, 1, len, stdout);
    (void)fflush(stdout);
}

bool hw_console_read(char *c)
{
    return read(STDIN_FILENO, c, 1) == 1;
}

void board_write(struct board *board, enum board_stream stream, const char *text, size_t len)
{
    (void)board;
    (void)stream;
    hw_console_write(text, len);
}

bool board_listen(struct board *board)
{
    (void)board;
    (void)fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    return true;
}

int board_read(struct board *board, char *buf, size_t cap, size_t *n)
{
    (void)board;
    interrupted = typing_poll() || interrupted;
    return typing_read(buf, cap, n);
}

/* With nothing live the poll does not wait. */
void board_wait(struct board *board, struct midge_client *client)
{
    (void)board;
    (void)midge_poll(client, WAIT_MS);
    vTaskDelay(1);
}

bool board_interrupted(struct board *board)
{
    (void)board;
    const bool was = typing_poll() || interrupted;
    interrupted = false;
    return was;
}

/* --- settings --- */

const char *board_env(struct board *board, const char *name)
{
    (void)board;
    return strcmp(name, "OPENAI_API_KEY") == 0 ? CONFIG_EXAMPLE_OPENAI_API_KEY : NULL;
}

const char *board_error_text(struct board *board, int native)
{
    (void)board;
    return strerror(native);
}

/* --- the client --- */

int board_open(struct board *board, const struct midge_config *config, size_t app_bytes,
               struct midge_client **client)
{
    struct midge_config whole = *config;
    whole.port = board->port;
    whole.tls = board->tls;
    whole.memory_size = CONFIG_EXAMPLE_BLOCK;
    (void)app_bytes; /* it takes what is left of the block */
    whole.memory = board->memory = malloc(whole.memory_size);
    const int err = whole.memory != NULL ? midge_open(client, &whole) : MIDGE_ERR_NO_MEMORY;
    if (err != MIDGE_OK) {
        printf("midge: the client can't be opened with %u bytes: %s (%s)\n",
               (unsigned)whole.memory_size, midge_err_name(err), midge_err_text(err));
        board_close(board, NULL);
        *client = NULL;
    }
    return err;
}

void board_close(struct board *board, struct midge_client *client)
{
    if (client != NULL) {
        struct midge_stats stats;
        midge_client_stats(client, &stats);
        midge_close(client);
        printf("midge: %u of %u bytes at most, %u full and %u resumed handshakes; stack left %u\n",
               (unsigned)stats.alloc_peak, (unsigned)stats.memory_size,
               (unsigned)stats.handshakes_full, (unsigned)stats.handshakes_resumed,
               (unsigned)uxTaskGetStackHighWaterMark(NULL));
    }
    free(board->memory);
    board->memory = NULL;
}

/* --- the beginning --- */

/* As Wi-Fi keeps its calibration there, a partition of another format is erased. */
static bool open_flash(void)
{
    esp_err_t err = nvs_flash_init();
    if (err == ESP_ERR_NVS_NO_FREE_PAGES || err == ESP_ERR_NVS_NEW_VERSION_FOUND) {
        err = nvs_flash_erase() == ESP_OK ? nvs_flash_init() : err;
    }
    return err == ESP_OK;
}

bool example_begin(struct board *board)
{
    if (!open_flash() || esp_netif_init() != ESP_OK || esp_event_loop_create_default() != ESP_OK) {
        printf("board: NVS, esp_netif or the event loop did not start\n");
        return false;
    }
    const int err = midge_esp_open(&esp, NULL); /* before the driver starts: it sees that */
    if (err != MIDGE_OK) {
        printf("midge: the port can't be opened: %s\n", midge_err_name(err));
        return false;
    }
    if (!example_wifi()) {
        return false;
    }
    if (!example_time()) {
        printf("time: not set; certificates are checked against the floor only\n");
    }
    *board = (struct board){.port = &esp.port};
    if (midge_esp_bundle(&board->tls) != MIDGE_OK) {
        printf("trust: no certificate bundle in this build: only http://\n");
    }
    return true;
}
