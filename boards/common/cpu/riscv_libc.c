/* SPDX-License-Identifier: MIT */
/* Functions that are linked but never called: cJSON's hooks before midge sets them, and mbedTLS's
   clock before midge gives it the port's. There is no heap and no date. */
#include <stddef.h>
#include <time.h>

void *malloc(size_t size);
void *malloc(size_t size)
{
    (void)size;
    return NULL;
}

void *realloc(void *old, size_t size);
void *realloc(void *old, size_t size)
{
    (void)old;
    (void)size;
    return NULL;
}

void free(void *memory);
void free(void *memory)
{
    (void)memory;
}

time_t time(time_t *out)
{
    if (out != NULL) {
        *out = (time_t)-1;
    }
    return (time_t)-1;
}
