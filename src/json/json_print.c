/* SPDX-License-Identifier: MIT */
/* Trees as text, by the writer of json_write.h, in two passes over the nodes without recursion: the
   first pass only measures, the second one writes into a block of exactly that size. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "json/json_number.h"
#include "midge/json.h"
#include "midge/json_write.h"

#if MIDGE_WITH_JSON

/* A text of NULL, as in a node that the application made, is written as empty. */
static const char *given(const char *text)
{
    return text != NULL ? text : "";
}

/* Writes as many digits as the number needs. snprintf writes a comma as the point in some
   locales. */
static void put_double(struct midge_json_writer *w, double number)
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
    midge_json_put_raw(w, text, strlen(text));
}

static void put_number(struct midge_json_writer *w, const cJSON *node)
{
    const double number = node->valuedouble, size = fabs(number);
    char text[1 + MIDGE__U64_DIGITS] = "-";
    if (midge__json_has_text(node)) {
        midge_json_put_raw(w, node->valuestring, strlen(node->valuestring));
    } else if (!isfinite(number)) {
        midge_json_put_null(w); /* JSON cannot express it */
    } else if (size < 1e15 && (double)(uint64_t)size >= size) {
        const size_t sign = signbit(number) != 0; /* also that of -0 */
        midge_json_put_raw(w, text + 1 - sign, sign + midge__u64_text(text + 1, (uint64_t)size));
    } else {
        put_double(w, number);
    }
}

static void put_scalar(struct midge_json_writer *w, const cJSON *node)
{
    switch (node->type & 0xff) {
    case cJSON_NULL:
        midge_json_put_null(w);
        break;
    case cJSON_False:
    case cJSON_True:
        midge_json_put_bool(w, (node->type & cJSON_True) != 0);
        break;
    case cJSON_Number:
        put_number(w, node);
        break;
    case cJSON_String:
        midge_json_put_string(w, given(node->valuestring));
        break;
    case cJSON_Raw:
        midge_json_put_raw(w, node->valuestring, strlen(given(node->valuestring)));
        break;
    default:
        midge_json_put_raw(w, NULL, 0); /* wrong */
        break;
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

/* Ends the containers that end after node; returns the next node, NULL after the last one. */
static const cJSON *step_over(struct midge_json_writer *w, struct walk *walk, const cJSON *node)
{
    while (walk->depth > 0 && node->next == NULL) {
        node = walk->open[--walk->depth];
        if (is_object(node)) {
            midge_json_end_object(w);
        } else {
            midge_json_end_array(w);
        }
    }
    return walk->depth > 0 ? node->next : NULL;
}

/* The writer takes no container that is nested too deep. */
static void open_container(struct midge_json_writer *w, struct walk *walk, const cJSON *node)
{
    if (walk->depth == MIDGE_JSON_FILTER_DEPTH) {
        w->wrong = true;
        return;
    }
    walk->open[walk->depth++] = node;
    if (is_object(node)) {
        midge_json_begin_object(w);
    } else {
        midge_json_begin_array(w);
    }
}

static void put_tree(struct midge_json_writer *w, const cJSON *node)
{
    struct walk walk = {.depth = 0};
    while (node != NULL && !w->wrong) {
        if (walk.depth > 0 && is_object(walk.open[walk.depth - 1])) {
            midge_json_put_key(w, given(node->string));
        }
        if (is_container(node) && node->child != NULL) {
            open_container(w, &walk, node);
            node = node->child;
            continue;
        }
        if (is_container(node)) {
            midge_json_put_raw(w, is_object(node) ? "{}" : "[]", 2);
        } else {
            put_scalar(w, node);
        }
        node = step_over(w, &walk, node);
    }
}

int midge_json_print(struct midge_client *client, const struct cJSON *json, char **text,
                     size_t *len)
{
    struct midge_json_writer w;
    size_t size;
    if (text == NULL) {
        return MIDGE_ERR_INVALID;
    }
    *text = NULL;
    midge_json_write_begin(&w, NULL, 0);
    put_tree(&w, json);
    if (midge_json_write_end(&w, &size) == MIDGE_ERR_INVALID) {
        return MIDGE_ERR_INVALID;
    }
    *text = midge_alloc(client, size + 1);
    if (*text == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    midge_json_write_begin(&w, *text, size + 1);
    put_tree(&w, json);
    return midge_json_write_end(&w, len);
}

#endif
