# SPDX-License-Identifier: MIT
# The sources of the third-party source trees, which are never committed. They are asked in this
# order; the first that has the tree is used, and one line names it:
#
#   1. -DMIDGE_DEPS_DIR=DIR           trees DIR/mbedtls, DIR/cjson, DIR/zlib, DIR/lwip; for MIDGE_BENCH DIR/mongoose,
#                                     for MIDGE_FUZZ DIR/libllhttp-source, for the board
#                                     mps2-an385-freertos DIR/freertos, for boards/pico DIR/pico-sdk
#   2. the cache                      $MIDGE_CACHE, else $XDG_CACHE_HOME/midge, else ~/.cache/midge,
#                                     filled by port/getdeps.sh from Debian's source packages
#   3. the upstream release archive   by URL, checked by SHA-256, into the cache
#   4. an older release of Debian's   with a warning
include_guard(GLOBAL)

set(MIDGE_DEPS_DIR "" CACHE PATH "Source trees of the dependencies: mbedtls/ cjson/ zlib/ lwip/ inside")

# The facts about a tree, as variables of the calling function: projects call midge_deps_find from
# directories that do not see this file's variables.
macro(_midge_deps_facts)
    # A file by which the tree is recognised.
    set(_midge_deps_mark_mbedtls include/mbedtls/build_info.h)
    set(_midge_deps_mark_cjson cJSON.c)
    set(_midge_deps_mark_zlib inflate.c)
    set(_midge_deps_mark_lwip src/include/lwip/init.h)
    set(_midge_deps_mark_mongoose mongoose.c)
    set(_midge_deps_mark_freertos Source/tasks.c)
    set(_midge_deps_mark_pico-sdk pico_sdk_init.cmake)
    set(_midge_deps_mark_libllhttp-source src/llhttp.c)
    # Upstream's own archives; lwIP's upstream publishes no hash to pin, so it has none here.
    set(_midge_deps_url_mbedtls
        https://github.com/Mbed-TLS/mbedtls/releases/download/mbedtls-3.6.7/mbedtls-3.6.7.tar.bz2)
    set(_midge_deps_sha_mbedtls a7e8bcbec0e6f761b4af24f25677626b35f762f68eef79c08677a363212d11f6)
    set(_midge_deps_page_lwip https://download.savannah.nongnu.org/releases/lwip/lwip-2.2.1.zip)
    set(_midge_deps_url_cjson https://github.com/DaveGamble/cJSON/archive/refs/tags/v1.7.19.tar.gz)
    set(_midge_deps_sha_cjson 7fa616e3046edfa7a28a32d5f9eacfd23f92900fe1f8ccd988c1662f30454562)
    set(_midge_deps_url_zlib https://github.com/madler/zlib/releases/download/v1.3.2/zlib-1.3.2.tar.gz)
    set(_midge_deps_sha_zlib bb329a0a2cd0274d05519d61c667c062e06990d72e125ee2dfa8de64f0119d16)
endmacro()

function(_midge_deps_cache_dir out)
    if(DEFINED ENV{MIDGE_CACHE})
        set(dir "$ENV{MIDGE_CACHE}")
    elseif(DEFINED ENV{XDG_CACHE_HOME})
        set(dir "$ENV{XDG_CACHE_HOME}/midge")
    elseif(DEFINED ENV{HOME})
        set(dir "$ENV{HOME}/.cache/midge")
    else()
        set(dir "${CMAKE_BINARY_DIR}/deps")
    endif()
    set(${out} "${dir}" PARENT_SCOPE)
endfunction()

# Runs port/getdeps.sh; the tree is in the cache when `ok` comes out true.
function(_midge_deps_debian tree cache ok)
    find_program(MIDGE_SH sh)
    mark_as_advanced(MIDGE_SH)
    set(${ok} FALSE PARENT_SCOPE)
    if(NOT MIDGE_SH)
        return()
    endif()
    set(getdeps ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/getdeps.sh)
    execute_process(COMMAND ${MIDGE_SH} ${getdeps} ${ARGN} ${cache} ${tree}
        RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE trouble
        OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_STRIP_TRAILING_WHITESPACE)
    if(failed)
        set_property(GLOBAL APPEND PROPERTY midge_deps_trouble "${trouble}")
    else()
        message(STATUS "midge: ${said} (${cache}/${tree})")
        set(${ok} TRUE PARENT_SCOPE)
    endif()
endfunction()

function(_midge_deps_release tree cache ok)
    set(${ok} FALSE PARENT_SCOPE)
    if(NOT _midge_deps_url_${tree})
        return()
    endif()
    set(url ${_midge_deps_url_${tree}})
    get_filename_component(name ${url} NAME)
    set(archive ${cache}/archives/${tree}-${name})
    file(DOWNLOAD ${url} ${archive} STATUS status INACTIVITY_TIMEOUT 20)
    list(GET status 0 code)
    if(code EQUAL 0)
        file(SHA256 ${archive} sha)
    endif()
    if(NOT code EQUAL 0 OR NOT sha STREQUAL _midge_deps_sha_${tree})
        file(REMOVE ${archive})
        list(GET status 1 why)
        if(code EQUAL 0)
            set(why "wrong SHA-256 ${sha}")
        endif()
        set_property(GLOBAL APPEND PROPERTY midge_deps_trouble "${url}: ${why}")
        return()
    endif()
    set(new ${cache}/.${tree}.new)
    file(REMOVE_RECURSE ${new} ${cache}/${tree})
    file(ARCHIVE_EXTRACT INPUT ${archive} DESTINATION ${new})
    file(GLOB top LIST_DIRECTORIES true ${new}/*)
    file(RENAME ${top} ${cache}/${tree})
    file(REMOVE_RECURSE ${new})
    # getdeps.sh knows a tree of its cache by this line.
    string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" version ${name})
    file(WRITE ${cache}/${tree}/.from "${tree}_${version} ${sha}\n")
    message(STATUS "midge: ${tree}: ${url}, SHA-256 as pinned (${cache}/${tree})")
    set(${ok} TRUE PARENT_SCOPE)
endfunction()

# midge_deps_find(TREE OUT): the directory of TREE's sources in OUT, or a fatal error.
function(midge_deps_find tree out)
    _midge_deps_facts()
    if(MIDGE_DEPS_DIR)
        get_filename_component(given "${MIDGE_DEPS_DIR}" ABSOLUTE BASE_DIR ${CMAKE_SOURCE_DIR})
        if(EXISTS ${given}/${tree}/${_midge_deps_mark_${tree}})
            message(STATUS "midge: ${tree}: from MIDGE_DEPS_DIR (${given}/${tree})")
            set(${out} ${given}/${tree} PARENT_SCOPE)
            return()
        endif()
        message(STATUS "midge: ${tree}: no ${tree}/${_midge_deps_mark_${tree}} in MIDGE_DEPS_DIR"
            " (${given}), looking elsewhere")
    endif()

    _midge_deps_cache_dir(cache)
    file(MAKE_DIRECTORY ${cache}/archives)
    file(LOCK ${cache} DIRECTORY GUARD FUNCTION TIMEOUT 600)
    set_property(GLOBAL PROPERTY midge_deps_trouble "")
    _midge_deps_debian(${tree} ${cache} ok)
    if(NOT ok)
        _midge_deps_release(${tree} ${cache} ok)
    endif()
    if(NOT ok)
        _midge_deps_debian(${tree} ${cache} ok --older)
        if(ok)
            message(WARNING "midge: ${tree} is an older release with known faults, see getdeps.sh")
        endif()
    endif()
    if(NOT ok OR NOT EXISTS ${cache}/${tree}/${_midge_deps_mark_${tree}})
        get_property(trouble GLOBAL PROPERTY midge_deps_trouble)
        set(where "${_midge_deps_url_${tree}}${_midge_deps_page_${tree}}")
        if(where)
            set(where "  (${where})\n")
        endif()
        list(REMOVE_DUPLICATES trouble)
        list(JOIN trouble "\n" trouble)
        message(FATAL_ERROR "midge: the sources of ${tree} are missing. What was tried:\n${trouble}\n"
            "If that cannot be mended here, give them in one of these ways:\n"
            "  -DMIDGE_DEPS_DIR=DIR, with the unpacked sources as DIR/${tree}\n${where}"
            "  or a copy of another machine's ~/.cache/midge, as that or named by $MIDGE_CACHE")
    endif()
    set(${out} ${cache}/${tree} PARENT_SCOPE)
endfunction()
