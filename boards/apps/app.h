/* SPDX-License-Identifier: MIT */
/*
 * What the programs share: options, console, one task per item, and failures told by their class.
 *
 * A program is a table of options, a state for each item (struct app_item first), a task function
 * that reads like the asyncio original, and a few lines around them.
 */
#ifndef MIDGE_APPS_APP_H
#define MIDGE_APPS_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <midge/midge.h>

#include "board.h"

struct cJSON;

#define APP_URL 384 /* bytes of an API's URL with its path and query */

/* One request of a run, for the waterfall of `compare`. */
struct app_row {
    const char *what;
    unsigned number;
    int error;
    struct midge_timings t;
};
struct app_rows {
    struct app_row *at;
    size_t n, cap; /* what is beyond cap is not kept */
};

struct app {
    struct board *board;
    struct midge_client *client;
    const char *name;
    const char *api;        /* base URL; a slash at its end does not matter */
    const char *output_dir; /* images; NULL: they are not kept */
    const char *key;        /* images: the API's bearer token */
    const char *prompts;    /* images: a file of them */
    char **args;            /* what is no option */
    size_t n_args;
    unsigned limit; /* items at once; 0: all */
    unsigned times, rounds, pause_ms, timeout_ms, dns_timeout_ms, per_host; /* fetch */
    unsigned failed;                                                        /* items, so far */
    uint32_t elapsed_ms; /* of the last app_each */
    bool sync;           /* one after another */
    bool quiet;          /* results are not shown; failures are */
    bool no_reuse;       /* fetch */
    bool ignore_case;    /* itunes */
    bool help;
    bool stuck; /* the port failed: tasks still live, their memory is midge_close's to free */
    struct app_rows *rows; /* NULL: not kept */
};

/* --- options (options.c) --- */

struct app_option {
    const char *name;  /* "--limit"; NULL ends the table */
    const char *value; /* its name in the help; NULL: a flag */
    const char *help;
    size_t offset; /* in struct app: const char *, unsigned (number) or bool (flag) */
    bool number;
};
#define APP_TEXT(name, value, field, help)                                                         \
    {                                                                                              \
        name, value, help, offsetof(struct app, field), false                                      \
    }
#define APP_NUMBER(name, value, field, help)                                                       \
    {                                                                                              \
        name, value, help, offsetof(struct app, field), true                                       \
    }
#define APP_FLAG(name, field, help)                                                                \
    {                                                                                              \
        name, NULL, help, offsetof(struct app, field), false                                       \
    }
/* Every program's. */
#define APP_OPTIONS                                                                                \
    APP_TEXT("--api", "BASE_URL", api, "the service to ask"),                                      \
        APP_FLAG("--sync", sync, "one request at a time"), APP_FLAG("--help", help, "this")

/* What the program's help begins with: `args` names what is no option, NULL when nothing is. */
struct app_usage {
    const char *args;
    const char *about;
    const struct app_option *options;
};

/* True: go on. False: *code is the program's exit code, after the help or one line of error. */
bool app_options(struct app *app, const struct app_usage *usage, int argc, char **argv, int *code);

/* --- console (console.c) --- */

#if defined(__GNUC__)
#define APP_PRINTF(text, rest) __attribute__((format(printf, text, rest)))
#else
#define APP_PRINTF(text, rest)
#endif

/* At most 500 bytes, the rest is cut. Control characters of whoever wrote the text show as '?'. */
void app_print(const struct app *app, const char *format, ...) APP_PRINTF(2, 3);
void app_error(const struct app *app, const char *format, ...) APP_PRINTF(2, 3);
/* Any length, each line after `indent`. */
void app_text(const struct app *app, const char *indent, const char *text);

/* --- one run (app.c) --- */

/* First in the state of an item's task. */
struct app_item {
    struct app *app;
    const char *what; /* "post" */
    unsigned number;  /* from 1 */
    bool failed;      /* and was told */
    midge_id id;      /* awaited */
    struct midge_result result;
};

/* Opens the app's client; app_bytes as in board_open. False after one line. */
bool app_open(struct app *app, size_t app_bytes);
/* Closes it. The exit code. */
int app_close(struct app *app);

/* n cleared states of `size` bytes from the client's block; NULL after one line. For each the
   struct app_item is filled in. Free with app_free. */
void *app_items(struct app *app, const char *what, size_t n, size_t size);
/* What tasks used, after app_each. */
void app_free(struct app *app, void *memory);

/* Runs one task for each state: all at once, or with app->sync one after another. Returns when all
   have ended; how long it took is in app->elapsed_ms. */
void app_each(struct app *app, midge_task_fn fn, void *states, size_t n, size_t size);

/* "3 posts in 0.35 s, all at once" */
void app_summary(const struct app *app, size_t n, const char *what);

/* The API's base and path, which begins with '/'. False after telling. */
bool app_url(struct app_item *item, char *url, size_t cap, const char *path);

/* Starts a request for the item: await item->id when this is true. False after telling. */
bool app_start(struct app_item *item, const struct midge_request *request);

/* After the await: did a 2xx answer come whole? False after telling; `body` may be JSON in which
   the API says more ("error.message"), NULL if there is none. */
bool app_answered(struct app_item *item, const char *url, const struct midge_blob *body);

/* The answer's JSON, at most depth levels; NULL after telling. Free with midge_json_free. */
struct cJSON *app_json(struct app_item *item, const char *url, const struct midge_blob *body,
                       unsigned depth);

/* A request's on_response that lets only 200 pass: what else comes is not the file asked for. */
int app_only_200(void *ctx, midge_id id, const struct midge_response *response);

/* --- failures (failure.c) --- */

/* "images: prompt 2: API error: 429 Client Error: Too Many Requests for url: …", once an item. */
void app_fail(struct app_item *item, const char *error_class, const char *format, ...)
    APP_PRINTF(3, 4);
/* The same with class and words from the item's result. */
void app_fail_result(struct app_item *item, const char *url, const char *api_says);
/* "API", "network", "TLS", "JSON", "file", or "other" for what is the device's own. */
const char *app_error_class(int error);

/* --- the programs --- */

int app_posts(struct board *board, int argc, char **argv);
int app_itunes(struct board *board, int argc, char **argv);
int app_images(struct board *board, int argc, char **argv);
int app_tour(struct board *board, int argc, char **argv);
int app_compare(struct board *board, int argc, char **argv);
int app_fetch(struct board *board, int argc, char **argv);

/* What they do with an open client, for `compare`, and what that takes of its block. */
#define POSTS_API  "https://jsonplaceholder.typicode.com"
#define ITUNES_API "https://itunes.apple.com"
#define IMAGES_API "https://api.openai.com"
void posts_work(struct app *app);
void itunes_work(struct app *app);
void images_work(struct app *app);
size_t posts_bytes(void);
size_t itunes_bytes(const struct app *app);
size_t images_bytes(void);

#endif
