/* SPDX-License-Identifier: MIT */
/*
 * Forms: the text, cut at each 0x01, is name, file name, type and value of one part after the
 * other. Read in any pieces, and again after a rewind, the body has the same bytes and its
 * announced length. A second reader takes it apart at the boundary, and finds the same number of
 * parts, each with its value; no name, file name or type adds a line.
 */
#include "fuzz.h"

#include "midge/err.h"
#include "midge/multipart.h"

enum { PARTS = 6 };

static struct midge_part parts[PARTS];
static char *texts[PARTS * 4];
static unsigned n_texts;

static int entropy(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 0x5a, len); /* no boundary that a text guesses: fuzz_string ends at NUL */
    return MIDGE_OK;
}

static char *next_text(struct fuzz_in *in)
{
    const uint8_t *end = in->len > 0 ? memchr(in->at, 1, in->len) : NULL;
    size_t len = end != NULL ? (size_t)(end - in->at) : in->len;
    char *text = fuzz_string(in->at, len);
    in->at += len + (end != NULL);
    in->len -= len + (end != NULL);
    texts[n_texts++] = text;
    return text;
}

static size_t read_parts(struct fuzz_in *in, unsigned kinds)
{
    size_t n = 0;
    for (n_texts = 0; n < PARTS && (in->len > 0 || n == 0); n++) {
        struct midge_part *part = &parts[n];
        *part = (struct midge_part){.name = next_text(in)};
        part->filename = (kinds & 1) != 0 ? next_text(in) : NULL;
        part->type = (kinds & 2) != 0 ? next_text(in) : NULL;
        part->text = next_text(in);
    }
    return n;
}

static struct fuzz_text read_all(struct midge_multipart *form, struct fuzz_splits splits)
{
    struct fuzz_text body = {NULL, 0, 0};
    uint8_t piece[4096];
    size_t n = 1;
    int err = MIDGE_OK;
    fuzz_puts(&body, "");
    while (err == MIDGE_OK) {
        size_t cap = fuzz_next(&splits, sizeof piece);
        err = form->source.read(&form->source, piece, cap, &n);
        FUZZ_CHECK((err == MIDGE_OK && n > 0 && n <= cap) || (err == MIDGE_ERR_EOF && n == 0));
        fuzz_add(&body, piece, n);
    }
    return body;
}

/* From at on stands "--boundary" and `tail`; returns what follows. */
static const char *expect(const char *at, const char *boundary, const char *tail)
{
    FUZZ_CHECK(strncmp(at, "--", 2) == 0 && strncmp(at + 2, boundary, strlen(boundary)) == 0);
    at += 2 + strlen(boundary);
    FUZZ_CHECK(strncmp(at, tail, strlen(tail)) == 0);
    return at + strlen(tail);
}

/* Lines of one part's head; returns where its value begins. */
static const char *skip_head(const char *at, unsigned lines)
{
    for (; strncmp(at, "\r\n", 2) != 0; lines--) {
        const char *end = strpbrk(at, "\r\n");
        FUZZ_CHECK(lines > 0 && end != NULL && strncmp(end, "\r\n", 2) == 0);
        at = end + 2;
    }
    FUZZ_CHECK(lines == 0);
    return at + 2;
}

static void take_apart(const struct fuzz_text *body, const char *boundary, size_t n)
{
    const char *at = body->ptr;
    for (size_t i = 0; i < n; i++) {
        const char *value = parts[i].text != NULL ? parts[i].text : "";
        at = skip_head(expect(at, boundary, "\r\n"), 1 + (parts[i].type != NULL));
        FUZZ_CHECK(strncmp(at, value, strlen(value)) == 0);
        at += strlen(value);
        FUZZ_CHECK(strncmp(at, "\r\n", 2) == 0);
        at += 2;
    }
    FUZZ_CHECK(*expect(at, boundary, "--\r\n") == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct midge_port port = {.entropy = entropy};
    struct fuzz_in in = {data, size};
    unsigned kinds = fuzz_choice(&in);
    struct fuzz_splits splits = fuzz_splits(&in), none = {NULL, 0, 0};
    size_t n = read_parts(&in, kinds);
    struct midge_multipart form;
    int err = midge_multipart_init(&form, &port, parts, n);
    FUZZ_CHECK(err == MIDGE_OK || err == MIDGE_ERR_INVALID || err == MIDGE_ERR_HEADER);
    if (err == MIDGE_OK) {
        struct fuzz_text whole = read_all(&form, none);
        FUZZ_CHECK(form.source.length == (int64_t)whole.len);
        take_apart(&whole, form.content_type + sizeof MIDGE__MULTIPART_TYPE - 1, n);
        FUZZ_CHECK(form.source.rewind(&form.source) == MIDGE_OK);
        struct fuzz_text again = read_all(&form, splits);
        fuzz_same(&whole, &again, "in pieces, after a rewind");
        fuzz_free(&whole);
        fuzz_free(&again);
    }
    while (n_texts > 0) {
        free(texts[--n_texts]);
    }
    return 0;
}
