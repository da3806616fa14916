/* SPDX-License-Identifier: MIT */
/* By its error: the program knows the names of files, the clock, and the proxy. */
#define _GNU_SOURCE
#include "words.h"

#include <time.h>
#include <midge/err.h>

#include "body.h"
#include "compressed.h"
#include "run.h"
#include "through.h"

/* A date was refused: perhaps the clock is wrong. */
static const char *date_words(const struct fetch *fetch)
{
    struct run *run = fetch->run;
    time_t now = (time_t)run->shim.port.wall_time(run->shim.port.ctx);
    char text[512], date[16] = "?";
    struct tm parts;

    if (fetch->result.cert_date == 0) {
        return NULL;
    }
    midge_result_text(&fetch->result, text, sizeof text);
    if (gmtime_r(&now, &parts) != NULL) {
        (void)strftime(date, sizeof date, "%Y-%m-%d", &parts);
    }
    return keep_format(run->keep, "%s; the clock says %s", text, date);
}

const char *words_of(const struct fetch *fetch)
{
    struct keep *keep = fetch->run->keep;
    const char *words;

    switch (fetch->result.error) {
    case MIDGE_ERR_HTTP_STATUS:
        return keep_format(keep, "HTTP error %d %s", fetch->result.status,
                           fetch->reply.reason != NULL ? fetch->reply.reason : "");
    case MIDGE_ERR_HEADER: /* headers.c has checked all others */
        return "the Content-Length of -H is not the body's";
    case MIDGE_ERR_CERT:
        return through_cert_words(fetch, date_words(fetch));
    case MIDGE_ERR_REDIRECTS:
        return keep_format(keep, "more than %u redirects", fetch->group->max_redirects);
    case MIDGE_ERR_WRITE:
        return keep_format(keep, "can't write %s",
                           fetch->local_name != NULL ? fetch->local_name : "to stdout");
    case MIDGE_ERR_READ:
        return keep_format(keep,
                           body_native(fetch) != 0 ? "can't read %s"
                                                   : "%s is shorter than when it was opened",
                           body_failed(fetch));
    default:
        words = compressed_words(fetch);
        return words != NULL ? words : through_words(fetch);
    }
}
