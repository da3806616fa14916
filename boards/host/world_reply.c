/* SPDX-License-Identifier: MIT */
/* Lines about one answer of a server. */
#include <stdio.h>
#include <string.h>

#include "world_build.h"

/* A server that sends for ever does so at some pace, or no virtual time passes while it sends. */
#define FOREVER_BYTES_PER_S 1000000

/* --- answers --- */

static void set_method(struct world_builder *b)
{
    b->reply.method = world_word(&b->line, "method");
}

static void set_status(struct world_builder *b)
{
    b->reply.status = (int)world_number(&b->line, "status", 999);
}

/* Several lines of `header` are one text for the simulation. */
static void add_header(struct world_builder *b)
{
    const char *line = world_word(&b->line, "header");
    const char *before = b->reply.headers != NULL ? b->reply.headers : "";
    size_t size = strlen(before) + strlen(line) + sizeof "\r\n";
    char *all = world_keep(b->world, size);

    (void)snprintf(all, size, "%s%s\r\n", before, line);
    b->reply.headers = all;
}

static void set_body(struct world_builder *b)
{
    b->reply.body = world_text(&b->line, "body", &b->reply.body_len);
}

static void set_raw(struct world_builder *b)
{
    b->reply.raw = world_text(&b->line, "raw", &b->reply.raw_len);
}

static void set_forever(struct world_builder *b)
{
    b->reply.forever = world_text(&b->line, "forever", &b->reply.forever_len);
}

static void set_fill(struct world_builder *b)
{
    b->reply.fill = world_number(&b->line, "fill", UINT64_MAX);
}

static void set_chunk(struct world_builder *b)
{
    b->reply.chunk = world_number32(b, "chunk");
}

static void set_until_close(struct world_builder *b)
{
    b->reply.until_close = 1;
}

static void set_close(struct world_builder *b)
{
    b->reply.close = 1;
}

static void set_early(struct world_builder *b)
{
    b->reply.early = 1;
}

static void set_delay(struct world_builder *b)
{
    b->reply.delay_ms = (uint32_t)world_number(&b->line, "delay", WORLD_MS_MAX);
}

static void set_body_delay(struct world_builder *b)
{
    b->reply.body_ms = (uint32_t)world_number(&b->line, "body-delay", WORLD_MS_MAX);
}

static void set_rate(struct world_builder *b)
{
    b->reply.bytes_per_s = world_number32(b, "rate");
}

static void set_times(struct world_builder *b)
{
    b->reply.times = world_number32(b, "times");
}

/* end reset 100 */
static void set_end(struct world_builder *b)
{
    static const char *const kinds[] = {"whole", "fin", "reset", "stall", NULL};

    b->reply.end = (enum midge_sim_end)world_choice(&b->line, "end", kinds);
    if (b->reply.end != MIDGE_SIM_WHOLE) {
        b->reply.cut_at = world_number(&b->line, "end", UINT64_MAX);
    }
}

void world_end_reply(struct world_builder *b)
{
    if (b->reply.forever != NULL && b->reply.bytes_per_s == 0) {
        b->reply.bytes_per_s = FOREVER_BYTES_PER_S;
    }
    if (b->url_path != NULL && !b->line.failed) {
        midge_sim_add_reply(b->host, b->port, b->url_path, &b->reply);
    }
    b->url_path = NULL;
}

const struct world_word world_reply_words[] = {
    {"method", set_method}, {"status", set_status},
    {"header", add_header}, {"body", set_body},
    {"raw", set_raw},       {"fill", set_fill},
    {"chunk", set_chunk},   {"until-close", set_until_close},
    {"close", set_close},   {"early", set_early},
    {"delay", set_delay},   {"body-delay", set_body_delay},
    {"rate", set_rate},     {"times", set_times},
    {"end", set_end},       {"forever", set_forever},
    {NULL, NULL},
};
