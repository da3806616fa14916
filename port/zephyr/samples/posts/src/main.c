/* SPDX-License-Identifier: MIT */
/*
 * Gets three posts of a web API at once, over one TLS handshake, and prints them. main only runs
 * the loop; each request ends in on_done.
 *
 * The trusted roots are roots.h, a C string with the certificates of your servers' CAs as PEM; the
 * README says how to make it.
 */
#include <stdio.h>

#include <zephyr/kernel.h>

#include <midge/midge.h>
#include <midge/port_zephyr.h>

#include "roots.h"

#define POSTS      3
#define POST_BYTES 1024
#define BLOCK      49152 /* the client's memory; Mbed TLS has its own heap, MBEDTLS_HEAP_SIZE */

struct post {
    struct midge_buffer body;
    char text[POST_BYTES];
    char url[64];
};

static struct post posts[POSTS];
static uint8_t block[BLOCK] __aligned(8);
static struct midge_port port;

static void on_done(void *ctx, const struct midge_result *result)
{
    const struct post *post = ctx;

    if (result->error != MIDGE_OK) {
        printf("%s: %s (%s, %d)\n", post->url, midge_err_text(result->error),
               midge_phase_name(result->phase), result->native);
        return;
    }
    printf("%s: %u, %u bytes%s\n%s\n", post->url, result->status, (unsigned)post->body.len,
           result->reused ? ", on a kept connection" : "", post->text);
}

static int start(struct midge_client *client, unsigned number)
{
    struct post *post = &posts[number];
    midge_id id;

    (void)snprintf(post->url, sizeof post->url, "https://jsonplaceholder.typicode.com/posts/%u",
                   number + 1);
    midge_buffer_init(&post->body, post->text, sizeof post->text);
    const struct midge_request get = {
        .url = post->url, .sink = &post->body.sink, .ctx = post, .on_done = on_done};
    return midge_start(client, &get, &id);
}

static int run(void)
{
    struct midge_client *client = NULL;
    const struct midge_config config = {
        .port = &port,
        .memory = block,
        .memory_size = sizeof block,
        .tls = {.ca = roots, .ca_len = sizeof roots - 1},
    };
    int err = midge_open(&client, &config);

    for (unsigned i = 0; err == MIDGE_OK && i < POSTS; i++) {
        err = start(client, i);
    }
    while (err == MIDGE_OK) {
        const int live = midge_poll(client, -1);
        if (live <= 0) {
            err = live;
            break;
        }
    }
    midge_close(client);
    return err;
}

int main(void)
{
    int err = midge_zephyr_open(&port, NULL);

    if (err == MIDGE_OK) {
        err = run();
        midge_zephyr_close(&port);
    }
    printf("midge %s: %s\n", MIDGE_VERSION, midge_err_text(err));
    return 0;
}
