/* SPDX-License-Identifier: MIT */
/*
 * One connection: response after response, as long as it may be reused. In one piece and in pieces
 * the responses are the same, and llhttp (node's parser, oracle_llhttp.c) reads the same: status,
 * body, where the response ends, whether another may follow. Where two readers differ, responses
 * are smuggled. The differences that are allowed are in the two tables; each other one aborts.
 *
 * The last bytes choose: HEAD or GET, the splits.
 */
#include "h1_run.h"
#include "oracle.h"

/* --- allowed differences --- */

/* The connection is not used again; the body is chunked, so it may have trailers. */
enum { NO_REUSE = 1, CHUNKED = 2 };

struct allowed {
    const char *text, *reason;
    unsigned only; /* on these conditions */
};

/* Only midge refuses, with this cause. */
static const struct allowed stricter[] = {
    {"unknown transfer coding", "RFC 9112 7: none was asked for; llhttp reads until close", 0},
    {"more than one transfer coding", "RFC 9112 6.1: chunked only once, nothing beside it", 0},
    {"Transfer-Encoding in HTTP/1.0", "RFC 9112 6.1: faulty framing", 0},
    {"not an HTTP/1 response", "RFC 9112 2.3, 4: no other version, no empty line before", 0},
    {"unsupported HTTP version", "RFC 9112 2.3: 1.0 and 1.1", 0},
    {"bad status code", "RFC 9110 15: from 100 on", 0},
    {"control character in head", "RFC 9112 4: the reason is text, it may reach a terminal", 0},
    {"bad chunk extension", "RFC 9112 7.1.1: a name after each ';'", 0},
    {"chunk size too large", "RFC 9112 7.1: at most 16 digits, zeros too", 0},
    {"unasked 101 response", "RFC 9110 15.2.2: only after Upgrade", 0},
};

/* Only llhttp refuses, with this cause. */
static const struct allowed looser[] = {
    {"Unexpected whitespace after header value", "RFC 9112 5.2: obs-fold is replaced", NO_REUSE},
    {"Invalid header value char", "RFC 9112 5.2: obs-fold after an empty line of the value",
     NO_REUSE},
    {"Invalid character in chunk size", "RFC 9112 7.1.1: white space after it, as old servers do",
     NO_REUSE},
    {"Content-Length can't be present with Transfer-Encoding",
     "identity is no coding, RFC 2616 3.6", NO_REUSE},
    {"Content-Length can't be present with Transfer-Encoding", "RFC 9110 6.5: it is a trailer",
     CHUNKED},
    {"Content-Length can't be present with chunked encoding", "RFC 9110 6.5: it is a trailer",
     CHUNKED},
    {"Empty Transfer-Encoding", "RFC 9110 6.5: it is a trailer", CHUNKED},
    {"Empty Content-Length", "RFC 9110 6.5: it is a trailer", CHUNKED},
    {"Invalid character in chunk extensions name", "RFC 9112 7.1.1: BWS around it", 0},
    {"Invalid character in chunk extensions", "RFC 9112 7.1.1: ignored, only their end counts", 0},
    {"Invalid character in chunk extensions value", "the same", 0},
    {"Invalid character in chunk extensions quote value", "the same", 0},
    {"Invalid character in chunk extensions quoted value", "the same", 0},
    {"Invalid character in Content-Length", "RFC 9112 6.3 (5): a list of one value", 0},
    {"Duplicate Content-Length", "RFC 9112 6.3 (5): the same value again", 0},
    {"Data after `Connection: close`", "RFC 9110 15.2: an interim response does not close", 0},
};

#define ALLOWED(table, reading, why) is_allowed(table, sizeof table / sizeof table[0], reading, why)

static bool is_allowed(const struct allowed *table, size_t n, const struct reading *mine,
                       const char *why)
{
    for (size_t i = 0; i < n; i++) {
        bool reused = mine->complete && mine->keep_alive;
        unsigned is = (reused ? 0 : NO_REUSE) | (mine->chunked ? CHUNKED : 0U);
        if (strcmp(table[i].text, why) == 0 && (table[i].only & ~is) == 0) {
            return true;
        }
    }
    fprintf(stderr, "no allowed difference: \"%s\"\n", why);
    return false;
}

/* --- one response --- */

static void note_body(struct h1_run *r, struct reading *mine)
{
    mine->body = r->body.len;
    mine->hash = reading_hash(2166136261U, r->body.ptr, r->body.len);
}

/* The body stays in r->body: h1_run logs it only when something follows. */
static struct reading read_mine(struct fuzz_in in, struct fuzz_splits splits, bool for_head,
                                struct fuzz_text *log)
{
    struct h1_run r;
    struct reading mine = {.why = ""};
    h1_run_begin(&r, for_head ? MIDGE__H1_FOR_HEAD : 0, 1 << 20, 256);
    r.keeps_body = true;
    r.in_place = splits.n == 0; /* as a whole head is read */
    r.spare = 16;
    mine.used = h1_run_feed(&r, in, splits);
    mine.until_close = r.p.framing == MIDGE__H1_FRAMING_CLOSE;
    mine.chunked = r.p.framing == MIDGE__H1_FRAMING_CHUNKED;
    mine.error = r.over && r.err != MIDGE_OK;
    mine.complete = r.over && r.err == MIDGE_OK;
    if (!r.over && r.p.fields_end != 0 && mine.until_close) {
        mine.complete = midge__h1_parse_eof(&r.p, MIDGE__H1_EOF_PLAIN) == MIDGE_OK;
    }
    mine.why = mine.error ? r.p.why : "";
    mine.status = r.p.status;
    mine.minor = r.p.minor;
    mine.keep_alive = r.p.keep_alive;
    note_body(&r, &mine);
    fuzz_add(log, r.log.ptr, r.log.len);
    h1_run_free(&r);
    return mine;
}

/* A line is judged at its end, so an incomplete one is not refused yet. */
static bool is_refused_later(struct fuzz_in in, bool for_head)
{
    struct fuzz_text longer = {NULL, 0, 0}, log = {NULL, 0, 0};
    struct fuzz_splits whole = {NULL, 0, 0};
    fuzz_add(&longer, in.at, in.len);
    fuzz_puts(&longer, "\r\n\r\n");
    struct fuzz_in all = {(const uint8_t *)longer.ptr, longer.len};
    bool refused = read_mine(all, whole, for_head, &log).error;
    fuzz_free(&longer);
    fuzz_free(&log);
    return refused;
}

/* --- both --- */

static void compare_complete(const struct reading *mine, const struct reading *theirs)
{
    FUZZ_CHECK(mine->status == theirs->status && mine->minor == theirs->minor);
    FUZZ_CHECK(mine->used == theirs->used);
    FUZZ_CHECK(mine->body == theirs->body && mine->hash == theirs->hash);
    /* llhttp takes "Connection: close" among the trailers for a header, RFC 9110 6.5. */
    FUZZ_CHECK(theirs->keep_alive || !mine->keep_alive || mine->chunked);
}

/* llhttp reads until the stream's end, and midge does not, after "Transfer-Encoding: identity"
   where there is no body (RFC 9112 6.3 (1); then midge does not use the connection again), and
   after "chunked" with a tab behind it (RFC 9110 5.5: not part of the value). */
static bool lost_its_place(const struct reading *mine, const struct reading *theirs,
                           struct fuzz_in in)
{
    bool interim =
        theirs->interim_body || (theirs->status / 100 == 1 && !theirs->complete && !theirs->error);
    bool no_body = mine->status == 204 || mine->status == 304;
    bool tab = mine->chunked && memchr(in.at, '\t', in.len) != NULL;
    return interim || (theirs->until_close && ((no_body && !mine->keep_alive) || tab));
}

static void compare(const struct reading *mine, const struct reading *theirs, struct fuzz_in in,
                    bool for_head)
{
    if (lost_its_place(mine, theirs, in)) {
        return;
    }
    if (mine->error && !theirs->error) {
        FUZZ_CHECK(ALLOWED(stricter, mine, mine->why));
    } else if (theirs->error && !mine->error) {
        bool later = !mine->complete && is_refused_later(in, for_head);
        FUZZ_CHECK(later || ALLOWED(looser, mine, theirs->why));
    } else if (!mine->error) {
        FUZZ_CHECK(mine->complete == theirs->complete);
        if (mine->complete) {
            compare_complete(mine, theirs);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    bool for_head = fuzz_choice(&in) % 8 == 7;
    struct fuzz_splits splits = fuzz_splits(&in), whole = {NULL, 0, 0};
    struct fuzz_text one = {NULL, 0, 0}, pieces = {NULL, 0, 0};
    bool more = true;
    for (unsigned n = 0; more && n < 20; n++) {
        struct reading theirs, mine = read_mine(in, whole, for_head, &one);
        struct reading split = read_mine(in, splits, for_head, &pieces);
        fuzz_same(&one, &pieces, "In one piece and in pieces");
        FUZZ_CHECK(mine.body == split.body && mine.hash == split.hash);
        FUZZ_CHECK(mine.error || mine.used == split.used);
        if (oracle_read(&theirs, in, for_head)) {
            compare(&mine, &theirs, in, for_head);
            more = theirs.complete;
        }
        more = more && mine.complete && mine.keep_alive && mine.used > 0;
        in.at += mine.used;
        in.len -= mine.used;
    }
    fuzz_free(&one);
    fuzz_free(&pieces);
    return 0;
}
