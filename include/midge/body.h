/* SPDX-License-Identifier: MIT */
/*
 * Where response bodies go (sinks) and where request bodies come from (sources).
 *
 *     struct midge_buffer body;
 *     midge_buffer_init(&body, storage, sizeof storage);      // at most that many bytes
 *     request.sink = &body.sink;
 */
#ifndef MIDGE_BODY_H
#define MIDGE_BODY_H

#include <stddef.h>
#include <stdint.h>
#include <midge/config.h>
#include <midge/port.h>

#ifdef __cplusplus
extern "C" {
#endif

struct midge_client;
struct midge_response;

/* How much of the announced body has arrived (RFC 9112 8). */
enum midge_complete {
    MIDGE_COMPLETE_NO,         /* cut short, canceled or never begun */
    MIDGE_COMPLETE_UNVERIFIED, /* plain HTTP, until close: a cut cannot be detected */
    MIDGE_COMPLETE_YES         /* all of it */
};

/* Bytes of one call of `more`; a turn's budget (config.turn_bytes) counts as many for it. */
#define MIDGE__SINK_STEP ((size_t)8 * MIDGE_RECV_BUFFER)

/* A sink takes the body of one response. Embed it first in a struct of your own. */
struct midge_sink {
    /* Take all len bytes (len > 0). MIDGE_OK: call again with the next bytes. MIDGE_ERR_PAUSE:
       these bytes were taken, but do not call again until midge_resume; TCP slows the peer down.
       Any other negative value fails the request with it. May call back into the client: start,
       cancel, resume, close. */
    int (*write)(struct midge_sink *sink, const uint8_t *data, size_t len);
    /* Called exactly once for each started request, before its completion. If `write` cancels
       its request or closes the client, finish is called within that `write`, which must not use
       afterwards anything that finish has released. err is the request's result so far. A
       negative return value (a commit that failed) becomes the request's error if it had none.
       `reset` may have been called before. */
    int (*finish)(struct midge_sink *sink, int err, enum midge_complete complete);
    /* Forget the bytes written so far: the request is about to be repeated. NULL: a request
       whose body has begun to arrive is not repeated. */
    int (*reset)(struct midge_sink *sink);
    /* A final head with a body has come, after on_response and before the first write. A negative
       return fails the request with it, but AGAIN: MIDGE_GUNZIP_MEMORY is missing, `more` is called
       when there is as much, or will not be. A sink that decodes sets response->encoding to NONE.
       NULL: the sink takes each answer. Not called without MIDGE_WITH_ENCODINGS. */
    int (*head)(struct midge_sink *sink, struct midge_response *response);
    /* Pass on bytes that `write` has taken and kept. Called once after each PAUSE, when the request
       was resumed, and after each MIDGE_ERR_AGAIN, which `write` and `more` may then return, in one
       of the next steps: before the next write and before the end. It should pass on at most
       MIDGE__SINK_STEP bytes at a time. Returns as write does. Called with MIDGE_WITH_GUNZIP only.
     */
    int (*more)(struct midge_sink *sink);
};

/* A source gives the body of one request. */
struct midge_source {
    /* Fill at most cap bytes. MIDGE_OK with *n > 0; MIDGE_ERR_EOF at the end; MIDGE_ERR_AGAIN:
       no bytes yet, read is called again after midge_resume; any other negative value fails the
       request. */
    int (*read)(struct midge_source *source, uint8_t *buf, size_t cap, size_t *n);
    /* Go back to the first byte, to send the request again. NULL: impossible, such a request is
       never sent again. */
    int (*rewind)(struct midge_source *source);
    /* Called exactly once for each started request. If midge_start failed, the caller calls it.
       May be NULL. */
    void (*finish)(struct midge_source *source);
    int64_t length; /* bytes, or -1 unknown: sent chunked */
};

/* --- ready-made sinks --- */

/* The caller's memory, NUL-terminated after each write when there is room: cap counts the NUL.
   A body longer than cap - 1 fails with TOO_LARGE. Lives until the caller is done with the bytes.
 */
struct midge_buffer {
    struct midge_sink sink; /* for request.sink */
    uint8_t *data;          /* the caller's memory */
    size_t len;             /* bytes of the body so far */
    size_t cap;             /* of data */
};
/* storage: cap bytes, at least 1. */
void midge_buffer_init(struct midge_buffer *buffer, void *storage, size_t cap);

/* Memory from the client's block that grows up to max bytes (NUL included). Freed by
   midge_blob_free, at the latest before the client is closed. */
struct midge_blob {
    struct midge_sink sink;      /* for request.sink */
    struct midge_client *client; /* whose memory it takes */
    uint8_t *data;               /* NUL-terminated; NULL while empty */
    size_t len;                  /* bytes of the body so far */
    size_t cap;                  /* of data now */
    size_t max;                  /* of data at most */
};
/* An empty one. A longer body than max - 1 bytes fails with TOO_LARGE, one for which there is no
   memory with NO_MEMORY. */
void midge_blob_init(struct midge_blob *blob, struct midge_client *client, size_t max);
/* Gives the memory back; the blob is empty then. Call it when no request uses the blob. */
void midge_blob_free(struct midge_blob *blob);

/* A file: written beside the target, renamed into place only if the body is complete ("unverified"
   counts as complete unless strict is set). Opened at the first byte or at a good end. The path
   must live as long as the sink. */
struct midge_file_sink {
    struct midge_sink sink;        /* for request.sink */
    const struct midge_port *port; /* whose file store it is */
    const char *path;              /* of the target */
    midge_file file;               /* NULL: not open */
    uint64_t len;                  /* bytes written */
    int native;                    /* errno of a failure, 0 none */
    uint8_t strict;                /* set after init: "unverified" is discarded too */
};
/* Sets the sink up; opens nothing yet. */
void midge_file_sink_init(struct midge_file_sink *sink, const struct midge_port *port,
                          const char *path);
/* Opens the file now. So the program knows before it sends the request whether the target can be
   written, and no other file takes its place in a full file store. OK also if it is open
   already. WRITE, UNSUPPORTED, or NO_MEMORY: too many files are open, try again when one of them
   was closed. If the sink was opened and no request gets it, call its finish with an error. */
int midge_file_sink_open(struct midge_file_sink *sink);

/* The decoder's own state. */
struct midge__base64 {
    uint8_t bits, chars, pads;
    uint8_t spaces; /* 1: are skipped, and the ends of lines */
};

/* Decodes base64 and passes the bytes on to another sink, as they come. Strict (RFC 4648 4): white
   space, the URL-safe alphabet, wrong padding, and data that ends within a group fail with
   PROTOCOL, and the other sink's finish gets that error. Bytes decoded before the fault were passed
   on. */
struct midge_base64_sink {
    struct midge_sink sink;     /* for request.sink */
    struct midge_sink *next;    /* gets the decoded bytes */
    uint64_t offset;            /* characters read; after a PROTOCOL error, its position */
    struct midge__base64 state; /* private */
};
#if MIDGE_WITH_BASE64
/* next lives as long as the sink. */
void midge_base64_sink_init(struct midge_base64_sink *sink, struct midge_sink *next);
#endif

/* Bytes are counted and dropped. */
struct midge_null_sink {
    struct midge_sink sink; /* for request.sink */
    uint64_t len;           /* bytes dropped */
};
/* Sets the sink up. */
void midge_null_sink_init(struct midge_null_sink *sink);

/* --- ready-made sources --- */

/* The caller's bytes, not copied: they live until the request is done. */
struct midge_buffer_source {
    struct midge_source source; /* for request.source */
    const uint8_t *data;        /* the caller's */
    size_t len;                 /* of data */
    size_t at;                  /* read so far */
};
/* Sets the source up; it can rewind. */
void midge_buffer_source_init(struct midge_buffer_source *source, const void *data, size_t len);

/* A file. READ if it cannot be opened, or if it has become shorter since it was opened. */
struct midge_file_source {
    struct midge_source source;    /* for request.source */
    const struct midge_port *port; /* whose file store it is */
    midge_file file;               /* NULL: closed */
    uint64_t left;                 /* bytes that were not read yet */
    int native;                    /* errno of a failure, 0 none */
};
/* Opens the file; path is used during the call only. If no request gets the source, call its
 * finish. */
int midge_file_source_init(struct midge_file_source *source, const struct midge_port *port,
                           const char *path);

#ifdef __cplusplus
}
#endif
#endif
