/* SPDX-License-Identifier: MIT */
/* The decoder stands between the client and the output, so the output has the decoded bytes: the
   file, the hash and body_len of the report. size_download of -w counts the bytes received, as with
   curl. --max-body limits the decoded bytes. */
#include "compressed.h"

#include <stdint.h>

#include "run.h"

#if !MIDGE_WITH_GUNZIP /* --compressed is refused then */
#define midge_gunzip_init(gunzip, client, next) ((void)(gunzip))
#endif

const char *compressed_accept(void)
{
    return MIDGE_GUNZIP_ACCEPT;
}

/* Bytes that do not compress become slightly longer; gzip's header may have a long name. */
static uint64_t received_most(uint64_t decoded)
{
    return decoded < UINT64_MAX / 2 ? decoded + decoded / 1000 + 65536 : decoded;
}

void compressed_apply(struct fetch *fetch)
{
    const uint64_t most = fetch->run->options->max_body;

    if (!fetch->group->compressed) {
        return;
    }
    midge_gunzip_init(&fetch->gunzip, fetch->run->client, &fetch->output.sink);
    fetch->gunzip.required = 1;
    fetch->gunzip.max_len = most;
    fetch->request.sink = &fetch->gunzip.sink;
    fetch->request.max_body = most != 0 ? received_most(most) : 0;
}

const char *compressed_words(const struct fetch *fetch)
{
    const char *why = fetch->gunzip.why;

    return why != NULL && why[0] != '\0' ? why : NULL;
}

size_t compressed_memory(const struct run *run)
{
    for (size_t i = 0; i < run->options->n_groups; i++) {
        if (run->options->groups[i].compressed) {
            return MIDGE_GUNZIP_MEMORY;
        }
    }
    return 0;
}
