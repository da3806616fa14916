/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "glob.h"

#include <ctype.h>
#include <string.h>

static const char *skip_word(const char *text)
{
    while (isalnum((unsigned char)*text)) {
        text++;
    }
    return text;
}

/* "[1-3]", "[a-z:2]", "[001-100:10]" */
static int is_range(const char *text)
{
    const char *low = text + 1, *high = skip_word(low), *step;

    if (high == low || *high != '-') {
        return 0;
    }
    step = skip_word(high + 1);
    if (step == high + 1) {
        return 0;
    }
    return *step == ']' || (*step == ':' && *skip_word(step + 1) == ']');
}

int glob_found(const char *url)
{
    for (url += strcspn(url, "{}["); *url != '\0'; url += 1 + strcspn(url + 1, "{}[")) {
        if (*url != '[' || is_range(url)) {
            return 1;
        }
    }
    return 0;
}
