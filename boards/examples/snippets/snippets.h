/* SPDX-License-Identifier: MIT */
/*
 * Short examples, a function or two for each topic, to copy from. They compile as C11 and as C++20.
 * tests/sim/test_snippets.c runs them; tests/lint/snippets.py checks that each public function of
 * midge is called in an example. README.md beside the examples lists them.
 */
#ifndef SNIPPETS_H
#define SNIPPETS_H

#include <midge/midge.h>

#ifdef __cplusplus
extern "C" {
#endif

/* clients.c: to open one; its memory. */
int client_open(struct midge_client **client, struct midge_port *port, void *block, size_t *size,
                void **roots);
void client_about(char *text, size_t cap);
size_t client_largest_part(const struct midge_config *config, const char **name);
size_t client_connections_use(const struct midge_client *client);

/* answer.c: the head of an answer, and how a request ended. */
int answer_look(void *ctx, midge_id id, const struct midge_response *response);
int answer_date(void *ctx, midge_id id, const struct midge_response *response);
void answer_failed(const struct midge_result *result, char *text, size_t cap);
int answer_fetch(struct midge_client *client, const char *url, char *text, size_t cap);

/* bodies.c: request bodies, and answers that are read as they come. */
int body_put_file(struct midge_client *client, const char *url, const char *path);
int body_send_form(struct midge_client *client, const char *url, const char *picture);
int body_read_lines(struct midge_client *client, const char *url, midge_line_fn *on_line,
                    void *ctx);
struct body_hash {
    struct midge_sink sink;
    struct midge_sha256 hash;
    uint8_t digest[32];
};
int body_hash(struct midge_client *client, const char *url, uint8_t digest[32]);
int body_is_signed(struct midge_client *client, const uint8_t digest[32], const uint8_t *key,
                   size_t key_len, const uint8_t *signature, size_t signature_len);

/* parts.c: pieces of a file. */
int part_last_kb(struct midge_client *client, const char *url, struct midge_sink *sink,
                 uint64_t *total);
int part_in_slices(struct midge_client *client, const char *url, const char *path);
int part_resumed(struct midge_client *client, const char *url, const char *path);

/* json.c: documents as trees, and written without a tree. */
int json_read(struct midge_client *client, const char *text, size_t len, double *celsius,
              int64_t *count);
int json_copy(struct midge_client *client, const char *text, size_t len, char *out, size_t cap);
int json_write(char *out, size_t cap, size_t *len);

/* waiting.c: permits, time, streams of the application's own. */
struct limited {
    struct midge_semaphore *two; /* permits, shared by all tasks */
    const char *url;
    midge_id id;
    struct midge_result result;
};
int limited_task(struct midge_task *task, void *state);
int limited_run(struct midge_client *client, const char *url, unsigned n);
struct queue {
    struct midge_source source;
    struct midge_sink sink;
    struct midge_client *client;
    midge_id id;
    const char *text; /* to be sent next; NULL: not known yet */
    uint8_t last;     /* nothing comes after text */
};
int queue_start(struct midge_client *client, struct queue *queue, const char *url);
void queue_put(struct queue *queue, const char *text, int last);

/* loop.c: midge in a loop that waits for other sockets too. */
int loop_turn(struct midge_client *client, struct midge_pollfd *fds, size_t cap, size_t *n);
void loop_link_changed(struct midge_client *client, int up, int new_address);

/* identity.c: who is asked, and as whom. */
int cookies_save(struct midge_cookies *jar, char *text, size_t cap);
int cookies_login(struct midge_client *client, const struct midge_port *port, const char *url);
void trust_show(void *ctx, const struct midge_peer *peer);
int trust_partition(struct midge_tls *tls, const void *table, size_t len);
int sessions_keep(struct midge_client *old_client, struct midge_client *next, void *ram,
                  size_t cap);

/* events.c: a record of what happened; the same report again and again. */
struct midge_event_log *log_begin(struct midge_config *config, void *block, size_t size);
size_t log_save(const struct midge_event_log *log, void *to, size_t cap);
void log_print(void *ctx, const struct midge_event *event, const struct midge_event_about *about);
int report_thrice(struct midge_client *client, const char *url);
void stream_again(struct midge_sse *sse);

/* urls.c: URLs from pieces, and into pieces. */
int url_search(char *out, size_t cap, const char *base, const char *words);
int url_follow(char *out, size_t cap, const char *pasted, const char *location);
int url_is_below(const char *url, const char *host, const char *folder);

/* ports.c: the ports of desktops and of systems with BSD sockets. */
int port_of_linux(struct midge_port **port, const char *name_servers);
int port_of_sockets(struct midge_port *port, void *memory, size_t size, size_t *needed);

/* world.c: a simulated network with most of what it can do. */
int world_run(uint64_t seed, uint64_t *hash);

#ifdef __cplusplus
}
#endif
#endif
