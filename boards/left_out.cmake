# SPDX-License-Identifier: MIT
# board_left_out(PROFILE): adds to MIDGE_WITHOUT the features that the boards' images do without,
# except for those in MIDGE_WITH.
include_guard()

macro(board_left_out profile)
    if(NOT MIDGE_WITHOUT STREQUAL "all")
        # The boards' lwIP has no IPv6; the programs use none of the others.
        list(APPEND MIDGE_WITHOUT ipv6 trace events trailers header_defaults prepared semaphore overrides
            json_numbers faults allocators hooks event_source rate encodings gunzip
            proxy proxy_tls multipart expect update
            happy_eyeballs network_change
            root_table root_bundle pins ciphers date_hint session_store
            credential key_id
            names resolver http2
            )
        if("${profile}" STREQUAL tiny)
            # Few heads come whole in its small buffers; its URLs must be complete and well-formed.
            list(APPEND MIDGE_WITHOUT rare_texts retry_dates whole_heads url_mending
                keep_alive_hints fast_memory redirects retry)
        endif()
        if(MIDGE_WITH)
            list(REMOVE_ITEM MIDGE_WITHOUT ${MIDGE_WITH})
        endif()
    endif()
endmacro()
