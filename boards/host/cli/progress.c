/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/screen.h"
#include "descriptor.h"
#include "label.h"
#include "run.h"

#define REDRAW_MS    100
#define RATE_MS      500 /* between two looks at a request's bytes */
#define STATE_WIDTH  37u /* "  45%   12.3 MB    1.2 MB/s   0:12  " */
#define NARROW       50u /* columns; with fewer there is no rate */
#define NARROW_STATE 16u

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
    if (progress->on) {
        progress->rates = keep_alloc(run->keep, (run->plan.n + 1) * sizeof *progress->rates);
    }
}

/* --- the screen --- */

/* The picture of one moment. Its memory is freed at once: a long download draws many of them. */
struct frame {
    struct text text;
    struct progress *progress;
    const struct run *run;
    size_t columns, rows;
    uint32_t now;
};

/* The terminal may be narrower now than when the lines were drawn: then they take more rows. */
static unsigned rows_drawn(const struct progress *progress, size_t columns)
{
    unsigned rows = 0;

    for (unsigned i = 0; i < progress->lines; i++) {
        const size_t length = progress->lengths[i];
        rows += length > columns ? (unsigned)((length + columns - 1) / columns) : 1;
    }
    return rows;
}

void progress_clear(struct progress *progress)
{
    size_t columns, rows;

    if (progress->lines == 0) {
        return;
    }
    screen_size(STDERR_FILENO, &columns, &rows);
    fprintf(stderr, "\r\033[%uA\033[J", rows_drawn(progress, columns));
    fflush(stderr);
    progress->lines = 0;
}

/* No line is wider than the terminal, or it would take two rows. */
static void add_line(struct frame *frame, const char *line)
{
    struct progress *progress = frame->progress;
    const char *shown = label_begin(frame->text.keep, line, frame->columns - 1);

    text_format(&frame->text, "%s\033[K\n", shown);
    progress->lengths[progress->lines++] = (uint16_t)label_columns(shown);
}

/* --- one request --- */

static void time_left(char *text, size_t cap, uint64_t seconds)
{
    const unsigned long long s = seconds;

    if (s >= 100ULL * 3600) {
        snprintf(text, cap, ">99 h");
    } else if (s >= 3600) {
        snprintf(text, cap, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
    } else {
        snprintf(text, cap, "%llu:%02llu", s / 60, s % 60);
    }
}

static uint32_t speed_of(struct progress_rate *rate, uint64_t bytes, uint32_t now)
{
    uint32_t ms = now - rate->ms;
    uint64_t newest;

    if (rate->ms == 0 || bytes < rate->bytes) { /* the first look, or it began again */
        *rate = (struct progress_rate){.bytes = bytes, .ms = now != 0 ? now : 1};
    } else if (ms >= RATE_MS) {
        newest = (bytes - rate->bytes) * 1000 / ms;
        newest = newest < UINT32_MAX ? newest : UINT32_MAX;
        rate->speed = (uint32_t)(rate->speed == 0 ? newest : (3ull * rate->speed + newest) / 4);
        rate->bytes = bytes;
        rate->ms = now;
    }
    return rate->speed;
}

static void body_state(char *text, size_t cap, const struct fetch *fetch, uint32_t speed,
                       int is_narrow)
{
    const uint64_t has = fetch->output.body_len;
    const uint64_t all = fetch->group->compressed ? 0 : fetch->reply.content_len;
    char bytes[16], rate[16], percent[8] = "", left[16] = "", all_rate[24] = "";

    screen_bytes(bytes, sizeof bytes, has);
    screen_bytes(rate, sizeof rate, speed);
    if (all > 0 && has <= all) {
        snprintf(percent, sizeof percent, "%u%%", (unsigned)((double)has * 100 / (double)all));
    }
    if (all > has && speed > 0) {
        time_left(left, sizeof left, (all - has + speed - 1) / speed);
    }
    if (is_narrow) {
        snprintf(text, cap, "%5s %9s ", percent, bytes);
        return;
    }
    if (speed > 0) {
        snprintf(all_rate, sizeof all_rate, "%s/s", rate);
    }
    snprintf(text, cap, "%5s %9s %11s %8s ", percent, bytes, all_rate, left);
}

static const char *line_for(const struct frame *frame, const struct fetch *fetch)
{
    const int is_narrow = frame->columns < NARROW;
    const size_t width = is_narrow ? NARROW_STATE : STATE_WIDTH;
    const size_t room = frame->columns > width + 12 ? frame->columns - width - 2 : 10;
    struct keep *keep = frame->text.keep;
    uint32_t speed =
        speed_of(&frame->progress->rates[fetch->index], fetch->output.body_len, frame->now);
    char state[80];

    if (fetch->state == FETCH_WAITING) {
        snprintf(state, sizeof state, is_narrow ? "  waiting" : "  connecting or queued");
    } else if (fetch->state == FETCH_SENT) {
        snprintf(state, sizeof state, is_narrow ? "  sent" : "  sent, no answer yet");
    } else {
        body_state(state, sizeof state, fetch, speed, is_narrow);
    }
    return keep_format(keep, "%-*s %s", (int)width, state, label_cut(keep, fetch->url, room));
}

/* --- all --- */

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

static const char *sums_line(const struct frame *frame)
{
    struct sums sums = sum_up(frame->run);
    uint32_t ms = frame->now - frame->progress->start_ms;
    char bytes[16], rate[16];

    screen_bytes(bytes, sizeof bytes, sums.bytes);
    screen_bytes(rate, sizeof rate, ms > 0 ? sums.bytes * 1000 / ms : 0);
    return keep_format(frame->text.keep, "%zu/%zu done, %zu failed  %s  %s/s  %u.%u s", sums.done,
                       frame->run->plan.n, sums.failed, bytes, rate, (unsigned)(ms / 1000),
                       (unsigned)(ms / 100 % 10));
}

static const char *device_line(const struct frame *frame)
{
    struct midge_stats stats;
    char live[16], peak[16], all[16];

    midge_client_stats(frame->run->client, &stats);
    screen_bytes(live, sizeof live, stats.alloc_live);
    screen_bytes(peak, sizeof peak, stats.alloc_peak);
    screen_bytes(all, sizeof all, stats.memory_size);
    return keep_format(frame->text.keep, "memory %s/%s  longest step %u.%u ms  at most %s", live,
                       all, (unsigned)(stats.longest_step_us / 1000),
                       (unsigned)(stats.longest_step_us / 100 % 10), peak);
}

/* As many as there are rows; the last row then tells how many more there are. */
static void add_fetches(struct frame *frame)
{
    const struct run *run = frame->run;
    const size_t taken = frame->progress->lines + 1; /* the row of the cursor */
    size_t room = frame->rows > taken ? frame->rows - taken : 0, active = 0, drawn = 0;

    room = room < PROGRESS_LINES - 4 ? room : PROGRESS_LINES - 4;
    for (size_t i = 0; i < run->next; i++) {
        active += run->plan.fetches[i].state != FETCH_DONE;
    }
    const size_t shown = active > room ? room - (room > 0) : active;
    for (size_t i = 0; i < run->next && drawn < shown; i++) {
        if (run->plan.fetches[i].state != FETCH_DONE) {
            add_line(frame, line_for(frame, &run->plan.fetches[i]));
            drawn++;
        }
    }
    if (active > shown && room > 0) {
        add_line(frame, keep_format(frame->text.keep, "  and %zu more", active - shown));
    }
}

static void draw(struct progress *progress, const struct run *run, uint32_t now)
{
    struct keep keep = {0};
    struct frame frame = {.text = {.keep = &keep}, .progress = progress, .run = run, .now = now};
    unsigned up;

    screen_size(STDERR_FILENO, &frame.columns, &frame.rows);
    up = rows_drawn(progress, frame.columns);
    if (up > 0) {
        text_format(&frame.text, "\r\033[%uA", up);
    }
    progress->lines = 0;
    add_line(&frame, sums_line(&frame));
    if (run->device != NULL && frame.rows > 2) {
        add_line(&frame, device_line(&frame));
    }
    add_fetches(&frame);
    text_puts(&frame.text, "\033[J"); /* the frame before may have had more lines */
    fflush(stderr);
    (void)descriptor_write(STDERR_FILENO, frame.text.data, frame.text.len);
    keep_end(&keep);
}

void progress_draw(struct progress *progress, const struct run *run)
{
    uint32_t now;

    if (!progress->on || run->live == 0 || (now = now_ms(run)) - progress->drawn_ms < REDRAW_MS) {
        return;
    }
    progress->drawn_ms = now;
    draw(progress, run, now);
}
