/* SPDX-License-Identifier: MIT */
/*
 * curl's order: a host of --noproxy (or no_proxy) has none; else --proxy counts, and '' is none;
 * else the variable of the URL's scheme. --proxy-user counts before a user in the proxy's URL.
 * --resolve has its meaning for the proxy's name, since nothing else is resolved here.
 */
#include "through.h"

#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "failure.h"
#include "host/proxy.h"
#include "host/proxy_url.h"
#include "run.h"

int through_any(const struct options *options, int env)
{
    int any = env && proxy_any_set();

    for (size_t i = 0; i < options->n_groups; i++) {
        any |= options->groups[i].proxy != NULL;
    }
    return any;
}

/* Where its text comes from; *text NULL or "": there is none. */
static const char *find_text(const struct group *group, int env, const struct midge_url *url,
                             const char **text)
{
    const char *name = env ? proxy_variable(url) : NULL;

    *text = group->proxy;
    if (group->proxy == NULL && name != NULL) {
        *text = getenv(name);
        return name;
    }
    return "option --proxy";
}

/* A password may be in the text: only its end is shown. */
static const char *without_user(const char *text)
{
    const char *at = strrchr(text, '@');

    return at != NULL ? at + 1 : text;
}

const char *through_find(struct keep *keep, const struct group *group, int env,
                         const struct midge_url *url, struct midge_proxy *proxy)
{
    const char *noproxy = group->noproxy != NULL || env ? group->noproxy : "";
    const char *text, *from = find_text(group, env, url, &text), *why;

    *proxy = (struct midge_proxy){0};
    if (text == NULL || text[0] == '\0' || proxy_exempts(url, noproxy)) {
        return NULL;
    }
    why = proxy_url_parse(text, keep_alloc(keep, PROXY_URL_ROOM(strlen(text))), proxy);
    if (why != NULL) {
        return keep_format(keep, "%s: '%s' %s", from, without_user(text), why);
    }
    proxy->dangerously_skip_verification = group->proxy_insecure;
    if (group->proxy_user != NULL) {
        proxy->credentials = group->proxy_user;
    }
    if (proxy->credentials != NULL && strchr(proxy->credentials, ':') == NULL) {
        return "option --proxy-user: the password is missing: USER:PASSWORD";
    }
    address_of_proxy(keep, group, proxy);
    return NULL;
}

/* Is it TLS to the proxy that failed? The server's has another phase. */
static int is_proxys_tls(const struct fetch *fetch)
{
    const struct midge_result *result = &fetch->result;

    return fetch->proxy.host != NULL && fetch->proxy.secure &&
           result->phase == MIDGE_PHASE_CONNECT &&
           (result->error == MIDGE_ERR_TLS || result->error == MIDGE_ERR_CERT);
}

#if MIDGE_WITH_HTTP2
#define stream_of(result) ((result)->stream_id)
#else
#define stream_of(result) 0U
#endif

int through_exit_code(const struct fetch *fetch)
{
    if (fetch->result.error == MIDGE_ERR_RESOLVE && fetch->proxy.host != NULL) {
        return EXIT_PROXY;
    }
    if (is_proxys_tls(fetch) && fetch->result.error == MIDGE_ERR_TLS) {
        return EXIT_TLS;
    }
    const int code = stream_of(&fetch->result) != 0
                         ? failure_http2_code(fetch->result.error, fetch->result.native)
                         : -1;
    return code >= 0 ? code : failure_exit_code(fetch->result.error, fetch->result.phase);
}

const char *through_cert_words(const struct fetch *fetch, const char *words)
{
    char text[512];

    if (!is_proxys_tls(fetch)) {
        return words;
    }
    midge_result_text(&fetch->result, text, sizeof text);
    return keep_format(fetch->run->keep, "the proxy %s: %s", fetch->proxy.host,
                       words != NULL ? words : text);
}

const char *through_words(const struct fetch *fetch)
{
    struct keep *keep = fetch->run->keep;
    const struct midge_result *result = &fetch->result;

    if (fetch->proxy.host == NULL) {
        return NULL;
    }
    if (result->error == MIDGE_ERR_PROXY && result->native != 0) {
        return keep_format(keep, "the proxy %s refused a tunnel: %d %s%s%s", fetch->proxy.host,
                           result->native, midge_status_text(result->native),
                           result->detail[0] != '\0' ? ": " : "", result->detail);
    }
    if (is_proxys_tls(fetch)) {
        return through_cert_words(fetch, NULL);
    }
    if (result->error == MIDGE_ERR_RESOLVE || result->error == MIDGE_ERR_CONNECT) {
        return keep_format(keep, "the proxy %s: %s", fetch->proxy.host,
                           midge_err_text(result->error));
    }
    return NULL;
}
