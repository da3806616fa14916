/* SPDX-License-Identifier: MIT */
/* Numbers of JSON (RFC 8259 6) and the nodes of a tree that hold them. */
#ifndef MIDGE__JSON_NUMBER_H
#define MIDGE__JSON_NUMBER_H

#include <stdbool.h>

#include "cJSON.h"
#include "midge/span.h"

/* The nearest double; infinite beyond its range. Text as the grammar has it. */
double midge__json_double(struct midge_span number);

/* Is the node's text, valuestring, still the number's? cJSON_SetNumberValue does not know of it. */
bool midge__json_has_text(const cJSON *number);

#endif
