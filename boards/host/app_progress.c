/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "app_progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "screen.h"

#define REDRAW_MS 100

static void draw(struct app_progress *progress, uint32_t now)
{
    struct midge_stats stats;
    uint32_t ms = now - progress->start_ms;
    size_t columns, rows;
    char line[240], bytes[16];

    midge_client_stats(progress->client, &stats);
    screen_size(STDERR_FILENO, &columns, &rows);
    screen_bytes(bytes, sizeof bytes, progress->shim.received);
    snprintf(line, sizeof line, "%s: %u requests, %u failed, %u connections, %s received, %u.%u s",
             progress->name, (unsigned)stats.requests, (unsigned)stats.failed,
             (unsigned)stats.open_connections, bytes, (unsigned)(ms / 1000),
             (unsigned)(ms / 100 % 10));
    if (progress->device) {
        char live[16], all[16];
        size_t len = strlen(line);
        screen_bytes(live, sizeof live, stats.alloc_live);
        screen_bytes(all, sizeof all, stats.memory_size);
        snprintf(line + len, sizeof line - len, ", memory %s of %s, longest step %u ms", live, all,
                 (unsigned)(stats.longest_step_us / 1000));
    }
    fflush(stdout);
    fprintf(stderr, "\r%.*s\033[K", (int)columns - 1, line);
    progress->shown = 1;
}

/* Called before each wait. */
static void on_turn(void *ctx)
{
    struct app_progress *progress = ctx;
    uint32_t now = progress->shim.port.clock_ms(progress->shim.port.ctx);

    if (progress->client == NULL || now - progress->drawn_ms < REDRAW_MS) {
        return;
    }
    progress->drawn_ms = now;
    draw(progress, now);
}

struct midge_port *app_progress_init(struct app_progress *progress, struct midge_port *below,
                                     const char *name)
{
    *progress = (struct app_progress){.name = name};
    shim_init(&progress->shim, below);
    progress->on = name != NULL && screen_is_drawable(STDERR_FILENO) != 0;
    if (!progress->on) {
        return &progress->shim.port;
    }
    progress->shim.on_turn = on_turn;
    progress->shim.turn_ctx = progress;
    progress->shim.turn_ms = REDRAW_MS;
    progress->start_ms = progress->drawn_ms = below->clock_ms(below->ctx);
    return &progress->shim.port;
}

void app_progress_clear(struct app_progress *progress)
{
    if (progress->shown) {
        fputs("\r\033[K", stderr);
    }
    progress->shown = 0;
}
