/* SPDX-License-Identifier: MIT */
/*
 * Proxies. The client keeps one struct for each proxy that its origins have, so origins compare
 * their proxies by pointer, and the line with the credentials is made once. A proxy without origins
 * is freed.
 *
 * An http request is sent to its proxy as it is, with another target and that line
 * (midge__proxy_head). For https, and if a request overrides where to connect to, the connection
 * first asks for a tunnel: conn.c has its state WAIT_PROXY, io/tunnel.c the exchange. A tunnel's
 * struct is freed when it is open, before the handshake takes more memory than it had.
 *
 * A secure proxy has a TLS stream of its own, conn->outer, between TCP and all of this. The
 * connection waits for room and shakes hands for it as for the server, in the same two states, and
 * conn->secured says that it is done. Each handshake is a full one: a session that is kept is the
 * server's.
 */
#include "core/proxy.h"
#include "base/base64.h"
#include "base/span.h"
#include "core/client.h"
#include "midge/version.h"
#include <string.h>

#if MIDGE_WITH_PROXY

#define HOST_MAX 255U
#define LINE     "Proxy-Authorization: Basic "
#define LINE_END "\r\n"

/* --- the client's proxies --- */

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static bool is_as_secure(const struct midge_proxy *a, const struct midge_proxy *b)
{
    return !MIDGE_WITH_PROXY_TLS ||
           ((a->secure != 0) == (b->secure != 0) &&
            (a->dangerously_skip_verification != 0) == (b->dangerously_skip_verification != 0));
}

static bool is_same(const struct midge__proxy *p, const struct midge_proxy *wanted)
{
    return p->is.port == wanted->port && is_as_secure(&p->is, wanted) &&
           midge__span_is(midge__span_of(wanted->host), p->is.host) &&
           strcmp(or_empty(p->is.credentials), or_empty(wanted->credentials)) == 0;
}

static char *copy(char **at, const char *text, size_t len)
{
    char *start = memcpy(*at, text, len);
    start[len] = '\0';
    *at = start + len + 1;
    return start;
}

/* The line, behind the credentials; with its end a string. */
static void fill(struct midge__proxy *p, const struct midge_proxy *wanted, size_t host_len)
{
    char *at = p->text;
    char *host = copy(&at, wanted->host, host_len);
    for (size_t i = 0; i < host_len; i++) {
        host[i] = midge__lower(host[i]);
    }
    p->is.host = host;
    p->is.port = wanted->port;
    p->is.secure = wanted->secure;
    p->is.dangerously_skip_verification = wanted->dangerously_skip_verification;
    if (or_empty(wanted->credentials)[0] != '\0') {
        const struct midge_span credentials = midge__span_of(wanted->credentials);
        p->is.credentials = copy(&at, credentials.ptr, credentials.len);
        memcpy(at, LINE, sizeof LINE - 1);
        at += sizeof LINE - 1;
        at += midge__base64_encode(at, credentials);
        memcpy(at, LINE_END, sizeof LINE_END);
    }
}

static const char *line_of(const struct midge__proxy *p)
{
    const char *credentials = p->is.credentials;
    return credentials != NULL ? credentials + strlen(credentials) + 1 : NULL;
}

static struct midge__proxy *make(struct midge_client *client, const struct midge_proxy *wanted,
                                 size_t host_len)
{
    size_t size = sizeof(struct midge__proxy) + host_len + 1;
    if (wanted->credentials != NULL) {
        const size_t len = strlen(wanted->credentials);
        size += len + 1 + sizeof LINE + MIDGE__BASE64_LEN(len) + sizeof LINE_END;
    }
    struct midge__proxy *p = midge__memory_calloc(&client->memory, 0, 1, size);
    if (p != NULL) {
        fill(p, wanted, host_len);
        p->next = client->proxies;
        client->proxies = p;
    }
    return p;
}

/* Can this client have TLS to it? */
static int check_secure(const struct midge_client *client, const struct midge_proxy *wanted)
{
    if (wanted->secure == 0) {
        return MIDGE_OK;
    }
    if (!MIDGE_WITH_PROXY_TLS) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    bool can = wanted->dangerously_skip_verification != 0 || midge__tls_can_verify(client->tls);
    return can ? MIDGE_OK : MIDGE_ERR_CA;
}

int midge__proxy_get(struct midge_client *client, const struct midge_proxy *wanted,
                     struct midge__proxy **out)
{
    *out = NULL;
    wanted = wanted != NULL ? wanted : client->config.proxy;
    if (wanted == NULL || wanted->host == NULL || wanted->host[0] == '\0') {
        return MIDGE_OK;
    }
    const size_t len = strlen(wanted->host);
    if (wanted->port == 0 || len > HOST_MAX) {
        return wanted->port == 0 ? MIDGE_ERR_INVALID : MIDGE_ERR_URL;
    }
    int err = check_secure(client, wanted);
    if (err != MIDGE_OK) {
        return err;
    }
    struct midge__proxy *p = client->proxies;
    while (p != NULL && !is_same(p, wanted)) {
        p = p->next;
    }
    p = p != NULL ? p : make(client, wanted, len);
    if (p == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    p->refs++;
    *out = p;
    return MIDGE_OK;
}

void midge__proxy_put(struct midge_client *client, struct midge__proxy *p)
{
    if (p == NULL || --p->refs > 0) {
        return;
    }
    struct midge__proxy **at = &client->proxies;
    while (*at != p) {
        at = &(*at)->next;
    }
    *at = p->next;
    midge__memory_free(&client->memory, p);
}

/* --- requests to a proxy --- */

static bool is_overridden(const struct midge__origin *o)
{
#if MIDGE_WITH_OVERRIDES
    return o->port != o->url_port || strcmp(o->host, o->url_host) != 0;
#else
    (void)o;
    return false;
#endif
}

bool midge__proxy_tunnels(const struct midge__origin *o)
{
    return o->proxy != NULL && (o->secure || is_overridden(o));
}

void midge__proxy_head(struct midge__h1_write *head, const struct midge__origin *o)
{
    const bool direct = o->proxy == NULL || midge__proxy_tunnels(o);
    head->form = direct ? MIDGE__H1_FORM_ORIGIN : MIDGE__H1_FORM_ABSOLUTE;
    head->proxy_line = direct ? NULL : line_of(o->proxy);
}

/* --- TLS to a proxy --- */

#if MIDGE_WITH_PROXY_TLS

int midge__proxy_secure(struct midge__conn *conn, struct midge__tls_params *params)
{
    const struct midge_proxy *proxy = &conn->origin->proxy->is;
    *params =
        (struct midge__tls_params){.servername = proxy->host,
                                   .skip_verification = proxy->dangerously_skip_verification != 0,
                                   .for_proxy = true,
                                   .owner = conn->owner};
    conn->outer = midge__memory_calloc(&conn->client->memory, conn->owner, 1, sizeof *conn->outer);
    return conn->outer != NULL ? MIDGE_OK : MIDGE_ERR_NO_MEMORY;
}

#endif

/* --- tunnels --- */

int midge__proxy_open(struct midge__conn *conn)
{
    conn->tunnel =
        midge__memory_calloc(&conn->client->memory, conn->owner, 1, sizeof *conn->tunnel);
    return conn->tunnel != NULL ? MIDGE_OK : MIDGE_ERR_NO_MEMORY;
}

int midge__proxy_step(struct midge__conn *conn)
{
    const struct midge__origin *o = conn->origin;
    struct midge__h1_write head = {.method = "CONNECT",
                                   .host = midge__span_of(o->host),
                                   .port = o->port, /* also the scheme's (RFC 9110 9.3.6) */
                                   .user_agent_line = "User-Agent: midge/" MIDGE_VERSION "\r\n",
                                   .proxy_line = line_of(o->proxy),
                                   .form = MIDGE__H1_FORM_AUTHORITY};
    int err =
        midge__tunnel_step(conn->tunnel, conn->stream, &head, conn->client->config.max_head_total);
    if (err == MIDGE_OK) {
        midge__memory_free(&conn->client->memory, conn->tunnel);
        conn->tunnel = NULL;
    }
    return err;
}

#endif
