/* SPDX-License-Identifier: MIT */
#include "verbose.h"

#include <stdio.h>

#include "secret.h"
#include "sent.h"

void verbose_trace(void *ctx, enum midge_trace_kind kind, midge_id id, const char *line)
{
    (void)ctx;
    (void)kind;
    (void)id;
    fprintf(stderr, "* %s\n", line);
}

/* Lines of -v are pasted into reports of errors. */
static void show(void *ctx, const char *name, const char *value)
{
    (void)ctx;
    fprintf(stderr, "> %s: %s\n", name, secret_field(name) ? "..." : value);
}

void verbose_request(const struct fetch *fetch, const char *method, const char *url)
{
    const char *line = sent_line(fetch, method, url);

    if (line != NULL) {
        fprintf(stderr, "> %s\n", line);
        sent_fields(fetch, NULL, url, show, NULL);
        fputs(">\n", stderr);
    }
}
