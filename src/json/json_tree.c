/* SPDX-License-Identifier: MIT */
/*
 * Whole documents as trees of cJSON nodes. The codec's scanner, which the filter uses too, checks
 * the document and decodes its strings; cJSON's own parser is not used. So the filter and the trees
 * accept the same documents, no function recurses, and the firmware keeps cJSON's process-wide
 * hooks.
 */
#include <stdbool.h>

#include "base/span.h"
#include "codec/json_scan.h"
#include "json/json_number.h"
#include "midge/err.h"

#if MIDGE_WITH_JSON

/* --- the document is well-formed --- */

/* Scans a document, or decodes a string with its quotes: n is then 1, and the text has cap bytes.
   depth 0: the deepest. *in becomes the rest after an error. */
static int scan(struct midge_span *in, unsigned depth, unsigned n, char *text, size_t cap)
{
    static const char *const whole[] = {""};
    struct midge__json_scan scan;
    struct midge_json_value value;
    struct midge_span end = {NULL, 0};
    (void)midge__json_scan_init(&scan, whole, n, text, cap);
    if (depth > 0 && depth < scan.max_depth) {
        scan.max_depth = (uint8_t)depth;
    }
    int err = midge__json_scan(&scan, in, &value);
    return err == MIDGE_OK ? midge__json_scan(&scan, &end, &value) : err;
}

/* --- its tokens --- */

struct builder {
    struct midge_client *client;
    const char *at, *end;
    char *name; /* of the member before its value is read */
    unsigned depth;
    cJSON *root, *open[MIDGE_JSON_FILTER_DEPTH];
};

/* Skips all characters between tokens, a byte order mark included. */
static char next_token(struct builder *b)
{
    while (strchr(" \t\r\n,:\xef\xbb\xbf", *b->at) != NULL) {
        b->at++;
    }
    return *b->at;
}

/* A string with its quotes. */
static struct midge_span take_quoted(struct builder *b)
{
    const char *from = b->at++;
    while (*b->at != '"') {
        b->at += *b->at == '\\' ? 2 : 1;
    }
    b->at++;
    return midge__span(from, (size_t)(b->at - from));
}

/* NULL: no memory. */
static char *copy(struct builder *b, struct midge_span s)
{
    char *text = midge_alloc(b->client, s.len + 1);
    if (text != NULL) {
        memcpy(text, s.ptr, s.len);
        text[s.len] = '\0';
    }
    return text;
}

static char *take_string(struct builder *b)
{
    struct midge_span token = take_quoted(b);
    struct midge_span raw = midge__span(token.ptr + 1, token.len - 2);
    char *text = copy(b, raw);
    if (text != NULL && memchr(raw.ptr, '\\', raw.len) != NULL) {
        (void)scan(&token, 0, 1, text, raw.len + 1); /* never longer than the raw text */
    }
    return text;
}

static struct midge_span take_word(struct builder *b)
{
    const char *from = b->at;
    while (b->at < b->end && (midge__is_token(*b->at))) {
        b->at++;
    }
    return midge__span(from, (size_t)(b->at - from));
}

/* --- nodes --- */

static bool set_number(struct builder *b, cJSON *node)
{
    struct midge_span word = take_word(b);
    node->type = cJSON_Number;
    if (midge__json_set_number(node, word)) {
        return true;
    }
    node->valuestring = copy(b, word);
    return node->valuestring != NULL;
}

static bool set_value(struct builder *b, cJSON *node, char first)
{
    switch (first) {
    case '{':
    case '[':
        node->type = first == '{' ? cJSON_Object : cJSON_Array;
        b->open[b->depth++] = node;
        b->at++;
        return true;
    case '"':
        node->type = cJSON_String;
        node->valuestring = take_string(b);
        return node->valuestring != NULL;
    case 't':
    case 'f':
    case 'n':
        node->type = first == 't' ? cJSON_True : first == 'f' ? cJSON_False : cJSON_NULL;
        node->valueint = first == 't';
        (void)take_word(b);
        return true;
    default:
        return set_number(b, node);
    }
}

/* Links them as cJSON does: the first child's prev is the last child. */
static void append(cJSON *parent, cJSON *node)
{
    cJSON *first = parent->child;
    if (first == NULL) {
        parent->child = node;
        node->prev = node;
        return;
    }
    node->prev = first->prev;
    first->prev->next = node;
    first->prev = node;
}

static bool add_value(struct builder *b, char first)
{
    cJSON *node = midge_alloc(b->client, sizeof *node);
    if (node == NULL) {
        return false;
    }
    *node = (cJSON){.string = b->name};
    b->name = NULL;
    if (b->depth > 0) {
        append(b->open[b->depth - 1], node);
    } else {
        b->root = node;
    }
    return set_value(b, node, first);
}

static bool add_token(struct builder *b)
{
    char c = next_token(b);
    if (c == '}' || c == ']') {
        b->depth--;
        b->at++;
        return true;
    }
    bool names = b->depth > 0 && b->open[b->depth - 1]->type == cJSON_Object && b->name == NULL;
    if (!names) {
        return add_value(b, c);
    }
    b->name = take_string(b);
    return b->name != NULL;
}

/* --- public --- */

int midge_json_parse(struct midge_client *client, const void *text, size_t len, unsigned depth,
                     struct cJSON **json, size_t *offset)
{
    struct builder b = {.client = client, .at = text};
    char nothing[1];
    if (json == NULL || (text == NULL && len > 0)) {
        return MIDGE_ERR_INVALID;
    }
    *json = NULL;
    struct midge_span in = midge__span(len > 0 ? text : "", len);
    int err = scan(&in, depth, 0, nothing, sizeof nothing);
    if (offset != NULL) {
        *offset = len - in.len;
    }
    if (err != MIDGE_OK) {
        return err;
    }
    b.end = b.at + len;
    do {
        if (!add_token(&b)) {
            midge_free(client, b.name);
            midge_json_free(client, b.root);
            return MIDGE_ERR_NO_MEMORY;
        }
    } while (b.depth > 0);
    *json = b.root;
    return MIDGE_OK;
}

/* Moves the node's children into the list, directly after it. */
static void unfold(cJSON *node)
{
    cJSON *last = node->child;
    if (last == NULL || (node->type & cJSON_IsReference) != 0) {
        return;
    }
    while (last->next != NULL) {
        last = last->next;
    }
    last->next = node->next;
    node->next = node->child;
}

void midge_json_free(struct midge_client *client, struct cJSON *json)
{
    while (json != NULL) {
        unfold(json);
        cJSON *next = json->next;
        if ((json->type & cJSON_IsReference) == 0) {
            midge_free(client, json->valuestring);
        }
        if ((json->type & cJSON_StringIsConst) == 0) {
            midge_free(client, json->string);
        }
        midge_free(client, json);
        json = next;
    }
}

#endif
