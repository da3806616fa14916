/* SPDX-License-Identifier: MIT */
/*
 * Paths are matched without keeping names or a stack. For each path the scanner knows how many of
 * its steps the open arrays and objects have matched (level) and where its next step begins (at).
 * A path is compared with the members or elements of a container only when all containers above
 * matched: level is then the container's depth less one. When a container closes, `at` goes back to
 * the '.' or '[' before.
 *
 * Of two equal names in an object the first counts: a path records the levels at which its name has
 * come (seen).
 */
#include "codec/json_path.h"

#include <string.h>

#if MIDGE_WITH_JSON

/* ---- the grammar of paths ---- */

/* The text after the step; NULL if it is not a step. */
static const char *check_step(const char *at, bool first)
{
    if (*at == '[') {
        size_t n = at[1] == '*' ? 1 : strspn(at + 1, "0123456789");
        return n > 0 && n <= 9 && at[n + 1] == ']' ? at + n + 2 : NULL;
    }
    if (!first && *at++ != '.')
        return NULL;
    size_t n = strcspn(at, ".[]");
    return n > 0 ? at + n : NULL;
}

bool midge__json_path_ok(const char *path)
{
    const char *at = path;
    for (unsigned steps = 0; at != NULL && *at != '\0'; steps++)
        at = steps < MIDGE_JSON_FILTER_STEPS ? check_step(at, steps == 0) : NULL;
    return at != NULL && at - path <= UINT8_MAX;
}

/* ---- the place of a path ---- */

static bool ends_step(char c)
{
    return c == '\0' || c == '.' || c == '[';
}

static const char *step_of(const struct midge__json_scan *s, unsigned path)
{
    return s->paths[path] + s->at[path];
}

/* The text after the steps that a value matched: no step for the whole document, one step for a
   member or element. */
static const char *behind_match(const struct midge__json_scan *s, unsigned path)
{
    const char *step = step_of(s, path);
    if (s->depth > 0) {
        do {
            step++;
        } while (!ends_step(*step));
    }
    return step;
}

/* ---- sets of paths ---- */

typedef bool path_test(struct midge__json_scan *s, unsigned path, char c);

/* The paths of the set for which the test is true. */
static uint8_t those(struct midge__json_scan *s, unsigned set, path_test *test, char c)
{
    unsigned found = 0;
    for (unsigned p = 0; set >> p != 0; p++) {
        if ((set >> p & 1) != 0 && test(s, p, c))
            found |= 1u << p;
    }
    return (uint8_t)found;
}

uint8_t midge__json_paths_all(const struct midge__json_scan *s)
{
    return (uint8_t)((1u << s->n) - 1);
}

/* ---- tests of one path ---- */

/* Did all the containers around match, so that this path's step is to be compared? */
static bool takes_part(const struct midge__json_scan *s, unsigned path)
{
    return s->level[path] == s->depth - 1;
}

static bool may_be_member(struct midge__json_scan *s, unsigned path, char c)
{
    char first = *step_of(s, path);
    (void)c;
    bool seen = (s->seen[path] >> s->level[path] & 1) != 0;
    return takes_part(s, path) && first != '[' && first != '\0' && !seen;
}

/* Is the step "[*]", or "[number]" of the current element? */
static bool is_current_element(struct midge__json_scan *s, unsigned path, char c)
{
    const char *step = step_of(s, path);
    uint32_t number = 0;
    (void)c;
    if (!takes_part(s, path) || *step++ != '[')
        return false;
    if (*step == '*')
        return true;
    for (; *step != ']'; step++)
        number = number * 10 + (uint32_t)(*step - '0');
    return number == s->index[s->depth - 1];
}

static bool ends_here(struct midge__json_scan *s, unsigned path, char c)
{
    (void)c;
    return *behind_match(s, path) == '\0';
}

/* The character of the step after the part of the name that was read. */
static char next_of_name(const struct midge__json_scan *s, unsigned path)
{
    const char *step = step_of(s, path);
    return step[s->len + (*step == '.')]; /* a path's first name has no dot */
}

static bool name_goes_on(struct midge__json_scan *s, unsigned path, char c)
{
    char next = next_of_name(s, path);
    return next == c && !ends_step(next);
}

static bool name_ends(struct midge__json_scan *s, unsigned path, char c)
{
    (void)c;
    if (!ends_step(next_of_name(s, path))) {
        return false;
    }
    s->seen[path] |= (uint8_t)(1u << s->level[path]);
    return true;
}

static bool enter(struct midge__json_scan *s, unsigned path, char c)
{
    const char *next = behind_match(s, path);
    (void)c;
    s->at[path] = (uint8_t)(next - s->paths[path]);
    s->level[path] = s->depth;
    s->seen[path] &= (uint8_t) ~(1u << s->depth);
    return *next == '\0';
}

static bool leave(struct midge__json_scan *s, unsigned path, char c)
{
    (void)c;
    if (s->level[path] != s->depth)
        return false;
    bool ended = *step_of(s, path) == '\0';
    if (s->depth > 0) {
        s->level[path]--;
        do {
            s->at[path]--;
        } while (s->at[path] > 0 && !ends_step(*step_of(s, path)));
    }
    return ended;
}

/* ---- sets of paths for json_scan.c ---- */

uint8_t midge__json_paths_member(struct midge__json_scan *s)
{
    return those(s, midge__json_paths_all(s), may_be_member, 0);
}

uint8_t midge__json_paths_element(struct midge__json_scan *s)
{
    return those(s, midge__json_paths_all(s), is_current_element, 0);
}

uint8_t midge__json_paths_name_goes_on(struct midge__json_scan *s, char c)
{
    return those(s, s->hits, name_goes_on, c);
}

uint8_t midge__json_paths_name_ends(struct midge__json_scan *s)
{
    return those(s, s->hits, name_ends, 0);
}

uint8_t midge__json_paths_end_here(struct midge__json_scan *s)
{
    return those(s, s->hits, ends_here, 0);
}

uint8_t midge__json_paths_enter(struct midge__json_scan *s)
{
    return those(s, s->hits, enter, 0);
}

uint8_t midge__json_paths_leave(struct midge__json_scan *s)
{
    return those(s, midge__json_paths_all(s), leave, 0);
}

#endif
