/* SPDX-License-Identifier: MIT */
/*
 * The file has one line, the ETag as it came. It is replaced when the body has come whole, so that
 * file and body belong together, or after 304. Without a file, or with an empty one, If-None-Match
 * is "", which no answer has, as with curl. After 304 the file of -o stays as it is.
 */
#include "etag.h"

#include <stdio.h>
#include <string.h>
#include <midge/err.h>

#include "data.h"
#include "descriptor.h"
#include "failure.h"
#include "run.h"

int etag_check(const struct group *group)
{
    if ((group->etag_save != NULL || group->etag_compare != NULL) && group->urls.n > 1) {
        return usage_error("--etag-save and --etag-compare go with one URL only");
    }
    return 0;
}

const char *etag_wanted(struct keep *keep, const struct group *group)
{
    struct text file = {.keep = keep};

    if (group->etag_compare == NULL) {
        return NULL;
    }
    text_puts(&file, "");
    (void)data_read_file(group->etag_compare, &file);
    text_add(&file, "", 1);
    file.data[strcspn(file.data, "\r\n")] = '\0';
    return file.data[0] != '\0' ? file.data : "\"\"";
}

static int on_head(struct midge_hook *hook, struct midge_hop *hop,
                   const struct midge_response *response)
{
    struct fetch *fetch = hop->ctx;
    size_t len;
    const char *etag = midge_response_header(response, "ETag", &len);

    (void)hook;
    fetch->etag = NULL;
    if (etag != NULL && len > 0 && (response->status / 100 == 2 || response->status == 304)) {
        fetch->etag = keep_copy(fetch->run->keep, etag, len);
    }
    return MIDGE_OK;
}

void etag_apply(struct fetch *fetch)
{
    if (fetch->group->etag_save != NULL || fetch->group->etag_compare != NULL) {
        fetch->etag_hook = (struct midge_hook){.on_head = on_head, .keep_headers = "ETag"};
        fetch_add_hook(fetch, &fetch->etag_hook);
    }
}

int etag_save(const struct run *run, int code)
{
    for (size_t i = 0; i < run->plan.n; i++) {
        const struct fetch *fetch = &run->plan.fetches[i];
        const char *path = fetch->group->etag_save;
        struct text line = {.keep = run->keep};
        int native = 0;
        if (path != NULL && fetch->etag != NULL && fetch->result.error == MIDGE_OK) {
            text_format(&line, "%s\n", fetch->etag);
            native = descriptor_replace(run->keep, path, &line);
        }
        if (native != 0) {
            fprintf(stderr, "midge: (23) can't write %s: %s\n", path, strerror(native));
            code = code != 0 ? code : EXIT_WRITE;
        }
    }
    return code;
}
