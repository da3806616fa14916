/* SPDX-License-Identifier: MIT */
/*
 * midge: the host program. People type it like curl; tests drive it by its report and exit code.
 */
#include <string.h>

#include "board.h"
#include "failure.h"
#include "help.h"
#include "options.h"
#include "parse_url.h"
#include "run.h"

/* argv[0] is the app's name. */
static int run_app(int argc, char **argv)
{
    if (argc == 0)
        return usage_error("app: which one? posts itunes images chat tour compare");
    return midge_app_main(argc, argv);
}

static int fetch(int argc, char **argv)
{
    struct keep keep = {0};
    struct options options = {.keep = &keep};
    int code = options_parse(&options, argc, argv);

    if (code == 0 && options.help)
        code = help_show();
    else if (code == 0 && options.version)
        code = help_version();
    else if (code == 0)
        code = run_options(&options);
    keep_end(&keep);
    return code;
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";

    if (strcmp(command, "app") == 0)
        return run_app(argc - 2, argv + 2);
    if (strcmp(command, "parse-url") == 0)
        return parse_url(argc - 2, argv + 2);
    if (strcmp(command, "bench") == 0)
        return usage_error("bench: not in this build");
    return fetch(argc - 1, argv + 1);
}
