/* SPDX-License-Identifier: MIT */
#include "io/der.h"

#include "midge/config.h"

#if MIDGE_WITH_CHAIN_CHECKS

#include <mbedtls/asn1.h>

#define SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)

struct midge__der midge__der(unsigned char *at, size_t len)
{
    static unsigned char nothing;
    at = at == NULL ? &nothing : at;
    return (struct midge__der){at, at + len};
}

int midge__der_next(struct midge__der *in, struct midge__der *value)
{
    size_t len;
    if (in->at == in->end) {
        return -1;
    }
    int tag = *in->at++;
    if ((tag & MBEDTLS_ASN1_TAG_VALUE_MASK) == MBEDTLS_ASN1_TAG_VALUE_MASK ||
        mbedtls_asn1_get_len(&in->at, in->end, &len) != 0) {
        return -1;
    }
    *value = (struct midge__der){in->at, in->at + len};
    in->at += len;
    return tag;
}

bool midge__der_only(struct midge__der *in, int tag, struct midge__der *value)
{
    return midge__der_next(in, value) == tag && in->at == in->end;
}

bool midge__extension_find(struct midge__der extensions, unsigned char id,
                           struct midge__extension *found)
{
    struct midge__der list, extension, oid, value;
    found->value = midge__der(NULL, 0);
    found->critical = false;
    if (extensions.at == extensions.end) {
        return true;
    }
    if (midge__der_next(&extensions, &list) != SEQUENCE) {
        return false;
    }
    while (list.at != list.end) {
        if (midge__der_next(&list, &extension) != SEQUENCE ||
            midge__der_next(&extension, &oid) != MBEDTLS_ASN1_OID) {
            return false;
        }
        if (midge__der_len(oid) != 3 || oid.at[0] != 0x55 || oid.at[1] != 0x1D || oid.at[2] != id) {
            continue;
        }
        int tag = midge__der_next(&extension, &value);
        if (tag == MBEDTLS_ASN1_BOOLEAN) {
            found->critical = midge__der_len(value) != 1 || *value.at != 0;
            tag = midge__der_next(&extension, &value);
        }
        if (tag != MBEDTLS_ASN1_OCTET_STRING || value.at == value.end ||
            midge__der_len(found->value) > 0) {
            return false;
        }
        found->value = value;
    }
    return true;
}

#endif
