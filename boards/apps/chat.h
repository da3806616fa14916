/* SPDX-License-Identifier: MIT */
/*
 * The program chat by its parts: the lines that are typed (chat_line.c), what was said before
 * (chat_history.c), the question to the API (chat_question.c), its answer (chat_answer.c), text
 * whose characters come in pieces (chat_text.c), and the conversation (chat.c).
 */
#ifndef MIDGE_APPS_CHAT_H
#define MIDGE_APPS_CHAT_H

#include "app.h"

/* Bytes of the history, if no option says otherwise, and of one event of the stream. */
#if UINTPTR_MAX > UINT32_MAX
#define CHAT_HISTORY_BYTES 65536
#define CHAT_EVENT_BYTES   65536
#else
#define CHAT_HISTORY_BYTES 3072
#define CHAT_EVENT_BYTES   2048
#endif
#define CHAT_HISTORY_LEAST 256
#define CHAT_RUN_BYTES     64 /* of text that is shown at once */
#define CHAT_PIECE_BYTES   64 /* of a JSON string at a time */
#define CHAT_ERROR_BYTES   160
#define CHAT_REASON_BYTES  24
#define CHAT_KEPT_BYTES    80 /* the header x-request-id */
#define CHAT_INPUT_BYTES   64

/* --- text whose characters come in pieces (chat_text.c) --- */

/*
 * Bytes become text of whole characters in UTF-8, each byte that is none becomes U+FFFD.
 *
 * An API may cut a character between two events, so both JSON texts are not UTF-8, and a JSON
 * filter refuses them. Therefore chat_text_escape, before the filter, makes U+EF80 to U+EFFF of the
 * bytes 0x80 to 0xff that are in no character, and chat_text_add, behind it, makes bytes of these
 * again and puts them together. (They are for private use: no answer needs them.)
 */
struct chat_text {
    void (*emit)(void *ctx, const char *text, size_t len);
    void *ctx;
    uint8_t held_len, run_len;
    char held[4];             /* of a character that is not complete */
    char run[CHAT_RUN_BYTES]; /* whole characters that were not given to emit yet */
};
void chat_text_init(struct chat_text *text, void (*emit)(void *ctx, const char *text, size_t len),
                    void *ctx);
/* Writes data to the sink, of a JSON filter. A character that is cut at the end of data waits for
   its rest. */
struct chat_escape {
    size_t added; /* bytes that the sink got more */
    uint8_t held_len;
    uint8_t held[4];
};
int chat_text_escape(struct chat_escape *escape, struct midge_sink *sink, const uint8_t *data,
                     size_t len);
/* No more will come. */
int chat_text_escape_end(struct chat_escape *escape, struct midge_sink *sink);
/* Adds to a short text what fits of the filter's text: whole characters, with U+FFFD in place of
   bytes that are none. */
void chat_text_word(char *word, size_t cap, const char *text, size_t len);
/* Takes whole characters, of the filter. */
void chat_text_add(struct chat_text *text, const char *data, size_t len);
/* Gives all that is whole to emit. */
void chat_text_flush(struct chat_text *text);
/* No more will come. */
void chat_text_end(struct chat_text *text);

/* --- what was said before (chat_history.c) --- */

/* Questions and answers in turn, each with a NUL at its end: text 0 is the oldest question. */
struct chat_history {
    char *text;
    size_t cap, len;
    unsigned n; /* texts */
    bool full;  /* the rest of the current answer is not kept */
};
/* Adds a question; the oldest pairs are dropped until there is room. False: it is too long. */
bool chat_history_ask(struct chat_history *history, const char *question);
/* Adds to the answer of the newest question; the oldest pairs are dropped for it. The rest of an
   answer that has no room even so is not kept. */
void chat_history_answer(struct chat_history *history, const char *text, size_t len);
/* The answer has ended. A question that got none is forgotten. */
void chat_history_end(struct chat_history *history);
/* NULL: there are not so many. */
const char *chat_history_at(const struct chat_history *history, unsigned n);

/* --- lines that are typed (chat_line.c) --- */

struct chat_line {
    char *text; /* the line, with a NUL in place of its end */
    size_t cap, len;
    bool too_long, ended;
    uint8_t used, n;
    char input[CHAT_INPUT_BYTES];
};
/* Does not wait. MIDGE_OK: a line is whole; AGAIN: not yet; TOO_LARGE: a line that was longer than
   cap - 1 bytes has been skipped; EOF; READ. */
int chat_line_read(struct chat_line *line, struct board *board);

/* --- the answer (chat_answer.c) --- */

struct chat_answer {
    struct midge_sink sink; /* the request's */
    struct midge_sse sse;
    struct midge_json_filter filter; /* of one event, or of the whole answer */
    struct chat_escape escape;
    struct app_says says;
    struct chat_text text;
    enum { CHAT_EMPTY, CHAT_EVENTS, CHAT_DOCUMENT } kind;
    bool is_good;   /* the status is 2xx */
    bool done;      /* [DONE] came, or the whole document */
    bool has_text;  /* a text came, maybe an empty one */
    bool has_error; /* in the stream */
    char piece[CHAT_PIECE_BYTES];
    char error[CHAT_ERROR_BYTES];   /* its message */
    char reason[CHAT_REASON_BYTES]; /* finish_reason, "" none */
};
/* event: memory for one event of the stream. The text of the answer goes to emit as it comes. */
void chat_answer_init(struct chat_answer *answer, char *event, size_t cap,
                      void (*emit)(void *ctx, const char *text, size_t len), void *ctx);
/* Did the server say that the answer is whole? */
bool chat_answer_is_whole(const struct chat_answer *answer);
/* Reports how the answer to the item ended, directly after the await: nothing, a remark, or the
   item's failure. */
void chat_answer_tell(struct chat_answer *answer, struct app_item *item);

/* --- the program --- */

struct chat {
    struct app_item item; /* the current question */
    struct chat_history history;
    struct chat_line line;
    struct app_parts question;
    struct chat_answer answer;
    uint32_t asked_ms;
#if MIDGE_WITH_GUNZIP
    struct midge_gunzip gunzip;
#endif
    bool person;  /* types the questions */
    bool in_line; /* the console's cursor is not at the beginning of a line */
    char kept[CHAT_KEPT_BYTES];
    char memory[]; /* event, history, line */
};

/* --- the question (chat_question.c) --- */

/* Sets chat->question, the POST's body: the system's text and the whole history. */
void chat_prepare_question(struct chat *chat);

/* --- compressed answers (chat_decode.c) --- */

#if MIDGE_WITH_GUNZIP
#define CHAT_OPTION_COMPRESSED                                                                     \
    APP_FLAG("--compressed", compressed, "answers may come in gzip or deflate"),
#define CHAT_DECODE_BYTES(app) ((app)->compressed ? MIDGE_GUNZIP_MEMORY : 0)
/* The sink of the request: the answer's own, or with --compressed one that decodes before it. */
struct midge_sink *chat_decoded(struct chat *chat);
/* The header that asks for it. */
#define CHAT_ACCEPT (&chat_accept)
extern const struct midge_header chat_accept;
#else
#define CHAT_OPTION_COMPRESSED
#define CHAT_DECODE_BYTES(app) ((size_t)0)
#define CHAT_ACCEPT            NULL
#define chat_decoded(chat)     (&(chat)->answer.sink)
#endif

#endif
