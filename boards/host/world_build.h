/* SPDX-License-Identifier: MIT */
/* A world while it is read: shared by the files world_x.c. */
#ifndef MIDGE_HOST_WORLD_BUILD_H
#define MIDGE_HOST_WORLD_BUILD_H

#include <stddef.h>

#include "world.h"
#include "world_text.h"

#define WORLD_MS_MAX 2000000000u /* 23 days */

/* Something that happens later. */
struct world_event {
    struct world_event *next;
    struct midge_sim *sim;
    uint64_t ms;
    struct midge_sim_host *host; /* NULL: the whole network */
    const char *address;         /* it moves there; NULL: its cable */
    int up;
};

struct world_builder {
    struct world *world;
    struct world_line line;
    struct midge_sim_config config;
    struct midge_sim_path net_path, host_path,
        *path; /* path: the one of the two that lines change */
    struct midge_sim_chance chance;
    struct midge_sim_host *host;
    struct midge_sim_reply reply;
    struct midge_sim_name name;
    uint16_t port;
    const char *url_path; /* of the reply; NULL: no reply has begun */
    struct world_fault {
        enum midge_sim_call call;
        uint32_t nth;
        int code, sticky;
    } faults[16];
    size_t n_faults;
    struct world_event *first_event, **last_event;
    const uint64_t *seed;
    int has_host_path;
};

/* A word that begins a line, and the function that takes the rest of the line. Tables end with
   NULL. */
struct world_word {
    const char *word;
    void (*take)(struct world_builder *b);
};
extern const struct world_word world_network_words[]; /* before the first host */
extern const struct world_word world_path_words[];    /* there, and behind a host */
extern const struct world_word world_host_words[];    /* behind a host */
extern const struct world_word world_reply_words[];   /* behind a reply */
extern const struct world_word world_begin_words[];   /* begin a host or a reply */

/* The lines about the network, a host, a reply have ended: what they said becomes part of the
   simulation. They may be called when there is nothing to end. */
void world_end_network(struct world_builder *b);
void world_end_host(struct world_builder *b);
void world_end_reply(struct world_builder *b);
/* The world is whole: its events will happen. */
void world_add_events(struct world_builder *b);

/* Memory that lives as long as the world, zeroed. Without memory the program ends, as the
   simulation does. */
void *world_keep(struct world *world, size_t size);

static inline uint32_t world_number32(struct world_builder *b, const char *what)
{
    return (uint32_t)world_number(&b->line, what, UINT32_MAX);
}

#endif
