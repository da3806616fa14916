/* SPDX-License-Identifier: MIT */
/*
 * Firmware updates that survive a loss of power at any moment. The device fetches a small signed
 * text, the manifest, which says which image is right; then the image, into a flash-like store;
 * then it reads the store back, and only if that is the image of the manifest, the boot switch is
 * written:
 *
 *     err = midge_update_open(&update, client, &device, &store, manifest, manifest_len);
 *     if (err == MIDGE_OK && midge_update_left(&update) > 0) {
 *         request.sink = &update.sink;                        a GET of the image
 *         request.hooks = &update.download.hook;
 *         ... midge_start, and its end: result.error ...
 *     }
 *     while ((err = midge_update_install(&update)) == MIDGE_ERR_AGAIN) {
 *         midge_poll(client, 0);                              other requests go on
 *     }
 *     if (err == MIDGE_OK) reset();
 *
 * boards/examples/updater.c is that as a task. After any error, cut or reset: begin again with a
 * new manifest and midge_update_open, as long as the device likes; the store keeps what it has, and
 * only the rest is asked for (download.h says how: Range and If-Range; without a strong ETag or
 * good Last-Modified the image begins anew).
 *
 * ## The manifest
 *
 *     midge-update 1
 *     product: thermostat
 *     hardware: rev-c
 *     version: 17
 *     size: 183296
 *     sha256: 0f343b0931126a20f133d67c2b018a3b8c6ab0a8a1c1d6f2f8c1f1e0a3b5c7d9
 *     signature: 3045022100...
 *
 * Seven lines in this order, each with one "\n"; at most MIDGE_UPDATE_MANIFEST bytes. Product and
 * hardware: 1 to 63 printable characters of ASCII. version and size: decimal, 0 and 1 to
 * 4,294,967,295. sha256: of the image. signature: hexadecimal; it covers all bytes in front of its
 * line. A vendor makes the keys and a manifest with openssl:
 *
 *     openssl ecparam -name prime256v1 -genkey -noout -out key.pem                     kept secret
 *     openssl ec -in key.pem -pubout -outform DER -out key.der             91 bytes, in the device
 *     printf 'midge-update 1\nproduct: %s\nhardware: %s\nversion: %s\nsize: %s\nsha256: %s\n' \
 *         thermostat rev-c 17 $(wc -c <image) $(sha256sum image | cut -c 1-64) >manifest
 *     printf 'signature: %s\n' $(openssl dgst -sha256 -sign key.pem manifest |
 *         od -An -v -tx1 | tr -d ' \n') >>manifest
 *
 * boards/examples/make_manifest.sh does the last part. The manifest may come from anywhere, also
 * over plain http: the signature is the proof. A device that asks for it over https also knows that
 * it is the newest one: without, an attacker can hold back the newest manifest and offer an older
 * one that is not older than the installed version.
 *
 * ## The store
 *
 * A range of flash of its own, into which nothing else writes: the image at its start, the progress
 * in its last erase block. midge erases each block before it programs it, programs in order, and
 * each unit once between two erases. The progress is a log of checksummed records: one that was
 * torn by a loss of power does not count. It only saves work: the image is judged by reading it
 * back from the store.
 *
 * ## Errors
 *
 *     MANIFEST      the text has another form than the one above
 *     SIGNATURE     it is not signed with the device's key
 *     PRODUCT       it is for another product
 *     HARDWARE      it is for another hardware
 *     ROLLBACK      its version is older than the installed one
 *     INSTALLED     its version is installed
 *     TOO_LARGE     the image is larger than the store
 *     IMAGE         the image is another one: its size, or its SHA-256
 *     HTTP_STATUS   no image: the answer is neither 200 nor the part that was asked for
 *     ENCODING      the image came compressed
 *     NO_MEMORY     to check the signature: try again later
 *     INVALID       a wrong use, as the function says
 *     others        of the request, or the store's own, passed on
 *
 * None of them changes the boot switch. The progress is forgotten when midge_update_install answers
 * IMAGE, and when the first page of another version of the image comes.
 */
#ifndef MIDGE_UPDATE_H
#define MIDGE_UPDATE_H

#include <stddef.h>
#include <stdint.h>
#include <midge/body.h>
#include <midge/config.h>
#include <midge/download.h>
#include <midge/hash.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Limits, which a build may change as those of config.h: bytes of a manifest, */
#ifndef MIDGE_UPDATE_MANIFEST
#define MIDGE_UPDATE_MANIFEST 1024
#endif
/* of a signature (an RSA-2048 one has 256), on the stack of midge_update_open, */
#ifndef MIDGE_UPDATE_SIGNATURE
#define MIDGE_UPDATE_SIGNATURE 256
#endif
/* of a call of `program` and `read`, in struct midge_update: a power of two, 8 at least, */
#ifndef MIDGE_UPDATE_PAGE
#define MIDGE_UPDATE_PAGE 256
#endif
/* and read back in one midge_update_install. */
#ifndef MIDGE_UPDATE_STEP
#define MIDGE_UPDATE_STEP 4096
#endif

#if MIDGE_WITH_UPDATE

struct midge_client;

/* The image that a manifest has named. */
struct midge_image {
    uint32_t version;   /* the vendor's number: a larger one is newer */
    uint32_t size;      /* bytes */
    uint8_t sha256[32]; /* of all bytes */
};

/* A store. Embed it in a struct of your own. Offsets count from its start. The functions return 0,
   or a negative value, which ends the update with it (MIDGE_ERR_WRITE, say). They may take their
   time, but the client stands still meanwhile; they must not call it. */
struct midge_update_store {
    /* Reads len bytes. */
    int (*read)(struct midge_update_store *store, uint32_t at, void *data, size_t len);
    /* Erases the block that begins at `at`: all its bytes become 0xff. */
    int (*erase)(struct midge_update_store *store, uint32_t at);
    /* Programs erased bytes. at and len are multiples of unit; len is at most MIDGE_UPDATE_PAGE and
       does not cross a block's end; data is aligned to 4. */
    int (*program)(struct midge_update_store *store, uint32_t at, const void *data, size_t len);
    /* The boot switch: the loader shall start this image next. It must be one write that a loss of
       power makes or does not make (a checksummed record, a single word), and may come again for
       the same image. Called last, when the image in the store is proven. */
    int (*boot)(struct midge_update_store *store, const struct midge_image *image);
    uint32_t size;  /* bytes, a multiple of block; at least two blocks: the last has the progress */
    uint32_t block; /* bytes that are erased together, a multiple of MIDGE_UPDATE_PAGE; at least
                       128 + unit, rounded up to units, and 8 or unit more */
    uint16_t unit;  /* bytes that are programmed together: a power of two, MIDGE_UPDATE_PAGE at
                       most */
};

/* The device. It and its strings live as long as midge_update_open runs. */
struct midge_update_device {
    const char *product, *hardware; /* compared byte by byte */
    uint32_t version;               /* the installed one: an older manifest is refused */
    uint8_t reinstall;              /* 1: the installed version may come again, as a repair; else
                                       INSTALLED, so a device that asks each day has nothing to do */
    /* The vendor's key, P-256, 91 bytes of DER (SubjectPublicKeyInfo). */
    const uint8_t *key;
    size_t key_len;
    /* In place of the key, another algorithm: MIDGE_OK only if this is the signature of text. */
    int (*verify)(void *ctx, const void *text, size_t len, const uint8_t *signature,
                  size_t signature_len);
    void *ctx; /* of verify */
};

/* An update; it stays at its address, and the store too, from midge_update_open until the end. */
struct midge_update {
    struct midge_sink sink;         /* of the request for the image */
    struct midge_download download; /* .hook: the request's; .parts, .validator: for reading */
    struct midge_image image;       /* of the manifest */

    /* private */
    struct midge_update_store *store;
    struct midge_sink flash;
    uint32_t stored; /* bytes programmed; in CHECK, read back */
    uint16_t fill;   /* bytes in page behind them */
    uint8_t state;
    uint32_t seed; /* update_log.c */
    struct midge_sha256 hash;
    uint32_t page[MIDGE_UPDATE_PAGE / 4];
};

/* Checks the manifest: form, signature, product, hardware, version, size; then reads the progress.
   MIDGE_OK: the rest of the image can be fetched, if any is left. The request is a GET; it may have
   rules for retry. INVALID: no client, device, store or text, or a store whose sizes do not fit
   each other, or no key of P-256. With key, some 4 KB of the client's block are needed, and on a
   Cortex-M3 21 M instructions without a turn of the client. Nothing is written. */
int midge_update_open(struct midge_update *update, struct midge_client *client,
                      const struct midge_update_device *device, struct midge_update_store *store,
                      const char *manifest, size_t len);

/* Bytes of the image that are still to be fetched; 0: it can be installed, do not ask for it. */
uint32_t midge_update_left(const struct midge_update *update);

/* Reads MIDGE_UPDATE_STEP bytes back. AGAIN: call it again. MIDGE_OK: all of them are the image of
   the manifest, and store->boot has answered 0. IMAGE: they are not; the progress is erased.
   INVALID: the image is not complete, or the update has ended. After an error of the store: begin
   again. */
int midge_update_install(struct midge_update *update);

/* Is it the signature (ECDSA, P-256, DER of RFC 3279 2.2.3) of this SHA-256? key as above. OK;
   SIGNATURE; INVALID: the key is none; NO_MEMORY. */
int midge_verify_p256(struct midge_client *client, const uint8_t *key, size_t key_len,
                      const uint8_t digest[32], const uint8_t *signature, size_t signature_len);

#endif

#ifdef __cplusplus
}
#endif
#endif
