/* SPDX-License-Identifier: MIT */
/*
 * itunes: the newest albums of many artists, all searched at once. The search also finds albums of
 * other artists (tributes, samplers), so only results with exactly the artist's name are kept; with
 * --ignore-case the case of A to Z is ignored.
 *
 * An answer has some 7 KB of JSON for five lines of text. It is never whole in memory: a filter
 * picks three values of each result as they arrive.
 */
#include <string.h>

#include "app.h"

#define MAX_ALBUMS  5   /* as many as the query asks for */
#define VALUE_BYTES 256 /* of one value; longer values are cut */
#define TITLE_BYTES 117
#define DATE_BYTES  11 /* 2024-04-19 */

static const char *const default_artists[] = {"The Beatles", "Pink Floyd", "Led Zeppelin", "Queen",
                                              "The Rolling Stones"};

#define SEARCH_MORE 1024 /* of the block, for an item: the request's copy */

enum { AT_RESULTS, AT_ALBUM, AT_ARTIST, AT_TITLE, AT_RELEASED, PATHS };
static const char *const paths[PATHS] = {
    [AT_RESULTS] = "results",
    [AT_ALBUM] = "results[*]",
    [AT_ARTIST] = "results[*].artistName",
    [AT_TITLE] = "results[*].collectionName",
    [AT_RELEASED] = "results[*].releaseDate",
};

struct album {
    char released[DATE_BYTES];
    char title[TITLE_BYTES];
};

struct search {
    struct app_item item;
    const char *artist;
    struct midge_json_filter filter;
    char value[VALUE_BYTES];
    bool found;                      /* there are results */
    bool is_by;                      /* the current album is the artist's */
    unsigned kept, others;           /* albums; those beyond MAX_ALBUMS are only counted */
    struct album albums[MAX_ALBUMS]; /* the one after the kept ones is the current album */
    struct app_says says;            /* of an answer that is not 2xx */
};

/* --- what is kept of an answer --- */

/* Keeps as much of the value as fits, without half a character at its end. */
static void keep_text(char *text, size_t cap, const struct midge_json_value *value)
{
    size_t len = value->len;
    if (value->type != MIDGE_JSON_STRING) {
        return;
    }
    if (len > cap - 1) {
        len = cap - 1;
        while (len > 0 && ((unsigned char)value->text[len] & 0xc0) == 0x80) {
            len--;
        }
    }
    memcpy(text, value->text, len);
    text[len] = '\0';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_but_for_case(const char *a, const char *b)
{
    for (; *a != '\0' && lower(*a) == lower(*b); a++, b++) {
    }
    return *a == *b;
}

static bool is_the_artist(const struct search *search, const struct midge_json_value *value)
{
    if (value->type != MIDGE_JSON_STRING || value->truncated) {
        return false;
    }
    return search->item.app->ignore_case ? same_but_for_case(value->text, search->artist)
                                         : strcmp(value->text, search->artist) == 0;
}

/* The result begins, ends, or is not an object. */
static void on_result(struct search *search, uint8_t type)
{
    if (type == MIDGE_JSON_OBJECT || type == MIDGE_JSON_ARRAY) {
        search->is_by = false;
        if (search->kept < MAX_ALBUMS) {
            search->albums[search->kept] = (struct album){"(no date)", "(no title)"};
        }
    } else if (type == MIDGE_JSON_END && search->is_by) {
        search->kept++;
    } else {
        search->others++;
    }
}

static void on_album(struct search *search, const struct midge_json_value *value)
{
    struct album *album = search->kept < MAX_ALBUMS ? &search->albums[search->kept] : NULL;
    if (value->path == AT_ARTIST) {
        search->is_by = is_the_artist(search, value);
    } else if (value->path == AT_TITLE && album != NULL) {
        keep_text(album->title, sizeof album->title, value);
    } else if (value->path == AT_RELEASED && album != NULL) {
        keep_text(album->released, sizeof album->released, value);
    }
}

static int on_value(void *ctx, const struct midge_json_value *value)
{
    struct search *search = ctx;
    bool refused = search->filter.optional != 0;
    if (!refused && value->path == AT_RESULTS) {
        search->found = search->found || value->type == MIDGE_JSON_ARRAY;
    } else if (!refused && value->path == AT_ALBUM) {
        on_result(search, value->type);
    } else if (!refused) {
        on_album(search, value);
    }
    return MIDGE_OK;
}

/* The body of an error answer may be anything. */
static int on_response(void *ctx, midge_id id, const struct midge_response *response)
{
    struct search *search = ctx;
    (void)id;
    search->filter.optional = response->status < 200 || response->status >= 300;
    return MIDGE_OK;
}

/* --- a search --- */

/* /search?term=…&entity=album&limit=5&sort=recent */
static bool search_url(struct search *search, char url[APP_URL])
{
    static const char *const query[][2] = {
        {"term", NULL}, {"entity", "album"}, {"limit", "5"}, {"sort", "recent"}};
    if (!app_url(&search->item, url, APP_URL, "/search")) {
        return false;
    }
    size_t len = strlen(url);
    for (size_t i = 0; i < sizeof query / sizeof query[0]; i++) {
        const char *value = query[i][1] != NULL ? query[i][1] : search->artist;
        int err = midge_url_query_add(url, APP_URL, &len, query[i][0], value);
        if (err != MIDGE_OK) {
            app_fail(&search->item, app_error_class(err), "the name is too long: %s",
                     search->artist);
            return false;
        }
    }
    return true;
}

static int start_search(struct app_item *item)
{
    struct search *search = (struct search *)(void *)item;
    char url[APP_URL];
    const struct midge_request get = {.url = url,
                                      .sink = &search->says.sink,
                                      .ctx = search,
                                      .on_response = on_response,
                                      .max_redirects = APP_REDIRECTS};
    (void)midge_json_filter_init(&search->filter, paths, PATHS, search->value, VALUE_BYTES,
                                 on_value, search); /* these paths are good */
    search->filter.truncate = true;
    app_says_init(&search->says, &search->filter.sink);
    search->found = search->is_by = false; /* left from an earlier try */
    search->kept = search->others = 0;
    return search_url(search, url) ? app_start(item, &get) : MIDGE_ERR_URL;
}

/* Did a whole answer come? The filter's knowledge of a failure is reported first, as only the first
   failure of an item is reported. */
static bool answered(struct search *search)
{
    struct app_item *item = &search->item;
    if (item->result.error == MIDGE_ERR_JSON) {
        app_fail(item, app_error_class(MIDGE_ERR_JSON), "malformed or too deep at byte %u from %s",
                 (unsigned)search->filter.offset, app_asked(item));
    }
    return app_answered_with(item, search->says.text, search->says.len);
}

static int search_task(struct midge_task *task, void *state)
{
    struct search *search = state;
    MIDGE_BEGIN(task);
    APP_AWAIT(task, &search->item, start_search);
    if (answered(search) && !search->found) {
        app_fail(&search->item, app_error_class(MIDGE_ERR_JSON), "no results in the answer of %s",
                 app_asked(&search->item));
    }
    MIDGE_END(task);
}

static void show_search(struct app_item *item)
{
    const struct search *search = (struct search *)(void *)item;
    if (!search->found || item->failed || item->app->quiet) {
        return;
    }
    app_print(item->app, "%s\n", search->artist);
    for (unsigned i = 0; i < search->kept && i < MAX_ALBUMS; i++) {
        const struct album *album = &search->albums[i];
        app_print(item->app, "    %s  %s\n", album->released, album->title);
    }
    app_print(item->app, "    %u albums, %u of other artists left out\n", search->kept,
              search->others);
}

/* --- the program --- */

static size_t artists(const struct app *app)
{
    return app->n_args > 0 ? app->n_args : sizeof default_artists / sizeof default_artists[0];
}

static int begin(struct app_item *item)
{
    const struct app *app = item->app;
    const unsigned i = item->number - 1;
    ((struct search *)(void *)item)->artist = app->n_args > 0 ? app->args[i] : default_artists[i];
    return MIDGE_OK;
}

void itunes_work(struct app *app)
{
    const struct app_work work = {.what = "artist",
                                  .size = sizeof(struct search),
                                  .more = SEARCH_MORE,
                                  .n = artists(app),
                                  .fn = search_task,
                                  .begin = begin,
                                  .end = show_search};
    (void)app_each(app, &work);
}

size_t itunes_bytes(const struct app *app)
{
    return artists(app) * (sizeof(struct search) + SEARCH_MORE);
}

int app_itunes(struct board *board, int argc, char **argv)
{
    static const struct app_option options[] = {
        APP_OPTIONS,
        APP_FLAG("--ignore-case", ignore_case, "also artists whose names differ in the case only"),
        {.name = NULL}};
    static const struct app_usage usage = {
        "[ARTIST...]", "Searches the newest albums of the artists, all at once.", options};
    struct app app = {.board = board, .name = "itunes", .api = ITUNES_API};
    int code;
    if (!app_options(&app, &usage, argc, argv, &code)) {
        return code;
    }
    if (!app_open(&app, itunes_bytes(&app), 0)) {
        return BOARD_EXIT_FAILED;
    }
    itunes_work(&app);
    app_summary(&app, artists(&app), "searches");
    return app_close(&app);
}
