/* SPDX-License-Identifier: MIT */
/*
 * Bodies and state on a board, as the app of its image (in place of boards/apps). Each line that is
 * typed on the console is a request of one client; the answer is one line, then a prompt.
 *
 *     HOW [VALUE…] URL        bodies_how.c has the table
 *     proxy HOST:PORT [USER:PASSWORD]        for the next requests
 *     direct                                 without it
 *     (end of input)                         the end, with a report
 *
 *     bodies: ERROR STATUS LEN SHA256… MORE "TEXT"; DETAIL
 *
 * LEN, the first 8 bytes of the SHA-256 and TEXT are of the body that the last sink got; MORE has
 * figures of the feature. All cookies are kept in one jar.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bodies.h"

#define LINE_BYTES 256

static void say(struct board *board, const char *text)
{
    board_write(board, BOARD_OUT, text, strlen(text));
}

/* --- the sink --- */

static int sum_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct sum *sum = (struct sum *)sink;
    midge_sha256_update(&sum->hash, data, len);
    for (size_t i = 0; i < len && sum->len + i < BODIES_TEXT - 1; i++) {
        const bool plain = data[i] >= ' ' && data[i] <= '~';
        sum->text[sum->len + i] = (char)(plain ? data[i] : '.');
        sum->text[sum->len + i + 1] = '\0';
    }
    sum->len += len;
    return MIDGE_OK;
}

static int sum_reset(struct midge_sink *sink)
{
    struct sum *sum = (struct sum *)sink;
    midge_sha256_init(&sum->hash);
    sum->len = 0;
    sum->text[0] = '\0';
    return MIDGE_OK;
}

static int sum_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    (void)sink;
    (void)err;
    (void)complete;
    return MIDGE_OK;
}

/* --- one request --- */

static void begin(struct bodies *b)
{
    memset(&b->request, 0, sizeof *b - offsetof(struct bodies, request));
    b->sum.sink = (struct midge_sink){.write = sum_write, .finish = sum_finish, .reset = sum_reset};
    (void)sum_reset(&b->sum.sink);
    b->range = (struct midge_content_range){MIDGE_RANGE_UNKNOWN, MIDGE_RANGE_UNKNOWN, 0};
    b->request.url = b->words[b->n_words - 1];
    b->request.sink = &b->sum.sink;
    b->request.hooks = &b->jar.hook;
    b->request.max_redirects = 3;
    b->request.ctx = b;
    b->request.proxy = &b->proxy;
    b->request.timeouts.total_ms = 60000;
}

static int start(struct bodies *b, midge_id *id)
{
    return b->slices.slice > 0 ? midge_slices_start(b->client, &b->slices, id)
                               : midge_start(b->client, &b->request, id);
}

static void show(struct bodies *b)
{
    const struct midge_result *r = &b->result;
    uint8_t hash[32];
    char line[LINE_BYTES];
    midge_sha256_final(&b->sum.hash, hash);
    int n = snprintf(line, sizeof line, "bodies: %s %d %lu ",
                     r->error == MIDGE_OK ? "OK" : midge_err_name(r->error), r->status,
                     (unsigned long)b->sum.len);
    for (size_t i = 0; i < 8; i++) {
        n += snprintf(line + n, sizeof line - (size_t)n, "%02x", hash[i]);
    }
    (void)snprintf(line + n, sizeof line - (size_t)n,
                   " values=%u parts=%u requests=%lu last=%ld same=%u connection=%lu native=%d"
                   " \"%s\"; ",
                   b->values, b->download.parts, (unsigned long)b->slices.requests,
                   (long)(int32_t)b->range.last, b->conditional.not_modified,
                   (unsigned long)r->connection, r->native, b->sum.text);
    say(b->board, line);
    line[0] = '\0';
    if (r->error != MIDGE_OK) {
        (void)midge_result_text(r, line, sizeof line);
    }
    say(b->board, line);
    say(b->board, b->gunzip.why != NULL ? b->gunzip.why : "");
    say(b->board, "\n");
}

static void run(struct bodies *b)
{
    const struct how *how = how_find(b->words[0]);
    midge_id id;
    if (how == NULL || b->n_words != how->n_values + 2) {
        say(b->board, "bodies: what?\n");
        return;
    }
    begin(b);
    int err = how->prepare != NULL ? how->prepare(b, b->words + 1) : MIDGE_OK;
    err = err == MIDGE_OK ? start(b, &id) : err;
    if (err == MIDGE_OK) {
        (void)midge_wait(b->client, id, &b->result);
    } else {
        b->result = (struct midge_result){.error = err, .detail = "", .cipher = ""};
    }
    show(b);
}

/* --- lines --- */

static void set_proxy(struct bodies *b)
{
    char *port;
    b->proxy = (struct midge_proxy){.host = NULL};
    if (b->n_words < 2 || strlen(b->words[1]) >= 40) {
        return;
    }
    b->proxy.host = memcpy(b->proxy_text, b->words[1], strlen(b->words[1]) + 1);
    if ((port = strchr(b->proxy_text, ':')) != NULL) {
        *port = '\0';
        b->proxy.port = (uint16_t)strtoul(port + 1, NULL, 10);
    }
    if (b->n_words > 2 && strlen(b->words[2]) < 40) {
        b->proxy.credentials = memcpy(b->proxy_text + 40, b->words[2], strlen(b->words[2]) + 1);
    }
}

static void obey(struct bodies *b, char *line)
{
    for (b->n_words = 0; b->n_words < 4; b->n_words++) {
        line += strspn(line, " \r\n");
        if (*line == '\0') {
            break;
        }
        b->words[b->n_words] = line;
        line += strcspn(line, " \r\n");
        *line != '\0' ? *line++ = '\0' : 0;
    }
    if (b->n_words == 0) {
        return;
    }
    if (strcmp(b->words[0], "proxy") == 0 || strcmp(b->words[0], "direct") == 0) {
        set_proxy(b);
    } else {
        run(b);
    }
}

/* False: the input has ended. */
static bool read_line(struct bodies *b, char line[LINE_BYTES])
{
    size_t len = 0, n = 0;
    say(b->board, "> ");
    while (len == 0 || line[len - 1] != '\n') {
        const int err = board_read(b->board, line + len, LINE_BYTES - 1 - len, &n);
        if (err == MIDGE_ERR_AGAIN) {
            board_wait(b->board, b->client);
        } else if (err != MIDGE_OK) {
            return false;
        } else {
            len += n;
        }
    }
    line[len] = '\0';
    return true;
}

int board_app(struct board *board, int argc, char **argv)
{
    const struct midge_config config = {.max_connections = 2, .max_awaitables = 8};
    struct midge_client *client;
    char line[LINE_BYTES];
    (void)argc;
    (void)argv;
    board->streams = true;
    (void)board_listen(board);
    if (board_open(board, &config, sizeof(struct bodies) + MIDGE_GUNZIP_MEMORY, &client) !=
        MIDGE_OK) {
        return BOARD_EXIT_FAILED;
    }
    struct bodies *b = midge_alloc(client, sizeof *b);
    if (b == NULL) {
        return BOARD_EXIT_FAILED;
    }
    memset(b, 0, sizeof *b);
    b->board = board;
    b->client = client;
    midge_cookies_init(&b->jar, board->port, b->cookies, sizeof b->cookies);
    while (read_line(b, line)) {
        obey(b, line);
    }
    midge_free(client, b);
    board_close(board, client);
    return BOARD_EXIT_OK;
}
