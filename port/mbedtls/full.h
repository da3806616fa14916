/* SPDX-License-Identifier: MIT */
/*
 * mbedTLS profile `full`: TLS 1.2 and 1.3 with any public server, for parts with RAM to spare and
 * for the desktop. 121 K of flash (tests/size/table.txt), and at the peak of a handshake with a
 * chain of 5 KB 19.1 K of heap on 32 bits (TLS 1.3), beside the record buffers' 21 K.
 *
 * Options that are not named are off. The cost stands beside each option: K of flash of the files
 * that it adds, on Cortex-M3 at -Os as boards/apps uses them, or as the comment says; "code" is
 * flash only. An option without a cost selects between variants of the options around it. Code that
 * is never called costs nothing: the sources are built with a section for each function.
 */
#ifndef MIDGE_MBEDTLS_FULL_H
#define MIDGE_MBEDTLS_FULL_H

/* Platform: memory, clocks and entropy come from midge's port, nothing from the C library. */
#define MBEDTLS_PLATFORM_C           /* 0.1 K */
#define MBEDTLS_PLATFORM_MEMORY      /* calloc and free by mbedtls_platform_set_calloc_free */
#define MBEDTLS_HAVE_ASM             /* faster bignum; the code is no larger */
#define MBEDTLS_HAVE_TIME            /* ticket ages and lifetimes */
#define MBEDTLS_HAVE_TIME_DATE       /* a certificate's dates are judged; needs gmtime_r */
#define MBEDTLS_PLATFORM_TIME_ALT    /* wall clock by mbedtls_platform_set_time */
#define MBEDTLS_PLATFORM_MS_TIME_ALT /* midge defines mbedtls_ms_time (TLS 1.3 ticket age) */
#define MBEDTLS_NO_PLATFORM_ENTROPY  /* no /dev/urandom behind the port's back */
#define MBEDTLS_CTR_DRBG_C           /* the generator, seeded from the port; needs AES only */

/* Record buffers: the largest part of a connection's RAM, in one record slot of fixed size. */
#ifndef MBEDTLS_SSL_IN_CONTENT_LEN
#define MBEDTLS_SSL_IN_CONTENT_LEN 16384 /* 16 KB a connection; the protocol's largest record */
#endif
#ifndef MBEDTLS_SSL_OUT_CONTENT_LEN
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4096 /* 4 KB a connection; longer writes are split */
#endif

/* TLS, client only (no MBEDTLS_SSL_SRV_C). */
#define MBEDTLS_SSL_TLS_C        /* 12.2 K */
#define MBEDTLS_SSL_CLI_C        /* 1.6 K */
#define MBEDTLS_SSL_PROTO_TLS1_2 /* 2.9 K */
#define MBEDTLS_SSL_PROTO_TLS1_3 /* 22 K of flash; keeps the handshake: 1.6 K of RAM */
/* Passes middleboxes that know only TLS 1.2; code. */
#define MBEDTLS_SSL_TLS1_3_COMPATIBILITY_MODE
/* Full handshakes. */
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED
/* Resumption: 26 M, not 71 M instructions on an M3. */
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL_ENABLED
#define MBEDTLS_SSL_SESSION_TICKETS        /* resumption: the ticket's bytes for each session */
#define MBEDTLS_SSL_SERVER_NAME_INDICATION /* the host name's length a connection */
#define MBEDTLS_SSL_ALPN                   /* one pointer a connection; code */
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET /* RFC 7627, against triple handshakes; code */
#define MBEDTLS_SSL_ALL_ALERT_MESSAGES     /* the peer learns the reason; code */
/* TLS 1.3 needs it: the chain, 3 to 5 KB from public servers, stays in RAM with connection and
   session. */
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE
/* Off on purpose: renegotiation, early data, DTLS, context serialization, key material export,
   encrypt-then-MAC (there is no CBC suite), and record-size-limit (OpenSSL 3.0 ignores it). */

/* Key exchange of TLS 1.2. Static RSA and DHE are left out: no forward secrecy, or slow. */
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
/* CMake's MIDGE_PSK: for servers that share a key with the client. */
#if defined(MIDGE_WITH_PSK) && MIDGE_WITH_PSK
#define MBEDTLS_KEY_EXCHANGE_ECDHE_PSK_ENABLED
#define MBEDTLS_KEY_EXCHANGE_PSK_ENABLED
#endif
#define MBEDTLS_ECDH_C   /* 0.7 K */
#define MBEDTLS_ECDSA_C  /* 2.3 K */
#define MBEDTLS_ECP_C    /* 8.8 K */
#define MBEDTLS_BIGNUM_C /* 7.4 K */
/* Fast reduction for the NIST primes; code, and several times the speed. */
#define MBEDTLS_ECP_NIST_OPTIM
/* TLS 1.2 with ECDSA yields: longest call 2.1 M instructions, not 25 M (max_ops 200). TLS 1.3
   still computes in one call: 23 M. */
#define MBEDTLS_ECP_RESTARTABLE
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED /* nearly every server; its tables are flash */
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED /* public intermediates and roots */
#define MBEDTLS_ECP_DP_SECP521R1_ENABLED /* private CAs */
/* 43.6 M, with P-256 first 39.3 M instructions a full handshake on x86-64; not restartable. */
#define MBEDTLS_ECP_DP_CURVE25519_ENABLED

/* RSA: verification of servers and chains, and client keys. */
#define MBEDTLS_RSA_C /* 8.6 K */
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21               /* PSS: TLS 1.3 allows RSA servers no other signature */
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT /* certificates signed with PSS; code */

/* Ciphers: AEAD only. AES takes tables of 8 KB RAM, made on first use, where the CPU has no AES
   instructions; on x86-64 those are found at run time, 18.5 instructions a byte instead of 36. */
#define MBEDTLS_AES_C /* 3.1 K */
#define MBEDTLS_AESNI_C
#define MBEDTLS_GCM_C        /* 165 M instructions a MB on an M3 (-O2: 106 M) */
#define MBEDTLS_CCM_C        /* constrained servers offer it; code */
#define MBEDTLS_CHACHA20_C   /* 0.9 K */
#define MBEDTLS_POLY1305_C   /* 0.9 K */
#define MBEDTLS_CHACHAPOLY_C /* 63 M instructions a MB on an M3 (-O2: 34 M) */
#define MBEDTLS_CIPHER_C     /* 1.8 K */

/* Hashes. SHA-1 is off: no chain that matters is signed with it. */
#define MBEDTLS_MD_C     /* 1.0 K */
#define MBEDTLS_SHA224_C /* PSA counts it with SHA-256; a few lines of code */
/* Only to parse roots whose self-signature is SHA-1 (30 of Debian's 144); in a chain it stays
   refused by the verify profile. */
#define MBEDTLS_SHA1_C   /* 4.1 K */
#define MBEDTLS_SHA256_C /* 2.6 K */
#define MBEDTLS_SHA384_C /* 3.9 K */
#define MBEDTLS_SHA512_C /* one code with SHA-384 */
#define MBEDTLS_HKDF_C   /* TLS 1.3's key schedule */

/* PSA: TLS 1.3 uses it. MBEDTLS_USE_PSA_CRYPTO stays off: 1.3 does not need it, it costs 18 % for
   each byte and makes ECDH not restartable; a build with opaque client keys turns it on. */
#define MBEDTLS_PSA_CRYPTO_C            /* 17 K of flash */
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG /* midge defines mbedtls_psa_external_get_random */
/* Four key slots a TLS 1.3 connection: with the 16 static ones the fourth fails (-0x7F00). */
#define MBEDTLS_PSA_KEY_STORE_DYNAMIC
/* Saves up to two records of heap in each read; legal because no other code touches TLS's
   buffers. */
#define MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS

/* Certificates: parsing only. */
#define MBEDTLS_X509_USE_C             /* 2.5 K */
#define MBEDTLS_X509_CRT_PARSE_C       /* 4.8 K */
#define MBEDTLS_PK_C                   /* 2.4 K */
#define MBEDTLS_PK_PARSE_C             /* 1.2 K */
#define MBEDTLS_PK_PARSE_EC_EXTENDED   /* EC keys with explicit parameters; code */
#define MBEDTLS_PK_PARSE_EC_COMPRESSED /* compressed points; code */
#define MBEDTLS_OID_C                  /* 3.6 K */
#define MBEDTLS_ASN1_PARSE_C           /* 0.9 K */
#define MBEDTLS_ASN1_WRITE_C           /* ECDSA signatures */
#define MBEDTLS_BASE64_C               /* 0.4 K */

#if !defined(MIDGE_MBEDTLS_NO_PEM) /* port/mbedtls.cmake: midge reads the PEM of keys itself */
#define MBEDTLS_PEM_PARSE_C /* CA bundles and keys as text; DER needs neither this nor base64 */
#endif

/* Texts for people. */
#define MBEDTLS_ERROR_C /* mbedtls_strerror: tables of text in flash */

#endif
