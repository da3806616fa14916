/* SPDX-License-Identifier: MIT */
/*
 * -r sends a Range (RFC 9110 14.2). An answer that is not 206 is the user's to judge, as with curl.
 * -C OFFSET sends the range OFFSET-, and an answer that is not this part must not get into the
 * file:
 *
 *     206, the part                    behind what is there
 *     206, another part or version     RANGE
 *     200 after If-Range               the file has changed: written from its start
 *     200, and it is as long           the file is complete
 *     416, and it is as long           the file is complete; also if the length is not given
 *     any other                        RANGE, or with -f HTTP_STATUS
 */
#define _GNU_SOURCE
#include "part.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <midge/err.h>
#include <midge/range.h>

#include "failure.h"
#include "fetch.h"
#include "host/number.h"
#include "run.h"

/* --- the options --- */

static int read_number(const char *text, size_t len, uint64_t *number)
{
    return number_parse(text, len, 0, INT64_MAX, number);
}

/* One range: "0-99", "100-", "-50", and as with curl "100" for "100-". Returns 0 if it is none. */
static int read_one(const char *text, size_t len, struct part *part)
{
    const char *dash = memchr(text, '-', len);
    size_t at = dash != NULL ? (size_t)(dash - text) : len;

    if (at == 0) {
        part->kind = PART_SUFFIX;
        return read_number(text + 1, len - 1, &part->last);
    }
    part->kind = at + 1 < len ? PART_CLOSED : PART_FROM;
    if (!read_number(text, at, &part->first)) {
        return 0;
    }
    return part->kind == PART_FROM ||
           (read_number(dash + 1, len - at - 1, &part->last) && part->first <= part->last);
}

static int read_ranges(const char *text, struct part *part)
{
    size_t n = 0;

    for (;; text++) {
        size_t len = strcspn(text, ",");
        if (!read_one(text, len, part)) {
            return 0;
        }
        n++;
        text += len;
        if (*text == '\0') {
            break;
        }
    }
    part->kind = n > 1 ? PART_SEVERAL : part->kind;
    return 1;
}

static int is_for_get(const struct group *group)
{
    int body = group->uploads.n > 0 || group->forms.n > 0 || (group->data.n > 0 && !group->get);

    return !body && (group->method == NULL || strcmp(group->method, "GET") == 0 ||
                     strcmp(group->method, "HEAD") == 0);
}

int part_check(const struct group *group)
{
    const char *range = group->range, *at = group->continue_at;
    const char *name = range != NULL ? "--range" : "--continue-at";
    struct part part;
    uint64_t number;

    if (range == NULL && at == NULL) {
        return 0;
    }
    if (range != NULL && at != NULL) {
        return usage_error("-r and -C don't go together");
    }
    if (range != NULL && !read_ranges(range, &part)) {
        return usage_error("option --range: '%s' is not 0-99, 100-, -50 or several of these",
                           range);
    }
    if (at != NULL && strcmp(at, "-") != 0 && !read_number(at, strlen(at), &number)) {
        return usage_error("option --continue-at: '%s' is not a number of bytes or -", at);
    }
    if (!is_for_get(group)) {
        return usage_error("option %s: only for GET", name);
    }
    if (group->compressed) {
        return usage_error("option %s: a part of a compressed file can't be decoded", name);
    }
    if (at != NULL && (group->include || group->head)) {
        return usage_error("option --continue-at: -i and -I would put headers into the file");
    }
    return 0;
}

/* --- the request --- */

static int has_header(const struct midge_request *request, const char *name)
{
    for (size_t i = 0; i < request->n_headers; i++) {
        if (strcasecmp(request->headers[i].name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* The group's headers, which are shared, and this fetch's own two. */
static void add_headers(struct fetch *fetch, const char *range, const char *if_range)
{
    struct midge_request *request = &fetch->request;
    size_t n = request->n_headers;
    struct midge_header *list = keep_alloc(fetch->run->keep, (n + 2) * sizeof *list);

    if (n > 0) {
        memcpy(list, request->headers, n * sizeof *list);
    }
    list[n++] = (struct midge_header){"Range", keep_format(fetch->run->keep, "bytes=%s", range)};
    if (if_range != NULL) {
        list[n++] = (struct midge_header){"If-Range", if_range};
    }
    request->headers = list;
    request->n_headers = n;
}

/* "-r 100" is sent as "100-". */
static void apply_range(struct fetch *fetch)
{
    const char *range = fetch->group->range;

    (void)read_ranges(range, &fetch->part);
    if (fetch->part.kind == PART_FROM && strchr(range, '-') == NULL) {
        range = keep_format(fetch->run->keep, "%s-", range);
    }
    add_headers(fetch, range, NULL);
}

/* The offset to go on at. With a file, only its end is one; 0 begins it anew. */
static int find_offset(struct fetch *fetch, uint64_t *offset)
{
    const char *at = fetch->group->continue_at;
    const struct kept_file *kept = &fetch->output.kept;

    *offset = kept->size;
    if (strcmp(at, "-") == 0) {
        return 1;
    }
    (void)read_number(at, strlen(at), offset);
    if (*offset != 0 && kept->size != 0 && kept->size != *offset) {
        fetch_refuse(fetch, MIDGE_ERR_RANGE, 0,
                     keep_format(fetch->run->keep,
                                 "%s has %" PRIu64 " bytes, not %" PRIu64
                                 ": -C - goes on where it ends",
                                 kept->path, kept->size, *offset));
        return 0;
    }
    return 1;
}

static void apply_offset(struct fetch *fetch)
{
    struct part *part = &fetch->part;
    struct kept_file *kept = &fetch->output.kept;
    const char *validator = NULL;
    uint64_t offset;

    if (fetch->local_name != NULL) {
        kept_file_init(kept, fetch->local_name);
        fetch->request.keep_headers = MIDGE_VALIDATOR_HEADERS;
    }
    if (!find_offset(fetch, &offset) || offset == 0) {
        return;
    }
    *part = (struct part){.kind = PART_FROM, .first = offset, .resumes = 1};
    if (kept->validator[0] != '\0' && kept->validator[0] != KEPT_WEAK &&
        !has_header(&fetch->request, "If-Range")) {
        validator = keep_copy(fetch->run->keep, kept->validator, strlen(kept->validator));
    }
    part->is_conditional = validator != NULL || has_header(&fetch->request, "If-Range");
    add_headers(fetch, keep_format(fetch->run->keep, "%" PRIu64 "-", offset), validator);
}

void part_apply(struct fetch *fetch)
{
    const struct group *group = fetch->group;

    if (group->range == NULL && group->continue_at == NULL) {
        return;
    }
    if (has_header(&fetch->request, "Range")) {
        fetch_refuse(fetch, MIDGE_ERR_HEADER, 0, "-r and -C don't go with a Range of -H");
    } else if (group->range != NULL) {
        apply_range(fetch);
    } else {
        apply_offset(fetch);
    }
}

/* --- the answer --- */

static int refuse(struct fetch *fetch, const char *what)
{
    fetch->what = what;
    return MIDGE_ERR_RANGE;
}

static int is_last(const struct midge_content_range *range)
{
    return range->total == MIDGE_RANGE_UNKNOWN || range->last == range->total - 1;
}

/* Is it the part that was asked for, up to the end of the file at most? */
static int matches(const struct part *part, const struct midge_content_range *range)
{
    uint64_t len = range->last - range->first + 1;

    switch ((enum part_kind)part->kind) {
    case PART_FROM:
        return range->first == part->first && is_last(range);
    case PART_CLOSED:
        return range->first == part->first &&
               (range->last == part->last ||
                (range->last < part->last && range->last == range->total - 1));
    case PART_SUFFIX:
        return is_last(range) && (len == part->last || (len < part->last && range->first == 0));
    case PART_ALL:
    case PART_SEVERAL:
        break;
    }
    return 1;
}

static int is_multipart(const struct midge_response *response)
{
    static const char type[] = "multipart/byteranges";
    size_t len = 0;
    const char *value = midge_response_header(response, "Content-Type", &len);

    return value != NULL && len >= sizeof type - 1 &&
           strncasecmp(value, type, sizeof type - 1) == 0;
}

/* The name of the version of an answer: for If-Range, or weak. */
static void read_version(const struct midge_response *response, char version[KEPT_VALIDATOR_BYTES])
{
    size_t len = 0;
    const char *value;

    if (midge_validator(response, version) > 0) {
        return;
    }
    value = midge_response_header(response, "ETag", &len);
    if (value == NULL) {
        value = midge_response_header(response, "Last-Modified", &len);
    }
    if (value != NULL && len < MIDGE_VALIDATOR_BYTES) {
        (void)snprintf(version, KEPT_VALIDATOR_BYTES, "%c%.*s", KEPT_WEAK, (int)len, value);
    }
}

/* A tag or date may be weak first, and strong later. */
static const char *without_strength(const char *version)
{
    version += *version == KEPT_WEAK;
    return strncmp(version, "W/", 2) == 0 ? version + 2 : version;
}

/* The rest must be of the version that is there, and there must still be what it is the rest of. */
static int check_version(struct fetch *fetch, const char *version)
{
    struct kept_file *kept = &fetch->output.kept;

    if (!fetch->part.resumes || kept->path == NULL) {
        return MIDGE_OK;
    }
    if (kept->validator[0] != '\0' && version[0] != '\0' &&
        strcmp(without_strength(kept->validator), without_strength(version)) != 0) {
        return refuse(fetch, "the server sent the rest of another version");
    }
    if (kept->size != 0 && kept->size != fetch->part.first) {
        return refuse(fetch, "the file has changed while it was fetched again");
    }
    kept->start = kept->size;
    return MIDGE_OK;
}

static int check_part(struct fetch *fetch, const struct midge_response *response,
                      const char *version)
{
    struct midge_content_range range;
    int err = midge_response_range(response, &range);

    if (fetch->part.kind == PART_SEVERAL && err == MIDGE_ERR_EOF && is_multipart(response)) {
        if (fetch->run->options->verbose) {
            fputs("* the ranges come as multipart/byteranges, as they are\n", stderr);
        }
        return MIDGE_OK;
    }
    if (err != MIDGE_OK || range.first == MIDGE_RANGE_UNKNOWN) {
        return refuse(fetch, "HTTP 206 without a sound Content-Range");
    }
    if (!matches(&fetch->part, &range)) {
        return refuse(fetch, keep_format(fetch->run->keep,
                                         "the server sent bytes %" PRIu64 "-%" PRIu64
                                         ", which are not the part asked for",
                                         range.first, range.last));
    }
    fetch->output.wanted = range.last - range.first + 1;
    return check_version(fetch, version);
}

static int check_whole(struct fetch *fetch, const struct midge_response *response)
{
    if (fetch->part.is_conditional) {
        if (fetch->run->options->verbose) {
            fputs("* the file has changed: it is written from its start\n", stderr);
        }
        fetch->output.kept.start = 0;
        return MIDGE_OK;
    }
    if (response->framing == MIDGE_FRAMING_LENGTH && response->content_len == fetch->part.first) {
        fetch->part.whole = MIDGE_COMPLETE_YES;
        return MIDGE_ERR_EOF;
    }
    return refuse(fetch, "the server doesn't send parts: it can't go on there");
}

static int check_no_rest(struct fetch *fetch, const struct midge_response *response)
{
    struct midge_content_range range;
    int has_total =
        midge_response_range(response, &range) == MIDGE_OK && range.total != MIDGE_RANGE_UNKNOWN;

    if (has_total && range.total != fetch->part.first) {
        return refuse(fetch, keep_format(fetch->run->keep,
                                         "it can't go on at byte %" PRIu64
                                         ": the server's file has %" PRIu64 " bytes",
                                         fetch->part.first, range.total));
    }
    fetch->part.whole = has_total ? MIDGE_COMPLETE_YES : MIDGE_COMPLETE_UNVERIFIED;
    return MIDGE_ERR_EOF;
}

/* Any other answer in place of the rest. */
static int check_other(struct fetch *fetch, const struct midge_response *response)
{
    const struct group *group = fetch->group;

    switch (response->status) {
    case 200:
        return check_whole(fetch, response);
    case 416:
        return check_no_rest(fetch, response);
    default:
        break;
    }
    if ((group->fail || group->fail_with_body) && response->status >= 400) {
        return MIDGE_ERR_HTTP_STATUS;
    }
    return refuse(fetch,
                  keep_format(fetch->run->keep, "HTTP %d in place of the rest", response->status));
}

int part_head(struct fetch *fetch, const struct midge_response *response)
{
    char version[KEPT_VALIDATOR_BYTES] = "";
    struct kept_file *kept = &fetch->output.kept;
    int err = MIDGE_OK;

    fetch->output.wanted = UINT64_MAX;
    if (kept->path != NULL) {
        read_version(response, version);
    }
    if (fetch->part.kind != PART_ALL && response->status == 206) {
        err = check_part(fetch, response, version);
    } else if (fetch->part.resumes) {
        err = check_other(fetch, response);
    }
    if (err == MIDGE_OK && (kept->start == 0 || version[0] != '\0')) {
        memcpy(kept->validator, version, sizeof version);
    }
    return err;
}

void part_done(struct fetch *fetch)
{
    if (fetch->part.whole != MIDGE_COMPLETE_NO && fetch->result.error == MIDGE_ERR_EOF) {
        fetch->result.error = MIDGE_OK; /* part_head ended it: there is nothing to fetch */
        fetch->result.complete = fetch->part.whole;
        fetch->result.phase = MIDGE_PHASE_DONE;
        if (fetch->output.kept.path != NULL) {
            (void)kept_file_end(&fetch->output.kept, 1);
        }
    }
}
