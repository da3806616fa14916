/* SPDX-License-Identifier: MIT */
/* The copy of a request's strings, headers and timeouts, in its block. It takes two passes over the
   strings: the first one adds up their sizes, the second one copies them. */
#include "base/check.h"
#include "core/request.h"
#include "core/transfer.h"
#include "midge/config.h"
#include <string.h>

#if MIDGE_WITH_REQUEST_COPY

#define HEADERS_MAX 1000U

/* Copies text to *at, which moves on; without *at it only counts. */
static const char *copy_text(char **at, size_t *size, const char *text)
{
    if (text == NULL) {
        return NULL;
    }
    const size_t n = strlen(text) + 1;
    *size += n;
    if (*at == NULL) {
        return text;
    }
    *at += n;
    return memcpy(*at - n, text, n);
}

/* Copies the strings to `at`, or counts their bytes if it is NULL. kept: at least
   MIDGE__REQUEST_KEPT bytes that hold the request's pointers. */
static size_t copy_strings(struct midge_request *kept, struct midge_header *headers, char *at,
                           const struct midge_request *from)
{
    size_t size = 0;
    const char **const fields[] = {&kept->method, &kept->content_type, &kept->bearer,
                                   &kept->keep_headers};
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(fields); i++) {
        *fields[i] = copy_text(&at, &size, *fields[i]);
    }
    for (size_t i = 0; i < from->n_headers; i++) {
        const char *name = copy_text(&at, &size, from->headers[i].name);
        const char *value = copy_text(&at, &size, from->headers[i].value);
        if (headers != NULL) {
            headers[i] = (struct midge_header){name, value};
        }
    }
    return size;
}

static bool has_timeouts(const struct midge_request *r)
{
    static const struct midge_timeouts none;
    return memcmp(&r->timeouts, &none, sizeof none) != 0;
}

int midge__copy_measure(struct midge__draft *d)
{
    const struct midge_request *r = d->request;
    struct midge_request scratch = *r;
    if (r->n_headers > HEADERS_MAX) {
        return MIDGE_ERR_NO_MEMORY;
    }
    d->copies_timeouts = has_timeouts(r);
    d->copy_bytes = (d->copies_timeouts ? MIDGE__PART(sizeof r->timeouts) : 0) +
                    r->n_headers * sizeof *r->headers + copy_strings(&scratch, NULL, NULL, r);
    return MIDGE_OK;
}

void midge__copy_fill(const struct midge__draft *d, struct midge__transfer *t,
                      struct midge_request *kept, char *at)
{
    const struct midge_request *r = d->request;
    t->timeouts = NULL;
    if (d->copies_timeouts) {
        t->timeouts = memcpy(at, &r->timeouts, sizeof r->timeouts);
        at += MIDGE__PART(sizeof r->timeouts);
    }
    struct midge_header *headers = (struct midge_header *)(void *)at;
    (void)copy_strings(kept, headers, at + r->n_headers * sizeof *headers, r);
    kept->headers = headers;
}

#endif
