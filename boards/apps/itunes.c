/* SPDX-License-Identifier: MIT */
/*
 * itunes: the newest albums of many artists, all searched at once. The search finds other artists'
 * albums too (tributes, samplers), so that only results with the very name are kept.
 */
#include <string.h>
#include <cJSON.h>

#include "app.h"

#define SEARCH_BYTES 16384 /* of one answer; five albums have some 7 KB */
#define SEARCH_DEPTH 8

static const char *const default_artists[] = {"Taylor Swift", "Ed Sheeran", "Adele", "Coldplay",
                                              "Daft Punk"};

struct search {
    struct app_item item;
    const char *artist;
    char url[APP_URL];
    struct midge_blob body;
    struct cJSON *json;
};

/* /search?term=…&entity=album&limit=5&sort=recent */
static bool search_url(struct search *search)
{
    static const char *const query[][2] = {
        {"term", NULL}, {"entity", "album"}, {"limit", "5"}, {"sort", "recent"}};
    if (!app_url(&search->item, search->url, sizeof search->url, "/search")) {
        return false;
    }
    size_t len = strlen(search->url);
    for (size_t i = 0; i < sizeof query / sizeof query[0]; i++) {
        const char *value = query[i][1] != NULL ? query[i][1] : search->artist;
        int err = midge_url_query_add(search->url, sizeof search->url, &len, query[i][0], value);
        if (err != MIDGE_OK) {
            app_fail(&search->item, app_error_class(err), "the name is too long: %s",
                     search->artist);
            return false;
        }
    }
    return true;
}

static bool start_search(struct search *search)
{
    midge_blob_init(&search->body, search->item.app->client, SEARCH_BYTES);
    const struct midge_request get = {.url = search->url, .sink = &search->body.sink};
    return search_url(search) && app_start(&search->item, &get);
}

static void parse_results(struct search *search)
{
    if (!app_answered(&search->item, search->url, &search->body)) {
        return;
    }
    search->json = app_json(&search->item, search->url, &search->body, SEARCH_DEPTH);
    if (search->json != NULL && !cJSON_IsArray(midge_json_at(search->json, "results"))) {
        app_fail(&search->item, app_error_class(MIDGE_ERR_JSON), "no results in the answer of %s",
                 search->url);
    }
}

static int search_task(struct midge_task *task, void *state)
{
    struct search *search = state;
    MIDGE_BEGIN(task);
    if (start_search(search)) {
        MIDGE_AWAIT(task, search->item.id, &search->item.result);
        parse_results(search);
    }
    midge_blob_free(&search->body); /* on every path */
    MIDGE_END(task);
}

/* --- what is kept of the results --- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_name(const char *a, const char *b)
{
    for (; *a != '\0' && lower(*a) == lower(*b); a++, b++) {
    }
    return *a == *b;
}

static bool is_by(const cJSON *album, const char *artist)
{
    const char *name = midge_json_string(album, "artistName");
    return name != NULL && same_name(name, artist);
}

static void show_album(const struct app *app, const cJSON *album)
{
    const char *title = midge_json_string(album, "collectionName");
    const char *released = midge_json_string(album, "releaseDate");
    app_print(app, "    %.10s  %s\n", released != NULL ? released : "(no date)",
              title != NULL ? title : "(no title)");
}

static void show_search(const struct search *search)
{
    const cJSON *results = midge_json_at(search->json, "results"), *album;
    app_print(search->item.app, "%s\n", search->artist);
    unsigned kept = 0, others = 0;
    cJSON_ArrayForEach(album, results)
    {
        if (is_by(album, search->artist)) {
            show_album(search->item.app, album);
            kept++;
        } else {
            others++;
        }
    }
    app_print(search->item.app, "    %u albums, %u of other artists left out\n", kept, others);
}

/* --- the program --- */

static size_t artists(const struct app *app)
{
    return app->n_args > 0 ? app->n_args : sizeof default_artists / sizeof default_artists[0];
}

static void finish_search(const struct app *app, struct search *search)
{
    if (search->json != NULL && !search->item.failed && !app->quiet) {
        show_search(search);
    }
    midge_json_free(app->client, search->json);
}

void itunes_work(struct app *app)
{
    size_t n = artists(app);
    struct search *searches = app_items(app, "artist", n, sizeof *searches);
    if (searches == NULL) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        searches[i].artist = app->n_args > 0 ? app->args[i] : default_artists[i];
    }
    app_each(app, search_task, searches, n, sizeof *searches);
    for (size_t i = 0; i < n; i++) {
        finish_search(app, &searches[i]);
    }
    midge_free(app->client, searches);
}

size_t itunes_bytes(const struct app *app)
{
    return artists(app) * (sizeof(struct search) + 5 * SEARCH_BYTES);
}

int app_itunes(struct board *board, int argc, char **argv)
{
    static const struct app_option options[] = {APP_OPTIONS, {.name = NULL}};
    static const struct app_usage usage = {
        "[ARTIST...]", "Searches the newest albums of the artists, all at once.", options};
    struct app app = {.board = board, .name = "itunes", .api = ITUNES_API};
    int code;
    if (!app_options(&app, &usage, argc, argv, &code)) {
        return code;
    }
    if (!app_open(&app, itunes_bytes(&app))) {
        return BOARD_EXIT_FAILED;
    }
    itunes_work(&app);
    app_summary(&app, artists(&app), "searches");
    return app_close(&app);
}
