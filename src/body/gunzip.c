/* SPDX-License-Identifier: MIT */
/*
 * The sink that decodes gzip and deflate. It reads headers and trailers itself, a byte at a time,
 * and gives the raw deflate data between them to zlib's inflate (port/zlib.cmake says why zlib),
 * which stops at any byte of input and output.
 *
 *     step       the next byte is of                       leads to
 *     PASS       a body that is not decoded                -
 *     DETECT     "deflate": a zlib header, or raw data     DATA
 *     FIXED      the 10 bytes that begin a gzip member     the next part that its flags name,
 *                                                          else DATA
 *     EXTRA_LEN, EXTRA, NAME, COMMENT, HEADER_CHECK        the same
 *     DATA       deflate data                              TRAILER, or (raw) END
 *     TRAILER    checksum, and length (gzip)               END
 *     END        behind it                                 FIXED (gzip: one more member)
 *
 * The next sink may pause, and a few bytes may become a megabyte: so a call passes on a bounded
 * number of bytes. The input that is left then is copied to `rest`, and the core calls gunzip_more
 * for it. Output that is left stays in zlib's window; `full` remembers that there may be some.
 *
 * The next sink may end the request within its write. Then finish has released all memory and has
 * set `over`, and nothing but that is looked at. So output is on the stack, and no call of zlib's
 * is in progress.
 */
#include "midge/gunzip.h"

#if MIDGE_WITH_GUNZIP

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>

#include "base/check.h"
#include "base/span.h"
#include "codec/checksum.h"
#include "midge/client.h"
#include "midge/err.h"
#include "midge/response.h"

#define RATIO_FROM  65536U
#define FIXED_BYTES 10U

enum step {
    PASS,
    DETECT,
    FIXED,
    EXTRA_LEN,
    EXTRA,
    NAME,
    COMMENT,
    HEADER_CHECK,
    DATA,
    TRAILER,
    END
};

/* Flags of a gzip header (RFC 1952 2.3.1). A member has the parts of these steps: */
enum { FLAG_CHECK = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16, FLAGS_UNKNOWN = 0xe0 };

/* The format around the deflate data. */
enum kind { GZIP, ZLIB, RAW };

void midge__inflate_window(z_streamp stream, unsigned bits); /* port/zlib/inflate.c */

static struct midge_gunzip *gunzip_of(struct midge_sink *sink)
{
    return MIDGE_CONTAINER_OF(sink, struct midge_gunzip, sink);
}

static int fail(struct midge_gunzip *g, int err, const char *why)
{
    g->why = why;
    return err;
}

static int malformed(struct midge_gunzip *g, const char *why)
{
    return fail(g, MIDGE_ERR_ENCODING, why);
}

static void check_add(struct midge_gunzip *g, const uint8_t *data, size_t len)
{
    _Static_assert(MIDGE_GUNZIP_PIECE <= 5552, "midge__adler32 takes no more");
    if (g->kind != RAW) {
        g->check = g->kind == GZIP ? midge__crc32(g->check, data, len)
                                   : midge__adler32(g->check, data, len);
    }
    g->size += (uint32_t)len;
}

/* --- memory --- */

/* All of it in one piece of the client's memory: either there is enough, or the core waits for it
   before the body comes. */
struct block {
    z_stream z;
    uint8_t rest[MIDGE_RECV_BUFFER];
    uint64_t state[MIDGE__INFLATE_STATE / sizeof(uint64_t)]; /* zlib's */
    uint8_t window[1 << MIDGE_GUNZIP_WINDOW];
};
_Static_assert(sizeof(struct block) <= MIDGE_GUNZIP_MEMORY, "gunzip.h says how much it is");

/* zlib asks for one state, and for bytes of a window, of which there is one at a time. */
static voidpf take_memory(voidpf opaque, uInt items, uInt size)
{
    struct block *block = opaque;
    (void)items;
    return size == 1 ? (voidpf)block->window : (voidpf)block->state;
}

static void give_memory(voidpf opaque, voidpf memory)
{
    (void)opaque, (void)memory;
}

static z_stream *stream_of(const struct midge_gunzip *g)
{
    return &((struct block *)g->block)->z;
}

static bool take_block(struct midge_gunzip *g)
{
    struct block *block = midge_alloc(g->client, sizeof *block);
    g->block = block;
    if (block == NULL) {
        return false;
    }
    block->z = (z_stream){.zalloc = take_memory, .zfree = give_memory, .opaque = block};
    return inflateInit2(&block->z, -MIDGE_GUNZIP_WINDOW) == Z_OK;
}

static void drop_rest(struct midge_gunzip *g)
{
    if (g->rest != NULL && g->rest != ((struct block *)g->block)->rest) {
        midge_free(g->client, g->rest);
    }
    g->rest = NULL;
    g->rest_len = g->rest_at = 0;
}

static void release(struct midge_gunzip *g)
{
    if (g->block != NULL) {
        drop_rest(g);
        midge_free(g->client, g->block);
    }
    g->block = NULL;
    g->full = 0;
}

/* The bytes behind a long head may be more than one receive buffer. */
static int keep_rest(struct midge_gunzip *g, const uint8_t *data, size_t len)
{
    g->rest = ((struct block *)g->block)->rest;
    if (len > MIDGE_RECV_BUFFER) {
        g->rest = midge_alloc(g->client, len);
    }
    if (g->rest == NULL) {
        return fail(g, MIDGE_ERR_NO_MEMORY, MIDGE__TEXT("no memory for the rest of the input"));
    }
    memcpy(g->rest, data, len);
    g->rest_len = len;
    return MIDGE_OK;
}

/* --- to the next sink --- */

static int pass_on(struct midge_gunzip *g, const uint8_t *data, size_t len)
{
    const uint64_t room = g->max_len != 0 ? g->max_len - g->len : UINT64_MAX;
    const size_t n = len < room ? len : (size_t)room;
    g->len += n;
    const int too_much =
        n < len || (g->max_ratio != 0 && g->len > RATIO_FROM && g->len > g->read * g->max_ratio);
    const int err = n > 0 ? g->next->write(g->next, data, n) : MIDGE_OK;
    if (g->over || (err < 0 && err != MIDGE_ERR_PAUSE)) {
        return err;
    }
    return too_much ? fail(g, MIDGE_ERR_TOO_LARGE, MIDGE__TEXT("the decoded body is too large"))
                    : err;
}

/* --- the data --- */

static int begin_data(struct midge_gunzip *g, unsigned bits)
{
    z_stream *z = stream_of(g);
    (void)inflateReset2(z, -(int)bits);
    midge__inflate_window(z, bits);
    g->bits = (uint8_t)bits;
    g->check = g->kind == ZLIB ? 1 : 0;
    g->size = 0;
    g->step = DATA;
    return MIDGE_OK;
}

/* A reference to bytes that there have been is beyond the window; others are malformed. */
static int data_error(struct midge_gunzip *g, const z_stream *z)
{
    const char *why = z->msg != NULL ? z->msg : "";
    if (z->total_out > (uLong)1 << g->bits && strcmp(why, "invalid distance too far back") == 0) {
        return fail(g, MIDGE_ERR_WINDOW, MIDGE__TEXT("a reference beyond the window"));
    }
    return malformed(g, MIDGE_WITH_TEXTS ? why : "");
}

static int result_of(struct midge_gunzip *g, const z_stream *z, int got)
{
    switch (got) {
    case Z_STREAM_END:
        g->step = g->kind == RAW ? END : TRAILER;
        g->at = 0;
        return MIDGE_OK;
    case Z_OK:
    case Z_BUF_ERROR: /* it needs more input */
        return MIDGE_OK;
    default:
        return data_error(g, z);
    }
}

/* Decodes one piece; *room: output left to this call. Output before a fault is passed on. */
static int take_data(struct midge_gunzip *g, struct midge_span *in, size_t *room)
{
    uint8_t piece[MIDGE_GUNZIP_PIECE];
    z_stream *z = stream_of(g);
    const uInt given = in->len < UINT_MAX ? (uInt)in->len : UINT_MAX;
    z->next_in = (const Bytef *)in->ptr;
    z->avail_in = given;
    z->next_out = piece;
    z->avail_out = sizeof piece;
    const int err = result_of(g, z, inflate(z, Z_NO_FLUSH));
    const size_t used = given - z->avail_in, made = sizeof piece - z->avail_out;
    *in = midge__span(in->ptr + used, in->len - used);
    *room = made < *room ? *room - made : 0;
    g->read += used;
    g->full = z->avail_out == 0 && g->step == DATA;
    check_add(g, piece, made);
    const int passed = pass_on(g, piece, made);
    return g->over || (passed < 0 && passed != MIDGE_ERR_PAUSE) || err == MIDGE_OK ? passed : err;
}

/* --- headers and trailers --- */

/* The next part of a gzip header that its flags name. */
static int next_part(struct midge_gunzip *g)
{
    static const uint8_t flags[] = {[EXTRA_LEN] = FLAG_EXTRA,
                                    [EXTRA] = FLAG_EXTRA,
                                    [NAME] = FLAG_NAME,
                                    [COMMENT] = FLAG_COMMENT,
                                    [HEADER_CHECK] = FLAG_CHECK};
    g->at = 0;
    do {
        g->step++;
    } while (g->step < DATA &&
             ((g->flags & flags[g->step]) == 0 || (g->step == EXTRA && g->left == 0)));
    return g->step == DATA ? begin_data(g, MIDGE_GUNZIP_WINDOW) : MIDGE_OK;
}

static int fixed_byte(struct midge_gunzip *g, uint8_t c)
{
    static const uint8_t begin[] = {0x1f, 0x8b, Z_DEFLATED};
    if (g->at < sizeof begin && c != begin[g->at]) {
        return malformed(g, g->is_first ? MIDGE__TEXT("it does not begin as gzip")
                                        : MIDGE__TEXT("bytes behind the end"));
    }
    if (g->at == sizeof begin) {
        g->flags = c;
    }
    if ((g->flags & FLAGS_UNKNOWN) != 0) { /* RFC 1952 2.3.1.2: MUST be an error */
        return malformed(g, MIDGE__TEXT("unknown flags in the gzip header"));
    }
    return ++g->at == FIXED_BYTES ? next_part(g) : MIDGE_OK;
}

static int header_byte(struct midge_gunzip *g, uint8_t c)
{
    if (g->step == HEADER_CHECK) { /* the lower 16 bits of the header's CRC */
        if (c != (uint8_t)(g->check >> 8 * g->at)) {
            return malformed(g, MIDGE__TEXT("wrong checksum of the gzip header"));
        }
        return ++g->at == 2 ? next_part(g) : MIDGE_OK;
    }
    g->check = midge__crc32(g->check, &c, 1);
    switch (g->step) {
    case FIXED:
        return fixed_byte(g, c);
    case EXTRA_LEN:
        g->left = (uint16_t)(g->left >> 8 | c << 8);
        return ++g->at == 2 ? next_part(g) : MIDGE_OK;
    case EXTRA:
        return --g->left == 0 ? next_part(g) : MIDGE_OK;
    default: /* text that ends with NUL */
        return c == 0 ? next_part(g) : MIDGE_OK;
    }
}

/* A zlib header (RFC 1950 2.2), or the first two bytes of raw deflate data, which some servers send
   as "deflate". No encoder's raw data begin as a zlib header: that would be a stored block with a
   bit set in its padding. */
static int detect_byte(struct midge_gunzip *g, uint8_t c)
{
    if (g->at++ == 0) {
        g->flags = c;
        return MIDGE_OK;
    }
    const unsigned head = (unsigned)g->flags << 8 | c, bits = (g->flags >> 4) + 8U;
    if ((g->flags & 15) == Z_DEFLATED && bits <= 15 && head % 31 == 0) {
        g->kind = ZLIB;
        return (c & 32) != 0
                   ? malformed(g, MIDGE__TEXT("a preset dictionary"))
                   : begin_data(g, bits < MIDGE_GUNZIP_WINDOW ? bits : MIDGE_GUNZIP_WINDOW);
    }
    const uint8_t both[] = {g->flags, c};
    struct midge_span in = midge__span((const char *)both, sizeof both);
    size_t room = 0;
    (void)begin_data(g, MIDGE_GUNZIP_WINDOW);
    g->read -= sizeof both;
    return take_data(g, &in, &room);
}

/* gzip: CRC-32 and length modulo 2^32, lowest byte first. zlib: Adler-32, highest byte first. */
static int trailer_byte(struct midge_gunzip *g, uint8_t c)
{
    const uint32_t value = g->kind == GZIP && g->at >= 4 ? g->size : g->check;
    const unsigned place = g->kind == GZIP ? g->at % 4U : 3U - g->at;
    if (c != (uint8_t)(value >> 8 * place)) {
        return malformed(g, value == g->check ? MIDGE__TEXT("wrong checksum")
                                              : MIDGE__TEXT("wrong length"));
    }
    g->step = ++g->at == (g->kind == GZIP ? 8 : 4) ? END : TRAILER;
    return MIDGE_OK;
}

static int begin_member(struct midge_gunzip *g)
{
    g->step = FIXED;
    g->at = g->flags = 0;
    g->check = 0;
    return MIDGE_OK;
}

static int take_byte(struct midge_gunzip *g, struct midge_span *in)
{
    const uint8_t c = (uint8_t)*in->ptr;
    if (g->step == END) {
        g->is_first = 0;
        return g->kind == GZIP ? begin_member(g)
                               : malformed(g, MIDGE__TEXT("bytes behind the end"));
    }
    *in = midge__span(in->ptr + 1, in->len - 1);
    g->read++;
    switch (g->step) {
    case DETECT:
        return detect_byte(g, c);
    case TRAILER:
        return trailer_byte(g, c);
    default:
        return header_byte(g, c);
    }
}

/* Decodes `in` until it is used up, the next sink pauses (PAUSE), or the call's share of output was
   made (AGAIN). */
static int take(struct midge_gunzip *g, struct midge_span *in)
{
    size_t room = MIDGE__SINK_STEP;
    int err = MIDGE_OK;
    while (err == MIDGE_OK && !g->over && (in->len > 0 || g->full)) {
        if (room == 0) {
            return MIDGE_ERR_AGAIN;
        }
        err = g->step == DATA ? take_data(g, in, &room) : take_byte(g, in);
    }
    return err;
}

static bool stops(int err)
{
    return err == MIDGE_ERR_PAUSE || err == MIDGE_ERR_AGAIN;
}

/* --- the sink --- */

static int gunzip_head(struct midge_sink *base, struct midge_response *response)
{
    struct midge_gunzip *g = gunzip_of(base);
    release(g);
    g->len = g->read = 0;
    g->why = "";
    g->over = 0;
    g->is_first = 1;
    g->kind = response->encoding == MIDGE_ENCODING_GZIP ? GZIP : RAW;
    (void)begin_member(g);
    if (response->encoding == MIDGE_ENCODING_DEFLATE) {
        g->step = DETECT;
    } else if (response->encoding != MIDGE_ENCODING_GZIP) {
        g->step = PASS;
    }
    if (g->step != PASS) {
        response->encoding = MIDGE_ENCODING_NONE;
    } else if (g->required && response->encoding != MIDGE_ENCODING_NONE) {
        return malformed(g, response->encoding == MIDGE_ENCODING_SEVERAL
                                ? MIDGE__TEXT("more than one content coding is not decoded")
                                : MIDGE__TEXT("a content encoding that is not known here"));
    }
    int err = g->next->head != NULL ? g->next->head(g->next, response) : MIDGE_OK;
    if (err >= 0 && g->step != PASS && !take_block(g)) {
        err = MIDGE_ERR_AGAIN; /* gunzip_more is called when there is memory, or will be none */
    }
    return err;
}

static int gunzip_write(struct midge_sink *base, const uint8_t *data, size_t len)
{
    struct midge_gunzip *g = gunzip_of(base);
    struct midge_span in = midge__span((const char *)data, len);
    if (g->step == PASS) {
        return pass_on(g, data, len);
    }
    const int err = take(g, &in);
    if (!g->over && stops(err) && in.len > 0) {
        const int kept = keep_rest(g, (const uint8_t *)in.ptr, in.len);
        return kept == MIDGE_OK ? err : kept;
    }
    return err;
}

static int gunzip_more(struct midge_sink *base)
{
    struct midge_gunzip *g = gunzip_of(base);
    if (g->block == NULL && g->step != PASS) {
        return take_block(g)
                   ? MIDGE_OK
                   : fail(g, MIDGE_ERR_NO_MEMORY, MIDGE__TEXT("no memory to decode the body"));
    }
    struct midge_span in = midge__span("", 0); /* zlib may still have output */
    if (g->rest != NULL) {
        in = midge__span((const char *)g->rest + g->rest_at, g->rest_len - g->rest_at);
    }
    const int err = take(g, &in);
    if (!g->over) {
        g->rest_at = g->rest_len - in.len;
        if (in.len == 0) {
            drop_rest(g);
        }
    }
    return err;
}

/* The data have ended, or have not begun. */
static bool is_whole(const struct midge_gunzip *g)
{
    return g->step == PASS || g->step == END || g->read == 0;
}

static int gunzip_finish(struct midge_sink *base, int err, enum midge_complete complete)
{
    struct midge_gunzip *g = gunzip_of(base);
    int own = MIDGE_OK;
    if (err == MIDGE_OK && complete != MIDGE_COMPLETE_NO && !is_whole(g)) {
        own = fail(g, MIDGE_ERR_PARTIAL, MIDGE__TEXT("the compressed data end too early"));
        complete = MIDGE_COMPLETE_NO;
    }
    release(g);
    g->over = 1;
    g->step = PASS;
    const int finished = g->next->finish != NULL
                             ? g->next->finish(g->next, own != MIDGE_OK ? own : err, complete)
                             : MIDGE_OK;
    return own != MIDGE_OK ? own : finished;
}

static int gunzip_reset(struct midge_sink *base)
{
    struct midge_gunzip *g = gunzip_of(base);
    release(g);
    g->step = PASS;
    g->len = g->read = 0;
    return g->next->reset(g->next);
}

void midge_gunzip_init(struct midge_gunzip *gunzip, struct midge_client *client,
                       struct midge_sink *next)
{
    *gunzip = (struct midge_gunzip){
        .sink = {.write = gunzip_write,
                 .finish = gunzip_finish,
                 .reset = next->reset != NULL ? gunzip_reset : NULL,
                 .head = gunzip_head,
                 .more = gunzip_more},
        .next = next,
        .client = client,
        .why = "",
    };
}

#endif
