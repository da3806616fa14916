/* SPDX-License-Identifier: MIT */
/*
 * Starts the requests of the plan, as many at once as there is memory for; turns the client until
 * all have ended, and starts more meanwhile; then prints the results. Each fetch ends exactly once,
 * in on_done or end_unstarted, where a failure becomes a line and an exit code.
 */
#define _GNU_SOURCE
#include "run.h"

#include <stdio.h>
#include <string.h>
#include <midge/err.h>

#include "body.h"
#include "compressed.h"
#include "dump.h"
#include "failure.h"
#include "follow.h"
#include "har.h"
#include "host/interrupt.h"
#include "page.h"
#include "report.h"
#include "sessions.h"
#include "setup.h"
#include "through.h"
#include "verbose.h"
#include "verdict.h"
#include "waterfall.h"
#include "words.h"
#include "write_out.h"

#define MOST_LIVE     60000u /* started at once; less than the client's limit on awaitables */
#define PROGRESS_MS   100
#define STDIN_WAIT_MS 20 /* between two checks of a stdin without data */

/* --- the end of one --- */

/* The client only knows that a sink or source failed; they know the errno. */
static void add_native(struct fetch *fetch)
{
    if (fetch->result.native != 0) {
        return;
    }
    if (fetch->result.error == MIDGE_ERR_WRITE) {
        fetch->result.native = fetch->output.native;
    } else if (fetch->result.error == MIDGE_ERR_READ) {
        fetch->result.native = body_native(fetch);
    }
}

static int is_silent(const struct run *run)
{
    return run->options->silent && !run->options->show_error;
}

static void tell(struct fetch *fetch)
{
    struct run *run = fetch->run;

    fetch->exit_code = through_exit_code(fetch);
    if (fetch->result.error == MIDGE_OK) {
        return;
    }
    add_native(fetch);
    if (fetch->what == NULL) {
        fetch->what = words_of(fetch);
    }
    fetch->message =
        failure_line(run->keep, fetch->exit_code, &fetch->result, fetch->url, fetch->what);
    if (is_silent(run) || fetch->told) {
        return;
    }
    progress_clear(&run->progress);
    fprintf(stderr, "%s\n", fetch->message);
}

/* The fetch has ended: nothing more comes for stdout. */
static void conclude(struct fetch *fetch)
{
    fetch->state = FETCH_DONE;
    tell(fetch);
    write_out_fill(fetch);
    output_end(&fetch->output);
}

static void end_unstarted(struct fetch *fetch)
{
    output_drop(&fetch->output);
    conclude(fetch);
}

/* --- callbacks --- */

static void on_send(void *ctx, midge_id id, const char *method, const char *url)
{
    struct fetch *fetch = ctx;

    (void)id;
    fetch->state = FETCH_SENT;
    if (fetch->run->options->verbose) {
        verbose_request(fetch, method, url);
    }
}

/* When the head is shown, the user also learns that part of it is missing. */
static void tell_skipped(const struct fetch *fetch, const struct midge_response *response)
{
    int shown = fetch->run->options->verbose || fetch->group->include || fetch->group->head;

    if (response->headers_skipped && shown && !is_silent(fetch->run)) {
        fputs("midge: headers beyond --max-header were skipped\n", stderr);
    }
}

/* Also for an interim answer, as with curl. */
static int show_head(struct fetch *fetch, const struct midge_response *response)
{
    struct text head = {.keep = fetch->run->keep};
    int err;

    fetch->reply.head_bytes += reply_text_size(response);
    if (fetch->run->options->verbose) {
        reply_show(response);
    }
    if (!fetch->group->include && !fetch->group->head && fetch->group->dump_header == NULL) {
        return MIDGE_OK;
    }
    reply_text(response, &head);
    err = dump_head(fetch, &head);
    if (err != MIDGE_OK || (!fetch->group->include && !fetch->group->head)) {
        return err;
    }
    return output_put(&fetch->output, head.data, head.len);
}

static void on_interim(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)id;
    (void)show_head(ctx, response); /* a failed write fails again later */
}

static int on_redirect(void *ctx, midge_id id, const struct midge_response *response,
                       struct midge_redirect *to)
{
    struct fetch *fetch = ctx;
    int err = show_head(fetch, response);

    (void)id;
    fetch->hops.n_before = fetch->hops.n;
    return err != MIDGE_OK ? err : follow_hop(fetch, to);
}

/* Are the texts of the head needed later: for the report, for -w, for the line of -f? */
static int is_kept(const struct fetch *fetch, const struct midge_response *response)
{
    int fails = fetch->group->fail || fetch->group->fail_with_body;

    return fetch->run->options->report != NULL || fetch->group->write_out != NULL ||
           (fails && response->status >= 400);
}

static int on_response(void *ctx, midge_id id, const struct midge_response *response)
{
    struct fetch *fetch = ctx;
    int err;

    (void)id;
    fetch->state = FETCH_BODY;
    fetch->output.keeps_old = response->status == 304;
    reply_note(&fetch->reply, response);
    if (is_kept(fetch, response)) {
        reply_keep(&fetch->reply, fetch->run->keep, response);
    }
    err = show_head(fetch, response);
    tell_skipped(fetch, response);
    return err != MIDGE_OK ? err : verdict_head(fetch, response);
}

static void on_trailer(void *ctx, midge_id id, const char *name, size_t name_len, const char *value,
                       size_t value_len)
{
    struct fetch *fetch = ctx;

    (void)id;
    reply_add(&fetch->reply.trailers, fetch->run->keep, name, name_len, value, value_len);
    dump_trailer(fetch, name, name_len, value, value_len);
}

static void on_done(void *ctx, const struct midge_result *result)
{
    struct fetch *fetch = ctx;

    fetch->result = *result;
    verdict_done(fetch);
    if (fetch->run->poll_error != MIDGE_OK && result->error == MIDGE_ERR_CANCELED) {
        fetch->result.error = fetch->run->poll_error; /* not canceled by the user */
    }
    fetch->run->live--;
    har_end(fetch);
    conclude(fetch);
}

/* --- starting --- */

static int begin(struct run *run, struct fetch *fetch)
{
    struct midge_request *request = &fetch->request;
    int err = fetch->result.error;

    if (err == MIDGE_OK) {
        err = body_open(fetch);
    }
    compressed_apply(fetch);
    har_apply(fetch);
    request->ctx = fetch;
    request->on_send = on_send;
    request->on_interim = on_interim;
    request->on_redirect = on_redirect;
    request->on_response = on_response;
    request->on_trailer = run->options->report != NULL || dump_shows(fetch) ? on_trailer : NULL;
    request->on_done = on_done;
    if (err != MIDGE_OK) {
        return err;
    }
    return midge_start(run->client, request, &fetch->id);
}

/* 1: it has begun, or never can; 0: not now, the live requests fill the block. */
static int start_one(struct run *run, struct fetch *fetch)
{
    int err = begin(run, fetch);

    if (err == MIDGE_OK) {
        fetch->started = 1;
        run->live++;
        return 1;
    }
    body_drop(fetch);
    if ((err == MIDGE_ERR_NO_MEMORY || err == MIDGE_ERR_NO_SLOT) && run->live > 0 &&
        fetch->upload_path == NULL) {
        return 0;
    }
    fetch_refuse(fetch, err, 0, NULL);
    end_unstarted(fetch);
    return 1;
}

/* Each body that waits for its turn on stdout needs a descriptor, so there are at most as many
   requests as can have one beside all sockets. */
static size_t most_live(const struct run *run)
{
    size_t spills = run->plan.line.spills, all = setup_descriptors() / 3 * 2;

    if (run->options->sync || all <= spills) {
        return 1;
    }
    return all - spills < MOST_LIVE ? all - spills : MOST_LIVE;
}

static void start_more(struct run *run)
{
    size_t most = most_live(run);

    while (!run->aborted && run->next < run->plan.n && run->live < most &&
           start_one(run, &run->plan.fetches[run->next])) {
        run->next++;
    }
}

/* Ends all fetches that have not begun. */
static void refuse_rest(struct run *run, int error, int native, const char *what)
{
    while (run->next < run->plan.n) {
        struct fetch *fetch = &run->plan.fetches[run->next++];
        fetch_refuse(fetch, error, native, what);
        end_unstarted(fetch);
    }
}

/* There is no client: prints one line for all; each report has the error. */
static void refuse_all(struct run *run, int error, int native, const char *what)
{
    struct midge_result result = {.error = error, .native = native};

    if (!is_silent(run)) {
        int code = failure_exit_code(error, result.phase);
        fprintf(stderr, "%s\n", failure_line(run->keep, code, &result, NULL, what));
    }
    for (size_t i = 0; i < run->plan.n; i++) {
        run->plan.fetches[i].told = run->plan.fetches[i].result.error == MIDGE_OK;
    }
    refuse_rest(run, error, native, what);
}

static void abort_all(struct run *run, int error)
{
    run->aborted = 1;
    for (size_t i = 0; i < run->next; i++) {
        if (run->plan.fetches[i].started && run->plan.fetches[i].state != FETCH_DONE) {
            (void)midge_cancel(run->client, run->plan.fetches[i].id);
        }
    }
    refuse_rest(run, error, 0, NULL);
}

/* --- turning --- */

/* Resumes uploads whose stdin had nothing to send and has now. Returns whether one still waits. */
static int resume_uploads(struct run *run)
{
    int waits = 0;

    if (run->stdin_uploads == 0) {
        return 0;
    }
    for (size_t i = 0; i < run->next; i++) {
        struct fetch *fetch = &run->plan.fetches[i];
        if (fetch->state == FETCH_DONE || !fetch->upload.waits) {
            continue;
        }
        if (upload_ready(&fetch->upload)) {
            (void)midge_resume(run->client, fetch->id);
        } else {
            waits = 1;
        }
    }
    return waits;
}

static int turn_timeout(const struct run *run, int stdin_waits)
{
    if (stdin_waits) {
        return STDIN_WAIT_MS;
    }
    return run->progress.on ? PROGRESS_MS : -1;
}

static void turn_until_done(struct run *run)
{
    start_more(run);
    while (run->live > 0) {
        int stdin_waits = resume_uploads(run);
        int live = midge_poll(run->client, turn_timeout(run, stdin_waits));
        if (live < 0) {
            run->poll_error = live;
            abort_all(run, live);
            if (midge_poll(run->client, 0) < 0) {
                break; /* midge_close ends the rest */
            }
        }
        if (interrupt_came() && !run->aborted) {
            abort_all(run, MIDGE_ERR_CANCELED);
        }
        start_more(run);
        progress_draw(&run->progress, run);
    }
    progress_clear(&run->progress);
}

static uint64_t now_us(const struct run *run)
{
    return run->shim.port.clock_us(run->shim.port.ctx);
}

static void transfer(struct run *run)
{
    const char *what = NULL;
    int native = 0, err = setup_client(run, &native, &what);

    run->start_us = run->end_us = now_us(run);
    if (err != MIDGE_OK) {
        refuse_all(run, err, native, what);
        return;
    }
    memory_begin(run);
    sessions_import(run);
    interrupt_catch(run->client);
    if (run->options->sim == NULL) { /* its time is not the user's */
        progress_init(&run->progress, run);
    }
    turn_until_done(run);
    run->end_us = now_us(run);
    interrupt_release();
    sessions_export(run);
    memory_end(run);
    midge_close(run->client); /* fills run->stats */
    run->client = NULL;
}

/* --- the end of all --- */

/* An output that waited for stdout may have failed long after its request ended. */
static void find_late_failures(struct run *run)
{
    for (size_t i = 0; i < run->plan.n; i++) {
        struct fetch *fetch = &run->plan.fetches[i];
        if (fetch->result.error != MIDGE_OK || fetch->output.native == 0) {
            continue;
        }
        fetch->result.error = MIDGE_ERR_WRITE;
        fetch->what = "can't write to stdout"; /* a file's failure was told by its sink */
        tell(fetch);
    }
}

static int first_failure(const struct run *run)
{
    for (size_t i = 0; i < run->plan.n; i++) {
        if (run->plan.fetches[i].exit_code != 0) {
            return run->plan.fetches[i].exit_code;
        }
    }
    return 0;
}

/* Each file is tried, whatever became of the others. 0, or EXIT_WRITE after a line for each. */
static int draw_all(struct run *run)
{
    const struct options *options = run->options;
    int code = 0;

    if (options->waterfall || (options->sim != NULL && !options->silent)) {
        code = waterfall_draw(run);
    }
    if (options->memory != NULL && memory_svg(run, options->memory) != 0) {
        code = EXIT_WRITE;
    }
    if (options->page != NULL && page_write(run, options->page) != 0) {
        code = EXIT_WRITE;
    }
    return har_write(run) != 0 ? EXIT_WRITE : code;
}

static int run_all(struct run *run)
{
    struct report report = {0};
    int code = plan_make(&run->plan, run, run->options, &run->shim.port);

    if (code == 0) {
        code = report_open(&report, run->options->report);
    }
    if (code == 0) {
        code = dump_open(run);
    }
    if (code != 0) {
        return code;
    }
    transfer(run);
    code = dump_close(run);
    find_late_failures(run);
    if (draw_all(run) != 0) {
        code = EXIT_WRITE;
    }
    if (report_write(&report, run) != 0) {
        code = EXIT_WRITE;
    }
    return first_failure(run) != 0 ? first_failure(run) : code;
}

/* Replaces the formats of -w that name a file. */
static int read_formats(const struct options *options)
{
    int code = 0;

    for (size_t i = 0; code == 0 && i < options->n_groups; i++) {
        code = write_out_read(options->keep, &options->groups[i].write_out);
    }
    return code;
}

int run_options(const struct options *options, const struct device *device)
{
    struct run run = {.options = options, .device = device, .keep = options->keep};
    int code = read_formats(options);

    if (code != 0) {
        return code;
    }
    code = setup_port(&run);
    if (code == 0) {
        code = run_all(&run);
    }
    return setup_end(&run, code);
}
