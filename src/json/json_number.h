/* SPDX-License-Identifier: MIT */
/* Numbers of JSON (RFC 8259 6) and the nodes of a tree that hold them. */
#ifndef MIDGE__JSON_NUMBER_H
#define MIDGE__JSON_NUMBER_H

#include "midge/config.h"

#if MIDGE_WITH_JSON

#include <stdbool.h>

#include "cJSON.h"
#include "midge/span.h"

/* The nearest double; infinite beyond its range. The text must match the grammar. */
double midge__json_double(struct midge_span number);

/* Does the node's text, valuestring, still belong to its number? cJSON_SetNumberValue does not
   change the text. */
bool midge__json_has_text(const cJSON *number);

#endif

#endif
