/* SPDX-License-Identifier: MIT */
/* Objects as large as the structs that take the most of a client's block: test_desk.py compares
   their sizes in a board's compilation and in that of its program of 32 bits. */
#include <midge/client.h>
#include <midge/request.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "core/conn.h"
#include "core/request.h"
#include "core/transfer.h"
#include "io/tls.h"

#define SIZE(name, type)                                                                           \
    extern const char desk_##name[sizeof(type)];                                                   \
    const char desk_##name[sizeof(type)] = {0}
SIZE(conn, struct midge__conn);
SIZE(transfer, struct midge__transfer);
SIZE(request, struct midge_request);
SIZE(result, struct midge_result);
SIZE(response, struct midge_response);
SIZE(config, struct midge_config);
SIZE(port, struct midge_port);
SIZE(ssl, mbedtls_ssl_context);
SIZE(ssl_config, mbedtls_ssl_config);
SIZE(session, mbedtls_ssl_session);
SIZE(certificate, mbedtls_x509_crt);
SIZE(curve, mbedtls_ecp_group);
SIZE(key, mbedtls_pk_context);
