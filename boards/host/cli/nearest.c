/* SPDX-License-Identifier: MIT */
/*
 * The distance is the number of letters to add, remove, change or swap with the next one (optimal
 * string alignment). One error for every three letters is near enough.
 */
#include "nearest.h"

#include <stdint.h>
#include <string.h>

#include "options.h"

#define LONGEST 40 /* letters of a name; no option is longer */

struct row {
    size_t at[LONGEST + 1];
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Fills row i of the table of distances: between the first i letters of a and each beginning of
   b. */
static void fill_row(struct row *rows[3], const char *a, size_t i, const char *b, size_t b_len)
{
    const struct row *before = rows[1], *two_before = rows[0];
    struct row *now = rows[2];

    now->at[0] = i;
    for (size_t j = 1; j <= b_len; j++) {
        size_t changed = before->at[j - 1] + (a[i - 1] != b[j - 1]);
        now->at[j] = least(changed, least(before->at[j], now->at[j - 1]) + 1);
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
            now->at[j] = least(now->at[j], two_before->at[j - 2] + 1);
        }
    }
}

/* Both at most LONGEST letters. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    struct row memory[3] = {{{0}}};
    struct row *rows[3] = {&memory[0], &memory[1], &memory[2]};

    for (size_t j = 0; j <= b_len; j++) {
        rows[2]->at[j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        struct row *oldest = rows[0];
        rows[0] = rows[1];
        rows[1] = rows[2];
        rows[2] = oldest;
        fill_row(rows, a, i, b, b_len);
    }
    return rows[2]->at[b_len];
}

const struct option_row *nearest_option(const char *name, size_t len)
{
    const struct option_row *nearest = NULL;
    size_t best = len / 3 + 1;

    if (len < 2 || len > LONGEST) {
        return NULL;
    }
    for (size_t i = 0; i < option_table_len; i++) {
        const struct option_row *row = &option_table[i];
        size_t row_len = strlen(row->name), far;
        if (row_len > LONGEST) {
            continue;
        }
        far = distance(name, len, row->name, row_len);
        if (far < best) {
            best = far;
            nearest = row;
        }
    }
    return nearest;
}

size_t nearest_distance(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);

    return a_len > LONGEST || b_len > LONGEST ? SIZE_MAX : distance(a, a_len, b, b_len);
}
