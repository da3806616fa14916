/* SPDX-License-Identifier: MIT */
/* Runs tests/vectors/json at every split, through the sink, and compares with the reader of whole
 * documents; cuts good documents at every byte; and what needs no data: paths refused, pausing,
 * aborting, bodies that need not be JSON. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../vectors/vectors.h"
#include "cJSON.h"
#include "fake_core.h"
#include "midge/err.h"
#include "midge/json.h"

/* ---- one run of the filter, logged ---- */

struct run {
    struct midge_json_filter filter;
    struct text log;
    char *text; /* of just the size the filter is told, so that a sanitizer sees a byte more */
    int err;
};

static void log_value(struct run *r, const struct midge_json_value *value)
{
    static const char *const types[] = {"null",   "false", "true",   "number",
                                        "string", "array", "object", "end"};
    char line[64];
    snprintf(line, sizeof line, "%u %s #%" PRIu32, value->path, types[value->type], value->index);
    text_puts(&r->log, line);
    if (value->len > 0)
        text_puts(&r->log, " ");
    text_add_escaped(&r->log, value->text, value->len);
    text_puts(&r->log, value->truncated ? " (cut)\n" : value->more ? " (more)\n" : "\n");
}

static int on_value(void *ctx, const struct midge_json_value *value)
{
    struct run *r = ctx;
    assert_int_equal(r->err, MIDGE_OK);
    assert_true(value->path < MIDGE_JSON_FILTER_PATHS);
    assert_true(value->type <= MIDGE_JSON_END);
    assert_int_equal(value->text[value->len], '\0');
    log_value(r, value);
    return MIDGE_OK;
}

static void run_begin(struct run *r, const char *const *paths, size_t n, size_t cap)
{
    *r = (struct run){.text = malloc(cap)};
    text_add(&r->log, "", 0);
    assert_int_equal(midge_json_filter_init(&r->filter, paths, n, r->text, cap, on_value, r),
                     MIDGE_OK);
    assert_null(r->filter.sink.reset);
}

static void feed(struct run *r, const char *piece, size_t len)
{
    if (len == 0 || r->err != MIDGE_OK)
        return;
    uint8_t *in = malloc(len);
    assert_non_null(in);
    memcpy(in, piece, len);
    r->err = r->filter.sink.write(&r->filter.sink, in, len);
    if (r->err != MIDGE_OK) /* an error stays one */
        assert_int_equal(r->filter.sink.write(&r->filter.sink, in, len), r->err);
    free(in);
}

static void run_finish(struct run *r)
{
    char line[64];
    if (r->err == MIDGE_OK) {
        r->err = r->filter.sink.finish(&r->filter.sink, MIDGE_OK, MIDGE_COMPLETE_YES);
    } else {
        assert_int_equal(r->filter.sink.finish(&r->filter.sink, r->err, MIDGE_COMPLETE_NO),
                         MIDGE_OK);
    }
    assert_int_equal(r->filter.error, r->err);
    if (r->err == MIDGE_OK)
        return;
    snprintf(line, sizeof line, "error %s @%" PRIu64 "\n", midge_err_name(r->err),
             r->filter.offset);
    text_puts(&r->log, line);
}

static void run_free(struct run *r)
{
    free(r->log.ptr);
    free(r->text);
}

/* ---- cases from files ---- */

struct vector {
    char name[256]; /* "json/file.txt: case" */
    char *paths[MIDGE_JSON_FILTER_PATHS];
    size_t n_paths;
    size_t cap;
    bool truncate, pieces;
    struct text in;
    struct text expected;
};

static struct vector vectors[512];
static size_t vector_count;

static void run_of(const struct vector *v, struct run *r)
{
    run_begin(r, (const char *const *)v->paths, v->n_paths, v->cap);
    r->filter.truncate = v->truncate;
    r->filter.pieces = v->pieces;
}

static void run_end(const struct vector *v, struct run *r, const char *how, size_t n)
{
    run_finish(r);
    if (strcmp(v->expected.ptr, r->log.ptr) != 0) {
        print_error("expected:\n%sgot:\n%s", v->expected.ptr, r->log.ptr);
        fail_msg("%s: %s %zu", v->name, how, n);
    }
    run_free(r);
}

static void run_pieces(const struct vector *v, size_t size)
{
    struct run r;
    run_of(v, &r);
    for (size_t at = 0; at < v->in.len; at += size)
        feed(&r, v->in.ptr + at, v->in.len - at < size ? v->in.len - at : size);
    run_end(v, &r, "in pieces of", size);
}

static void run_cut(const struct vector *v, size_t cut)
{
    struct run r;
    run_of(v, &r);
    feed(&r, v->in.ptr, cut);
    feed(&r, v->in.ptr + cut, v->in.len - cut);
    run_end(v, &r, "cut in two at", cut);
}

/* A document that ends too early is an error wherever that is, but for the digits of a number. */
static void run_short(const struct vector *v, size_t len)
{
    static const char *const nothing[] = {""};
    struct run r;
    run_begin(&r, nothing, 0, 1);
    feed(&r, v->in.ptr, len);
    run_finish(&r);
    if (r.err != MIDGE_ERR_JSON || r.filter.offset != len)
        fail_msg("%s: %s @%" PRIu64 " of its first %zu bytes", v->name, midge_err_name(r.err),
                 r.filter.offset, len);
    run_free(&r);
}

static size_t end_of_value(const struct vector *v)
{
    size_t len = v->in.len;
    while (len > 0 && strchr(" \t\r\n", v->in.ptr[len - 1]) != NULL)
        len--;
    return len;
}

/* ---- the other reader ---- */

struct found {
    unsigned count;
    uint8_t type;
    struct text text;
};

static int on_found(void *ctx, const struct midge_json_value *value)
{
    struct found *found = ctx;
    if (value->type != MIDGE_JSON_END) {
        found->count++;
        found->type = value->type;
        text_add(&found->text, value->text, value->len);
    }
    return MIDGE_OK;
}

static void find(const struct vector *v, const char *path, struct found *found)
{
    struct midge_json_filter filter;
    char *text = malloc(v->in.len + 1);
    *found = (struct found){0};
    text_add(&found->text, "", 0);
    assert_int_equal(
        midge_json_filter_init(&filter, &path, 1, text, v->in.len + 1, on_found, found), MIDGE_OK);
    assert_int_equal(filter.sink.write(&filter.sink, (const uint8_t *)v->in.ptr, v->in.len),
                     MIDGE_OK);
    assert_int_equal(filter.sink.finish(&filter.sink, MIDGE_OK, MIDGE_COMPLETE_YES), MIDGE_OK);
    free(text);
}

static void same_number(const struct vector *v, struct midge_client *client, const cJSON *node,
                        const char *text)
{
    char *printed = NULL;
    assert_int_equal(midge_json_print(client, node, &printed, NULL), MIDGE_OK);
    if (strtod(printed, NULL) < strtod(text, NULL) || strtod(printed, NULL) > strtod(text, NULL) ||
        (strpbrk(text, ".eE") == NULL && strcmp(printed, text) != 0))
        fail_msg("%s: %s in the tree, %s in the filter", v->name, printed, text);
    midge_free(client, printed);
}

/* At a path both find nothing, or the same. */
static void same_value(const struct vector *v, struct midge_client *client, const cJSON *json,
                       const char *path)
{
    static const int types[] = {cJSON_NULL,   cJSON_False, cJSON_True,  cJSON_Number,
                                cJSON_String, cJSON_Array, cJSON_Object};
    const cJSON *node = midge_json_at(json, path);
    struct found found;
    find(v, path, &found);
    if (found.count != (node != NULL) || (node != NULL && node->type != types[found.type]))
        fail_msg("%s: at '%s' the filter finds %u values, the last of type %u, the tree one of %d",
                 v->name, path, found.count, found.type, node != NULL ? node->type : -1);
    if (node != NULL && found.type == MIDGE_JSON_STRING)
        assert_string_equal(node->valuestring, found.text.ptr);
    if (node != NULL && found.type == MIDGE_JSON_NUMBER)
        same_number(v, client, node, found.text.ptr);
    free(found.text.ptr);
}

/* Written, parsed and written again it is the same. */
static void same_again(struct midge_client *client, const cJSON *json)
{
    char *first = NULL, *second = NULL;
    size_t len = 0;
    cJSON *again = NULL;
    assert_int_equal(midge_json_print(client, json, &first, &len), MIDGE_OK);
    assert_int_equal(midge_json_parse(client, first, len, 0, &again, NULL), MIDGE_OK);
    assert_int_equal(midge_json_print(client, again, &second, NULL), MIDGE_OK);
    assert_string_equal(first, second);
    midge_free(client, first);
    midge_free(client, second);
    midge_json_free(client, again);
}

static void test_tree(const struct vector *v)
{
    struct midge_client client = {0};
    cJSON *json = NULL;
    size_t offset = 0;
    char *copy = malloc(v->in.len + 1);
    memcpy(copy, v->in.ptr, v->in.len);
    copy = realloc(copy, v->in.len > 0 ? v->in.len : 1); /* a sanitizer sees a byte more */
    int err = midge_json_parse(&client, copy, v->in.len, 0, &json, &offset);
    free(copy);
    const char *error = strstr(v->expected.ptr, "error JSON @");
    if (err != (error != NULL ? MIDGE_ERR_JSON : MIDGE_OK) ||
        (error != NULL && offset != strtoul(error + 12, NULL, 10)))
        fail_msg("%s: the tree: %s @%zu", v->name, midge_err_name(err), offset);
    for (size_t i = 0; i < v->n_paths && err == MIDGE_OK; i++) {
        if (strchr(v->paths[i], '*') == NULL)
            same_value(v, &client, json, v->paths[i]);
    }
    if (err == MIDGE_OK) {
        same_value(v, &client, json, "");
        same_again(&client, json);
    }
    midge_json_free(&client, json);
    assert_int_equal(client.allocs, client.frees);
}

static void test_vector(void **state)
{
    const struct vector *v = *state;
    size_t end = end_of_value(v);
    size_t most = v->in.len < 5000 ? v->in.len : 300; /* and the very long only so far */
    run_pieces(v, v->in.len + 1);
    for (size_t size = most; size >= 1; size--)
        run_pieces(v, size);
    for (size_t cut = 0; cut <= most; cut++)
        run_cut(v, cut);
    if (strstr(v->expected.ptr, "error") == NULL && end > 0 &&
        strchr("\"}]el", v->in.ptr[end - 1]) != NULL) {
        for (size_t len = 0; len < end; len++)
            run_short(v, len);
    }
    test_tree(v);
}

static struct vector *begin_case(const char *file, const char *name)
{
    if (vector_count == sizeof vectors / sizeof vectors[0])
        abort();
    struct vector *v = &vectors[vector_count++];
    *v = (struct vector){.cap = 64};
    snprintf(v->name, sizeof v->name, "json/%s: %s", file, name);
    text_add(&v->in, "", 0);
    text_add(&v->expected, "", 0);
    return v;
}

/* "good: DOCUMENT" */
static void load_good(const char *file, const char *in)
{
    struct vector *v = begin_case(file, in);
    unescape(&v->in, in, in + strlen(in));
}

/* "bad OFFSET: DOCUMENT" */
static void load_bad(const char *file, const char *line)
{
    char *in, expected[64];
    unsigned long offset = strtoul(line, &in, 10);
    in += strspn(in, ":");
    in += *in == ' ';
    struct vector *v = begin_case(file, in);
    unescape(&v->in, in, in + strlen(in));
    snprintf(expected, sizeof expected, "error JSON @%lu\n", offset);
    text_puts(&v->expected, expected);
}

static void load_field(struct vector *v, const char *file, const char *line)
{
    const char *rest;
    if ((rest = text_after(line, "path: ")) != NULL && v->n_paths < MIDGE_JSON_FILTER_PATHS) {
        v->paths[v->n_paths++] = strdup(rest);
    } else if ((rest = text_after(line, "cap: ")) != NULL) {
        v->cap = strtoul(rest, NULL, 10);
    } else if (text_after(line, "truncate: yes") != NULL) {
        v->truncate = true;
    } else if (text_after(line, "pieces: yes") != NULL) {
        v->pieces = true;
    } else if ((rest = text_after(line, "in: ")) != NULL) {
        unescape(&v->in, rest, rest + strlen(rest));
    } else if ((rest = text_after(line, "> ")) != NULL) {
        text_puts(&v->expected, rest);
        text_puts(&v->expected, "\n");
    } else {
        fprintf(stderr, "json/%s: what is '%s'?\n", file, line);
        exit(2);
    }
}

static void load_line(const char *file, unsigned number, const char *line)
{
    const char *rest;
    (void)number;
    if ((rest = text_after(line, "case: ")) != NULL)
        begin_case(file, rest);
    else if ((rest = text_after(line, "good: ")) != NULL)
        load_good(file, rest);
    else if ((rest = text_after(line, "bad ")) != NULL)
        load_bad(file, rest);
    else
        load_field(&vectors[vector_count - 1], file, line);
}

/* ---- which paths there are ---- */

static int init_with(const char *const *paths, size_t n, size_t cap)
{
    struct midge_json_filter filter;
    char text[8];
    return midge_json_filter_init(&filter, paths, n, text, cap, on_value, NULL);
}

static void test_paths(void **state)
{
    static const char *const good[] = {
        "",    "a", "a.b", "a[0]",           "[0]", "[*]",         "[*].a", "a[*][*]", "a b", "*",
        "a.*", "0", "-",   "a[000000001].b", "é",   "a[999999999]"};
    static const char *const bad[] = {
        ".",     ".a",  "a.",    "a..b",  "a[",    "a[]",   "a[*",           "a[**]", "a[-1]",
        "a[+1]", "a[1", "a[1]]", "a[1]b", "a[ 1]", "a[1 ]", "a[x]",          "a.[0]", "a]",
        "]",     "[",   "a[0].", "[0]..", "a[*1]", "a[1*]", "a[1000000000]", NULL};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (init_with(&good[i], 1, 8) != MIDGE_OK)
            fail_msg("refused: '%s'", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (init_with(&bad[i], 1, 8) != MIDGE_ERR_INVALID)
            fail_msg("taken: '%s'", bad[i] != NULL ? bad[i] : "NULL");
    }
}

static void test_limits_of_paths(void **state)
{
    char longest[257];
    const char *const many[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    const char *const last_bad[] = {"a", "b.", "c"};
    const char *const steps[] = {"a.b.c[1].e.f[*].h", "a.b.c[1].e.f[*].h.i",
                                 "[0][1][2][3][4][5][6][7][8]"};
    const char *path = longest;
    (void)state;
    memset(longest, 'x', sizeof longest);
    longest[255] = '\0';
    assert_int_equal(init_with(&path, 1, 8), MIDGE_OK);
    longest[255] = 'x';
    longest[256] = '\0';
    assert_int_equal(init_with(&path, 1, 8), MIDGE_ERR_INVALID);
    assert_int_equal(init_with(many, 8, 8), MIDGE_OK);
    assert_int_equal(init_with(many, 9, 8), MIDGE_ERR_INVALID);
    assert_int_equal(init_with(last_bad, 3, 8), MIDGE_ERR_INVALID);
    assert_int_equal(init_with(&steps[0], 1, 8), MIDGE_OK);
    assert_int_equal(init_with(&steps[1], 1, 8), MIDGE_ERR_INVALID);
    assert_int_equal(init_with(&steps[2], 1, 8), MIDGE_ERR_INVALID);
    assert_int_equal(init_with(many, 1, 0), MIDGE_ERR_INVALID);
    assert_int_equal(init_with(NULL, 1, 8), MIDGE_ERR_INVALID);
}

static void test_init_wants_a_callback_and_memory(void **state)
{
    static const char *const paths[] = {"a"};
    struct midge_json_filter filter;
    char text[8];
    (void)state;
    assert_int_equal(midge_json_filter_init(&filter, paths, 1, text, 8, NULL, NULL),
                     MIDGE_ERR_INVALID);
    assert_int_equal(midge_json_filter_init(&filter, paths, 1, NULL, 8, on_value, NULL),
                     MIDGE_ERR_INVALID);
}

/* A name as long as a path can be, and its neighbours. */
static void test_longest_path(void **state)
{
    char path[256], in[1200];
    const char *const paths[] = {path};
    struct run r;
    (void)state;
    memset(path, 'x', 255);
    path[255] = '\0';
    snprintf(in, sizeof in, "{\"%.254sy\":1,\"%sx\":2,\"%.254s\":3,\"%s\":4}", path, path, path,
             path);
    run_begin(&r, paths, 1, 8);
    feed(&r, in, strlen(in));
    run_finish(&r);
    assert_string_equal(r.log.ptr, "0 number #0 4\n");
    run_free(&r);
}

/* ---- the callback's answers ---- */

struct answer {
    int answer;
    unsigned at; /* which call gives it, from 1 */
    unsigned calls;
};

static int answers(void *ctx, const struct midge_json_value *value)
{
    struct answer *a = ctx;
    (void)value;
    return ++a->calls == a->at ? a->answer : MIDGE_OK;
}

static int write_text(struct midge_json_filter *filter, const char *text)
{
    return filter->sink.write(&filter->sink, (const uint8_t *)text, strlen(text));
}

static int finish(struct midge_json_filter *filter)
{
    return filter->sink.finish(&filter->sink, MIDGE_OK, MIDGE_COMPLETE_YES);
}

static const char *const elements[] = {"[*]"};
static const char *const document[] = {""};

static void test_pause_comes_behind_the_piece(void **state)
{
    struct answer a = {MIDGE_ERR_PAUSE, 2, 0};
    struct midge_json_filter filter;
    char text[8];
    (void)state;
    assert_int_equal(midge_json_filter_init(&filter, elements, 1, text, 8, answers, &a), MIDGE_OK);
    assert_int_equal(write_text(&filter, "[1,"), MIDGE_OK);
    assert_int_equal(write_text(&filter, "2,3,4"), MIDGE_ERR_PAUSE);
    assert_int_equal(a.calls, 3);
    assert_int_equal(filter.offset, 8);
    assert_int_equal(write_text(&filter, "]"), MIDGE_OK);
    assert_int_equal(a.calls, 4);
    assert_int_equal(finish(&filter), MIDGE_OK);
}

static void test_an_error_counts_more_than_pause(void **state)
{
    struct answer a = {MIDGE_ERR_PAUSE, 1, 0};
    struct midge_json_filter filter;
    char text[8];
    (void)state;
    midge_json_filter_init(&filter, elements, 1, text, 8, answers, &a);
    assert_int_equal(write_text(&filter, "[1,]"), MIDGE_ERR_JSON);
    assert_int_equal(filter.offset, 3);
}

static void test_pause_at_the_end_is_nothing(void **state)
{
    struct answer a = {MIDGE_ERR_PAUSE, 1, 0};
    struct midge_json_filter filter;
    char text[8];
    (void)state;
    midge_json_filter_init(&filter, document, 1, text, 8, answers, &a);
    assert_int_equal(write_text(&filter, "12"), MIDGE_OK);
    assert_int_equal(a.calls, 0);
    assert_int_equal(finish(&filter), MIDGE_OK);
    assert_int_equal(a.calls, 1);
}

static void test_the_callback_aborts(void **state)
{
    struct answer a = {MIDGE_ERR_WRITE, 2, 0};
    struct midge_json_filter filter;
    char text[8];
    (void)state;
    midge_json_filter_init(&filter, elements, 1, text, 8, answers, &a);
    filter.optional = 1; /* means the document only */
    assert_int_equal(write_text(&filter, "[1,2,3,4]"), MIDGE_ERR_WRITE);
    assert_int_equal(a.calls, 2);
    assert_int_equal(filter.error, MIDGE_OK);
    assert_int_equal(filter.offset, 4);
    a = (struct answer){MIDGE_ERR_WRITE, 1, 0};
    midge_json_filter_init(&filter, document, 1, text, 8, answers, &a);
    assert_int_equal(write_text(&filter, "12"), MIDGE_OK);
    assert_int_equal(finish(&filter), MIDGE_ERR_WRITE);
}

/* ---- how a body ends ---- */

static void test_a_failed_request_has_its_error(void **state)
{
    struct run r;
    (void)state;
    run_begin(&r, elements, 1, 8);
    feed(&r, "[1,", 3);
    assert_int_equal(r.filter.sink.finish(&r.filter.sink, MIDGE_ERR_PARTIAL, MIDGE_COMPLETE_NO),
                     MIDGE_OK);
    assert_string_equal(r.log.ptr, "0 number #0 1\n");
    run_free(&r);
}

static void test_a_number_is_not_reported_by_a_cut(void **state)
{
    struct run r;
    (void)state;
    run_begin(&r, document, 1, 8);
    feed(&r, "12", 2);
    assert_int_equal(r.filter.sink.finish(&r.filter.sink, MIDGE_ERR_PARTIAL, MIDGE_COMPLETE_NO),
                     MIDGE_OK);
    assert_string_equal(r.log.ptr, "");
    run_free(&r);
}

static void test_optional(void **state)
{
    static const char *const paths[] = {"error.message"};
    struct run r;
    (void)state;
    run_begin(&r, paths, 1, 8);
    r.filter.optional = 1;
    feed(&r, "{\"error\":{\"message\":\"no\"}} and more", 34);
    feed(&r, "{\"error\":{\"message\":\"no\"}}", 26);
    assert_int_equal(r.err, MIDGE_OK);
    assert_int_equal(finish(&r.filter), MIDGE_OK);
    assert_int_equal(r.filter.error, MIDGE_ERR_JSON);
    assert_int_equal(r.filter.offset, 27);
    assert_string_equal(r.log.ptr, "0 string #0 no\n");
    run_free(&r);

    run_begin(&r, paths, 1, 2);
    r.filter.optional = 1;
    feed(&r, "{\"error\":{\"message\":\"no\"}}", 26);
    assert_int_equal(finish(&r.filter), MIDGE_OK);
    assert_int_equal(r.filter.error, MIDGE_ERR_TOO_LARGE);
    assert_string_equal(r.log.ptr, "");
    run_free(&r);

    run_begin(&r, paths, 1, 8);
    r.filter.optional = 1;
    assert_int_equal(finish(&r.filter), MIDGE_OK);
    assert_int_equal(r.filter.error, MIDGE_ERR_JSON);
    run_free(&r);
}

/* ---- size ---- */

/* A filter for each request: what it takes of a 64 KB device is part of the contract. */
static void test_state_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct midge_json_filter) <= 200);
}

/* ---- all of them, each under a name that says file and case ---- */

static void add_tests(void)
{
    add_test("paths", test_paths, NULL);
    add_test("limits_of_paths", test_limits_of_paths, NULL);
    add_test("init_wants_a_callback_and_memory", test_init_wants_a_callback_and_memory, NULL);
    add_test("longest_path", test_longest_path, NULL);
    add_test("pause_comes_behind_the_piece", test_pause_comes_behind_the_piece, NULL);
    add_test("an_error_counts_more_than_pause", test_an_error_counts_more_than_pause, NULL);
    add_test("pause_at_the_end_is_nothing", test_pause_at_the_end_is_nothing, NULL);
    add_test("the_callback_aborts", test_the_callback_aborts, NULL);
    add_test("a_failed_request_has_its_error", test_a_failed_request_has_its_error, NULL);
    add_test("a_number_is_not_reported_by_a_cut", test_a_number_is_not_reported_by_a_cut, NULL);
    add_test("optional", test_optional, NULL);
    add_test("state_is_small", test_state_is_small, NULL);
}

int main(void)
{
    for_each_vector_line(MIDGE_VECTORS_DIR "/json", load_line);
    for (size_t i = 0; i < vector_count; i++)
        add_test(vectors[i].name, test_vector, &vectors[i]);
    add_tests();
    if (vector_count < 250) {
        fprintf(stderr, "%s/json: only %zu cases found\n", MIDGE_VECTORS_DIR, vector_count);
        return 2;
    }
    int failed = _cmocka_run_group_tests("json_filter", tests, test_count, NULL, NULL);
    for (size_t i = 0; i < vector_count; i++) {
        for (size_t p = 0; p < vectors[i].n_paths; p++)
            free(vectors[i].paths[p]);
        free(vectors[i].in.ptr);
        free(vectors[i].expected.ptr);
    }
    return failed;
}
