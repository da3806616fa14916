/* SPDX-License-Identifier: MIT */
/* Numbers of JSON (RFC 8259 6) and the nodes of a tree that hold them. */
#ifndef MIDGE__JSON_NUMBER_H
#define MIDGE__JSON_NUMBER_H

#include "midge/config.h"

#if MIDGE_WITH_JSON

#include <stdbool.h>

#include "cJSON.h"
#include "midge/span.h"

#if MIDGE_WITH_JSON_NUMBERS

/* The nearest double; infinite beyond its range. The text must match the grammar. */
double midge__json_double(struct midge_span number);

/* Sets the node's number. False: it cannot hold the number exactly, so it must keep the text. */
bool midge__json_set_number(cJSON *node, struct midge_span number);

/* Does the node's text, valuestring, still belong to its number? cJSON_SetNumberValue does not
   change the text. */
bool midge__json_has_text(const cJSON *number);

#else

#include <math.h>

static inline double midge__json_double(struct midge_span number)
{
    (void)number;
    return (double)NAN;
}

static inline bool midge__json_set_number(cJSON *node, struct midge_span number)
{
    node->valuedouble = midge__json_double(number);
    return false;
}

static inline bool midge__json_has_text(const cJSON *number)
{
    return number->valuestring != NULL && isnan(number->valuedouble);
}

#endif

#endif

#endif
