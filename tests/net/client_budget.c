/* SPDX-License-Identifier: MIT */
/*
 * client_budget URL CA.pem COUNT TURN_BYTES
 *
 * COUNT downloads of URL at once. One JSON line: what a turn moved at most, by the client's count
 * and by what the sinks got between two polls, and how evenly the downloads went forward.
 */
#include <stdio.h>
#include <stdlib.h>
#include <midge/midge.h>
#include <midge/port_posix.h>

#include "../ca_file.h"

enum { MOST = 64 };

struct download {
    struct midge_sink sink;
    uint64_t len;
    int error;
};

static struct download downloads[MOST];
static uint64_t turn_bytes; /* given to all sinks since the last poll */
static unsigned ended;
static uint64_t least_at_first_end; /* the slowest's bytes when the first one ended */

static int sink_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    (void)data;
    ((struct download *)sink)->len += len;
    turn_bytes += len;
    return MIDGE_OK;
}

static int sink_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    (void)sink;
    (void)complete;
    return err;
}

static void note_slowest(unsigned n)
{
    least_at_first_end = downloads[0].len;
    for (unsigned i = 1; i < n; i++)
        if (downloads[i].len < least_at_first_end)
            least_at_first_end = downloads[i].len;
}

static void on_done(void *ctx, const struct midge_result *result)
{
    ((struct download *)ctx)->error = result->error;
    ended++;
}

static int start(struct midge_client *client, const char *url, struct download *download)
{
    struct midge_request request = {
        .url = url, .sink = &download->sink, .ctx = download, .on_done = on_done};

    download->sink.write = sink_write;
    download->sink.finish = sink_finish;
    return midge_start(client, &request, NULL);
}

static int run(struct midge_client *client, const char *url, unsigned n)
{
    struct midge_stats stats;
    uint64_t most = 0, len = 0;
    int failed = 0, live;

    for (unsigned i = 0; i < n; i++)
        if (start(client, url, &downloads[i]) != MIDGE_OK)
            return 1;
    do {
        unsigned before = ended;

        turn_bytes = 0;
        live = midge_poll(client, -1);
        most = turn_bytes > most ? turn_bytes : most;
        if (before == 0 && ended > 0)
            note_slowest(n);
    } while (live > 0);
    for (unsigned i = 0; i < n; i++) {
        failed += downloads[i].error != MIDGE_OK;
        len += downloads[i].len;
    }
    midge_client_stats(client, &stats);
    printf("{\"failed\":%d,\"bytes\":%llu,\"turn_bytes_peak\":%u,\"sinks_peak\":%llu,"
           "\"turns\":%llu,\"recv_buffer\":%d,\"least_at_first_end\":%llu,\"alloc_peak\":%zu,"
           "\"longest_turn_us\":%u,\"longest_step_us\":%u}\n",
           failed, (unsigned long long)len, (unsigned)stats.turn_bytes_peak,
           (unsigned long long)most, (unsigned long long)stats.turns, MIDGE_RECV_BUFFER,
           (unsigned long long)least_at_first_end, stats.alloc_peak,
           (unsigned)stats.longest_turn_us, (unsigned)stats.longest_step_us);
    return live < 0;
}

int main(int argc, char **argv)
{
    struct midge_client *client = NULL;
    struct midge_config config = {0};
    unsigned n = argc == 5 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
    int failed = 1;

    if (n == 0 || n > MOST || !ca_file_read(&config.tls, argv[2]) ||
        midge_posix_open(&config.port, 0) != MIDGE_OK)
        return 2;
    config.turn_bytes = (uint32_t)strtoul(argv[4], NULL, 10);
    config.max_per_origin = (uint16_t)n;
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    if (config.memory != NULL && midge_open(&client, &config) == MIDGE_OK)
        failed = run(client, argv[1], n);
    midge_close(client);
    midge_posix_close(config.port);
    free(config.memory);
    ca_file_free(&config.tls);
    return failed;
}
