/* SPDX-License-Identifier: MIT */
/*
 * For AddressSanitizer the client's memory is one block; these macros mark the parts of it that are
 * handed out. The other parts are out of bounds for all functions that are not marked UNCHECKED.
 */
#ifndef MIDGE_BASE_POISON_H
#define MIDGE_BASE_POISON_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MIDGE__POISONING
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define MIDGE__POISONING
#endif

#ifdef MIDGE__POISONING
#include <stddef.h>

void __asan_poison_memory_region(void const volatile *p, size_t n);
void __asan_unpoison_memory_region(void const volatile *p, size_t n);
#define MIDGE__POISON(p, n)   __asan_poison_memory_region(p, n)
#define MIDGE__UNPOISON(p, n) __asan_unpoison_memory_region(p, n)
#define MIDGE__UNCHECKED      __attribute__((no_sanitize("address")))
#else
#define MIDGE__POISON(p, n)   ((void)0)
#define MIDGE__UNPOISON(p, n) ((void)0)
#define MIDGE__UNCHECKED
#endif

#endif
