/* SPDX-License-Identifier: MIT */
/* The table of programs. */
#include <string.h>

#include "app.h"

static const struct {
    const char *name;
    int (*run)(struct board *board, int argc, char **argv);
} apps[] = {
    {"posts", app_posts},     {"itunes", app_itunes}, {"images", app_images}, {"tour", app_tour},
    {"compare", app_compare}, {"fetch", app_fetch},   {"chat", app_chat},
};

#define APPS (sizeof apps / sizeof apps[0])

const char *board_app_name(size_t number)
{
    return number < APPS ? apps[number].name : NULL;
}

int board_app(struct board *board, int argc, char **argv)
{
    const struct app none = {.board = board, .name = "app"};
    for (size_t i = 0; argc > 0 && i < APPS; i++) {
        if (strcmp(argv[0], apps[i].name) == 0) {
            return apps[i].run(board, argc, argv);
        }
    }
    if (argc > 0) {
        app_error(&none, "app: there is no '%s'; there are:", argv[0]);
    } else {
        app_error(&none, "app: which one?");
    }
    for (size_t i = 0; i < APPS; i++) {
        app_error(&none, " %s", apps[i].name);
    }
    app_error(&none, "\n");
    return BOARD_EXIT_USAGE;
}
