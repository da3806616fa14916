/* SPDX-License-Identifier: MIT */
/* Objects as large as the structs that a feature may enlarge: prices.py reads their sizes from the
   object file. Nothing links it. */
#include "core/conn.h"
#include "core/request.h"
#include "core/transfer.h"
#include "io/tls.h"

const char midge_size_request[sizeof(struct midge__transfer) + MIDGE__REQUEST_KEPT] = {0};
const char midge_size_connection[sizeof(struct midge__conn)] = {0};
