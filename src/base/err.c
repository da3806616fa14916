/* SPDX-License-Identifier: MIT */
#include "midge/err.h"
#include "base/check.h"
#include "base/text.h"
#include <stdbool.h>

/* Each list is one string; its n-th text belongs to -n. So there is no table of pointers. */
#define ERR_NAME(name, value, text) #name "\0"
#define ERR_TEXT(name, value, text) text "\0"
#define ERR_ONE(name, value, text)  +1

enum { ERRORS = 0 MIDGE_ERR_MAP(ERR_ONE) };
_Static_assert(MIDGE_ERR_SEAL == -ERRORS, "values count down without a gap");

static bool is_known(int err)
{
    return err <= MIDGE_OK && err >= -ERRORS;
}

const char *midge_err_name(int err)
{
    static const char names[] = "\0" MIDGE_ERR_MAP(ERR_NAME);
    return is_known(err) ? midge__text_nth(names, (unsigned)-err) : "UNKNOWN";
}

#if MIDGE_WITH_TEXTS

const char *midge_err_text(int err)
{
    static const char texts[] = "success\0" MIDGE_ERR_MAP(ERR_TEXT);
    return is_known(err) ? midge__text_nth(texts, (unsigned)-err) : "unknown error";
}

#else

const char *midge_err_text(int err)
{
    (void)err;
    return "";
}

#endif

const char *midge_phase_name(enum midge_phase phase)
{
    static const char names[] = "queue\0dns\0connect\0tls\0send\0wait\0body\0done";
    return (unsigned)phase < MIDGE_PHASES ? midge__text_nth(names, (unsigned)phase) : "unknown";
}
