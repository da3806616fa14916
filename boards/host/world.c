/* SPDX-License-Identifier: MIT */
/*
 * A line begins with a word of one of the tables of world_build.h; its function takes the other
 * words. The lines before the first `host` are about the whole network. Lines behind a `host` are
 * about that host, and lines behind a `reply` about that answer.
 *
 * Some values of the simulation (a path, an answer) are collected from several lines and given to
 * it where the next such value begins.
 */
#define _GNU_SOURCE
#include "world.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <midge/err.h>

#include "world_build.h"

/* Memory that lives as long as the world. */
struct world_memory {
    struct world_memory *next;
    max_align_t data[];
};

void *world_keep(struct world *world, size_t size)
{
    struct world_memory *memory = calloc(1, sizeof *memory + size);

    if (memory == NULL) {
        abort();
    }
    memory->next = world->memory;
    world->memory = memory;
    return memory->data;
}

static const struct world_word *find(const struct world_word *table, const char *word)
{
    while (table->word != NULL && strcmp(table->word, word) != 0) {
        table++;
    }
    return table->word != NULL ? table : NULL;
}

static const struct world_word *of_network(const char *word)
{
    const struct world_word *found = find(world_network_words, word);

    return found != NULL ? found : find(world_path_words, word);
}

/* Notes that the host has a path of its own. */
static const struct world_word *of_host(struct world_builder *b, const char *word)
{
    const struct world_word *found = find(world_path_words, word);

    b->has_host_path |= found != NULL;
    return found != NULL ? found : find(world_host_words, word);
}

static void take_line(struct world_builder *b)
{
    const char *word = world_word(&b->line, "word");
    const struct world_word *found = find(world_begin_words, word);

    if (found == NULL) {
        found = b->url_path != NULL ? find(world_reply_words, word)
                : b->host != NULL   ? of_host(b, word)
                                    : of_network(word);
    }
    if (found == NULL) {
        world_wrong(&b->line, "'%s' is no word for %s", word,
                    b->url_path != NULL ? "a reply"
                    : b->host != NULL   ? "a host"
                                        : "the network, before the first host");
    } else {
        found->take(b);
    }
}

static int build(struct world_builder *b)
{
    while (world_next(&b->line)) {
        take_line(b);
    }
    world_end_host(b);
    world_end_network(b);
    if (b->line.failed) {
        return -1;
    }
    world_add_events(b);
    return 0;
}

/* The whole file with a NUL behind; NULL with errno. */
static char *read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t room = 0;

    if (file == NULL) {
        return NULL;
    }
    errno = 0;
    if (getdelim(&text, &room, '\0', file) < 0) { /* of an empty file too, then without errno */
        const int code = errno;
        free(text);
        text = code == 0 ? calloc(1, 1) : NULL;
        errno = code;
    }
    fclose(file);
    return text;
}

static void begin_as(struct world_builder *b, const struct device *device)
{
    if (device != NULL) {
        b->config.on_call = speed_charge;
        b->config.ctx = b->world;
        b->config.max_sockets = device->connections;
        b->net_path.segment = device->segment;
        b->net_path.recv_buffer = device->window;
    }
}

int world_open(struct world *world, const char *path, const struct world_options *options)
{
    struct world_builder b = {
        .world = world, .config = {.trace = options->trace}, .seed = options->seed};

    *world = (struct world){.text = read_file(path), .device = options->device};
    if (world->text == NULL) {
        fprintf(stderr, "midge: can't read the world %s: %s\n", path, strerror(errno));
        return -1;
    }
    begin_as(&b, options->device);
    b.path = &b.net_path;
    b.last_event = &b.first_event;
    world_begin(&b.line, path, world->text);
    if (build(&b) == 0) {
        return 0;
    }
    world_close(world);
    return -1;
}

void world_close(struct world *world)
{
    (void)midge_sim_close(world->sim);
    while (world->memory != NULL) {
        struct world_memory *next = world->memory->next;
        free(world->memory);
        world->memory = next;
    }
    free(world->text);
    *world = (struct world){0};
}
