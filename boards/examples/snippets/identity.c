/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "snippets.h"

/* The cookies that outlive the session, "name=value" in lines; MIDGE_ERR_TOO_LARGE: no room. */
int cookies_save(struct midge_cookies *jar, char *text, size_t cap)
{
    struct midge_cookie cookie;
    size_t at = 0, used = 0, name, value;
    midge_cookies_clear(jar, 1);
    while (midge_cookies_next(jar, &at, &cookie)) {
        name = strlen(cookie.name);
        value = strlen(cookie.value);
        if (used + name + value + 3 > cap) {
            return MIDGE_ERR_TOO_LARGE;
        }
        memcpy(text + used, cookie.name, name);
        text[used + name] = '=';
        memcpy(text + used + name + 1, cookie.value, value);
        used += name + 1 + value;
        text[used++] = '\n';
    }
    text[used] = '\0';
    return MIDGE_OK;
}

/* A GET with a jar that has a cookie from before and one of the program's, and with a password. */
int cookies_login(struct midge_client *client, const struct midge_port *port, const char *url)
{
    struct midge_cookie before = {
        .name = "seen", .value = "1", .domain = "api.test", .path = "/", .host_only = 1};
    struct midge_cookies jar;
    struct midge_auth auth;
    struct midge_request get = {.url = url};
    char memory[512];
    midge_id id;
    int err;

    midge_cookies_init(&jar, port, memory, sizeof memory);
    err = midge_cookies_put(&jar, &before);
    if (err == MIDGE_OK) {
        err = midge_cookies_set(&jar, url, "language=de; Path=/");
    }
    if (err != MIDGE_OK) {
        return err;
    }
    midge_auth_init(&auth, port, MIDGE_AUTH_BASIC, url, "me", "secret");
    auth.hook.next = &jar.hook;
    get.hooks = &auth.hook;
    err = midge_start(client, &get, &id);
    return err == MIDGE_OK ? midge_wait(client, id, NULL) : err;
}

/* config.on_peer: shows the certificate of each server, before it is verified. ctx: 600 bytes. */
void trust_show(void *ctx, const struct midge_peer *peer)
{
    if (peer->event == MIDGE_PEER_CERTIFICATE) {
        (void)midge_certificate_text(peer->certificate, (char *)ctx, 600);
    }
}

/* Roots in a partition that was written apart from the firmware: check all of its bytes once. */
int trust_partition(struct midge_tls *tls, const void *table, size_t len)
{
    int err = midge_roots_check(table, len);
    if (err == MIDGE_OK) {
        tls->roots = table;
        tls->roots_len = len;
    }
    return err;
}

/* Moves the sessions to another client by RAM that only this firmware can read. */
int sessions_keep(struct midge_client *old_client, struct midge_client *next, void *ram, size_t cap)
{
    size_t len = midge_sessions_size(old_client);
    int err = len <= cap ? midge_sessions_export_unsealed(old_client, ram, cap, &len)
                         : MIDGE_ERR_TOO_LARGE;
    return err == MIDGE_OK ? midge_sessions_import_unsealed(next, ram, len) : err;
}
