/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "snippets.h"

/* One of many tasks, of which two at a time have a request under way. */
int limited_task(struct midge_task *task, void *state)
{
    struct limited *s = (struct limited *)state;
    struct midge_client *client = midge_task_client(task);
    MIDGE_BEGIN(task);
    {
        int err = midge_acquire(client, s->two, &s->id);
        if (err != MIDGE_OK) {
            return midge_task_return(task, err, 0);
        }
    }
    MIDGE_AWAIT(task, s->id, &s->result);
    if (s->result.error != MIDGE_OK) {
        return midge_task_return(task, s->result.error, 0); /* canceled: there is no permit */
    }
    {
        struct midge_request get = {.url = s->url};
        int err = midge_start(client, &get, &s->id);
        if (err != MIDGE_OK) {
            midge_release(client, s->two);
            return midge_task_return(task, err, 0);
        }
    }
    MIDGE_AWAIT(task, s->id, &s->result);
    midge_release(client, s->two);
    return midge_task_return(task, s->result.error, 0);
    MIDGE_END(task);
}

/* n such tasks, at most 8, that together may take 30 s. */
int limited_run(struct midge_client *client, const char *url, unsigned n)
{
    struct midge_semaphore two;
    struct limited states[8];
    midge_id ids[8], all, limit;
    unsigned i;
    int err = n >= 1 && n <= 8 ? MIDGE_OK : MIDGE_ERR_INVALID;

    midge_semaphore_init(&two, 2);
    memset(states, 0, sizeof states);
    for (i = 0; i < n && err == MIDGE_OK; i++) {
        states[i].two = &two;
        states[i].url = url;
        err = midge_spawn(client, limited_task, &states[i], &ids[i]);
    }
    if (err != MIDGE_OK) {
        return err; /* the caller closes the client */
    }
    err = midge_gather(client, ids, n, MIDGE_GATHER_FAIL_FAST, &all);
    if (err == MIDGE_OK) {
        err = midge_timeout(client, all, 30000, &limit);
    }
    return err == MIDGE_OK ? midge_wait(client, limit, NULL) : err;
}

static int queue_read(struct midge_source *source, uint8_t *buf, size_t cap, size_t *n)
{
    struct queue *queue = (struct queue *)source;
    if (!queue->text) {
        return queue->last ? MIDGE_ERR_EOF : MIDGE_ERR_AGAIN; /* until queue_put */
    }
    *n = strlen(queue->text);
    if (*n > cap) {
        return MIDGE_ERR_TOO_LARGE;
    }
    memcpy(buf, queue->text, *n);
    queue->text = NULL;
    return MIDGE_OK;
}

static int queue_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    (void)sink, (void)data, (void)len;
    return MIDGE_ERR_PAUSE; /* one piece at a time; queue_put asks for the next one */
}

static int queue_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    (void)sink, (void)err, (void)complete;
    return MIDGE_OK;
}

/* A request whose body is not known yet, and whose answer comes piece by piece. */
int queue_start(struct midge_client *client, struct queue *queue, const char *url)
{
    struct midge_request post = {.url = url, .source = &queue->source, .sink = &queue->sink};
    memset(queue, 0, sizeof *queue);
    queue->client = client;
    queue->source.read = queue_read;
    queue->source.length = -1; /* not known: chunked */
    queue->sink.write = queue_write;
    queue->sink.finish = queue_finish;
    return midge_start(client, &post, &queue->id);
}

/* The next bytes of the body. The source continues, and so does the answer, if it waits. */
void queue_put(struct queue *queue, const char *text, int last)
{
    queue->text = text;
    queue->last = last != 0;
    (void)midge_resume_source(queue->client, queue->id);
    (void)midge_resume_sink(queue->client, queue->id);
}
