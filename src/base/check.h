/* SPDX-License-Identifier: MIT */
/*
 * MIDGE_ASSERT guards our own invariants only; outside input is checked and answered with an
 * error. Newlib's assert pulls in printf: a platform may name a function of its own,
 * MIDGE_ASSERT_FAILED=my_reset (void my_reset(void): a trap, a log and reset), or define
 * MIDGE_ASSERT in its config file. MIDGE_NO_ASSERT, or NDEBUG with the default one, compiles it
 * out.
 */
#ifndef MIDGE_BASE_CHECK_H
#define MIDGE_BASE_CHECK_H

#include <stddef.h>
#include <stdint.h>
#include "midge/config.h"

#if defined(MIDGE_NO_ASSERT) ||                                                                    \
    (defined(NDEBUG) && !defined(MIDGE_ASSERT) && !defined(MIDGE_ASSERT_FAILED))
#undef MIDGE_ASSERT
/* The condition is not evaluated, but the compiler counts its names as used. */
#define MIDGE_ASSERT(condition) ((void)(0 && (condition)))
#elif defined(MIDGE_ASSERT_FAILED)
void MIDGE_ASSERT_FAILED(void);
#define MIDGE_ASSERT(condition) ((condition) ? (void)0 : MIDGE_ASSERT_FAILED())
#elif !defined(MIDGE_ASSERT)
#include <assert.h>
#define MIDGE_ASSERT(condition) assert(condition)
#endif

/* The struct of `type` whose `member` ptr points to. The cast through void * is safe: the struct is
   aligned. */
#define MIDGE_CONTAINER_OF(ptr, type, member)                                                      \
    ((type *)(void *)((char *)(void *)(ptr)-offsetof(type, member)))

/* A text for people; see MIDGE_WITH_TEXTS. */
#if MIDGE_WITH_TEXTS
#define MIDGE__TEXT(text) (text)
#else
#define MIDGE__TEXT(text) ("")
#endif

/* A text for people about a fault that is seldom seen; see MIDGE_WITH_RARE_TEXTS. */
#if MIDGE_WITH_RARE_TEXTS
#define MIDGE__RARE_TEXT(text) (text)
#else
#define MIDGE__RARE_TEXT(text) ("")
#endif

/* 0: the feature MIDGE_WITH_x is there, or the setting is not set. Several are joined by `|` and
   compared once, which is shorter than a comparison of each. */
#define MIDGE__LEFT_OUT(x, setting) (MIDGE_WITH_##x ? (uintptr_t)0 : (uintptr_t)(setting))

/* A function that stays apart where flash counts more than instructions (-Os): there the compiler
   and the link would copy it into its callers, and the firmware was measured to be smaller without
   that. Elsewhere it changes nothing. */
#if defined(__OPTIMIZE_SIZE__) && defined(__GNUC__)
#define MIDGE__APART __attribute__((noinline))
#else
#define MIDGE__APART
#endif

#define MIDGE_ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#endif
