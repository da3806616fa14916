/* SPDX-License-Identifier: MIT */
/*
 * Opens the client: its port, trusted roots, limits and block of memory follow from the options and
 * the plan. Roots are read only when a request verifies a certificate.
 */
#include "setup.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <midge/config.h>
#include <midge/err.h>
#include <midge/port_posix.h>

#include "compressed.h"
#include "cookies.h"
#include "data.h"
#include "etag.h"
#include "failure.h"
#include "har.h"
#include "host/clock.h"
#include "host/keylog.h"
#include "peer.h"
#include "sessions.h"
#include "verbose.h"

#define MOST_CONNECTIONS 1000u
#define MOST_AWAITABLES  65000u
/* Awaitables beside the requests, and requests that have ended but are not freed yet. */
#define SPARE_AWAITABLES 16u

static size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* --- the port --- */

static int set_faults(struct run *run)
{
    const struct items *wanted = &run->options->fail_io;
    const char *alloc = run->options->fail_alloc;
    const char *wrong =
        alloc != NULL ? faults_alloc(alloc, &run->fail_alloc, &run->fail_alloc_sticky) : NULL;

    if (wrong != NULL) {
        return usage_error("option --fail-alloc: '%s': %s", alloc, wrong);
    }
    for (size_t i = 0; i < wanted->n; i++) {
        const char *why = faults_add(&run->shim.faults, wanted->at[i].text);
        if (why != NULL) {
            return usage_error("option --fail-io: '%s': %s", wanted->at[i].text, why);
        }
    }
    return 0;
}

int setup_port(struct run *run)
{
    const struct options *options = run->options;
    const struct network_options network = {.sim = options->sim,
                                            .seed = options->has_seed ? &options->seed : NULL,
                                            .device = run->device,
                                            .silent = options->silent};
    int err = network_open(&run->network, &network, MOST_CONNECTIONS + SPARE_AWAITABLES);

    if (err == MIDGE_ERR_INVALID) {
        return EXIT_USAGE; /* the world is wrong: a line was printed */
    }
    if (err != MIDGE_OK) {
        struct midge_result result = {.error = err};
        int code = failure_exit_code(err, MIDGE_PHASE_QUEUE);
        fprintf(stderr, "%s\n", failure_line(run->keep, code, &result, NULL, midge_err_text(err)));
        return code;
    }
    shim_init(&run->shim, run->network.port);
    run->shim.files = run->network.files;
    run->shim.recv_slice = (size_t)options->recv_slice;
    run->shim.send_slice = (size_t)options->send_slice;
    if (options->has_now) {
        run->shim.now = (int64_t)options->now;
    }
    cookies_open(run);
    const int code = sessions_open(run);
    return code == 0 ? set_faults(run) : code;
}

/* --- trust --- */

static int no_ca(struct run *run, int native, const char **what)
{
    *what = keep_format(run->keep,
                        native != 0 ? "can't read the CA file %s" : "the CA file %s is empty",
                        run->ca_place);
    return MIDGE_ERR_CA;
}

/* Without them only requests to https fail: here if one was asked for, else after a redirect. */
static int read_system(struct run *run, int *native, const char **what)
{
    void *roots;
    size_t len;
    int err = midge_posix_system_roots(&roots, &len, &run->ca_place);

    *native = err == MIDGE_ERR_READ ? errno : 0;
    if (err == MIDGE_OK) {
        text_add(&run->ca, roots, len);
        free(roots);
        return MIDGE_OK;
    }
    if (!run->plan.needs_ca) {
        *native = 0;
        return MIDGE_OK;
    }
    return err == MIDGE_ERR_NO_MEMORY ? err : no_ca(run, *native, what);
}

static int read_ca(struct run *run, int *native, const char **what)
{
    const char *path = run->options->cacert;

    if (path == NULL && !run->plan.needs_ca && !run->plan.may_need_ca) {
        return MIDGE_OK;
    }
    if (path == NULL && run->options->sim != NULL) { /* the servers' own */
        size_t len;
        const void *root = midge_sim_root(&len);
        run->ca = (struct text){.keep = run->keep};
        run->ca_place = "of --sim";
        text_add(&run->ca, root, root != NULL ? len : 0);
        return MIDGE_OK;
    }
    run->ca = (struct text){.keep = run->keep};
    run->ca_place = path;
    if (path == NULL) {
        return read_system(run, native, what);
    }
    *native = data_read_file(path, &run->ca);
    if (*native == 0 && run->ca.len > 0) {
        return MIDGE_OK;
    }
    return no_ca(run, *native, what);
}

static void warn_of_clock(const struct run *run)
{
    const struct options *options = run->options;
    int is_silent = options->silent && !options->show_error;

    if (run->plan.needs_ca && !is_silent) {
        clock_warn(run->shim.port.wall_time(run->shim.port.ctx),
                   options->has_now ? 1 : MIDGE_TIME_FLOOR);
    }
}

/* --- limits and memory --- */

/* Descriptors beside those of transfers: the standard ones, resolver, wake-up, report. */
#define SPARE_DESCRIPTORS 16u

size_t setup_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= SIZE_MAX) {
        return SIZE_MAX;
    }
    return limit.rlim_cur > SPARE_DESCRIPTORS ? (size_t)limit.rlim_cur - SPARE_DESCRIPTORS : 0;
}

#if MIDGE_WITH_HTTP2
/* Each request says what it speaks; here it counts for the memory. */
static void set_http(const struct options *options, struct midge_config *config)
{
    if (options_http2(options)) {
        config->http = MIDGE_HTTP_2;
    }
    config->http2_window = (uint32_t)options->http2_window;
    config->http2_conn_window = (uint32_t)options->http2_conn_window;
}
#else
#define set_http(options, config) ((void)(options), (void)(config))
#endif

static void set_limits(const struct run *run, struct midge_config *config)
{
    const struct options *options = run->options;
    size_t wanted = most((size_t)options->per_host, (size_t)options->parallel_max);

    /* Higher limits for one host, or for parallel requests, also raise the number of
       connections. */
    wanted = least(most(wanted, MIDGE_MAX_CONNECTIONS), MOST_CONNECTIONS);
    if (options->max_conns != 0) {
        wanted = (size_t)options->max_conns;
    }
    /* Each has a socket and a body to write: no answer is lost for lack of descriptors. */
    wanted = most(least(wanted, setup_descriptors() / 3), 1);
    config->max_connections = (uint16_t)wanted;
    config->max_per_origin = (uint16_t)options->per_host;
    config->max_handshakes = (uint16_t)options->handshakes;
    config->max_transfers = (uint16_t)options->parallel_max;
    config->max_header = (uint32_t)options->max_header;
    config->max_body = options->max_body;
    config->max_awaitables = (uint16_t)least(run->plan.n + SPARE_AWAITABLES, MOST_AWAITABLES);
    config->queued_requests = config->max_awaitables;
    set_http(options, config);
    config->retry_budget = UINT16_MAX; /* --retry says how many */
    config->rate = options->rate.requests > 0 ? &options->rate : NULL;
}

/* The board's limits, of which the options may take less. */
static void set_device_limits(const struct run *run, struct midge_config *config)
{
    const struct options *options = run->options;
    const size_t asked = (size_t)options->max_conns, most_of_it = run->device->connections;

    config->max_connections = (uint16_t)(asked != 0 ? least(asked, most_of_it) : most_of_it);
    config->turn_crypto = 1; /* as boards/common/main.c: one slow core */
    config->max_awaitables = 0;
    config->queued_requests = 0;
}

static size_t block_size(const struct run *run, const struct midge_config *config)
{
    if (run->options->heap != 0) {
        return (size_t)run->options->heap;
    }
    return run->device != NULL
               ? device_block(run->device)
               : midge_memory_needed(config) + config->max_connections * compressed_memory(run);
}

static const char *too_small(struct run *run, const struct midge_config *config)
{
    size_t smallest = midge_memory_least(config);
    size_t needed = midge_memory_needed(config);

    if (run->block_size >= smallest) {
        return midge_err_text(MIDGE_ERR_NO_MEMORY); /* --fail-alloc */
    }
    return keep_format(run->keep,
                       "a block of %zu bytes is too small: %zu are needed at least (--heap %zu), "
                       "%zu for everything at once",
                       run->block_size, smallest, smallest, needed);
}

static const char *why_not_open(struct run *run, const struct midge_config *config, int err)
{
    if (err == MIDGE_ERR_NO_MEMORY) {
        return too_small(run, config);
    }
    if (err == MIDGE_ERR_CA) {
        return keep_format(run->keep, "no usable certificate in the CA file %s", run->ca_place);
    }
    if (credential_refused(&run->credential)) {
        return keep_format(run->keep, "option --cert: %s", run->credential.why);
    }
    return midge_err_text(err);
}

static void on_peer(void *ctx, const struct midge_peer *peer)
{
    struct run *run = ctx;

    if (run->options->verbose) {
        peer_show(peer);
    }
    remote_note(&run->remotes, run->keep, peer);
}

static int any_write_out(const struct options *options)
{
    for (size_t i = 0; i < options->n_groups; i++) {
        if (options->groups[i].write_out != NULL) {
            return 1;
        }
    }
    return 0;
}

static void set_reports(struct run *run, struct midge_config *config)
{
    if (run->options->verbose) {
        config->trace = verbose_trace;
    }
    if (run->options->verbose || run->options->har != NULL || any_write_out(run->options)) {
        config->on_peer = on_peer;
        config->trace_ctx = run;
    }
    har_setup(run);
}

static void set_tls(const struct run *run, struct midge_tls *tls)
{
    tls->time_floor = run->options->has_now ? 1 : 0; /* --now sets a clock that is trusted */
    tls->ca = run->ca.data;
    tls->ca_len = run->ca.len;
    tls->credential = run->options->cert != NULL ? &run->credential.is : NULL;
    tls->ciphers = run->options->ciphers;
    keylog_set(tls);
}

int setup_client(struct run *run, int *native, const char **what)
{
    struct midge_config config = {.port = &run->shim.port};
    int err = read_ca(run, native, what);

    if (err == MIDGE_OK) {
        err = credential_read(&run->credential, run->options, native, what);
    }
    if (err != MIDGE_OK) {
        return err;
    }
    warn_of_clock(run);
    set_limits(run, &config);
    if (run->device != NULL) {
        set_device_limits(run, &config);
    }
    set_tls(run, &config.tls);
    config.stats_at_close = &run->stats;
    config.proxy = run->plan.secure_proxy.host != NULL ? &run->plan.secure_proxy : NULL;
    set_reports(run, &config);
    config.fail_alloc = run->fail_alloc;
    config.fail_alloc_sticky = run->fail_alloc_sticky;
    run->block_size = block_size(run, &config);
    run->block = malloc(run->block_size);
    config.memory = run->block;
    config.memory_size = run->block_size;
    err = run->block != NULL ? midge_open(&run->client, &config) : MIDGE_ERR_NO_MEMORY;
    if (err != MIDGE_OK) {
        *what = why_not_open(run, &config, err);
        err = credential_refused(&run->credential) ? MIDGE_ERR_CREDENTIAL : err;
    }
    return err;
}

int setup_end(struct run *run, int code)
{
    code = sessions_save(run, cookies_save(run, etag_save(run, code)));
    midge_close(run->client);
    run->client = NULL;
    free(run->block);
    network_close(&run->network);
    return code;
}
