/* SPDX-License-Identifier: MIT */
/*
 * chat: questions to a language model, whose answers are shown word by word while they come.
 *
 *     async with client.stream("POST", "/v1/chat/completions", json={…, "stream": True}) as answer:
 *         async for event in answer:
 *             print(event["choices"][0]["delta"]["content"], end="", flush=True)
 *
 * There is one question at a time, so the program is a loop: read a line, start the request, poll
 * until it has ended. Neither the wait for a line nor the one for an answer blocks the client,
 * which keeps its connection for the next question. Everything that was said is sent with each
 * question, as the API keeps nothing.
 */
#include "chat.h"

#include <stdio.h>
#include <string.h>

#define CHAT_API     "https://api.openai.com"
#define MODEL        "gpt-4o-mini"
#define REQUEST_PATH "/v1/chat/completions"
#define PROMPT       "> "
#define SILENCE_MS   300000U /* a model may think for minutes before it goes on */

/* --- text on the console --- */

static void end_line(struct chat *chat)
{
    if (chat->in_line) {
        app_print(chat->item.app, "\n");
        chat->in_line = false;
    }
}

/* With --times each piece has a line of its own. */
static void show(struct chat *chat, const char *text, size_t len)
{
    const struct app *app = chat->item.app;
    if (app->stamps) {
        end_line(chat);
        app_print(app, "%6u ms: ", (unsigned)(board_millis(app->board) - chat->asked_ms));
    }
    app_piece(app, text, len);
    chat->in_line = text[len - 1] != '\n';
}

static void on_text(void *ctx, const char *text, size_t len)
{
    struct chat *chat = ctx;
    show(chat, text, len);
    /* The question is read from the history while it is sent. An answer that begins before that is
       over is not kept. */
    if (chat->question.left == 0) {
        chat_history_answer(&chat->history, text, len);
    } else {
        chat->history.full = true;
    }
}

/* --- one question --- */

static int on_response(void *ctx, midge_id id, const struct midge_response *response)
{
    struct chat *chat = ctx;
    (void)id;
    chat->answer.is_good = response->status >= 200 && response->status < 300;
    return MIDGE_OK;
}

/* A person who waits is told why. No text of an answer was shown before. */
static void on_repeat(void *ctx, midge_id id, const struct midge_repeat *repeat)
{
    const struct app_item *item = &((const struct chat *)ctx)->item;
    const unsigned tenths = (repeat->wait_ms + 99) / 100;
    char status[8] = "";
    const char *why = midge_err_text(repeat->error);
    (void)id;
    if (repeat->error == MIDGE_OK) {
        (void)snprintf(status, sizeof status, "%u ", (unsigned)repeat->status);
        why = midge_status_text(repeat->status);
    }
    app_error(item->app, "%s: question %u: %s%s; asked again in %u.%u s (%u of %u)\n",
              item->app->name, item->number, status, why, tenths / 10, tenths % 10,
              (unsigned)repeat->number, (unsigned)item->app->retry.max);
}

static int ask(struct chat *chat)
{
    struct app_item *item = &chat->item;
    char url[APP_URL];
    if (!app_url(item, url, sizeof url, REQUEST_PATH)) {
        return MIDGE_ERR_URL;
    }
    chat_prepare_question(chat);
    chat_answer_init(&chat->answer, chat->memory, CHAT_EVENT_BYTES, on_text, chat);
    chat->asked_ms = board_millis(item->app->board);
    item->kept = chat->kept;
    const struct midge_request post = {
        .url = url,
        .bearer = item->app->key,
        .content_type = "application/json",
        .source = &chat->question.source,
        .sink = chat_decoded(chat),
        .headers = CHAT_ACCEPT,
        .n_headers = item->app->compressed,
        .keep_headers = APP_REQUEST_ID,
        .kept = chat->kept,
        .kept_size = sizeof chat->kept,
        .ctx = chat,
        .on_response = on_response,
        .max_redirects = APP_REDIRECTS,
        .timeouts = {.first_byte_ms = SILENCE_MS, .idle_ms = SILENCE_MS}};
    return app_start(item, &post);
}

/* Until the request has ended. True: it was interrupted. */
static bool wait_for_answer(struct app_item *item)
{
    struct midge_client *client = item->app->client;
    bool stopped = false;
    int err = 0;
    while (err >= 0 && midge_done(client, item->id) == 0) {
        err = midge_poll(client, -1);
        if (board_interrupted(item->app->board)) {
            stopped = true;
            (void)midge_cancel(client, item->id);
        }
    }
    if (err < 0) {
        item->app->stuck = true;
        app_fail(item, app_error_class(err), "%s", midge_err_text(err));
    }
    (void)midge_take(client, item->id, &item->result);
    return stopped && item->result.error == MIDGE_ERR_CANCELED;
}

static void answer(struct chat *chat, const char *question)
{
    struct app_item *item = &chat->item;
    *item = (struct app_item){.app = item->app, .what = "question", .number = item->number + 1};
    if (!chat_history_ask(&chat->history, question)) {
        app_fail(item, "other", "it has more than %u bytes", (unsigned)chat->history.cap - 1);
        return;
    }
    int err = ask(chat);
    bool stopped = err == MIDGE_OK && wait_for_answer(item);
    chat->in_line = chat->in_line || (stopped && chat->person); /* behind its ^C */
    end_line(chat);
    if (err != MIDGE_OK && !item->failed) {
        app_fail(item, app_error_class(err), "%s", midge_err_text(err));
    } else if (err == MIDGE_OK && !stopped) {
        chat_answer_tell(&chat->answer, item);
    }
    chat_history_end(&chat->history);
}

/* --- the conversation --- */

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t")] == '\0';
}

/* Tells a line that can't be used. */
static void refuse_line(struct chat *chat, int err)
{
    struct app *app = chat->item.app;
    if (err == MIDGE_ERR_TOO_LARGE) {
        app_error(app, "%s: file error: a line has more than %u bytes\n", app->name,
                  (unsigned)chat->line.cap - 1);
        app->failed++;
    } else if (err != MIDGE_ERR_EOF) {
        app_error(app, "%s: file error: the input can't be read\n", app->name);
        app->failed++;
    }
}

/* MIDGE_OK; EOF: the conversation is over; another error of the line. */
static int next_line(struct chat *chat)
{
    struct app *app = chat->item.app;
    int err;
    while ((err = chat_line_read(&chat->line, app->board)) == MIDGE_ERR_AGAIN) {
        board_wait(app->board, app->client);
        if (board_interrupted(app->board)) {
            return MIDGE_ERR_EOF;
        }
    }
    return err;
}

static void converse(struct chat *chat)
{
    struct app *app = chat->item.app;
    chat->person = board_listen(app->board);
    int err = MIDGE_OK;
    while (!app->stuck && (err == MIDGE_OK || err == MIDGE_ERR_TOO_LARGE)) {
        if (chat->person) {
            app_print(app, PROMPT);
        }
        err = next_line(chat);
        if (err != MIDGE_OK) {
            chat->in_line = chat->person && err != MIDGE_ERR_TOO_LARGE;
            end_line(chat);
            refuse_line(chat, err);
        } else if (!is_blank(chat->line.text)) {
            answer(chat, chat->line.text);
        }
    }
}

/* --- the program --- */

static size_t memory_bytes(const struct app *app)
{
    return CHAT_DECODE_BYTES(app) + sizeof(struct chat) + CHAT_EVENT_BYTES + app->history +
           app->history / 2;
}

static void run(struct app *app)
{
    struct chat *chat = midge_alloc(app->client, memory_bytes(app) - CHAT_DECODE_BYTES(app));
    if (chat == NULL) {
        app_error(app, "%s: other error: %s for a history of %u bytes\n", app->name,
                  midge_err_text(MIDGE_ERR_NO_MEMORY), app->history);
        app->failed++;
        return;
    }
    memset(chat, 0, sizeof *chat);
    chat->item.app = app;
    chat->history.text = chat->memory + CHAT_EVENT_BYTES;
    chat->history.cap = app->history;
    chat->line.text = chat->history.text + app->history;
    chat->line.cap = app->history / 2;
    if (app->n_args > 0) {
        answer(chat, app->args[0]);
    } else {
        converse(chat);
    }
    app_free(app, chat);
}

static bool is_good_text(const struct app *app, const char *option, const char *text)
{
    if (text == NULL || (text[0] != '\0' && app_is_utf8(text))) {
        return true;
    }
    app_error(app, "chat: %s: a text in UTF-8, not empty\n", option);
    return false;
}

/* Those that the options' table does not check. */
static bool is_good_usage(const struct app *app)
{
    if (app->n_args > 1) {
        app_error(app, "chat: one MESSAGE only: put it in quotes\n");
        return false;
    }
    if (app->history < CHAT_HISTORY_LEAST) {
        app_error(app, "chat: --history: at least %u bytes\n", CHAT_HISTORY_LEAST);
        return false;
    }
    if (app->key == NULL || app->key[0] == '\0') {
        app_error(app, "chat: OPENAI_API_KEY is not set: the API wants a key\n");
        return false;
    }
    return is_good_text(app, "--model", app->model) && is_good_text(app, "--system", app->system) &&
           (app->n_args == 0 || is_good_text(app, "MESSAGE", app->args[0]));
}

int app_chat(struct board *board, int argc, char **argv)
{
    static const struct app_option options[] = {
        APP_API_OPTIONS,
        APP_TEXT("--model", "NAME", model, "who answers"),
        APP_TEXT("--system", "TEXT", system, "what the model is to be and to heed [nothing]"),
        APP_NUMBER("--history", "BYTES", history,
                   "of questions and answers, in all [65536; 3072 on a board]"),
        APP_FLAG("--times", stamps, "each piece of an answer in a line, with its time"),
        CHAT_OPTION_COMPRESSED{.name = NULL}};
    static const struct app_usage usage = {
        "[MESSAGE]",
        "Asks a language model and shows its answer while it comes. Without MESSAGE each\n"
        "line of the input is a question, of at most half of --history; what was said\n"
        "before is sent with it. If that becomes more than --history, the oldest question\n"
        "and its answer are dropped; the text of --system stays. Ctrl-C ends an answer, and\n"
        "at the prompt the conversation, as Ctrl-D does.\n"
        "The API's key comes from OPENAI_API_KEY.",
        options};
    struct app app = {.board = board,
                      .name = "chat",
                      .api = CHAT_API,
                      .model = MODEL,
                      .history = CHAT_HISTORY_BYTES,
                      .retries = APP_RETRIES_USUAL,
                      .retry = {.on_repeat = MIDGE_WITH_RETRY ? on_repeat : NULL}};
    int code;
    if (!app_options(&app, &usage, argc, argv, &code)) {
        return code;
    }
    app.key = board_env(board, "OPENAI_API_KEY");
    if (!is_good_usage(&app)) {
        return BOARD_EXIT_USAGE;
    }
    board->streams = true;
    if (!app_open(&app, memory_bytes(&app), memory_bytes(&app))) {
        return BOARD_EXIT_FAILED;
    }
    run(&app);
    return app_close(&app);
}
