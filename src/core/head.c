/* SPDX-License-Identifier: MIT */
/* The head of a request: its fields, those of the client and midge's own. Scheme, host and port are
   the origin's; the path and query are a part of the URL's text. A prepared request has the bytes
   of its head already. */
#include "core/head.h"
#include "base/span.h"
#include "core/client.h"
#include "core/hooks.h"
#include "core/origin.h"
#include "core/prepared.h"
#include "core/request.h"
#include "core/transfer.h"
#include "midge/config.h"
#include "midge/version.h"
#include <string.h>

/* The parts that a head needs. The host is in lower case, as the origin keeps it. */
static void set_url(struct midge_url *url, const struct midge__transfer *t)
{
    const struct midge__origin *o = t->origin;
    const char *target = t->request->url + t->target_at;
    memset(url, 0, sizeof *url);
    url->host = midge__span_of(o->url_host);
    url->port = midge__origin_own(o, url_port, o->port);
    url->is_https = o->secure;
    url->is_ipv6 = MIDGE_WITH_IPV6 && strchr(o->url_host, ':') != NULL;
    if (t->target_len > 0 && *target == '?') {
        url->query = midge__span(target + 1, t->target_len - 1U);
    } else {
        url->path = midge__span(target, t->target_len); /* with its query */
    }
}

void midge__head_begin(struct midge__h1_write *write, struct midge_url *url,
                       const struct midge__transfer *t)
{
    const struct midge_config *config = &t->aw.client->config;
    const struct midge_request *r = t->request;
    write->framing = (uint8_t)midge__request_framing(r, t->method);
    write->content_length = midge__request_length(r);
    write->head = midge__prepared_head(t);
    write->sent = 0;
    if (MIDGE_WITH_PREPARED && write->head.ptr != NULL) {
        return; /* the rest is not read */
    }
    set_url(url, t);
    write->method = midge__request_method(r);
    write->url = url;
    write->headers = midge__hooks_headers(t);
    write->content_type = r->content_type;
    write->bearer = r->bearer;
    write->defaults.list = config->headers;
    write->defaults.count = config->n_headers;
    write->user_agent_line = "User-Agent: midge/" MIDGE_VERSION "\r\n";
    write->accept_line = "Accept: */*\r\n";
}
