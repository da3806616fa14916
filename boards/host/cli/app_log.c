/* SPDX-License-Identifier: MIT */
/* The app writes its log (boards/apps/log.c) to a temporary file, unless the setting MIDGE_LOG
   names one; `midge log` reads it. */
#define _GNU_SOURCE
#include "app_log.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "board.h"
#include "failure.h"
#include "log.h"

#define OPTIONS 7 /* a file, and of three options at most two words */

/* Is it one of them? Moves its words to the options of `midge log`. */
static int take(char **argv, int left, char **options, int *n)
{
    const int has_value =
        (strcmp(argv[0], "--har") == 0 || strcmp(argv[0], "--beside") == 0) && left > 1;
    const int is_ours = has_value || strcmp(argv[0], "--waterfall") == 0 ||
                        strncmp(argv[0], "--waterfall=", 12) == 0 ||
                        strncmp(argv[0], "--beside=", 9) == 0;

    if (!is_ours || *n + 2 > OPTIONS) {
        return 0;
    }
    options[(*n)++] = argv[0];
    if (has_value) {
        options[(*n)++] = argv[1];
    }
    return has_value ? 2 : 1;
}

static int run(int argc, char **argv, char **options, int n)
{
    char path[] = "/tmp/midge-log-XXXXXX";
    const char *named = getenv("MIDGE_LOG");
    const int is_ours = named == NULL || strcmp(named, "-") == 0;
    const int file = is_ours ? mkstemp(path) : -1;
    struct stat log;
    int code;

    if (is_ours && (file < 0 || setenv("MIDGE_LOG", path, 1) != 0)) {
        fprintf(stderr, "midge: (%d) no temporary file for the log\n", EXIT_WRITE);
        return EXIT_WRITE;
    }
    options[0] = is_ours ? path : (char *)(uintptr_t)named;
    code = midge_app_main(argc, argv);
    if (stat(options[0], &log) == 0 && log.st_size > 0) {
        int shown = log_main(n, options);
        code = code != 0 ? code : shown;
    } else if (code == 0) {
        fprintf(stderr, "midge: (%d) this program has no log of its requests\n", EXIT_READ);
        code = EXIT_READ;
    }
    if (is_ours) {
        (void)close(file);
        (void)unlink(path);
    }
    return code;
}

int app_log_main(int argc, char **argv)
{
    char *options[OPTIONS + 1];
    int n = 1, kept = 0;

    for (int i = 0; i < argc;) {
        int words = i > 0 ? take(argv + i, argc - i, options, &n) : 0;
        if (words == 0) {
            argv[kept++] = argv[i++];
        }
        i += words;
    }
    argv[kept] = NULL;
    return n > 1 ? run(kept, argv, options, n) : midge_app_main(kept, argv);
}
