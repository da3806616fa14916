/* SPDX-License-Identifier: MIT */
#include "parse_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <midge/err.h>
#include <midge/response.h>
#include <midge/url.h>

#include "failure.h"
#include "url_words.h"

static void refuse(const char *url, const char *base, int err)
{
    struct keep keep = {0};
    const char *words = base == NULL ? url_words(&keep, url, &err) : NULL;
    struct midge_result result = {.error = MIDGE_ERR_URL};

    fprintf(
        stderr, "%s\n",
        failure_line(&keep, EXIT_URL, &result, url, words != NULL ? words : midge_err_text(err)));
    keep_end(&keep);
}

static int show(const char *url, const char *base)
{
    size_t len, cap = 4096 + 3 * (strlen(url) + (base != NULL ? strlen(base) : 0));
    char *out = malloc(cap);
    int err = MIDGE_ERR_NO_MEMORY;

    if (out != NULL) {
        err = base != NULL ? midge_url_resolve(out, cap, &len, base, url)
                           : midge_url_normalise(out, cap, &len, url, 0);
    }
    if (err == MIDGE_OK) {
        printf("%s\n", out);
    } else {
        refuse(url, base, err);
    }
    free(out);
    if (err != MIDGE_OK) {
        return EXIT_URL;
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_GOOD : EXIT_WRITE;
}

int parse_url(int argc, char **argv)
{
    const char *url = NULL, *base = NULL;
    int only_urls = 0;

    for (int i = 0; i < argc; i++) {
        if (!only_urls && strcmp(argv[i], "--") == 0) {
            only_urls = 1;
        } else if (!only_urls && strcmp(argv[i], "--base") == 0 && i + 1 < argc) {
            base = argv[++i];
        } else if (!only_urls && strncmp(argv[i], "--base=", 7) == 0) {
            base = argv[i] + 7;
        } else if (!only_urls && argv[i][0] == '-' && argv[i][1] != '\0') {
            return usage_error("parse-url: unknown option %s", argv[i]);
        } else if (url != NULL) {
            return usage_error("parse-url: one URL at a time");
        } else {
            url = argv[i];
        }
    }
    return url != NULL ? show(url, base) : usage_error("parse-url: no URL");
}
