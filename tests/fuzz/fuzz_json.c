/* SPDX-License-Identifier: MIT */
/*
 * A document through the filter in one piece and in pieces, through the tree reader, through a
 * second reader of the grammar (json_reference.h) and through cJSON. They agree on what is JSON,
 * and on the values. A tree that is written is read again as the same, by cJSON too. When an
 * allocation fails, nothing is left. Choices at the end: paths, size of the text buffer, which
 * allocation fails, the splits.
 */
#include "json_reference.h"

#include <math.h>

#include "cJSON.h"
#include "fake_core.h"
#include "midge/err.h"

static struct midge_client core;

/* --- the filter --- */

struct filter {
    struct midge_json_filter f;
    struct fuzz_text log;
    char *text;
    int err;
};

static int on_value(void *ctx, const struct midge_json_value *v)
{
    struct filter *r = ctx;
    FUZZ_CHECK(r->err == MIDGE_OK && v->type <= MIDGE_JSON_END);
    FUZZ_CHECK(v->text[v->len] == '\0' && v->len < r->f.scan.cap);
    fuzz_printf(&r->log, "%u %u #%u %u%u ", v->path, v->type, (unsigned)v->index, v->truncated,
                v->more);
    fuzz_add(&r->log, v->text, v->len);
    fuzz_puts(&r->log, "\n");
    return MIDGE_OK;
}

static void filter_begin(struct filter *r, const char *const *paths, size_t n, unsigned choice)
{
    size_t cap = 7 + choice % 64;
    memset(r, 0, sizeof *r);
    fuzz_add(&r->log, "", 0);
    r->text = malloc(cap);
    FUZZ_CHECK(midge_json_filter_init(&r->f, paths, n, r->text, cap, on_value, r) == MIDGE_OK);
    r->f.truncate = (choice & 64) != 0;
    r->f.pieces = (choice & 128) != 0;
}

static void filter_feed(struct filter *r, struct fuzz_in in, struct fuzz_splits splits)
{
    while (in.len > 0 && r->err == MIDGE_OK) {
        size_t size = fuzz_next(&splits, in.len);
        uint8_t *piece = fuzz_copy(in.at, size);
        r->err = r->f.sink.write(&r->f.sink, piece, size);
        free(piece);
        in.at += size;
        in.len -= size;
    }
    if (r->err == MIDGE_OK) {
        r->err = r->f.sink.finish(&r->f.sink, MIDGE_OK, MIDGE_COMPLETE_YES);
    }
    fuzz_printf(&r->log, "end %d %d at %llu\n", r->err, r->f.error,
                (unsigned long long)r->f.offset);
}

static void filter_free(struct filter *r)
{
    free(r->text);
    fuzz_free(&r->log);
}

static const char *const path_sets[][4] = {
    {""},
    {"a", "a.b", "a[0]", "b"},
    {"[*]", "[*].a", "[0]", "[1][0]"},
    {"a[*].b", "a[*]", "a", "b.c.d"},
    {"results[*].artistName", "results[*]", "data[0].url", "id"},
    {"[*][*]", "[*][*][*]", "[2]", "[*].b[*]"},
    {"a.a.a", "a.a", "a", "aa"},
    {"[0][0][0][0]", "a.b.c.d", "\xc3\xa9", "a[10]"},
};

/* Returns the error of the document alone: MIDGE_OK or JSON. */
static void check_filter(struct fuzz_in in, struct fuzz_splits splits, unsigned paths,
                         unsigned choice)
{
    struct filter one, pieces;
    struct fuzz_splits whole = {NULL, 0, 0};
    const char *const *set = path_sets[paths % (sizeof path_sets / sizeof path_sets[0])];
    filter_begin(&one, set, set[1] != NULL ? 4 : 1, choice);
    filter_begin(&pieces, set, set[1] != NULL ? 4 : 1, choice);
    filter_feed(&one, in, whole);
    filter_feed(&pieces, in, splits);
    fuzz_same(&one.log, &pieces.log, "In one piece and in pieces");
    filter_free(&one);
    filter_free(&pieces);
}

/* --- the tree --- */

static void check_value(const struct filter *r, const cJSON *item)
{
    const char *line = strchr(r->log.ptr, '\n') != NULL ? r->log.ptr : "";
    struct fuzz_text expected = {NULL, 0, 0};
    if (cJSON_IsString(item)) {
        fuzz_puts(&expected, "0 4 #");
        FUZZ_CHECK(strncmp(line, expected.ptr, expected.len) == 0);
        FUZZ_CHECK(strstr(line, item->valuestring) != NULL);
    }
    FUZZ_CHECK(!cJSON_IsNumber(item) || strncmp(line, "0 3 #", 5) == 0);
    FUZZ_CHECK(!cJSON_IsArray(item) || strncmp(line, "0 5 #", 5) == 0);
    FUZZ_CHECK(!cJSON_IsObject(item) || strncmp(line, "0 6 #", 5) == 0);
    FUZZ_CHECK(item != NULL || line[0] != '0');
    fuzz_free(&expected);
}

/* Both readers find the same at a path of names and numbers. */
static void check_at(struct fuzz_in in, const cJSON *json, unsigned paths)
{
    const char *const *set = path_sets[paths % (sizeof path_sets / sizeof path_sets[0])];
    for (size_t i = 0; i < 4 && set[i] != NULL; i++) {
        struct filter r;
        char big[4096];
        if (strchr(set[i], '*') == NULL) {
            filter_begin(&r, set + i, 1, 0);
            FUZZ_CHECK(midge_json_filter_init(&r.f, set + i, 1, big, sizeof big, on_value, &r) ==
                       MIDGE_OK);
            filter_feed(&r, in, (struct fuzz_splits){NULL, 0, 0});
            check_value(&r, midge_json_at(json, set[i]));
            filter_free(&r);
        }
    }
}

static void check_print(const cJSON *json, const cJSON *theirs)
{
    char *text = NULL, *again = NULL;
    size_t len = 0, again_len = 0;
    cJSON *read = NULL;
    FUZZ_CHECK(midge_json_print(&core, json, &text, &len) == MIDGE_OK && strlen(text) == len);
    FUZZ_CHECK(midge_json_parse(&core, text, len, 0, &read, NULL) == MIDGE_OK);
    FUZZ_CHECK(midge_json_print(&core, read, &again, &again_len) == MIDGE_OK);
    FUZZ_CHECK(len == again_len && memcmp(text, again, len) == 0);
    if (theirs != NULL) {
        cJSON *copy = cJSON_ParseWithLength(text, len);
        FUZZ_CHECK(copy != NULL && cJSON_Compare(copy, theirs, true));
        cJSON_Delete(copy);
    }
    midge_json_free(&core, read);
    midge_free(&core, text);
    midge_free(&core, again);
}

/* cJSON compares objects with the same name twice, and numbers beyond a double, in its own way. */
static bool is_odd(const cJSON *json)
{
    bool odd = cJSON_IsNumber(json) && !isfinite(json->valuedouble);
    for (const cJSON *a = json->child; a != NULL && !odd; a = a->next) {
        for (const cJSON *b = a->next; cJSON_IsObject(json) && b != NULL; b = b->next) {
            odd = odd || strcmp(a->string, b->string) == 0;
        }
        odd = odd || is_odd(a);
    }
    return odd;
}

/* cJSON's own reader takes more than JSON, so it is asked only for values. */
static cJSON *read_by_cjson(const char *text, size_t len, const cJSON *mine,
                            const struct json_reference *reference)
{
    size_t bom = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* not in short texts */
    if (reference->half_pair || is_odd(mine)) {
        return NULL;
    }
    cJSON *theirs = cJSON_ParseWithLength(text + bom, len - bom);
    FUZZ_CHECK(theirs != NULL && cJSON_Compare(mine, theirs, true));
    return theirs;
}

static void check_tree(struct fuzz_in in, unsigned paths)
{
    char *text = fuzz_copy(in.at, in.len);
    struct json_reference reference = {text, text + in.len, false};
    cJSON *json = NULL;
    size_t offset = 0;
    struct filter nothing;
    int err = midge_json_parse(&core, text, in.len, 0, &json, &offset);
    filter_begin(&nothing, path_sets[0], 0, 0);
    filter_feed(&nothing, in, (struct fuzz_splits){NULL, 0, 0});
    FUZZ_CHECK(err == nothing.err && (err == MIDGE_OK || offset == nothing.f.offset));
    FUZZ_CHECK(json_document(&reference) == (err == MIDGE_OK));
    if (err == MIDGE_OK) {
        cJSON *theirs = read_by_cjson(text, in.len, json, &reference);
        check_at(in, json, paths);
        check_print(json, theirs);
        cJSON_Delete(theirs);
        midge_json_free(&core, json);
    }
    filter_free(&nothing);
    free(text);
}

static void check_failure(struct fuzz_in in, unsigned nth)
{
    cJSON *json = NULL;
    char *text = NULL;
    size_t len = 0;
    core.fail_alloc = nth;
    int err = midge_json_parse(&core, in.at, in.len, 0, &json, NULL);
    FUZZ_CHECK(err == MIDGE_OK || err == MIDGE_ERR_JSON || err == MIDGE_ERR_NO_MEMORY);
    if (err == MIDGE_OK) {
        err = midge_json_print(&core, json, &text, &len);
        FUZZ_CHECK(err == MIDGE_OK || err == MIDGE_ERR_NO_MEMORY);
        midge_free(&core, err == MIDGE_OK ? text : NULL);
        midge_json_free(&core, json);
    }
    core.fail_alloc = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    unsigned paths = fuzz_choice(&in), choice = fuzz_choice(&in), nth = fuzz_choice(&in);
    struct fuzz_splits splits = fuzz_splits(&in);
    in.len = in.len < 4000 ? in.len : 4000;
    check_filter(in, splits, paths, choice);
    check_tree(in, paths);
    if (nth > 0) {
        check_failure(in, nth);
    }
    FUZZ_CHECK(core.allocs == core.frees);
    return 0;
}
