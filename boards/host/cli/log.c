/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <stdio.h>
#include <string.h>

#include "data.h"
#include "failure.h"
#include "log_read.h"
#include "run.h"
#include "setup.h"
#include "waterfall.h"

/* The text goes to stdout, unless a picture or an archive is asked for. */
static int draw(const struct log *log, struct run *run)
{
    const struct options *options = run->options;
    int code = setup_port(run);

    if (code != 0) {
        return code;
    }
    log_run(log, run);
    if (options->waterfall && waterfall_draw(run) != 0) {
        code = EXIT_WRITE;
    }
    if (har_write(run) != 0) {
        code = EXIT_WRITE;
    }
    network_close(&run->network);
    return code;
}

static int show(const char *path, const struct options *options)
{
    struct run run = {.options = options, .keep = options->keep};
    struct text bytes = {.keep = options->keep};
    struct log log;
    int code = data_read_file(path, &bytes);

    if (code != 0) {
        fprintf(stderr, "midge: (%d) can't read the log %s: %s\n", EXIT_READ, path, strerror(code));
        return EXIT_READ;
    }
    log_unpack(&bytes);
    if (log_read(&log, options->keep, bytes.len > 0 ? bytes.data : "", bytes.len) != 0) {
        fprintf(stderr, "midge: (%d) %s: %s\n", EXIT_READ, path, log.damage);
        return EXIT_READ;
    }
    if (!options->waterfall && options->har == NULL) {
        log_show(&log);
    } else {
        code = draw(&log, &run);
    }
    if (log.damage != NULL) {
        fprintf(stderr, "midge: (%d) %s is damaged: %s; %zu events were readable\n", EXIT_READ,
                path, log.damage, log.n);
        code = code != 0 ? code : EXIT_READ;
    }
    return fflush(stdout) == 0 || code != 0 ? code : EXIT_WRITE;
}

int log_main(int argc, char **argv)
{
    struct keep keep = {0};
    struct options options = {.keep = &keep};
    const char *path = NULL;

    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--waterfall") == 0) {
            options.waterfall = 1;
        } else if (strncmp(argv[i], "--waterfall=", 12) == 0) {
            options.waterfall = 1;
            options.waterfall_file = argv[i] + 12;
        } else if (strcmp(argv[i], "--har") == 0 && i + 1 < argc) {
            options.har = argv[++i];
        } else if (strncmp(argv[i], "--har=", 6) == 0) {
            options.har = argv[i] + 6;
        } else if (argv[i][0] == '-' && argv[i][1] != '\0') {
            return usage_error("log: unknown option %s", argv[i]);
        } else if (path != NULL) {
            return usage_error("log: one file at a time");
        } else {
            path = argv[i];
        }
    }
    int code = path != NULL ? show(path, &options) : usage_error("log: no file");
    keep_end(&keep);
    return code;
}
