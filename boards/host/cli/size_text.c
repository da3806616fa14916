/* SPDX-License-Identifier: MIT */
/* The output of midge size. */
#include <stdio.h>
#include <midge/config.h>
#include <midge/gunzip.h>
#include <midge/tls.h>

#include "size.h"

/* --- numbers with commas --- */

struct digits {
    char text[32];
};

static struct digits with_commas(uint64_t number)
{
    struct digits digits = {{0}};
    char *at = digits.text + sizeof digits.text - 1;
    unsigned n = 0;

    *at = '\0';
    do {
        if (n > 0 && n % 3 == 0) {
            *--at = ',';
        }
        *--at = (char)('0' + number % 10);
        number /= 10;
        n++;
    } while (number > 0);
    for (char *to = digits.text; (*to = *at) != '\0'; to++) {
        at++;
    }
    return digits;
}

/* --- memory that midge_memory_needed does not count --- */

static const struct {
    const char *name, *what;
    uint64_t bytes;
} beside[] = {
    {"gunzip", "a compressed answer, while it arrives (MIDGE_GUNZIP_MEMORY)", MIDGE_GUNZIP_MEMORY},
};

/* Of this build (config.h). */
static const struct {
    const char *name;
    uint64_t value;
} built[] = {
    {"MIDGE_RECV_BUFFER", MIDGE_RECV_BUFFER},   {"MIDGE_SEND_BUFFER", MIDGE_SEND_BUFFER},
    {"MIDGE_READ_AHEAD", MIDGE_READ_AHEAD},     {"MIDGE_MAX_HEADER", MIDGE_MAX_HEADER},
    {"MIDGE_MAX_CHAIN", MIDGE_MAX_CHAIN},       {"MIDGE_MAX_SESSIONS", MIDGE_MAX_SESSIONS},
    {"MIDGE_MAX_TICKET", MIDGE_MAX_TICKET},     {"MIDGE_MAX_FRAGMENT", MIDGE_MAX_FRAGMENT},
    {"MIDGE_HTTP2_WINDOW", MIDGE_HTTP2_WINDOW},
};

#define LEN(array) (sizeof(array) / sizeof(array)[0])

/* --- for people --- */

static uint64_t bytes_of(const struct midge_ledger_line *line)
{
    return (uint64_t)line->count * line->each;
}

static void show_line(const struct midge_ledger_line *line)
{
    struct digits sum = with_commas(bytes_of(line)), each = with_commas(line->each);
    char text[40];

    snprintf(text, sizeof text, "%s%s", line->less ? "-" : "", sum.text);
    printf("%*s%12s  %s", line->depth == 0 ? 0 : 4 * (int)line->depth, "", text, line->name);
    if (line->count != 1) {
        printf(" (%zu of %s)", line->count, each.text);
    }
    puts("");
}

/* Without what this configuration does not use. */
static void show_lines(const struct size *size)
{
    int is_used = 0;

    for (size_t i = 0; i < size->n_lines; i++) {
        const struct midge_ledger_line *line = &size->lines[i];
        is_used = line->depth == 0 ? line->count > 0 : is_used;
        if (is_used) {
            show_line(line);
        }
    }
}

static void show_end(const struct size *size)
{
    printf("%12s  midge_memory_needed, the worst case\n", with_commas(size->needed).text);
    printf("%12s  midge_memory_least, for one connection at a time\n",
           with_commas(size->least).text);
    if (size->block > 0) {
        printf("%12s  the block of the board's programs\n", with_commas(size->block).text);
    }
    if (size->fits > 0 && size->connections > 0) {
        printf("%12s  connections fit into %s bytes; they need %s\n",
               with_commas(size->connections).text, with_commas(size->fits).text,
               with_commas(size->fitting).text);
    } else if (size->fits > 0) {
        printf("%12s  connections have all they may need in %s bytes; %s\n", "no",
               with_commas(size->fits).text,
               size->fits >= size->least ? "requests wait for each other" : "it is too little");
    }
}

void size_show(const struct size *size)
{
    printf("%s%sprofile %s, pointers of %zu bytes\n\n", size->device != NULL ? size->device : "",
           size->device != NULL ? ", " : "", midge_tls_profile(), sizeof(void *));
    show_lines(size);
    puts("");
    show_end(size);
    puts("\nNot counted, bytes of the client's memory for each:");
    for (size_t i = 0; i < LEN(beside); i++) {
        printf("%12s  %s\n", with_commas(beside[i].bytes).text, beside[i].what);
    }
    printf("Built with");
    for (size_t i = 0; i < LEN(built); i++) {
        printf("%s %s %llu", i > 0 ? "," : "", built[i].name, (unsigned long long)built[i].value);
    }
    puts("");
}

/* --- for programs --- */

static void show_json_line(const struct midge_ledger_line *line)
{
    printf("{\"name\":\"%s\",\"depth\":%u,\"count\":%zu,\"each\":%zu,\"bytes\":%llu,\"less\":%s}",
           line->name, line->depth, line->count, line->each, (unsigned long long)bytes_of(line),
           line->less ? "true" : "false");
}

void size_show_json(const struct size *size)
{
    printf("{\"device\":\"%s\",\"profile\":\"%s\",\"pointer_bytes\":%zu,\"needed\":%llu,\"least\":%"
           "llu",
           size->device != NULL ? size->device : "", midge_tls_profile(), sizeof(void *),
           (unsigned long long)size->needed, (unsigned long long)size->least);
    if (size->device != NULL) {
        printf(",\"block\":%zu", size->block);
    }
    if (size->fits > 0) {
        printf(",\"fits\":{\"bytes\":%llu,\"connections\":%u,\"needed\":%llu}",
               (unsigned long long)size->fits, size->connections,
               (unsigned long long)size->fitting);
    }
    printf(",\"lines\":[");
    for (size_t i = 0; i < size->n_lines; i++) {
        printf("%s", i > 0 ? "," : "");
        show_json_line(&size->lines[i]);
    }
    printf("],\"beside\":{");
    for (size_t i = 0; i < LEN(beside); i++) {
        printf("%s\"%s\":%llu", i > 0 ? "," : "", beside[i].name,
               (unsigned long long)beside[i].bytes);
    }
    printf("},\"built\":{");
    for (size_t i = 0; i < LEN(built); i++) {
        printf("%s\"%s\":%llu", i > 0 ? "," : "", built[i].name,
               (unsigned long long)built[i].value);
    }
    puts("}}");
}
