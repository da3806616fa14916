/* SPDX-License-Identifier: MIT */
/*
 * mbedTLS profile `small`: TLS 1.2 with any public server, one or two connections in 64 KB of
 * RAM, and a handshake that yields. 77 K of flash (tests/size/table.txt), and at the peak of a
 * handshake with a chain of 5 KB 9.1 K of heap on 32 bits, beside the record buffers' 21 K.
 *
 * Options that are not named are off. The cost stands beside each option: K of flash of the files
 * that it adds, on Cortex-M3 at -Os as boards/apps uses them, or as the comment says; "code" is
 * flash only. An option without a cost selects between variants of the options around it.
 */
#ifndef MIDGE_MBEDTLS_SMALL_H
#define MIDGE_MBEDTLS_SMALL_H

/* Platform: memory, clocks and entropy come from midge's port, nothing from the C library. */
#define MBEDTLS_PLATFORM_C           /* 0.1 K */
#define MBEDTLS_PLATFORM_MEMORY      /* calloc and free by mbedtls_platform_set_calloc_free */
#define MBEDTLS_HAVE_ASM             /* faster bignum; the code is no larger */
#define MBEDTLS_HAVE_TIME            /* ticket lifetimes */
#define MBEDTLS_HAVE_TIME_DATE       /* a certificate's dates are judged; needs gmtime_r */
#define MBEDTLS_PLATFORM_TIME_ALT    /* wall clock by mbedtls_platform_set_time */
#define MBEDTLS_PLATFORM_MS_TIME_ALT /* midge defines mbedtls_ms_time */
#define MBEDTLS_NO_PLATFORM_ENTROPY  /* no /dev/urandom behind the port's back */
#define MBEDTLS_CTR_DRBG_C           /* the generator, seeded from the port; needs AES only */

/* Record buffers: the largest part of a connection's RAM, in one record slot of fixed size. */
#ifndef MBEDTLS_SSL_IN_CONTENT_LEN
#define MBEDTLS_SSL_IN_CONTENT_LEN 16384 /* 16 KB a connection; the protocol's largest record */
#endif
#ifndef MBEDTLS_SSL_OUT_CONTENT_LEN
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4096 /* 4 KB a connection; longer writes are split */
#endif

/* TLS 1.2, client only. */
#define MBEDTLS_SSL_TLS_C                  /* 10.0 K */
#define MBEDTLS_SSL_CLI_C                  /* 1.1 K */
#define MBEDTLS_SSL_PROTO_TLS1_2           /* 2.6 K */
#define MBEDTLS_SSL_SESSION_TICKETS        /* resumption: 0.5 M instructions on an M3, not 71 M */
#define MBEDTLS_SSL_SERVER_NAME_INDICATION /* the host name's length a connection */
#define MBEDTLS_SSL_ALPN                   /* one pointer a connection; code */
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET /* RFC 7627, against triple handshakes; code */
#define MBEDTLS_SSL_ALL_ALERT_MESSAGES     /* the peer learns the reason; code */
/* Off: MBEDTLS_SSL_KEEP_PEER_CERTIFICATE. The chain (3 to 5 KB from public servers) is freed when
   the handshake ends, and a session holds only its digest. If it is on, the chain can be verified
   afterwards. */

/* Key exchange. */
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
/* CMake's MIDGE_PSK: for servers that share a key with the client. */
#if defined(MIDGE_WITH_PSK) && MIDGE_WITH_PSK
#define MBEDTLS_KEY_EXCHANGE_ECDHE_PSK_ENABLED
#define MBEDTLS_KEY_EXCHANGE_PSK_ENABLED
#endif
#define MBEDTLS_ECDH_C   /* 0.6 K */
#define MBEDTLS_ECDSA_C  /* 2.2 K */
#define MBEDTLS_ECP_C    /* 6.5 K */
#define MBEDTLS_BIGNUM_C /* 7.1 K */
/* Fast reduction for the NIST primes; code, and several times the speed. */
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECP_RESTARTABLE /* longest call 2.1 M instructions, not 25 M (max_ops 200) */
/* Of 2..7: least heap in a point multiplication, slower for points without a table in flash. */
#define MBEDTLS_ECP_WINDOW_SIZE          2
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED /* every server offers it; its tables are flash */
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED /* public intermediates and roots */
/* Off: X25519. No public server requires it, and it cannot be computed in slices. */

/* RSA verification. PSS is off: TLS 1.2 servers sign with PKCS #1 v1.5 when nothing else is
   offered. One RSA verification is one call, whatever the ECC budget. */
#define MBEDTLS_RSA_C /* 5.2 K */
#define MBEDTLS_PKCS1_V15
/* RSA to 4096 bits; buffers on the stack take 512 bytes less. */
#define MBEDTLS_MPI_MAX_SIZE 512

/* Ciphers: AEAD only. */
#define MBEDTLS_AES_C                   /* 2.7 K */
#define MBEDTLS_AES_ROM_TABLES          /* tables in flash, not in RAM */
#define MBEDTLS_AES_FEWER_TABLES        /* a quarter of the tables, a little slower */
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT /* GCM only encrypts blocks: saves code and tables */
#define MBEDTLS_AESNI_C                 /* x86-64 only, for the desktop build of this profile */
#define MBEDTLS_GCM_C                   /* 165 M instructions a MB on an M3 (-O2: 106 M) */
#define MBEDTLS_CHACHA20_C              /* 0.9 K */
#define MBEDTLS_POLY1305_C              /* 0.9 K */
#define MBEDTLS_CHACHAPOLY_C            /* 63 M instructions a MB on an M3 (-O2: 34 M) */
#define MBEDTLS_CIPHER_C                /* 1.5 K */

/* Hashes. */
#define MBEDTLS_MD_C /* 1.0 K */
/* Only to parse roots whose self-signature is SHA-1 (30 of Debian's 144); in a chain it stays
   refused by the verify profile. */
#define MBEDTLS_SHA1_C   /* 4.1 K */
#define MBEDTLS_SHA256_C /* 2.4 K */
/* Off: MBEDTLS_SHA256_SMALLER, 1.4 KB of flash less; a resumed handshake took 4.6 ms, not 3.7. */
#define MBEDTLS_SHA384_C /* 2.2 K */
#define MBEDTLS_SHA512_C /* one code with SHA-384; some roots are signed with it */
/* Its rounds as a loop: 1.7 KB of flash less; slower, for P-384 chains only. */
#define MBEDTLS_SHA512_SMALLER

/* Certificates: parsing only. */
#define MBEDTLS_X509_USE_C       /* 2.0 K */
#define MBEDTLS_X509_CRT_PARSE_C /* 4.8 K */
#define MBEDTLS_PK_C             /* 2.1 K */
#define MBEDTLS_PK_PARSE_C       /* 0.4 K */
#define MBEDTLS_OID_C            /* 3.2 K */
#define MBEDTLS_ASN1_PARSE_C     /* 0.9 K */
#define MBEDTLS_ASN1_WRITE_C     /* ECDSA signatures */
#define MBEDTLS_BASE64_C         /* 0.4 K */

#if !defined(MIDGE_MBEDTLS_NO_PEM) /* port/mbedtls.cmake: midge reads the PEM of keys itself */
#define MBEDTLS_PEM_PARSE_C        /* CA files as text; DER needs neither this nor base64 */
#endif

#endif
