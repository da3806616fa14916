/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/screen.h"
#include "run.h"

#define REDRAW_MS  100
#define MOST_LINES 8u

static uint32_t now_ms(const struct run *run)
{
    return run->shim.port.clock_ms(run->shim.port.ctx);
}

static int writes_to_terminal(const struct run *run)
{
    if (!isatty(STDOUT_FILENO)) {
        return 0;
    }
    for (size_t i = 0; i < run->plan.n; i++) {
        if (run->plan.fetches[i].local_name == NULL) {
            return 1;
        }
    }
    return 0;
}

void progress_init(struct progress *progress, const struct run *run)
{
    *progress = (struct progress){.start_ms = now_ms(run)};
    progress->drawn_ms = progress->start_ms;
    progress->on = screen_is_drawable(STDERR_FILENO) && !run->options->silent &&
                   !run->options->verbose && !writes_to_terminal(run);
}

void progress_clear(struct progress *progress)
{
    if (progress->lines == 0) {
        return;
    }
    fprintf(stderr, "\r\033[%uA\033[J", progress->lines);
    fflush(stderr);
    progress->lines = 0;
}

/* A line that wraps would take two rows, and progress_clear would miss one; so it is cut. */
static void draw_line(struct progress *progress, const char *line, size_t columns)
{
    fprintf(stderr, "%.*s\033[K\n", (int)columns, line);
    progress->lines++;
}

struct sums {
    size_t done, failed;
    uint64_t bytes;
};

static struct sums sum_up(const struct run *run)
{
    struct sums sums = {0};

    for (size_t i = 0; i < run->plan.n; i++) {
        const struct fetch *fetch = &run->plan.fetches[i];
        sums.bytes += fetch->output.body_len;
        if (fetch->state != FETCH_DONE) {
            continue;
        }
        sums.done++;
        sums.failed += fetch->exit_code != 0;
    }
    return sums;
}

static void draw_sums(struct progress *progress, const struct run *run, uint32_t now,
                      size_t columns)
{
    struct sums sums = sum_up(run);
    uint32_t ms = now - progress->start_ms;
    char line[160], bytes[16], rate[16];

    screen_bytes(bytes, sizeof bytes, sums.bytes);
    screen_bytes(rate, sizeof rate, ms > 0 ? sums.bytes * 1000 / ms : 0);
    snprintf(line, sizeof line, "%zu/%zu done, %zu failed  %s  %s/s  %u.%u s", sums.done,
             run->plan.n, sums.failed, bytes, rate, (unsigned)(ms / 1000),
             (unsigned)(ms / 100 % 10));
    draw_line(progress, line, columns);
}

static void fetch_state(const struct fetch *fetch, char *text, size_t cap)
{
    char bytes[16];
    uint64_t total = fetch->group->compressed ? 0 : fetch->reply.content_len;

    screen_bytes(bytes, sizeof bytes, fetch->output.body_len);
    if (fetch->state == FETCH_WAITING) {
        snprintf(text, cap, "connecting or queued");
    } else if (fetch->state == FETCH_SENT) {
        snprintf(text, cap, "sent, waiting");
    } else if (total > 0) {
        snprintf(text, cap, "%3u%% %s", (unsigned)(fetch->output.body_len * 100 / total), bytes);
    } else {
        snprintf(text, cap, "%s", bytes);
    }
}

static void draw_fetch(struct progress *progress, const struct fetch *fetch, size_t columns)
{
    char line[512], state[48];
    size_t room = columns > 26 ? columns - 24 : 2;

    fetch_state(fetch, state, sizeof state);
    snprintf(line, sizeof line, "  %-20s  %s", state, screen_tail(fetch->url, room));
    draw_line(progress, line, columns);
}

void progress_draw(struct progress *progress, const struct run *run)
{
    uint32_t now;
    size_t columns, rows, drawn = 0;

    if (!progress->on || run->live == 0 || (now = now_ms(run)) - progress->drawn_ms < REDRAW_MS) {
        return;
    }
    progress->drawn_ms = now;
    screen_size(STDERR_FILENO, &columns, &rows);
    progress_clear(progress);
    draw_sums(progress, run, now, columns - 1);
    for (size_t i = 0; i < run->next && drawn < MOST_LINES && drawn + 2 < rows; i++) {
        if (run->plan.fetches[i].state == FETCH_DONE) {
            continue;
        }
        draw_fetch(progress, &run->plan.fetches[i], columns - 1);
        drawn++;
    }
    fflush(stderr);
}
