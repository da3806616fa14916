/* SPDX-License-Identifier: MIT */
/*
 * The library follows redirects; here are the rules that the options give it, and what the program
 * itself has to do for each hop: its address, its proxy, its name in messages.
 *
 * --proto-redir takes a list of protocols, each allowed (+, or no sign), refused (-), or allowed
 * and all others refused (=). http and https are allowed at first, but not from https to http: that
 * needs http by name.
 */
#define _GNU_SOURCE
#include "follow.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <midge/err.h>

#include "address.h"
#include "failure.h"
#include "host/number.h"
#include "referer.h"
#include "run.h"
#include "through.h"

#define MOST_REDIRECTS    255u /* the library's; also for -1, which is no limit in curl */
#define DEFAULT_REDIRECTS 50u  /* curl's */

/* --- the options --- */

static int set_limit(struct group *group)
{
    uint64_t most = DEFAULT_REDIRECTS;
    const char *text = group->max_redirs;

    if (text != NULL && strcmp(text, "-1") == 0) {
        most = MOST_REDIRECTS;
    } else if (text != NULL && !number_parse(text, strlen(text), 0, MOST_REDIRECTS, &most)) {
        return usage_error("option --max-redirs: '%s' is not a number from 0 to %u, or -1", text,
                           MOST_REDIRECTS);
    }
    group->max_redirects = group->location ? (uint8_t)most : 0;
    return 0;
}

struct protocols {
    int http, https, downgrade;
};

/* One protocol with its sign. Returns 0 if it is none. */
static int set_protocol(struct protocols *to, const char *text, size_t len)
{
    char sign = len > 0 && strchr("+-=", text[0]) != NULL ? text[0] : '+';
    size_t skip = len > 0 && text[0] == sign ? 1 : 0;
    int all = len - skip == 3 && strncasecmp(text + skip, "all", 3) == 0;
    int http = all || (len - skip == 4 && strncasecmp(text + skip, "http", 4) == 0);
    int https = all || (len - skip == 5 && strncasecmp(text + skip, "https", 5) == 0);

    if (sign == '=') {
        *to = (struct protocols){0};
    }
    if (http) {
        to->http = to->downgrade = sign != '-';
    }
    if (https) {
        to->https = sign != '-';
    }
    return http || https;
}

static int set_protocols(struct group *group)
{
    struct protocols to = {.http = 1, .https = 1};
    const char *at = group->proto_redir;

    while (at != NULL && *at != '\0') {
        size_t len = strcspn(at, ",");
        if (!set_protocol(&to, at, len)) {
            return usage_error("option --proto-redir: '%.*s' is not http, https or all", (int)len,
                               at);
        }
        at += len + (at[len] == ',');
    }
    if (!to.https) {
        return usage_error("option --proto-redir: '%s' leaves no https", group->proto_redir);
    }
    group->redirect_rules |= to.http ? 0 : MIDGE_REDIRECT_NO_HTTP;
    group->redirect_rules |= to.downgrade ? MIDGE_REDIRECT_DOWNGRADE : 0;
    return 0;
}

int follow_check(struct group *group)
{
    group->location = group->location || group->location_trusted;
    group->redirect_rules |= group->post301 ? MIDGE_REDIRECT_POST_301 : 0;
    group->redirect_rules |= group->post302 ? MIDGE_REDIRECT_POST_302 : 0;
    group->redirect_rules |= group->post303 ? MIDGE_REDIRECT_POST_303 : 0;
    group->redirect_rules |= group->location_trusted ? MIDGE_REDIRECT_CREDENTIALS : 0;
    return set_limit(group) != 0 ? EXIT_USAGE : set_protocols(group);
}

void follow_apply(struct fetch *fetch)
{
    fetch->request.max_redirects = fetch->group->max_redirects;
    fetch->request.redirect_rules = fetch->group->redirect_rules;
}

/* --- hops --- */

static int set_proxy(struct fetch *fetch, const struct midge_url *url, struct midge_redirect *to)
{
    const struct run *run = fetch->run;

    if (!run->plan.has_proxy) {
        return MIDGE_OK;
    }
    to->proxy = &fetch->proxy;
    fetch->what = through_find(run->keep, fetch->group, run->plan.by_env, url, &fetch->proxy);
    return fetch->what != NULL ? MIDGE_ERR_UNSUPPORTED : MIDGE_OK;
}

int follow_hop(struct fetch *fetch, struct midge_redirect *to)
{
    struct midge_request address = {0};
    struct midge_url url;
    int err;

    if (fetch->run->options->verbose) {
        fprintf(stderr, "* redirected to %s\n", to->url);
    }
    referer_hop(fetch);
    fetch->url = keep_copy(fetch->run->keep, to->url, strlen(to->url));
    fetch->hop_method = keep_copy(fetch->run->keep, to->method, strlen(to->method));
    fetch->lost_body |= to->drops_body;
    fetch->lost_credentials |= to->drops_credentials;
    err = midge_url_parse(&url, fetch->url, strlen(fetch->url), 0);
    if (err != MIDGE_OK) {
        return err;
    }
    err = set_proxy(fetch, &url, to);
    address.proxy = to->proxy;
    address_apply(fetch->run->keep, fetch->group, &url, &address);
    to->connect_host = address.connect_host;
    to->connect_port = address.connect_port;
    to->servername = fetch->group->servername;
    return err;
}

static int is_redirect(int status)
{
    return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

int follow_refuses(const struct fetch *fetch, const struct midge_response *response)
{
    size_t len;

    return fetch->group->location && fetch->group->max_redirects == 0 &&
           is_redirect(response->status) &&
           midge_response_header(response, "Location", &len) != NULL;
}

const char *follow_target(const struct fetch *fetch)
{
    struct text out = {.keep = fetch->run->keep};
    const char *location = NULL;
    size_t len;

    for (size_t i = 0; location == NULL && i < fetch->reply.headers.n; i++) {
        if (strcasecmp(fetch->reply.headers.at[i].name, "Location") == 0) {
            location = fetch->reply.headers.at[i].value;
        }
    }
    if (location == NULL || !is_redirect(fetch->reply.status) || fetch->reply.url == NULL) {
        return "";
    }
    (void)text_room(&out, (strlen(fetch->reply.url) + strlen(location)) * 3 + 16);
    if (midge_url_resolve(out.data, out.cap, &len, fetch->reply.url, location) != MIDGE_OK) {
        return location;
    }
    return out.data;
}
