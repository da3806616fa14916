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

struct app_item;
struct app_work;

/* A run of app_each. */
struct app_run {
    const struct app_work *work;
    struct app_item *first; /* those that are live or wait for their turn to be shown, in order */
    size_t n;               /* begun so far, failed ones included */
    unsigned live, waiting; /* tasks; of these, those that wait for memory */
    size_t taken;           /* bytes of the client's block that the live ones may take */
    unsigned tries;         /* for memory, in vain, since something moved */
    bool all;               /* there are no more */
};

struct app {
    struct board *board;
    struct midge_client *client;
    const char *name;
    const char *api;          /* base URL; a slash at its end does not matter */
    const char *output_dir;   /* images; NULL: they are not kept */
    const char *key;          /* images: the API's bearer token */
    const char *prompts;      /* images: a file of them, "-": standard input */
    const char *model, *size; /* images */
    char **args;              /* what is no option */
    size_t n_args;
    unsigned limit; /* items at once; 0: all */
    unsigned times, rounds, pause_ms, timeout_ms, dns_timeout_ms, per_host; /* fetch */
    unsigned failed;                                                        /* items, so far */
    uint32_t elapsed_ms; /* of the last app_each */
    size_t spare;        /* bytes of the client's block that items may share, see app_each */
    struct app_run run;  /* app_each's own */
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

/* --- text of others (clean.c) --- */

/* How many of the left (at least 1) bytes the character at `at` has; *harmless: it may be shown.
   Not those that are no UTF-8, control characters (C0, DEL, C1), line and paragraph separators, and
   those that change the direction of text: with them a server could forge lines of a log. */
size_t app_character(const char *at, size_t left, bool *harmless);

/* --- console (console.c) --- */

#if defined(__GNUC__)
#define APP_PRINTF(text, rest) __attribute__((format(printf, text, rest)))
#else
#define APP_PRINTF(text, rest)
#endif

/* One line or a part of one: at most 500 bytes, the rest is cut. What is not harmless in it
   (app_character) shows as '?', a newline anywhere but at its end, too. */
void app_print(const struct app *app, const char *format, ...) APP_PRINTF(2, 3);
void app_error(const struct app *app, const char *format, ...) APP_PRINTF(2, 3);
/* Any length, each line after `indent`. */
void app_text(const struct app *app, const char *indent, const char *text);

/* --- the client (app.c) --- */

/* Opens the app's client; app_bytes as in board_open: of these `kept` bytes are taken for longer
   than an item lives. False after one line. */
bool app_open(struct app *app, size_t app_bytes, size_t kept);
/* Closes it. The exit code. */
int app_close(struct app *app);
/* midge_free, unless tasks may still use it: app->stuck. */
void app_free(struct app *app, void *memory);

/* --- many items (each.c) --- */

/* First in the state of an item's task. */
struct app_item {
    struct app *app;
    struct app_item *next;
    const char *what; /* "post" */
    unsigned number;  /* from 1 */
    size_t room;      /* bytes of the client's block that it may take */
    bool failed;      /* and was told */
    bool waits;       /* for memory */
    bool postponed;   /* must wait before it tries again */
    bool hopeless;    /* must not wait any more: nothing gives memory back */
    bool ended;
    bool repeatable; /* the request under way may be sent twice */
    uint8_t repeats; /* of requests that ended for want of memory */
    midge_id id;     /* awaited */
    midge_id turn;   /* a future, completed when it may try again */
    struct midge_result result;
};

/* What the items of a run have in common. */
struct app_work {
    const char *what; /* "post" */
    size_t size;      /* bytes of an item's state */
    size_t more;      /* and what else it takes of the client's block, about */
    size_t n;         /* how many, 0: `begin` says when there are no more */
    midge_task_fn fn; /* its state is the item's */
    void *ctx;
    /* Fills in the state, which is cleared but for struct app_item; NULL: nothing to fill in.
       MIDGE_OK; EOF: there is no such item, the last one was the last; NO_MEMORY: try again when
       something has ended; any other error: the item failed, and that was told. */
    int (*begin)(struct app_item *item);
    /* When it and all before it have ended, in order; NULL: nothing to do. */
    void (*end)(struct app_item *item);
};

/* Runs one task for each item, as many at once as the block has room for (app->limit; app->sync:
   one after another). The state of an item is in the client's block from its begin to its end, so
   that there may be any number of items. Returns when all have ended; how long it took is in
   app->elapsed_ms. How many there were. */
size_t app_each(struct app *app, const struct app_work *work);

/* In `begin`: the item takes so much more than work->more says. False: not now, answer NO_MEMORY.
 */
bool app_reserve(struct app_item *item, size_t bytes);

/*
 * In an item's task: calls start(item), which sets item->id, and awaits that; the result is in
 * item->result. When there is no memory for it now, or the file store is full, the item waits until
 * others gave something back, and start is called again: so it must keep what it has done so far.
 * The same when a request ended with NO_MEMORY, unless a server may have begun to work on it and it
 * is none that may be repeated. start answers MIDGE_OK or an error, which is told if start did not.
 */
#define APP_AWAIT(task, item, start)                                                               \
    do {                                                                                           \
        app_begin((item), (start));                                                                \
        MIDGE_AWAIT((task), (item)->id, &(item)->result);                                          \
    } while (app_again((item)))
/* Is it an error that passes when something ends? */
static inline bool app_is_full(int err)
{
    return err == MIDGE_ERR_NO_MEMORY || err == MIDGE_ERR_NO_SLOT;
}
void app_begin(struct app_item *item, int (*start)(struct app_item *item));
bool app_again(struct app_item *item);

/* "3 posts in 0.35 s, all at once" */
void app_summary(const struct app *app, size_t n, const char *what);

/* The API's base and path, which begins with '/'. False after telling. */
bool app_url(struct app_item *item, char *url, size_t cap, const char *path);

/* Starts a request for the item. MIDGE_OK, NO_MEMORY or NO_SLOT (see APP_AWAIT), or another error
   after telling. */
int app_start(struct app_item *item, const struct midge_request *request);

/* After the await: did a 2xx answer come whole? False after telling, with what the API says in the
   body, which may be NULL. */
bool app_answered(struct app_item *item, const char *url, const struct midge_blob *body);
bool app_answered_with(struct app_item *item, const char *url, const char *body, size_t len);

/* The answer's JSON, at most depth levels; NULL after telling. Free with midge_json_free. */
struct cJSON *app_json(struct app_item *item, const char *url, const struct midge_blob *body,
                       unsigned depth);

/* A request's on_response that lets only 200 pass: what else comes is not the file asked for. */
int app_only_200(void *ctx, midge_id id, const struct midge_response *response);

/* --- what an API says (says.c) --- */

#define APP_SAYS 320 /* bytes of an answer's body that are kept */

/* A sink that keeps the beginning of the body and passes all of it on to `next`, NULL: to nobody.
 */
struct app_says {
    struct midge_sink sink;
    struct midge_sink *next;
    size_t len;
    char text[APP_SAYS];
};
void app_says_init(struct app_says *says, struct midge_sink *next);

/* The message in the beginning of a body, whatever its shape: {"error":{"message":…}},
   {"error":"…"}, {"message":…}, {"detail":…} and the like. False: there is none; with `any`, text
   that is no such JSON is taken, too: plain, or the title of an HTML page. out is NUL-terminated.
 */
bool app_message(const char *body, size_t len, bool any, char *out, size_t cap);

/* --- failures (failure.c) --- */

/* "images: prompt 2: API error: 429 Client Error: Too Many Requests for url: …", once an item. */
void app_fail(struct app_item *item, const char *error_class, const char *format, ...)
    APP_PRINTF(3, 4);
/* The same with class and words from the item's result. */
void app_fail_result(struct app_item *item, const char *url, const char *api_says);
/* An errno in words, "" for 0 and what the board has no words for. */
const char *app_native_text(const struct app *app, int native);
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
size_t images_bytes(const struct app *app);

#endif
