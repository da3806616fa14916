/* SPDX-License-Identifier: MIT */
/*
 * Texts that the host program reads. By the last byte: patterns in a URL (glob.c), each URL that
 * they stand for; a name in other letters (idn.c), which becomes ASCII, and stays as it is then; a
 * netrc file (netrc.c), whose words lie in the file. Reading ends, within its memory.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include "cli/data.h"
#include "cli/failure.h"
#include "cli/glob.h"
#include "cli/idn.h"
#include "cli/netrc.c"

static struct fuzz_in file;

int data_read_file(const char *path, struct text *text)
{
    (void)path;
    text_add(text, file.at, file.len);
    return 0;
}

int usage_error(const char *format, ...)
{
    (void)format;
    return EXIT_USAGE;
}

static void try_glob(struct keep *keep, const char *url)
{
    struct item item = {.text = url}, output = {.kind = ITEM_OUTPUT, .text = "x#1"};
    struct group group = {.urls = {&item, 1}, .outputs = {&output, 1}};
    if (strlen(url) > 60) {
        return; /* a hundred thousand of them would fill the memory */
    }
    size_t bytes = 0;
    if (glob_expand(keep, &group) != 0) {
        return;
    }
    FUZZ_CHECK(group.urls.n > 0 && group.urls.n <= GLOB_MOST);
    for (size_t i = 0; i < group.urls.n; i++) {
        bytes += strlen(group.urls.at[i].text);
        FUZZ_CHECK(group.urls.at[i].why == NULL || group.urls.n == 1);
    }
    FUZZ_CHECK(bytes <= group.urls.n * (strlen(url) + 30));
}

static void try_idn(struct keep *keep, const char *url)
{
    const char *why = NULL, *ascii = idn_url(keep, url, &why);
    FUZZ_CHECK((ascii == NULL) == (why != NULL));
    if (ascii != NULL) {
        FUZZ_CHECK(strcmp(idn_url(keep, ascii, &why), ascii) == 0);
    }
}

static void try_netrc(struct keep *keep, const char *text)
{
    const char *user = NULL, *password = NULL;
    struct group group = {.netrc_file = "netrc"};
    struct run run = {.keep = keep};
    struct fetch fetch = {.run = &run, .group = &group, .url = "https://api.example/"};
    file = (struct fuzz_in){(const uint8_t *)text, strlen(text)};
    if (netrc_find(&fetch, &user, &password) != 0) {
        FUZZ_CHECK(user != NULL && password != NULL);
        FUZZ_CHECK(strlen(user) <= file.len && strlen(password) <= file.len);
        FUZZ_CHECK(strcasestr(text, "api.example") != NULL || strstr(text, "default") != NULL ||
                   strchr(text, '\\') != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    unsigned kind = fuzz_choice(&in) % 3;
    char *text = fuzz_string(in.at, in.len);
    struct keep keep = {NULL};
    if (text == NULL) {
        return 0;
    }
    if (kind == 0) {
        try_glob(&keep, text);
    } else if (kind == 1) {
        try_idn(&keep, text);
    } else {
        try_netrc(&keep, text);
    }
    keep_end(&keep);
    free(text);
    return 0;
}
