# SPDX-License-Identifier: MIT
# zlib's inflate, the decoder of src/body/gunzip.c: of the sources in MIDGE_ZLIB_DIR two files, and
# port/zlib/inflate.c in place of the others.
#
#   midge_zlib(TARGET)   adds them to the library TARGET
#
# Why zlib, measured on Cortex-M3 with -Os (flash of code and tables, RAM without the window):
#
#                  flash  RAM    stops at any byte   reference beyond the window   malformed codes
#   zlib 1.3.2     7.1 K  7.1 K  in and out          error                         error
#   tinfl 3.1      4.0 K  8.4 K  in and out          wrong bytes, no error         error
#   uzlib (1.26)   1.6 K  1.3 K  out only            wrong bytes, no error         reads outside of tables
#
# tinfl (of miniz) checks references only when all of the output is in one piece of memory. uzlib (of
# MicroPython) takes the end of a piece of input for the end of the data. zlib is the one that browsers
# and curl decode with, is fuzzed all the time, and has the most generous licence of its own.
include_guard()

function(midge_zlib target)
    set(files ${MIDGE_ZLIB_DIR}/inflate.c ${MIDGE_ZLIB_DIR}/inftrees.c
        ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/zlib/inflate.c)
    # Z_PREFIX: the functions are called z_…, so a zlib of the application's is another one.
    # INFLATE_STRICT: references are checked against the window, whatever lies in memory.
    set(definitions Z_SOLO Z_PREFIX ZLIB_CONST NO_GZIP INFLATE_STRICT zmemcpy=midge__zmemcpy zmemzero=midge__zmemzero)
    set_source_files_properties(${files} PROPERTIES COMPILE_OPTIONS -w)
    set_source_files_properties(${files} ${PROJECT_SOURCE_DIR}/src/body/gunzip.c PROPERTIES
        COMPILE_DEFINITIONS "${definitions}" INCLUDE_DIRECTORIES ${MIDGE_ZLIB_DIR})
    target_sources(${target} PRIVATE ${files})
endfunction()
