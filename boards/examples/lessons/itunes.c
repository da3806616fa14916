/* SPDX-License-Identifier: MIT */
/* itunes: the newest albums of five artists, all searched at once; only the artist's own are kept.
   An answer of some 7 KB is never whole in memory: a filter picks two values of each album. */
#include "lessons.h"

#include <string.h>

#define ALBUMS 5

enum { AT_ALBUM, AT_ARTIST, AT_TITLE, PATHS };
static const char *const paths[PATHS] = {"results[*]", "results[*].artistName",
                                         "results[*].collectionName"};

struct search {
    const char *artist;
    char url[160];
    struct midge_json_filter filter;
    char value[128];
    bool is_by; /* the album that is being read is the artist's */
    char title[80], albums[ALBUMS][80];
    unsigned n;
    midge_id get;
    int err;
    struct midge_result result;
    char why[160];
};

static int on_value(void *ctx, const struct midge_json_value *value)
{
    struct search *search = ctx;
    if (value->path == AT_ARTIST) {
        search->is_by = strcmp(value->text, search->artist) == 0;
    } else if (value->path == AT_TITLE) {
        (void)snprintf(search->title, sizeof search->title, "%s", value->text);
    } else if (value->type == MIDGE_JSON_END && search->is_by && search->n < ALBUMS) {
        memcpy(search->albums[search->n++], search->title, sizeof search->title);
    } else if (value->type == MIDGE_JSON_OBJECT) { /* the next album */
        search->is_by = false;
        search->title[0] = '\0';
    }
    return MIDGE_OK;
}

static int start(struct midge_client *client, struct search *search)
{
    size_t len = (size_t)snprintf(search->url, sizeof search->url, "/search");
    int err = midge_url_query_add(search->url, sizeof search->url, &len, "term", search->artist);
    if (err == MIDGE_OK) {
        (void)snprintf(search->url + len, sizeof search->url - len,
                       "&entity=album&limit=%u&sort=recent", ALBUMS);
        err = midge_json_filter_init(&search->filter, paths, PATHS, search->value,
                                     sizeof search->value, on_value, search);
    }
    search->filter.truncate = 1;
    const struct midge_request get = {
        .url = search->url, .sink = &search->filter.sink, .on_response = lesson_raise};
    return err == MIDGE_OK ? midge_start(client, &get, &search->get) : err;
}

static int search_task(struct midge_task *task, void *state)
{
    struct search *search = state;
    MIDGE_BEGIN(task);
    MIDGE_AWAIT_ROOM(task, search->err, start(midge_task_client(task), search));
    if (search->err == MIDGE_OK) {
        MIDGE_AWAIT(task, search->get, &search->result);
        search->err = midge_raise_for_status(&search->result, search->why, sizeof search->why);
    }
    MIDGE_END(task);
}

int lesson_itunes(struct midge_client *client, const struct lesson_api *api)
{
    struct search searches[] = {{.artist = "The Beatles", .err = LESSON_NOT_RUN},
                                {.artist = "Pink Floyd", .err = LESSON_NOT_RUN},
                                {.artist = "Led Zeppelin", .err = LESSON_NOT_RUN},
                                {.artist = "Queen", .err = LESSON_NOT_RUN},
                                {.artist = "The Rolling Stones", .err = LESSON_NOT_RUN}};
    const size_t n = sizeof searches / sizeof searches[0];
    int failed = 0;
    (void)api;

    lesson_gather(client, search_task, searches, sizeof searches[0], n);
    for (size_t i = 0; i < n; i++) {
        const struct search *search = &searches[i];
        if (search->err != MIDGE_OK) {
            printf("%s\n", lesson_why(search->err, search->why));
            failed++;
            continue;
        }
        printf("%s\n", search->artist);
        for (unsigned album = 0; album < search->n; album++) {
            printf("    %s\n", search->albums[album]);
        }
    }
    return failed;
}
