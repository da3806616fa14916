/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include <midge/err.h>

#include "follow.h"

int verdict_head(struct fetch *fetch, const struct midge_response *response)
{
    int err;

    if (follow_refuses(fetch, response)) {
        return MIDGE_ERR_REDIRECTS;
    }
    err = part_head(fetch, response);
    if (err == MIDGE_OK && fetch->group->fail && response->status >= 400) {
        return MIDGE_ERR_HTTP_STATUS;
    }
    return err;
}

void verdict_done(struct fetch *fetch)
{
    const struct midge_result *result = &fetch->result;

    part_done(fetch);
    if (fetch->group->fail_with_body && fetch->part.whole == MIDGE_COMPLETE_NO &&
        result->error == MIDGE_OK && result->status >= 400) {
        fetch->result.error = MIDGE_ERR_HTTP_STATUS;
    }
}
