/* SPDX-License-Identifier: MIT */
/* The README's example, compiled and run on a client without a server: both jobs fail, cleanly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "midge/port_posix.h"

/* --- as in README.md --- */
#include <midge/midge.h>
#include <stdio.h>

struct job {
    const char *url;
    struct midge_blob body;
    struct midge_result result;
    midge_id id;
};

static int fetch(struct midge_task *task, void *state)
{
    struct job *job = (struct job *)state;
    struct midge_client *client = midge_task_client(task);
    MIDGE_BEGIN(task);
    midge_blob_init(&job->body, client, 4096);
    { /* locals with initialisers: a block of their own, for C++ */
        struct midge_request get = {.url = job->url, .sink = &job->body.sink};
        int err = midge_start(client, &get, &job->id);
        if (err != MIDGE_OK) {
            return midge_task_return(task, err, 0);
        }
    }
    MIDGE_AWAIT(task, job->id, &job->result);
    printf("%s: %d, %zu bytes, %s\n", job->url, job->result.status, job->body.len,
           midge_err_text(job->result.error));
    midge_blob_free(&job->body);
    return midge_task_return(task, job->result.error, 0);
    MIDGE_END(task);
}

int fetch_both(struct midge_client *client, struct job jobs[2]);

int fetch_both(struct midge_client *client, struct job jobs[2])
{
    midge_id ids[2];
    int err = MIDGE_OK, n = 0;
    while (n < 2 && err == MIDGE_OK) {
        err = midge_spawn(client, fetch, &jobs[n], &ids[n]);
        n += err == MIDGE_OK;
    }
    for (int i = 0; i < n; i++) { /* both run while one is waited for; or midge_gather them */
        int ended = midge_wait(client, ids[i], NULL);
        err = err == MIDGE_OK ? ended : err;
    }
    return err;
}
/* --- end --- */

static void test_example_runs(void **state)
{
    (void)state;
    struct midge_port *port;
    struct midge_client *client;
    struct job jobs[2] = {{.url = "http://127.0.0.1:1/"}, {.url = "http://[::1]:1/"}};
    assert_int_equal(midge_posix_open(&port, 0), MIDGE_OK);
    struct midge_config config = {.port = port, .max_connections = 2};
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    assert_non_null(config.memory);
    assert_int_equal(midge_open(&client, &config), MIDGE_OK);
    for (int i = 0; i < 300; i++) { /* no result stays behind: there are fewer slots */
        assert_int_equal(fetch_both(client, jobs), MIDGE_ERR_CONNECT);
    }
    assert_int_equal(jobs[0].result.error, MIDGE_ERR_CONNECT);
    assert_int_equal(jobs[1].result.error, MIDGE_ERR_CONNECT);
    assert_int_equal(jobs[0].result.status, 0);
    midge_close(client);
    free(config.memory);
    midge_posix_close(port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_example_runs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
