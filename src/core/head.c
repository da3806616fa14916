/* SPDX-License-Identifier: MIT */
/* The head of a request: its fields, those of the client and midge's own. Scheme, host and port are
   the origin's; the path and query are a part of the URL's text. A prepared request has the bytes
   of its head already. */
#include "core/head.h"
#include "base/span.h"
#include "core/client.h"
#include "core/expect.h"
#include "core/hooks.h"
#include "core/origin.h"
#include "core/prepared.h"
#include "core/proxy.h"
#include "core/request.h"
#include "core/transfer.h"
#include "midge/config.h"
#include "midge/version.h"

void midge__head_begin(struct midge__h1_write *write, const struct midge__transfer *t)
{
    const struct midge__origin *o = t->origin;
    const uint16_t port = midge__origin_own(o, url_port, o->port);
    const struct midge_config *config = &t->aw.client->config;
    const struct midge_request *r = t->request;
    write->framing = (uint8_t)midge__request_framing(r, t->method);
    write->content_length = midge__request_length(r);
#if MIDGE_WITH_EXPECT
    write->expects = midge__expects(t);
#endif
    midge__proxy_head(write, t->origin);
    write->head = midge__prepared_head(t);
    write->sent = 0;
    if (MIDGE_WITH_PREPARED && write->head.ptr != NULL) {
        return; /* the rest is not read */
    }
    write->method = midge__request_method(r);
    write->target = midge__span(r->url + t->target_at, t->target_len);
    write->host = midge__span_of(o->url_host); /* in lower case */
    write->port = port != (o->secure ? 443 : 80) ? port : 0;
    write->headers = midge__hooks_headers(t);
    write->content_type = r->content_type;
    write->bearer = r->bearer;
    write->defaults.list = config->headers;
    write->defaults.count = config->n_headers;
    write->user_agent_line = "User-Agent: midge/" MIDGE_VERSION "\r\n";
    write->accept_line = "Accept: */*\r\n";
}
