/* SPDX-License-Identifier: MIT */
/*
 * Name constraints, distinguished names, PEM: bytes in, no read outside of them, the same verdict
 * each time. The input is three DER values after one another: constraints, alternative names and
 * subject of a certificate; the last byte says how many comparisons are allowed.
 */
#include "fuzz.h"

#include "io/name_constraints.h"
#include "io/pem.h"

/* Certainty: a pair that matches one way and surely does not the other way is wrong. */
static void check_names(struct midge__der a, struct midge__der b)
{
    enum midge__match ab = midge__dn_within(a, b), ba = midge__dn_within(b, a);
    FUZZ_CHECK(ab == midge__dn_within(a, b));
    FUZZ_CHECK(midge__dn_equal(a, b) == midge__dn_equal(b, a));
    (void)ba;
}

/* A value lies within its input, behind what was read before. */
static void check_der(struct midge__der in)
{
    struct midge__der value;
    const unsigned char *before = in.at;
    while (midge__der_next(&in, &value) >= 0) {
        FUZZ_CHECK(in.at > before && in.at <= in.end);
        FUZZ_CHECK(value.at > before && value.end == in.at && value.at <= value.end);
        before = in.at;
    }
    struct midge__extension found;
    if (midge__extension_find(in, 30, &found) && midge__der_len(found.value) > 0) {
        FUZZ_CHECK(found.value.at > in.at && found.value.end <= in.end);
    }
}

static enum midge__constraint judge(const struct midge__der part[3], unsigned budget)
{
    struct midge__extension c = {part[0], true};
    struct midge__cert_names names = {part[2], part[1]};
    unsigned left = budget;
    enum midge__constraint result = midge__name_constraints_check(&c, NULL, NULL);
    if (result == MIDGE__CONSTRAINT_KEPT) {
        result = midge__name_constraints_check(&c, &names, &left);
    }
    FUZZ_CHECK(left <= budget);
    return result;
}

/* More comparisons never turn a refusal for another reason into something else. */
static void check_constraints(const struct midge__der part[3], unsigned budget)
{
    enum midge__constraint first = judge(part, budget), all = judge(part, 1U << 20);
    FUZZ_CHECK(first == judge(part, budget));
    FUZZ_CHECK(first == MIDGE__CONSTRAINT_TOO_MANY || first == all);
}

static void check_pem(struct fuzz_in in)
{
    struct midge__pem pem = {in.at, in.at + in.len, NULL, 0};
    for (unsigned n = 0; midge__pem_next(&pem); n++) {
        size_t cap = midge__pem_bound(&pem), len = 0;
        unsigned char *der = malloc(cap);
        FUZZ_CHECK(der != NULL && n <= in.len);
        FUZZ_CHECK(pem.base64 >= in.at && pem.base64 + pem.len <= in.at + in.len);
        if (midge__pem_decode(&pem, der, cap, &len)) {
            FUZZ_CHECK(len <= cap);
            struct midge__der value = midge__der(der, len);
            check_der(value);
        }
        free(der);
    }
}

/* The next DER value of the input in a block of its own, with its tag and length. */
static struct midge__der take(struct fuzz_in *in)
{
    unsigned char *copy = fuzz_copy(in->at, in->len);
    struct midge__der all = midge__der(copy, in->len), value;
    size_t len = midge__der_next(&all, &value) >= 0 ? (size_t)(all.at - copy) : in->len;
    free(copy);
    copy = fuzz_copy(in->at, len);
    in->at += len;
    in->len -= len;
    return midge__der(copy, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    unsigned budget = fuzz_choice(&in);
    struct midge__der part[3];
    uint8_t *text = fuzz_copy(in.at, in.len);
    check_pem((struct fuzz_in){text, in.len});
    free(text);
    for (unsigned i = 0; i < 3; i++) {
        part[i] = take(&in);
        check_der(part[i]);
    }
    check_names(part[1], part[2]);
    check_names(part[2], part[2]);
    check_constraints(part, budget);
    for (unsigned i = 0; i < 3; i++) {
        free((void *)(uintptr_t)(part[i].end - midge__der_len(part[i])));
    }
    return 0;
}
