#!/bin/sh
# SPDX-License-Identifier: MIT
# make_manifest.sh KEY.pem PRODUCT HARDWARE VERSION IMAGE: writes the signed manifest of a firmware
# image (midge/update.h) to standard output. The key is the vendor's secret one, made by
#
#     openssl ecparam -name prime256v1 -genkey -noout -out KEY.pem
#     openssl ec -in KEY.pem -pubout -outform DER -out key.der     91 bytes for midge_update_device
set -eu
if [ $# -ne 5 ]; then
    echo "usage: make_manifest.sh KEY.pem PRODUCT HARDWARE VERSION IMAGE" >&2
    exit 2
fi
text=$(mktemp)
trap 'rm -f "$text"' EXIT
sum=$(openssl dgst -sha256 -r "$5" | cut -c 1-64)
printf 'midge-update 1\nproduct: %s\nhardware: %s\nversion: %s\nsize: %s\nsha256: %s\n' \
    "$2" "$3" "$4" "$(($(wc -c <"$5")))" "$sum" >"$text"
signature=$(openssl dgst -sha256 -sign "$1" "$text" | od -An -v -tx1 | tr -d ' \n')
cat "$text"
printf 'signature: %s\n' "$signature"
