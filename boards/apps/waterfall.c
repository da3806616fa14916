/* SPDX-License-Identifier: MIT */
#include "waterfall.h"

#define COLUMNS 48
#define PHASES  7

/* The mark of the phase in which the request was `us` after its start; ' ' after its end. */
static char mark_at(const struct midge_timings *t, uint64_t us)
{
    const struct {
        char mark;
        uint32_t us;
    } phases[PHASES] = {{'.', t->queue_us}, {'d', t->dns_us},  {'c', t->connect_us},
                        {'t', t->tls_us},   {'s', t->send_us}, {'-', t->wait_us},
                        {'#', t->body_us}};
    uint64_t end = 0;
    for (size_t i = 0; i < PHASES; i++) {
        end += phases[i].us;
        if (us < end) {
            return phases[i].mark;
        }
    }
    return us < t->total_us ? '.' : ' ';
}

/* COLUMNS columns show `span` microseconds from `began` on; a column shows its middle. */
static void draw(char *bar, const struct midge_timings *t, uint64_t began, uint64_t span)
{
    for (uint64_t i = 0; i < COLUMNS; i++) {
        uint64_t at = began + (2 * i + 1) * span / (2 * COLUMNS);
        bar[i] = at < t->start_us ? ' ' : mark_at(t, at - t->start_us);
    }
    bar[COLUMNS] = '\0';
    /* A request that lies between two middles still gets a mark. */
    uint64_t first = (t->start_us - began) * COLUMNS / span;
    if (first < COLUMNS && bar[first] == ' ' && (first + 1 == COLUMNS || bar[first + 1] == ' ')) {
        bar[first] = mark_at(t, t->total_us / 2);
    }
}

static void show_row(const struct app *app, const struct app_row *row, uint64_t began,
                     uint64_t span)
{
    char bar[COLUMNS + 1];
    uint32_t ms = (row->t.total_us + 500) / 1000;
    draw(bar, &row->t, began, span);
    app_print(app, "  %6s %2u |%s| %u.%03u s  %s\n", row->what, row->number, bar,
              (unsigned)(ms / 1000), (unsigned)(ms % 1000),
              row->error != MIDGE_OK ? midge_err_name(row->error) : "");
}

void waterfall_show(const struct app *app, const struct app_rows *rows)
{
    uint64_t began = UINT64_MAX, end = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const struct midge_timings *t = &rows->at[i].t;
        began = t->start_us < began ? t->start_us : began;
        end = t->start_us + t->total_us > end ? t->start_us + t->total_us : end;
    }
    if (rows->n == 0 || end <= began) {
        return;
    }
    app_print(app, "%s, all at once: . queue  d dns  c connect  t tls  s send  - wait  # body\n",
              app->name);
    for (size_t i = 0; i < rows->n; i++) {
        show_row(app, &rows->at[i], began, end - began);
    }
}
