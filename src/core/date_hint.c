/* SPDX-License-Identifier: MIT */
/* The Date of an answer, for devices whose clock is not set. Only of a server that was verified, or
   whose key was: anyone on the way can write any other. */
#include "core/date_hint.h"

#if MIDGE_WITH_DATE_HINT

#include "codec/http_date.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/origin.h"

void midge__date_hint_head(const struct midge__exchange *x, struct midge_response *head)
{
    const struct midge__origin *o = x->conn->origin;
    const bool skipped = midge__origin_own(
        o, skip_verification, x->conn->client->config.tls.dangerously_skip_verification != 0);
    head->verified = o->secure && !skipped;
}

int64_t midge_response_date(const struct midge_response *response)
{
    size_t len = 0;
    int64_t seconds = 0;
    const char *value = response->verified ? midge_response_header(response, "Date", &len) : NULL;
    return value != NULL && midge__http_date(midge__span(value, len), &seconds) ? seconds : 0;
}

#endif
