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
    if (options->beside != NULL && compare_svg(run, options->beside) != 0) {
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
    if (!options->waterfall && options->har == NULL && options->beside == NULL) {
        log_show(&log);
    } else {
        code = draw(&log, &run);
    }
    if (log.damage != NULL) {
        fprintf(stderr, "midge: (%d) %s is damaged: %s; %zu events were readable\n", EXIT_READ,
                path, log.damage, log.n);
        code = code != 0 ? code : EXIT_READ;
    }
    return (fflush(stdout) == 0 && !ferror(stdout)) || code != 0 ? code : EXIT_WRITE;
}

/* The value of --name VALUE or --name=VALUE, and *at moves to it; NULL: it is another option. */
static const char *value_of(const char *name, int argc, char **argv, int *at)
{
    const size_t len = strlen(name);

    if (strncmp(argv[*at], name, len) != 0) {
        return NULL;
    }
    if (argv[*at][len] == '=') {
        return argv[*at] + len + 1;
    }
    return argv[*at][len] == '\0' && *at + 1 < argc ? argv[++*at] : NULL;
}

/* Not an option: a file. 0, or EXIT_USAGE after a line. */
static int take_word(struct options *options, const char **path, int argc, char **argv, int *at)
{
    const char *value;

    if (strcmp(argv[*at], "--waterfall") == 0) {
        options->waterfall = 1;
    } else if (strncmp(argv[*at], "--waterfall=", 12) == 0) {
        options->waterfall = 1;
        options->waterfall_file = argv[*at] + 12;
    } else if ((value = value_of("--har", argc, argv, at)) != NULL) {
        options->har = value;
    } else if ((value = value_of("--beside", argc, argv, at)) != NULL) {
        options->beside = value;
    } else if (argv[*at][0] == '-' && argv[*at][1] != '\0') {
        return usage_error("log: unknown option %s", argv[*at]);
    } else if (*path != NULL) {
        return usage_error("log: one file at a time");
    } else {
        *path = argv[*at];
    }
    return 0;
}

int log_main(int argc, char **argv)
{
    struct keep keep = {0};
    struct options options = {.keep = &keep};
    const char *path = NULL;
    int code = 0;

    for (int i = 0; i < argc && code == 0; i++) {
        code = take_word(&options, &path, argc, argv, &i);
    }
    if (code == 0) {
        code = path != NULL ? show(path, &options) : usage_error("log: no file");
    }
    keep_end(&keep);
    return code;
}
