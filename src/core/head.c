/* SPDX-License-Identifier: MIT */
/* The head of a request: its fields, those of the client and midge's own. Scheme, host and port are
   the origin's; the path and query are a part of the URL's text. A prepared request has the bytes
   of its head already. */
#include "core/head.h"
#include "base/span.h"
#include "core/client.h"
#include "core/origin.h"
#include "core/prepared.h"
#include "core/request.h"
#include "core/transfer.h"
#include "midge/version.h"
#include <string.h>

/* The parts that a head needs. The host is in lower case, as the origin keeps it. */
static struct midge_url head_url(const struct midge__transfer *t)
{
    const struct midge__origin *o = t->origin;
    struct midge_span target = midge__span(t->request->url + t->target_at, t->target_len);
    struct midge_url url = {
        .host = midge__span_of(o->url_host),
        .port = o->url_port,
        .is_https = o->secure,
        .is_ipv6 = strchr(o->url_host, ':') != NULL,
    };
    if (target.len > 0 && *target.ptr == '?') {
        url.query = midge__span(target.ptr + 1, target.len - 1);
    } else {
        url.path = target; /* with its query */
    }
    return url;
}

void midge__head_begin(struct midge__h1_write *write, struct midge_url *url,
                       const struct midge__transfer *t)
{
    const struct midge_config *config = &t->aw.client->config;
    const struct midge_request *r = t->request;
    *write = (struct midge__h1_write){
        .framing = (uint8_t)midge__request_framing(r, t->method),
        .content_length = midge__request_length(r),
        .head = midge__prepared_head(t),
    };
    if (MIDGE_WITH_PREPARED && write->head.ptr != NULL) {
        return;
    }
    *url = head_url(t);
    write->method = midge__request_method(r);
    write->url = url;
    write->headers = (struct midge__h1_headers){r->headers, r->n_headers};
    write->content_type = r->content_type;
    write->bearer = r->bearer;
    write->defaults = (struct midge__h1_headers){config->headers, config->n_headers};
    write->user_agent = "midge/" MIDGE_VERSION;
    write->accept = "*/*";
}
