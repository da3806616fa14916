/* SPDX-License-Identifier: MIT */
/*
 * The file, integers in network order, a string with its length in one byte:
 *     "midge certs 1\n", cases (2)
 *     each: name, host, wall clock (8; 0: none), floor (8), cipher suite (2), mutated certificate
 *           (1; 255: none), mutated bits (1), name of the error ("": accepted), verify flags (4),
 *           part of the text, length of the roots (4), roots, certificates (1),
 *           each: length (3), certificate
 */
#include "set.h"

#include <string.h>

#include "midge/err.h"

#define HEAD "midge certs 1\n"

static const uint8_t *take(struct certs_set *set, size_t n)
{
    if ((size_t)(set->end - set->at) < n) {
        set->cut = true;
        set->at = set->end;
        return NULL;
    }
    set->at += n;
    return set->at - n;
}

static uint64_t take_number(struct certs_set *set, size_t size)
{
    const uint8_t *p = take(set, size);
    uint64_t n = 0;
    for (size_t i = 0; p != NULL && i < size; i++) {
        n = n << 8 | p[i];
    }
    return n;
}

static void take_text(struct certs_set *set, char out[CERTS_TEXT])
{
    size_t len = (size_t)take_number(set, 1);
    const uint8_t *p = take(set, len);
    if (p != NULL) {
        memcpy(out, p, len);
    }
    out[p != NULL ? len : 0] = '\0';
}

bool midge_certs_open(struct certs_set *set, const uint8_t *file, size_t len)
{
    *set = (struct certs_set){.at = file, .end = file + len};
    const uint8_t *head = take(set, sizeof HEAD - 1);
    set->left = (unsigned)take_number(set, 2);
    return head != NULL && memcmp(head, HEAD, sizeof HEAD - 1) == 0;
}

bool midge_certs_next(struct certs_set *set, struct certs_case *one)
{
    if (set->left == 0) {
        return false;
    }
    set->left--;
    take_text(set, one->name);
    take_text(set, one->host);
    one->now = (int64_t)take_number(set, 8);
    one->floor = (int64_t)take_number(set, 8);
    one->suite = (uint16_t)take_number(set, 2);
    one->mutated = (uint8_t)take_number(set, 1);
    one->bits = (uint8_t)take_number(set, 1);
    take_text(set, one->error);
    one->flags = (uint32_t)take_number(set, 4);
    take_text(set, one->text);
    one->roots_len = (size_t)take_number(set, 4);
    one->roots = take(set, one->roots_len);
    one->count = (uint8_t)take_number(set, 1);
    one->chain = set->at;
    for (unsigned i = 0; i < one->count; i++) {
        take(set, (size_t)take_number(set, 3));
    }
    one->chain_len = (size_t)(set->at - one->chain);
    return !set->cut;
}

bool midge_certs_whole(const struct certs_set *set)
{
    return !set->cut && set->left == 0 && set->at == set->end;
}

struct midge_tls midge_certs_trust(const struct certs_case *one)
{
    struct midge_tls tls = {.time_floor = one->floor};
    if (one->roots_len >= 8 && memcmp(one->roots, "MIDGERT1", 8) == 0) {
        tls.roots = one->roots;
        tls.roots_len = one->roots_len;
    } else {
        tls.ca = one->roots;
        tls.ca_len = one->roots_len;
    }
    return tls;
}

const uint8_t *midge_certs_certificate(const struct certs_case *one, unsigned n, size_t *len)
{
    struct certs_set chain = {.at = one->chain, .end = one->chain + one->chain_len};
    const uint8_t *at = NULL;
    for (unsigned i = 0; i <= n && n < one->count; i++) {
        *len = (size_t)take_number(&chain, 3);
        at = take(&chain, *len);
    }
    return at;
}

bool midge_certs_refused(const struct certs_case *one, int err, uint32_t flags, const char *text)
{
    return strcmp(midge_err_name(err), one->error) == 0 &&
           (one->flags == CERTS_ANY_FLAGS || one->flags == flags) &&
           strstr(text, one->text) != NULL;
}
