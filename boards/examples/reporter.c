/* SPDX-License-Identifier: MIT */
/*
 * Tries are 1, 2, 4 … 60 seconds apart, or as far as the server says by Retry-After. A server that
 * answers 4xx (other than 429) will not want the same reading later: it is dropped.
 */
#include "reporter.h"

#include <string.h>

enum { FIRST_WAIT_S = 1, LONGEST_WAIT_S = 60, LONGEST_DELAY_S = 3600, ATTEMPT_MS = 10000 };

static void on_done(void *ctx, const struct midge_result *result);

static bool try_now(struct reporter *reporter)
{
    const struct midge_request request = {
        .url = reporter->url,
        .body = reporter->text,
        .body_len = reporter->len,
        .content_type = "text/plain",
        .ctx = reporter,
        .on_done = on_done,
        .timeouts = {.attempt_ms = ATTEMPT_MS},
    };
    reporter->tries++;
    return midge_start(reporter->client, &request, NULL) == MIDGE_OK;
}

static void try_again(void *ctx);

/* Without memory for the wait the reading is dropped. */
static void wait(struct reporter *reporter, uint32_t retry_after_s)
{
    uint32_t wait_s = retry_after_s > 0 ? retry_after_s : reporter->wait_s;
    uint32_t twice = 2 * reporter->wait_s;
    wait_s = wait_s < LONGEST_DELAY_S ? wait_s : LONGEST_DELAY_S;
    reporter->wait_s = twice < LONGEST_WAIT_S ? twice : LONGEST_WAIT_S;
    reporter->busy =
        midge_call_later(reporter->client, 1000 * wait_s, try_again, reporter, NULL) == MIDGE_OK;
}

static void try_again(void *ctx)
{
    struct reporter *reporter = ctx;
    if (!try_now(reporter)) {
        wait(reporter, 0);
    }
}

static bool is_for_later(const struct midge_result *result)
{
    return result->error != MIDGE_OK || result->status == 429 || result->status >= 500;
}

static void on_done(void *ctx, const struct midge_result *result)
{
    struct reporter *reporter = ctx;
    if (result->error == MIDGE_ERR_CLOSED) {
        return;
    }
    if (is_for_later(result)) {
        wait(reporter, result->retry_after_s);
        return;
    }
    reporter->busy = false;
    reporter->delivered += result->status < 400;
    reporter->refused += result->status >= 400;
}

void reporter_init(struct reporter *reporter, struct midge_client *client, const char *url)
{
    *reporter = (struct reporter){.client = client, .url = url};
}

bool reporter_send(struct reporter *reporter, const char *reading)
{
    size_t len = strlen(reading);
    if (reporter->busy || len > sizeof reporter->text) {
        return false;
    }
    memcpy(reporter->text, reading, len);
    reporter->len = len;
    reporter->wait_s = FIRST_WAIT_S;
    reporter->busy = try_now(reporter);
    return reporter->busy;
}
