/* SPDX-License-Identifier: MIT */
/*
 * Paths are matched without keeping names. For each open array and object down to the deepest step
 * the scanner has the set of the paths whose steps so far matched it (match), and of those whose
 * next name has already come in it (seen): of two equal names in an object the first counts. For
 * each path it knows where its next step begins (at). When a container closes, `at` of its paths
 * goes back to the '.' or '[' before.
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

/* The text after the steps that a value matched: no step for the whole document, one step for a
   member or element. */
static const char *behind_match(const struct midge__json_scan *s, const char *step)
{
    if (s->depth > 0) {
        do {
            step++;
        } while (!ends_step(*step));
    }
    return step;
}

/* Is the step "[*]", or "[number]" of the current element? */
static bool is_current_element(const struct midge__json_scan *s, const char *step)
{
    uint32_t number = 0;
    if (*step++ != '[') {
        return false;
    }
    if (*step == '*') {
        return true;
    }
    for (; *step != ']'; step++) {
        number = number * 10 + (uint32_t)(*step - '0');
    }
    return number == s->index[s->depth - 1];
}

/* The step's character after the part of the name that was read; c NUL: does the name end? */
static bool name_goes_on(const struct midge__json_scan *s, const char *step, char c)
{
    char next = step[s->len + (*step == '.')]; /* a path's first name has no dot */
    return ends_step(next) ? c == '\0' : next == c;
}

static bool enter(struct midge__json_scan *s, unsigned path, const char *step)
{
    const char *next = behind_match(s, step);
    s->at[path] = (uint8_t)(next - s->paths[path]);
    return *next == '\0';
}

static bool leave(struct midge__json_scan *s, unsigned path, const char *step)
{
    bool ended = *step == '\0';
    if (s->depth > 0) {
        do {
            step--;
        } while (step > s->paths[path] && !ends_step(*step));
        s->at[path] = (uint8_t)(step - s->paths[path]);
    }
    return ended;
}

/* ---- sets of paths ---- */

enum test { MEMBER, ELEMENT, IN_NAME, ENDS_HERE, ENTER, LEAVE };

static bool passes(struct midge__json_scan *s, unsigned path, enum test test, char c)
{
    const char *step = s->paths[path] + s->at[path];
    switch (test) {
    case MEMBER:
        return *step != '[' && *step != '\0';
    case ELEMENT:
        return is_current_element(s, step);
    case IN_NAME:
        return name_goes_on(s, step, c);
    case ENDS_HERE:
        return *behind_match(s, step) == '\0';
    case ENTER:
        return enter(s, path, step);
    case LEAVE:
    default:
        return leave(s, path, step);
    }
}

/* The paths of the set that pass the test. */
static uint8_t those(struct midge__json_scan *s, unsigned set, enum test test, char c)
{
    unsigned found = 0;
    for (unsigned p = 0; set >> p != 0; p++) {
        if ((set >> p & 1) != 0 && passes(s, p, test, c)) {
            found |= 1u << p;
        }
    }
    return (uint8_t)found;
}

uint8_t midge__json_paths_next(struct midge__json_scan *s, bool object)
{
    unsigned open = s->depth - 1u;
    if (open >= MIDGE_JSON_FILTER_STEPS) {
        return 0;
    }
    unsigned set = s->match[open] & ~(unsigned)s->seen[open];
    return those(s, set, object ? MEMBER : ELEMENT, 0);
}

uint8_t midge__json_paths_name(struct midge__json_scan *s, char c)
{
    uint8_t hits = those(s, s->hits, IN_NAME, c);
    if (c == '\0' && hits != 0) {
        s->seen[s->depth - 1] |= hits;
    }
    return hits;
}

uint8_t midge__json_paths_end_here(struct midge__json_scan *s)
{
    return those(s, s->hits, ENDS_HERE, 0);
}

uint8_t midge__json_paths_enter(struct midge__json_scan *s)
{
    if (s->depth <= MIDGE_JSON_FILTER_STEPS) {
        s->match[s->depth] = s->hits;
    }
    if (s->depth < MIDGE_JSON_FILTER_STEPS) {
        s->seen[s->depth] = 0;
    }
    return those(s, s->hits, ENTER, 0);
}

uint8_t midge__json_paths_leave(struct midge__json_scan *s)
{
    return s->depth <= MIDGE_JSON_FILTER_STEPS ? those(s, s->match[s->depth], LEAVE, 0) : 0;
}

#endif
