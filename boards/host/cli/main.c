/* SPDX-License-Identifier: MIT */
/*
 * midge: the host program. Users type it like curl; tests use its report and exit code.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "app_log.h"
#include "board.h"
#include "explain.h"
#include "failure.h"
#include "help.h"
#include "log.h"
#include "options.h"
#include "parse_url.h"
#include "run.h"
#include "size.h"

static int which_app(const char *name)
{
    char list[128] = "";

    for (size_t i = 0; board_app_name(i) != NULL; i++) {
        snprintf(list + strlen(list), sizeof list - strlen(list), " %s", board_app_name(i));
    }
    if (name[0] == '\0') {
        return usage_error("app: which one?%s", list);
    }
    return usage_error("app: there is no '%s'; there are:%s", name, list);
}

/* argv[0] is the app's name. */
static int run_app(int argc, char **argv)
{
    const char *name = argc > 0 ? argv[0] : "";
    size_t i = 0;

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        return help_apps();
    }
    while (board_app_name(i) != NULL && strcmp(board_app_name(i), name) != 0) {
        i++;
    }
    if (board_app_name(i) == NULL && name[0] != '-') {
        return which_app(name);
    }
    return app_log_main(argc, argv);
}

static int run_device(const struct options *options, char **argv)
{
    const struct device *device;
    int code = device_start(&device, options->device, options->sim, options_http2(options), argv);

    return code < 0 ? run_options(options, device) : code;
}

static int fetch(int argc, char **argv)
{
    struct keep keep = {0};
    struct options options = {.keep = &keep};
    int code = options_parse(&options, argc - 1, argv + 1);

    if (code == 0 && options.help) {
        code = help_show();
    } else if (code == 0 && options.version) {
        code = help_version();
    } else if (code == 0 && options.explain != NULL) {
        code = explain(options.explain);
    } else if (code == 0) {
        code = run_device(&options, argv);
    }
    keep_end(&keep);
    return code;
}

/* If 0, 1 or 2 is closed, the next socket would get its number, and a body could be written to the
   socket. So these numbers are filled with descriptors whose use gives an error. */
static void fill_standard(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            (void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
        }
    }
}

/* Each connection, upload and body waiting for stdout needs a descriptor. */
static void allow_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";

    fill_standard();
    allow_descriptors();
    if (strcmp(command, "app") == 0) {
        return run_app(argc - 2, argv + 2);
    }
    if (strcmp(command, "parse-url") == 0) {
        return parse_url(argc - 2, argv + 2);
    }
    if (strcmp(command, "log") == 0) {
        return log_main(argc - 2, argv + 2);
    }
    if (strcmp(command, "size") == 0) {
        return size_main(argc - 2, argv + 2, argv);
    }
    if (strcmp(command, "bench") == 0) {
        return usage_error("bench: not in this build");
    }
    return fetch(argc, argv);
}
