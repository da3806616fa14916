/* SPDX-License-Identifier: MIT */
/*
 * Lines about one host: its addresses, name, path and cuts, and what happens to it later; and the
 * lines that begin a host or one of its answers.
 */
#include <midge/err.h>

#include "world_build.h"

/* --- hosts --- */

/* address 192.0.2.1 [refuses] */
static void add_address(struct world_builder *b)
{
    static const char *const kinds[] = {"answers", "refuses", "silent", "unreachable", NULL};
    const char *text = world_word(&b->line, "address");
    size_t kind = b->line.at < b->line.n ? world_choice(&b->line, "kind of address", kinds) : 0;
    int err = midge_sim_add_address(b->host, text, (enum midge_sim_address_kind)kind);

    if (err != MIDGE_OK) {
        world_wrong(&b->line, "address: '%s' %s", text,
                    err == MIDGE_ERR_INVALID ? "is no address" : "is one too many");
    }
}

/* name slow 200, name in-call, name silent, name shuffle, name fails 4 */
static void set_name(struct world_builder *b)
{
    static const char *const kinds[] = {"slow", "in-call", "silent", "shuffle", "fails", NULL};

    switch (world_choice(&b->line, "kind of name", kinds)) {
    case 0:
        b->name.ms = (uint32_t)world_number(&b->line, "name slow", WORLD_MS_MAX);
        break;
    case 1:
        b->name.in_call = 1;
        break;
    case 2:
        b->name.silent = 1;
        break;
    case 3:
        b->name.shuffle = 1;
        break;
    default:
        b->name.error = (int)world_number(&b->line, "name fails", 100);
        break;
    }
    midge_sim_set_name(b->host, &b->name);
}

/* cut reset 1000 [from-client] [nth 2] */
static void set_cut(struct world_builder *b)
{
    static const char *const kinds[] = {"reset", "fin", "stall", NULL};
    struct midge_sim_cut cut = {0};

    cut.kind = (enum midge_sim_cut_kind)world_choice(&b->line, "kind of cut", kinds);
    cut.at = world_number(&b->line, "cut", UINT64_MAX);
    cut.from_client = (uint8_t)world_is_next(&b->line, "from-client");
    if (world_is_next(&b->line, "nth")) {
        cut.nth = world_number32(b, "nth");
    }
    midge_sim_set_cut(b->host, &cut);
}

/* --- later: at 5000 link down; at 5000 address 192.0.2.2 (of the host) --- */

static void happen(void *ctx)
{
    const struct world_event *event = ctx;

    if (event->address != NULL) {
        midge_sim_clear_addresses(event->host);
        (void)midge_sim_add_address(event->host, event->address, MIDGE_SIM_ANSWERS);
    } else if (event->host != NULL) {
        midge_sim_host_link(event->host, event->up);
    } else {
        midge_sim_link(event->sim, event->up);
    }
}

void world_add_events(struct world_builder *b)
{
    for (struct world_event *event = b->first_event; event != NULL; event = event->next) {
        event->sim = b->world->sim;
        midge_sim_at(event->sim, event->ms, happen, event);
    }
}

static void add_event(struct world_builder *b)
{
    static const char *const kinds[] = {"link", "address", NULL};
    static const char *const ways[] = {"down", "up", NULL};
    struct world_event *event = world_keep(b->world, sizeof *event);

    event->ms = world_number(&b->line, "at", UINT64_MAX / 1000000);
    event->host = b->host;
    if (world_choice(&b->line, "event", kinds) == 0) {
        event->up = (int)world_choice(&b->line, "link", ways);
    } else {
        event->address = world_word(&b->line, "address");
        if (b->host == NULL) {
            world_wrong(&b->line, "at ... address: of which host?");
        }
    }
    *b->last_event = event;
    b->last_event = &event->next;
}

static void need_http2(struct world_builder *b)
{
    if (!MIDGE_WITH_HTTP2) {
        world_wrong(&b->line,
                    "http2: this program has no HTTP/2; with --device, --http2 starts the "
                    "one that has it (an app: MIDGE_HTTP=2)");
    }
}

/* http2 80 */
static void use_http2(struct world_builder *b)
{
    uint16_t port = (uint16_t)world_number(&b->line, "port", UINT16_MAX);

    need_http2(b);
    if (!b->line.failed && midge_sim_use_http2(b->host, port) != MIDGE_OK) {
        world_wrong(&b->line, "http2: not for this port");
    }
}

/* tls 443 [rsa] [only-1.2|only-1.3] [no-tickets] [names "a b"] [until 2026-01-01] [http2] */
static void use_tls(struct world_builder *b)
{
    static const char *const words[] = {"rsa",   "only-1.2", "only-1.3", "no-tickets",
                                        "names", "until",    "http2",    NULL};
    struct midge_sim_tls tls = {0};
    uint16_t port = (uint16_t)world_number(&b->line, "port", UINT16_MAX);

    while (!b->line.failed && b->line.at < b->line.n) {
        switch (world_choice(&b->line, "word for tls", words)) {
        case 0:
            tls.rsa = 1;
            break;
        case 1:
            tls.max_version = MIDGE_TLS_1_2;
            break;
        case 2:
            tls.min_version = MIDGE_TLS_1_3;
            break;
        case 3:
            tls.no_tickets = 1;
            break;
        case 4:
            tls.names = world_word(&b->line, "names");
            break;
        case 5:
            tls.until = world_date(&b->line, "until");
            break;
        default:
            need_http2(b);
            tls.http2 = 1;
            break;
        }
    }
    if (!b->line.failed && midge_sim_use_tls(b->host, port, &tls) != MIDGE_OK) {
        world_wrong(&b->line, "tls: not with these words, or not in this build");
    }
}

/* --- begin and end --- */

void world_end_host(struct world_builder *b)
{
    world_end_reply(b);
    if (b->has_host_path && !b->line.failed) {
        midge_sim_set_host_path(b->host, &b->host_path);
    }
    b->has_host_path = 0;
}

static void begin_host(struct world_builder *b)
{
    const char *name = world_word(&b->line, "host");

    world_end_host(b);
    world_end_network(b);
    if (b->line.failed) {
        return;
    }
    b->host = midge_sim_add_host(b->world->sim, name);
    b->host_path = b->net_path;
    b->path = &b->host_path;
    b->name = (struct midge_sim_name){0};
}

/* reply 443 /posts/1 */
static void begin_reply(struct world_builder *b)
{
    if (b->host == NULL) {
        world_wrong(&b->line, "a reply of which host?");
        return;
    }
    world_end_reply(b);
    b->port = (uint16_t)world_number(&b->line, "port", UINT16_MAX);
    b->url_path = world_word(&b->line, "path");
    b->reply = (struct midge_sim_reply){0};
}

const struct world_word world_host_words[] = {
    {"address", add_address}, {"name", set_name},   {"cut", set_cut},
    {"tls", use_tls},         {"http2", use_http2}, {NULL, NULL},
};

const struct world_word world_begin_words[] = {
    {"at", add_event}, /* of the network, or of the host before it */
    {"host", begin_host},
    {"reply", begin_reply},
    {NULL, NULL},
};
