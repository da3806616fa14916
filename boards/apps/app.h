/* SPDX-License-Identifier: MIT */
/*
 * Shared by the programs: options, console, one task per item, and failures reported with their
 * class.
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
#include "rate.h"

struct cJSON;

#define APP_URL 384 /* bytes of an API's URL with its path and query */
/* Redirects that a program follows, where they are built in: as many as aiohttp. */
#define APP_REDIRECTS (MIDGE_WITH_REDIRECTS ? 10 : 0)

/* One request of a run, for the waterfall of `compare`. */
struct app_row {
    const char *what;
    unsigned number;
    int error;
    struct midge_timings t;
};
struct app_rows {
    struct app_row *at;
    size_t n, cap; /* rows beyond cap are not kept */
};

struct app_item;
struct app_work;

/* A run of app_each. */
struct app_run {
    const struct app_work *work;
    struct app_item *first; /* items that are live or wait to be shown, in order */
    size_t n;               /* items begun so far, failed ones included */
    unsigned live, waiting; /* tasks; waiting: those of them that wait for memory */
    size_t taken;           /* bytes of the client's block reserved for the live items */
    unsigned tries;         /* failed tries to get memory since the last progress */
    bool all;               /* no more items will begin */
};

struct app {
    struct board *board;
    struct midge_client *client;
    const char *name;
    const char *api;        /* base URL; a slash at its end does not matter */
    const char *output_dir; /* images: where to keep them; NULL: they are not kept */
    const char *key;        /* images, chat: the API's bearer token */
    const char *prompts;    /* images: file of prompts; "-": standard input */
    const char *model;      /* images, chat */
    const char *size;       /* images */
    const char *system;     /* chat: what the model is to be */
    unsigned history;       /* chat: bytes */
    char **args;            /* arguments that are not options */
    size_t n_args;
    unsigned limit;   /* items at once; 0: all */
    unsigned retries; /* images, chat: repeats of a request, where they are built in; 0: none */
    struct midge_retry retry; /* their rules: app_open's own, but for on_repeat */
    const char *rate_text;    /* images, chat: how often requests are sent; NULL: no limit */
    struct midge_rate rate;   /* app_options' own */
    unsigned times, rounds, pause_ms, timeout_ms, dns_timeout_ms, per_host; /* fetch */
    unsigned failed;                                                        /* items, so far */
    uint32_t elapsed_ms; /* duration of the last app_each */
    size_t spare;        /* bytes of the client's block that items may share, see app_each */
    struct app_run run;  /* app_each's own */
    bool sync;           /* one item after another */
    bool quiet;          /* results are not shown; failures are */
    bool no_reuse;       /* fetch */
    bool ignore_case;    /* itunes */
    bool stamps;         /* chat: each piece of an answer with its time */
    bool compressed;     /* chat: answers may come in gzip or deflate */
    bool help;
    bool stuck; /* the port failed: tasks are still live, midge_close frees their memory */
    struct app_rows *rows; /* NULL: rows are not kept */
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
#if MIDGE_WITH_RETRY
#define APP_RETRIES                                                                                \
    , APP_NUMBER("--retries", "N", retries,                                                        \
                 "of a request that was refused for now (429, 503), or failed unsent [3]")
#else
#define APP_RETRIES
#endif
#define APP_RETRIES_USUAL 3
#if MIDGE_WITH_RATE
#define APP_RATE                                                                                   \
    , APP_TEXT("--rate", "N/U", rate_text,                                                         \
               "requests at most in a second, minute, hour or day, as 10/m or 1/15s [no limit]")
#else
#define APP_RATE
#endif
/* Every program's. */
#define APP_OPTIONS                                                                                \
    APP_TEXT("--api", "BASE_URL", api, "the service to ask"),                                      \
        APP_FLAG("--sync", sync, "one request at a time"), APP_FLAG("--help", help, "this")
/* Of the programs that ask an API that wants a key. */
#define APP_API_OPTIONS APP_OPTIONS APP_RETRIES APP_RATE

/* For the beginning of the program's help: `args` names the arguments that are not options; NULL:
   there are none. */
struct app_usage {
    const char *args;
    const char *about;
    const struct app_option *options;
};

/* True: continue. False: *code is the program's exit code, after the help or one line of error. */
bool app_options(struct app *app, const struct app_usage *usage, int argc, char **argv, int *code);

/* --- text from outside (clean.c) --- */

/* The bytes of the character at `at`, of which `left` (at least 1) may be read; *harmless: it may
   be shown. Not shown are invalid UTF-8, control characters (C0, DEL, C1), line and paragraph
   separators, and characters that change the direction of text: with them a server could forge
   lines of a log. */
size_t app_character(const char *at, size_t left, bool *harmless);

/* The character in UTF-8 at `at`, of which `left` (at least 1) bytes may be read: its length. Not
   UTF-8, or more than `left` bytes: *code is APP_NO_CHARACTER, and the length is 1. */
#define APP_NO_CHARACTER UINT32_MAX
size_t app_utf8(const char *at, size_t left, uint32_t *code);
/* Are these `left` bytes (at least 1) the beginning of a character that more bytes may end? */
bool app_utf8_is_open(const char *at, size_t left);
bool app_is_utf8(const char *text);

/* --- console (console.c) --- */

#if defined(__GNUC__)
#define APP_PRINTF(text, rest) __attribute__((format(printf, text, rest)))
#else
#define APP_PRINTF(text, rest)
#endif

/* Prints one line or a part of one: at most 500 bytes, the rest is cut. Characters that are not
   harmless (app_character) become '?', and so does a newline except at the end. */
void app_print(const struct app *app, const char *format, ...) APP_PRINTF(2, 3);
void app_error(const struct app *app, const char *format, ...) APP_PRINTF(2, 3);
/* Prints text of any length, with `indent` before each line. */
void app_text(const struct app *app, const char *indent, const char *text);
/* Prints a piece of a longer text, of whole characters. Newlines and tabs are the text's own;
   carriage returns are left out. */
void app_piece(const struct app *app, const char *text, size_t len);

/* --- the client (app.c) --- */

/* Opens the app's client. app_bytes as for board_open; of these, `kept` bytes are used for longer
   than an item lives. False: failed, after one line of error. */
bool app_open(struct app *app, size_t app_bytes, size_t kept);
/* Closes the client. Returns the exit code. */
int app_close(struct app *app);
/* Like midge_free, but does nothing while tasks may still use the memory: app->stuck. */
void app_free(struct app *app, void *memory);

/* --- the log of events (log.c) --- */

#if MIDGE_WITH_EVENTS
/* With the setting MIDGE_LOG: the client's events go to the log; its client has closed. */
void app_log_open(const struct app *app, struct midge_config *config);
void app_log_close(const struct app *app);
#else
#define app_log_open(app, config) ((void)(app), (void)(config))
#define app_log_close(app)        ((void)(app))
#endif

/* --- many items (each.c) --- */

/* The first member of the state of an item's task. */
struct app_item {
    struct app *app;
    struct app_item *next;
    const char *what; /* "post" */
    unsigned number;  /* from 1 */
    size_t room;      /* bytes of the client's block reserved for it */
    bool failed;      /* the failure was reported */
    bool waits;       /* for memory */
    bool postponed;   /* must wait before it tries again */
    bool hopeless;    /* must not wait any more: no more memory will be freed */
    bool ended;
    bool repeatable;  /* the current request may be sent twice */
    uint8_t repeats;  /* number of requests that ended for lack of memory */
    midge_id id;      /* awaited */
    midge_id turn;    /* a future, completed when the item may try again */
    const char *kept; /* headers of the answer (midge_request.kept); NULL: none were asked for */
    struct midge_result result;
};

/* Common to the items of a run. */
struct app_work {
    const char *what; /* "post" */
    size_t size;      /* bytes of an item's state */
    size_t more;      /* other bytes of the client's block that an item takes, about */
    size_t n;         /* number of items; 0: `begin` reports the end */
    midge_task_fn fn; /* its state is the item's */
    void *ctx;
    /* Fills in the state, which is zero except struct app_item; NULL: nothing to fill in. MIDGE_OK;
       EOF: there is no such item, the one before was the last; NO_MEMORY: try again when an item
       has ended; any other error: the item failed, and the failure was reported. */
    int (*begin)(struct app_item *item);
    /* Called in order, when the item and all before it have ended; NULL: nothing to do. */
    void (*end)(struct app_item *item);
};

/* Runs one task for each item, as many at once as the block has room for (app->limit; app->sync:
   one after another). The state of an item is in the client's block from its begin to its end, so
   there may be any number of items. Returns the number of items when all have ended;
   app->elapsed_ms is the duration. */
size_t app_each(struct app *app, const struct app_work *work);

/* In `begin`: reserves so many bytes for the item, beyond work->more. False: not now, return
 * NO_MEMORY. */
bool app_reserve(struct app_item *item, size_t bytes);

/*
 * In an item's task: calls start(item), which sets item->id, and awaits that; the result is in
 * item->result. If there is no memory now, or the file store is full, the item waits until others
 * have freed something, and start is called again; so start must keep its progress in the item. The
 * same happens when a request ended with NO_MEMORY, unless a server may have begun to work on it
 * and it is not repeatable. start returns MIDGE_OK or an error, which is reported unless start did.
 */
#define APP_AWAIT(task, item, start)                                                               \
    do {                                                                                           \
        app_begin((item), (start));                                                                \
        MIDGE_AWAIT((task), (item)->id, &(item)->result);                                          \
    } while (app_again((item)))
/* Is it an error that may pass when something ends? */
static inline bool app_is_full(int err)
{
    return err == MIDGE_ERR_NO_MEMORY || err == MIDGE_ERR_NO_SLOT;
}
void app_begin(struct app_item *item, int (*start)(struct app_item *item));
bool app_again(struct app_item *item);

/* "3 posts in 0.35 s, all at once" */
void app_summary(const struct app *app, size_t n, const char *what);

/* The URL of the API's base and a path, which begins with '/'. False: failed, and reported. */
bool app_url(struct app_item *item, char *url, size_t cap, const char *path);

/* Starts a request for the item. MIDGE_OK, NO_MEMORY or NO_SLOT (see APP_AWAIT), or another error,
   which was reported. */
int app_start(struct app_item *item, const struct midge_request *request);

/* Directly after the await, while item->result.url is valid: did a whole 2xx answer come? False:
   no, and it was reported, with the API's message in the body. body may be NULL. */
bool app_answered(struct app_item *item, const struct midge_blob *body);
bool app_answered_with(struct app_item *item, const char *body, size_t len);

/* The URL that was asked; "" if nothing was. Also directly after the await. */
static inline const char *app_asked(const struct app_item *item)
{
    return item->result.url != NULL ? item->result.url : "";
}

/* The answer's JSON, at most depth levels; NULL: failed, and reported. Also directly after the
   await. Free with midge_json_free. */
struct cJSON *app_json(struct app_item *item, const struct midge_blob *body, unsigned depth);

/* An on_response that accepts only status 200, as other answers do not hold the file. */
int app_only_200(void *ctx, midge_id id, const struct midge_response *response);

/* --- a request's body of several texts (parts.c) --- */

#define APP_ESCAPED_BYTES 9 /* a byte in a JSON string, with quotes and NUL */

/* The nth text of a body, from 0; NULL: there are no more. *quoted: it is written as in a JSON
   string, without the quotes. The texts stay valid and unchanged until the request has ended. */
typedef const char *app_part_fn(void *ctx, unsigned n, bool *quoted);

struct app_parts {
    struct midge_source source;
    int64_t left; /* bytes that were not read yet; 0: all is sent */
    app_part_fn *part;
    void *ctx;
    const char *at; /* in the text before number n */
    unsigned n;
    bool quoted;
    uint8_t used, len;
    char escaped[APP_ESCAPED_BYTES];
};
/* Measures the texts. */
void app_parts_init(struct app_parts *parts, app_part_fn *part, void *ctx);

/* --- an API's error message (says.c) --- */

#define APP_SAYS 320 /* bytes of an answer's body that are kept */

/* A sink that keeps the beginning of the body and passes all of it on to `next`; NULL: drops it. */
struct app_says {
    struct midge_sink sink;
    struct midge_sink *next;
    size_t len;
    char text[APP_SAYS];
};
void app_says_init(struct app_says *says, struct midge_sink *next);

/* Finds the message in the beginning of a body of any known shape: {"error":{"message":…}},
 * {"error":"…"}, {"message":…}, {"detail":…} and similar. False: there is none. `any`: other text
 * is accepted too: plain text, or the title of an HTML page. out is NUL-terminated. */
bool app_message(const char *body, size_t len, bool any, char *out, size_t cap);

/* --- failures (failure.c) --- */

/* APIs name each answer in this header, and their support asks for that name. It is shown with an
   API error, if the item has kept it. */
#define APP_REQUEST_ID "x-request-id"

/* "images: prompt 2: API error: 429 Client Error: Too Many Requests for url: …"; once for each
   item. */
void app_fail(struct app_item *item, const char *error_class, const char *format, ...)
    APP_PRINTF(3, 4);
/* The same with class and text from the item's result. */
void app_fail_result(struct app_item *item, const char *api_says);
/* An errno in words; "" for 0 and for codes that the board has no words for. */
const char *app_native_text(const struct app *app, int native);
/* "API", "network", "TLS", "JSON", "file", or "other" for errors of the device itself. */
const char *app_error_class(int error);

/* --- the programs --- */

int app_posts(struct board *board, int argc, char **argv);
int app_itunes(struct board *board, int argc, char **argv);
int app_images(struct board *board, int argc, char **argv);
int app_tour(struct board *board, int argc, char **argv);
int app_compare(struct board *board, int argc, char **argv);
int app_fetch(struct board *board, int argc, char **argv);
int app_chat(struct board *board, int argc, char **argv);

/* Their work with an open client, for `compare`, and the bytes that it takes from the client's
   block. */
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
