/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
/*
 * The parser: curl's way of writing options, driven by the table (option_table.c). A row of the
 * table gives the kind of the option and the offset of its value in struct options or in the
 * current group; --next begins another group. At the end the combinations are checked.
 */
#include "options.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <midge/tls.h>

#include "ciphers.h"
#include "auth.h"
#include "config_file.h"
#include "etag.h"
#include "failure.h"
#include "follow.h"
#include "glob.h"
#include "headers.h"
#include "host/number.h"
#include "left_out.h"
#include "nearest.h"
#include "part.h"
#include "rate.h"
#include "referer.h"

#define CONFIG_DEPTH 8 /* files of -K inside files of -K */

struct parser {
    struct options *options;
    int argc, at, depth;
    char **argv;
};

static int parse_all(struct parser *parser);

static struct group *last_group(struct options *options)
{
    return &options->groups[options->n_groups - 1];
}

static void add_group(struct options *options)
{
    options->groups =
        keep_room(options->keep, options->groups, options->n_groups, sizeof *options->groups);
    memset(&options->groups[options->n_groups], 0, sizeof *options->groups);
    options->n_groups++;
}

static void add_item(struct keep *keep, struct items *items, enum item_kind kind, const char *text)
{
    items->at = keep_room(keep, items->at, items->n, sizeof *items->at);
    items->at[items->n++] = (struct item){.kind = kind, .text = text};
}

/* --- one option --- */

static char *value_at(struct options *options, const struct option_row *row, size_t offset)
{
    char *base = row->of_group ? (char *)last_group(options) : (char *)options;

    return base + offset;
}

static int bad_value(const struct option_row *row, const char *value)
{
    if (row->kind == OPTION_NUMBER && row->max > 0) {
        return usage_error("option --%s: '%s' is not a number from %llu to %llu", row->name, value,
                           (unsigned long long)row->min, (unsigned long long)row->max);
    }
    if (row->kind == OPTION_SECONDS) {
        return usage_error("option --%s: '%s' is not a number of seconds from 0 to %u", row->name,
                           value, (unsigned)SECONDS_MAX);
    }
    return usage_error("option --%s: '%s' is not a number", row->name, value);
}

static int set_number(struct options *options, const struct option_row *row, const char *value)
{
    uint64_t number;
    int good = row->kind == OPTION_SECONDS
                   ? seconds_parse(value, &number)
                   : number_parse(value, strlen(value), row->min, row->max, &number);

    if (!good) {
        return bad_value(row, value);
    }
    memcpy(value_at(options, row, row->offset), &number, sizeof number);
    if (row->seen != 0) {
        *value_at(options, row, row->seen) = 1;
    }
    return 0;
}

/* Options of TLS that hold for the client, and so for all groups. */
static int is_of_client(const struct option_row *row)
{
    static const size_t offsets[] = {offsetof(struct options, cacert),
                                     offsetof(struct options, cert), offsetof(struct options, key)};

    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        if (!row->of_group && row->offset == offsets[i]) {
            return 1;
        }
    }
    return 0;
}

static int is_type(const char *value)
{
    return strcasecmp(value, "PEM") == 0 || strcasecmp(value, "DER") == 0;
}

static int set_text(const struct option_row *row, char *at, const char *value)
{
    const char *before;

    memcpy(&before, at, sizeof before);
    if (is_of_client(row) && before != NULL && strcmp(before, value) != 0) {
        return usage_error("option --%s: one file for all URLs", row->name);
    }
    if ((strcmp(row->name, "cert-type") == 0 || strcmp(row->name, "key-type") == 0) &&
        !is_type(value)) {
        return usage_error("option --%s: '%s' is not supported, PEM or DER is", row->name, value);
    }
    memcpy(at, &value, sizeof value);
    return 0;
}

static int set_value(struct options *options, const struct option_row *row, const char *value)
{
    char *at = value_at(options, row, row->offset);

    switch ((enum option_kind)row->kind) {
    case OPTION_FLAG:
        *at = 1;
        return 0;
    case OPTION_TEXT:
        return set_text(row, at, value);
    case OPTION_NUMBER:
    case OPTION_SECONDS:
        return set_number(options, row, value);
    case OPTION_ITEM:
        if (strcmp(row->name, "url") == 0 && value[0] == '@') {
            return usage_error("option --url: a file of URLs ('%s') is not supported", value);
        }
        add_item(options->keep, (struct items *)(void *)at, (enum item_kind)row->item, value);
        return 0;
    case OPTION_ITEM_FLAG:
        add_item(options->keep, (struct items *)(void *)at, (enum item_kind)row->item, value);
        return 0;
    case OPTION_FILE_FLAG:
        *at = 1;
        memcpy(value_at(options, row, row->seen), &value, sizeof value);
        return 0;
    case OPTION_NEXT:
        if (last_group(options)->urls.n == 0) {
            return usage_error("no URL before --next");
        }
        add_group(options);
        return 0;
    case OPTION_CONFIG: /* options.c sees to it before */
    case OPTION_REFUSED:
        break;
    }
    return usage_error("option --%s is not supported", row->name);
}

static int takes_value(const struct option_row *row)
{
    return row->kind == OPTION_TEXT || row->kind == OPTION_NUMBER || row->kind == OPTION_SECONDS ||
           row->kind == OPTION_ITEM || row->kind == OPTION_CONFIG;
}

static const char *next_argument(struct parser *parser)
{
    return parser->at < parser->argc ? parser->argv[parser->at++] : NULL;
}

/* A line of a file is one word, or two if the value of a letter is empty: the next line is none. */
static const char *next_value(struct parser *parser)
{
    int is_line =
        parser->depth > 0 && parser->at < parser->argc && *parser->argv[parser->at] != '\0';

    return is_line ? NULL : next_argument(parser);
}

/* --- a file of options --- */

static int parse_file(struct parser *parser, const char *path)
{
    struct parser inner = {.options = parser->options, .depth = parser->depth + 1};
    int code;

    if (inner.depth > CONFIG_DEPTH) {
        return usage_error("option --config: %s: more than %d files inside each other", path,
                           CONFIG_DEPTH);
    }
    code = config_read(parser->options->keep, path, &inner.argc, &inner.argv);
    return code != 0 ? code : parse_all(&inner);
}

static int set_option(struct parser *parser, const struct option_row *row, const char *value)
{
    return row->kind == OPTION_CONFIG ? parse_file(parser, value)
                                      : set_value(parser->options, row, value);
}

/* --- long and short forms --- */

static const struct option_row *find_long(const char *name, size_t len)
{
    for (size_t i = 0; i < option_table_len; i++) {
        if (strlen(option_table[i].name) == len && memcmp(option_table[i].name, name, len) == 0) {
            return &option_table[i];
        }
    }
    return NULL;
}

static const struct option_row *find_short(char letter)
{
    for (size_t i = 0; i < option_table_len; i++) {
        if (option_table[i].letter == letter) {
            return &option_table[i];
        }
    }
    return NULL;
}

/* "", or ": did you mean --silent?" */
static const char *did_you_mean(struct keep *keep, const char *name, size_t len)
{
    const struct option_row *row = nearest_option(name, len);

    if (row == NULL) {
        return "";
    }
    return keep_format(keep, ": did you mean --%s%s?", row->name,
                       row->kind == OPTION_REFUSED ? " (which is not supported)" : "");
}

static int parse_long(struct parser *parser, const char *argument)
{
    const char *name = argument + 2;
    const char *equals = strchr(name, '=');
    size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const struct option_row *row = find_long(name, len);
    const char *value = equals != NULL ? equals + 1 : NULL;

    if (row == NULL) {
        return usage_error("unknown option --%.*s%s", (int)len, name,
                           did_you_mean(parser->options->keep, name, len));
    }
    if (row->kind == OPTION_REFUSED) {
        return set_value(parser->options, row, NULL);
    }
    if (!takes_value(row) && row->kind != OPTION_FILE_FLAG && value != NULL) {
        return usage_error("option --%s takes no value", row->name);
    }
    if (takes_value(row) && value == NULL && (value = next_value(parser)) == NULL) {
        return usage_error("option --%s needs a value", row->name);
    }
    return set_option(parser, row, value);
}

/* A letter that is not an option. "-silent": a dash is missing. */
static int unknown_short(struct keep *keep, const char *letters, char letter,
                         const struct option_row *row)
{
    size_t len = strcspn(letters, "=");
    const char *meant = len > 2 ? did_you_mean(keep, letters, len) : "";

    if (row != NULL) {
        return usage_error("option -%c (--%s) is not supported%s", letter, row->name, meant);
    }
    if (letter <= ' ' || letter > '~') { /* perhaps half a character */
        return usage_error("unknown option '-%s'", letters);
    }
    if (len == 1) {
        return usage_error("unknown option -%c", letter);
    }
    return usage_error("unknown option -%c in '-%s'%s", letter, letters, meant);
}

/* "-sSfo file", "-sSfofile" */
static int parse_cluster(struct parser *parser, const char *letters)
{
    for (const char *all = letters; *letters != '\0'; letters++) {
        const struct option_row *row = find_short(*letters);
        const char *value = NULL;
        int code;

        if (row == NULL || row->kind == OPTION_REFUSED) {
            return unknown_short(parser->options->keep, all, *letters, row);
        }
        if (takes_value(row)) {
            value = letters[1] != '\0' ? letters + 1 : next_value(parser);
            if (value == NULL) {
                return usage_error("option -%c needs a value", *letters);
            }
        }
        code = set_option(parser, row, value);
        if (code != 0 || takes_value(row)) {
            return code;
        }
    }
    return 0;
}

static void add_url(struct options *options, const char *url)
{
    add_item(options->keep, &last_group(options)->urls, ITEM_PLAIN, url);
}

static int parse_all(struct parser *parser)
{
    const char *argument;
    int only_urls = 0, code = 0;

    while (code == 0 && (argument = next_argument(parser)) != NULL) {
        if (only_urls || argument[0] != '-' || argument[1] == '\0') {
            add_url(parser->options, argument);
        } else if (strcmp(argument, "--") == 0) {
            only_urls = 1;
        } else if (argument[1] == '-') {
            code = parse_long(parser, argument);
        } else {
            code = parse_cluster(parser, argument + 1);
        }
    }
    return code;
}

/* --- illegal combinations --- */

static int check_tls(struct group *group)
{
    int full = strcmp(midge_tls_profile(), "full") == 0;

    if (group->tls_max != NULL && strcmp(group->tls_max, "1.2") == 0) {
        group->max_tls = MIDGE_TLS_1_2;
    } else if (group->tls_max != NULL && strcmp(group->tls_max, "1.3") == 0) {
        group->max_tls = full ? MIDGE_TLS_1_3 : MIDGE_TLS_DEFAULT;
    } else if (group->tls_max != NULL && strcmp(group->tls_max, "default") != 0) {
        return usage_error("option --tls-max: '%s' is not 1.2, 1.3 or default", group->tls_max);
    }
    if (group->tls_1_3) { /* --tlsv1.2 asks for nothing: no profile has an older version */
        group->min_tls = MIDGE_TLS_1_3;
    }
    if (group->tls_1_3 && !full) {
        return usage_error("option --tlsv1.3 is not supported in the profile '%s'",
                           midge_tls_profile());
    }
    if (group->max_tls != 0 && group->min_tls > group->max_tls) {
        return usage_error("--tlsv1.3 and --tls-max %s leave no version", group->tls_max);
    }
    return 0;
}

static int check_group(struct keep *keep, struct group *group)
{
    int body = group->data.n > 0 && !group->get;

    if (group->urls.n == 0) {
        return usage_error("no URL");
    }
    if (group->uploads.n > 1) {
        return usage_error("one -T holds for all URLs: it can't be given twice");
    }
    if (group->uploads.n > 0 && group->data.n > 0) {
        return usage_error("-T and -d don't go together");
    }
    if (group->forms.n > 0 && (group->uploads.n > 0 || group->data.n > 0 || group->get)) {
        return usage_error("-F and %s don't go together", group->uploads.n > 0 ? "-T"
                                                          : group->data.n > 0  ? "-d"
                                                                               : "-G");
    }
    if (group->head && (body || group->uploads.n > 0 || group->forms.n > 0)) {
        return usage_error("-I and a body don't go together");
    }
    if (group->method != NULL && !is_token(group->method, strlen(group->method))) {
        return usage_error("option --request: '%s' is no method: one word of letters",
                           group->method);
    }
    if (group->method != NULL && strcmp(group->method, "CONNECT") == 0) {
        return usage_error("option --request: CONNECT is for proxies, which are not supported");
    }
    if (group->fail && group->fail_with_body) {
        return usage_error("-f and --fail-with-body don't go together");
    }
    if (group->ipv4 && group->ipv6) {
        return usage_error("-4 and -6 leave no address");
    }
    if (part_check(group) != 0 || auth_check(keep, group) != 0 || etag_check(group) != 0 ||
        follow_check(group) != 0) {
        return EXIT_USAGE;
    }
    return check_tls(group);
}

/* Uploads that would all read the program's stdin. */
static size_t stdin_uploads(const struct group *group)
{
    const char *file = group->uploads.n > 0 ? group->uploads.at[0].text : "";

    return strcmp(file, "-") == 0 || strcmp(file, ".") == 0 ? group->urls.n : 0;
}

int options_parse(struct options *options, int argc, char **argv)
{
    struct parser parser = {.options = options, .argc = argc, .argv = argv};
    size_t from_stdin = 0;
    int code;

    add_group(options);
    code = parse_all(&parser);
    if (options->help || options->version || options->explain != NULL ||
        (options->device != NULL && strcmp(options->device, "list") == 0)) {
        return code;
    }
    if (code == 0 && options->has_seed && options->sim == NULL) {
        return usage_error("option --seed: only with --sim");
    }
    if (code == 0 && options->rate_text != NULL) {
        code = rate_parse(options->rate_text, &options->rate);
    }
    code = code != 0 ? code : ciphers_parse(options);
    for (size_t i = 0; code == 0 && i < options->n_groups; i++) {
        struct group *group = &options->groups[i];
        code = group->outputs.n > group->urls.n ? usage_error("more -o and -O than URLs")
               : group->globoff                 ? 0
                                                : glob_expand(options->keep, group);
        referer_check(options->keep, group);
        code = code != 0 ? code : check_group(options->keep, group);
        code = code != 0 ? code : left_out_check(options, group);
        from_stdin += stdin_uploads(group);
    }
    return code == 0 && from_stdin > 1 ? usage_error("-T - can be sent to one URL only") : code;
}

int options_http2(const struct options *options)
{
    for (size_t i = 0; i < options->n_groups; i++) {
        if (options->groups[i].http_2 || options->groups[i].http_2_prior) {
            return 1;
        }
    }
    return 0;
}
