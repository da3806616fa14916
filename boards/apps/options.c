/* SPDX-License-Identifier: MIT */
/* Options by table: --name VALUE, --name=VALUE, --flag. */
#include <string.h>

#include "app.h"

#define NUMBER_MAX 1000000U

static bool read_number(const char *text, unsigned *number)
{
    unsigned n = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || n > NUMBER_MAX / 10) {
            return false;
        }
        n = n * 10 + (unsigned)(*at - '0');
    }
    *number = n;
    return *text != '\0' && n <= NUMBER_MAX;
}

static const struct app_option *find(const struct app_option *options, const char *arg, size_t len)
{
    for (; options->name != NULL; options++) {
        if (strlen(options->name) == len && memcmp(options->name, arg, len) == 0) {
            return options;
        }
    }
    return NULL;
}

static bool set(struct app *app, const struct app_option *option, const char *value)
{
    char *field = (char *)app + option->offset;
    if (option->number) {
        unsigned number;
        if (!read_number(value, &number)) {
            app_error(app, "%s: %s: '%s' is not a number up to %u\n", app->name, option->name,
                      value, NUMBER_MAX);
            return false;
        }
        memcpy(field, &number, sizeof number);
    } else {
        memcpy(field, &value, sizeof value);
    }
    return true;
}

/* Takes one option at argv[*at]; *at moves to the last argument that it used. */
static bool take(struct app *app, const struct app_option *options, int argc, char **argv, int *at)
{
    const char *arg = argv[*at];
    size_t len = strcspn(arg, "=");
    const struct app_option *option = find(options, arg, len);
    if (option == NULL || (option->value == NULL && arg[len] == '=')) {
        app_error(app, "%s: unknown option '%s'; --help lists them\n", app->name, arg);
        return false;
    }
    if (option->value == NULL) {
        *(bool *)((char *)app + option->offset) = true;
        return true;
    }
    if (arg[len] == '=') {
        return set(app, option, arg + len + 1);
    }
    if (*at + 1 >= argc) {
        app_error(app, "%s: %s needs a value: %s\n", app->name, option->name, option->value);
        return false;
    }
    return set(app, option, argv[++*at]);
}

/* Moves the arguments that are not options to the front of argv, after the name. */
static bool take_all(struct app *app, const struct app_usage *usage, int argc, char **argv)
{
    bool only_args = false;
    app->args = argv + 1;
    for (int at = 1; at < argc; at++) {
        if (!only_args && strcmp(argv[at], "--") == 0) {
            only_args = true;
        } else if (!only_args && argv[at][0] == '-' && argv[at][1] != '\0') {
            if (!take(app, usage->options, argc, argv, &at)) {
                return false;
            }
        } else if (usage->args == NULL) {
            app_error(app, "%s: what is '%s'? --help lists the options\n", app->name, argv[at]);
            return false;
        } else {
            app->args[app->n_args++] = argv[at];
        }
    }
    return true;
}

/* Reports a bad URL in one line, not once for each item. */
static bool api_is_good(const struct app *app)
{
    struct midge_url url;
    if (app->api == NULL || (midge_url_parse(&url, app->api, strlen(app->api), 0) == MIDGE_OK &&
                             url.query.ptr == NULL && url.fragment.ptr == NULL)) {
        return true;
    }
    app_error(app, "%s: --api: '%s' is no base URL like https://api.example\n", app->name,
              app->api);
    return false;
}

static bool rate_is_good(struct app *app)
{
    if (!MIDGE_WITH_RATE || app->rate_text == NULL || app_rate_read(app->rate_text, &app->rate)) {
        return true;
    }
    app_error(app, "%s: --rate: '%s' is not like 10/m: requests in s, m, h or d, up to 24 days\n",
              app->name, app->rate_text);
    return false;
}

/* The default of a text option whose help does not name it; NULL: none. */
static const char *default_of(const struct app *app, const struct app_option *option)
{
    const char *text;
    if (option->value == NULL || option->number || strchr(option->help, '[') != NULL) {
        return NULL;
    }
    memcpy(&text, (const char *)app + option->offset, sizeof text);
    return text;
}

static void show_help(const struct app *app, const struct app_usage *usage)
{
    app_print(app, "usage: %s [options]%s%s\n", app->name, usage->args != NULL ? " " : "",
              usage->args != NULL ? usage->args : "");
    app_text(app, "", usage->about);
    for (const struct app_option *option = usage->options; option->name != NULL; option++) {
        const char *value = option->value != NULL ? option->value : "";
        const char *usual = default_of(app, option);
        app_print(app, "  %s %-*s %s%s%s%s\n", option->name, 20 - (int)strlen(option->name), value,
                  option->help, usual != NULL ? " [" : "", usual != NULL ? usual : "",
                  usual != NULL ? "]" : "");
    }
}

bool app_options(struct app *app, const struct app_usage *usage, int argc, char **argv, int *code)
{
    if (!take_all(app, usage, argc, argv) || !api_is_good(app) || !rate_is_good(app)) {
        *code = BOARD_EXIT_USAGE;
        return false;
    }
    if (app->help) {
        show_help(app, usage);
        *code = BOARD_EXIT_OK;
        return false;
    }
    return true;
}
