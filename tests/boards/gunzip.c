/* SPDX-License-Identifier: MIT */
/*
 * Compressed JSON on a board, as the app of its image (in place of boards/apps):
 *
 *     gunzip URL...
 *
 * Each URL is asked for with Accept-Encoding, decoded, and filtered for "[*].id" and "id" while it
 * arrives. One line for each, and one for the memory and the longest step.
 */
#include <stdio.h>
#include <string.h>

#include <midge/midge.h>

#include "board.h"

struct get {
    struct midge_gunzip gunzip;
    struct midge_json_filter filter;
    struct midge_result result;
    char text[64];
    unsigned values;
};

static int on_value(void *ctx, const struct midge_json_value *value)
{
    struct get *get = ctx;
    (void)value;
    get->values++;
    return MIDGE_OK;
}

static void say(struct board *board, const char *line)
{
    board_write(board, BOARD_OUT, line, strlen(line));
}

static int fetch(struct midge_client *client, struct get *get, const char *url)
{
    static const char *const paths[] = {"[*].id", "id"};
    static const struct midge_header accept[] = {{"Accept-Encoding", MIDGE_GUNZIP_ACCEPT}};
    struct midge_request request = {
        .url = url, .sink = &get->gunzip.sink, .headers = accept, .n_headers = 1};
    midge_id id;
    int err =
        midge_json_filter_init(&get->filter, paths, 2, get->text, sizeof get->text, on_value, get);
    get->values = 0;
    midge_gunzip_init(&get->gunzip, client, &get->filter.sink);
    err = err == MIDGE_OK ? midge_start(client, &request, &id) : err;
    return err == MIDGE_OK ? midge_wait(client, id, &get->result) : err;
}

static bool show(struct board *board, const struct get *get, int err)
{
    char line[160];
    (void)snprintf(line, sizeof line, "gunzip: %s, %d, %lu bytes of %lu, %u values, \"%s\"\n",
                   midge_err_name(err), get->result.status, (unsigned long)get->gunzip.len,
                   (unsigned long)get->result.body_len, get->values, get->gunzip.why);
    say(board, line);
    return err == MIDGE_OK;
}

int board_app(struct board *board, int argc, char **argv)
{
    const struct midge_config config = {.max_connections = 1};
    struct midge_client *client;
    struct midge_stats stats;
    static struct get get;
    char line[120];
    bool good = true;
    if (board_open(board, &config, MIDGE_GUNZIP_MEMORY + MIDGE_RECV_BUFFER, &client) != MIDGE_OK) {
        return BOARD_EXIT_FAILED;
    }
    for (int i = 1; i < argc; i++) {
        memset(&get, 0, sizeof get);
        good = show(board, &get, fetch(client, &get, argv[i])) && good;
    }
    midge_client_stats(client, &stats);
    (void)snprintf(line, sizeof line, "gunzip: %lu bytes at most, longest step %lu us\n",
                   (unsigned long)stats.alloc_peak, (unsigned long)stats.longest_step_us);
    say(board, line);
    board_close(board, client);
    return good ? BOARD_EXIT_OK : BOARD_EXIT_FAILED;
}
