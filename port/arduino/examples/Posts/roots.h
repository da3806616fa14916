// SPDX-License-Identifier: MIT
// The trusted CAs, PEM. Empty here: each request over https is refused (CA). README.md says how to
// find the certificate of your server's CA.
static const char roots[] = "";
