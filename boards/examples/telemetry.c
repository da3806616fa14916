/* SPDX-License-Identifier: MIT */
/*
 * A report is the readings there are, {"dropped":0,"readings":[21.5,21.75]}. They are removed when
 * the server has taken them (2xx), so a report may arrive twice but no reading is lost on the way.
 * A start of the prepared request takes no memory; only the timer does.
 */
#include "telemetry.h"

#include <string.h>

enum { EACH_MS = 60000, LONGEST_MS = 30000 };

static void drop_oldest(struct telemetry *t, size_t n)
{
    t->n -= n;
    memmove(t->readings, t->readings + n, t->n * sizeof t->readings[0]);
}

static int write_report(struct telemetry *t, size_t *len)
{
    struct midge_json_writer w;
    midge_json_write_begin(&w, t->text, sizeof t->text);
    midge_json_begin_object(&w);
    midge_json_put_key(&w, "dropped");
    midge_json_put_int(&w, (int64_t)t->dropped);
    midge_json_put_key(&w, "readings");
    midge_json_begin_array(&w);
    for (size_t i = 0; i < t->n; i++) {
        midge_json_put_double(&w, t->readings[i]);
    }
    midge_json_end_array(&w);
    midge_json_end_object(&w);
    return midge_json_write_end(&w, len);
}

static void on_done(void *ctx, const struct midge_result *result)
{
    struct telemetry *t = ctx;
    if (result->error == MIDGE_OK && result->status < 300) {
        t->delivered += (unsigned)t->sent;
        drop_oldest(t, t->sent);
    } else {
        t->failed++;
    }
    t->sent = 0;
}

static void report(void *ctx);

static int tick(struct telemetry *t)
{
    int err = midge_call_later(t->client, EACH_MS, report, t, NULL);
    t->ticking = err == MIDGE_OK;
    return err;
}

/* The report before has ended: LONGEST_MS is shorter than EACH_MS. So the text is free. */
static void report(void *ctx)
{
    struct telemetry *t = ctx;
    size_t len;
    if (t->n > 0 && write_report(t, &len) == MIDGE_OK &&
        midge_start_prepared(t->client, t->report, t->text, len, NULL) == MIDGE_OK) {
        t->sent = t->n;
    }
    (void)tick(t);
}

/* A clock that found no memory is started again. */
void telemetry_add(struct telemetry *t, double reading)
{
    if (t->n == TELEMETRY_READINGS) {
        drop_oldest(t, 1);
        t->sent -= t->sent > 0;
        t->dropped++;
    }
    t->readings[t->n++] = reading;
    if (!t->ticking) {
        (void)tick(t);
    }
}

int telemetry_start(struct telemetry *t, struct midge_client *client, const char *url,
                    const char *token)
{
    const struct midge_request request = {
        .method = "POST",
        .url = url,
        .body = "",
        .content_type = "application/json",
        .bearer = token,
        .ctx = t,
        .on_done = on_done,
        .timeouts = {.total_ms = LONGEST_MS},
    };
    *t = (struct telemetry){.client = client};
    int err = midge_prepare(client, &request, &t->report);
    return err != MIDGE_OK ? err : tick(t);
}
