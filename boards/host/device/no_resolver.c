/* SPDX-License-Identifier: MIT */
/* Programs of 32 bits have no c-ares: they run simulated worlds only. */
#include "host/resolver.h"

const char *resolver_text(void)
{
    return "no resolver";
}
