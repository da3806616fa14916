/* SPDX-License-Identifier: MIT */
/* The library sends the header itself, so that it can leave it out after 417. Unlike curl, the
   program sends it only if the user asks for it, not by itself with long bodies: most servers take
   these without a question, which costs a round trip. */
#define _GNU_SOURCE
#include "expect.h"

#include <string.h>
#include <strings.h>

#define USUAL_MS 1000u /* as curl */

static int is_expect(const struct midge_header *header)
{
    return strcasecmp(header->name, "Expect") == 0 && header->value != NULL &&
           strcasecmp(header->value, "100-continue") == 0;
}

static uint32_t wait_ms(const struct group *group)
{
    if (!group->has_expect_ms) {
        return USUAL_MS;
    }
    if (group->expect_ms == 0) {
        return 1;
    }
    return group->expect_ms < INT32_MAX ? (uint32_t)group->expect_ms : INT32_MAX;
}

uint32_t expect_take(const struct group *group, struct headers *headers)
{
    size_t kept = 0, n = headers->n;

    for (size_t i = 0; i < n; i++) {
        if (!is_expect(&headers->at[i])) {
            headers->at[kept++] = headers->at[i];
        }
    }
    headers->n = kept;
    return kept < n ? wait_ms(group) : 0;
}
