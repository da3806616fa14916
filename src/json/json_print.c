/* SPDX-License-Identifier: MIT */
/* Writing JSON: trees, without white space, and single strings. A tree is written in two passes
   over its nodes, without recursion: the first pass only adds up the length, the second one writes
   into a block of exactly that size. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/span.h"
#include "json/json_escape.h"
#include "json/json_number.h"
#include "midge/json.h"

#if MIDGE_WITH_JSON

/* --- trees: with out NULL the writer only adds up --- */

struct writer {
    char *out;
    size_t len;
};

static void put(struct writer *w, const char *text, size_t len)
{
    if (w->out != NULL) {
        memcpy(w->out + w->len, text, len);
    }
    w->len += len;
}

static void put_char(struct writer *w, char c)
{
    put(w, &c, 1);
}

static void put_text(struct writer *w, const char *text)
{
    put(w, text, strlen(text));
}

/* A text of NULL, as in a node that the application made, is written as empty. */
static void put_quoted(struct writer *w, const char *text)
{
    put_char(w, '"');
    for (; text != NULL && *text != '\0'; text++) {
        char escaped[6];
        put(w, escaped, midge__json_escape(*text, escaped));
    }
    put_char(w, '"');
}

/* Writes as many digits as the number needs. snprintf writes a comma as the point in some
   locales. */
static void put_double(struct writer *w, double number)
{
    char text[32];
    for (int digits = 15; digits <= 17; digits += 2) {
        (void)snprintf(text, sizeof text, "%.*g", digits, number);
        char *comma = strchr(text, ',');
        if (comma != NULL) {
            *comma = '.';
        }
        double back = midge__json_double(midge__span_of(text));
        if (back >= number && back <= number) {
            break;
        }
    }
    put_text(w, text);
}

static void put_number(struct writer *w, const cJSON *node)
{
    double number = node->valuedouble, size = fabs(number);
    char digits[MIDGE__U64_DIGITS];
    if (midge__json_has_text(node)) {
        put_text(w, node->valuestring);
    } else if (!isfinite(number)) {
        put_text(w, "null"); /* JSON cannot express it */
    } else if (size < 1e15 && (double)(uint64_t)size >= size) {
        put(w, "-", signbit(number) != 0);
        put(w, digits, midge__u64_text(digits, (uint64_t)size));
    } else {
        put_double(w, number);
    }
}

static bool put_scalar(struct writer *w, const cJSON *node)
{
    switch (node->type & 0xff) {
    case cJSON_NULL:
        put_text(w, "null");
        return true;
    case cJSON_False:
        put_text(w, "false");
        return true;
    case cJSON_True:
        put_text(w, "true");
        return true;
    case cJSON_Number:
        put_number(w, node);
        return true;
    case cJSON_String:
        put_quoted(w, node->valuestring);
        return true;
    case cJSON_Raw:
        put_text(w, node->valuestring != NULL ? node->valuestring : "");
        return node->valuestring != NULL;
    default:
        return false;
    }
}

static bool is_object(const cJSON *node)
{
    return (node->type & 0xff) == cJSON_Object;
}

static bool is_container(const cJSON *node)
{
    return is_object(node) || (node->type & 0xff) == cJSON_Array;
}

struct walk {
    const cJSON *open[MIDGE_JSON_FILTER_DEPTH];
    unsigned depth;
};

/* Writes the characters after node; returns the next node, NULL after the last one. */
static const cJSON *step_over(struct writer *w, struct walk *walk, const cJSON *node)
{
    while (walk->depth > 0 && node->next == NULL) {
        node = walk->open[--walk->depth];
        put_char(w, is_object(node) ? '}' : ']');
    }
    if (walk->depth == 0) {
        return NULL;
    }
    put_char(w, ',');
    return node->next;
}

/* False: nested too deep, or a node of no valid type. */
static bool put_tree(struct writer *w, const cJSON *node)
{
    struct walk walk = {.depth = 0};
    while (node != NULL) {
        if (walk.depth > 0 && is_object(walk.open[walk.depth - 1])) {
            put_quoted(w, node->string);
            put_char(w, ':');
        }
        if (is_container(node)) {
            put_char(w, is_object(node) ? '{' : '[');
            if (node->child != NULL) {
                if (walk.depth == MIDGE_JSON_FILTER_DEPTH) {
                    return false;
                }
                walk.open[walk.depth++] = node;
                node = node->child;
                continue;
            }
            put_char(w, is_object(node) ? '}' : ']');
        } else if (!put_scalar(w, node)) {
            return false;
        }
        node = step_over(w, &walk, node);
    }
    return true;
}

int midge_json_print(struct midge_client *client, const struct cJSON *json, char **text,
                     size_t *len)
{
    struct writer w = {NULL, 0};
    if (text == NULL) {
        return MIDGE_ERR_INVALID;
    }
    *text = NULL;
    if (json == NULL || !put_tree(&w, json)) {
        return MIDGE_ERR_INVALID;
    }
    w.out = midge_alloc(client, w.len + 1);
    if (w.out == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    w.len = 0;
    (void)put_tree(&w, json);
    w.out[w.len] = '\0';
    *text = w.out;
    if (len != NULL) {
        *len = w.len;
    }
    return MIDGE_OK;
}

/* --- single strings --- */

/* NUL-terminated, cap counts the NUL. */
int midge_json_quote(char *out, size_t cap, size_t *len, const char *text)
{
    size_t at = 0;
    if (out == NULL || text == NULL) {
        return MIDGE_ERR_INVALID;
    }
    if (cap < sizeof "\"\"") {
        return MIDGE_ERR_TOO_LARGE;
    }
    out[at++] = '"';
    for (; *text != '\0'; text++) {
        char escaped[6];
        size_t n = midge__json_escape(*text, escaped);
        if (n > cap - at - 2) { /* room for the last quote and the NUL stays */
            return MIDGE_ERR_TOO_LARGE;
        }
        memcpy(out + at, escaped, n);
        at += n;
    }
    out[at++] = '"';
    out[at] = '\0';
    if (len != NULL) {
        *len = at;
    }
    return MIDGE_OK;
}

#endif
