# SPDX-License-Identifier: MIT
# The features that a build leaves out. Each feature is a macro MIDGE_WITH_NAME of midge/features.h,
# 1 by default; that file says what each one does, boards/README.md how many bytes it takes.
#
#   MIDGE_WITHOUT   list of their names in lower case, or `all`
#   MIDGE_WITH      with MIDGE_WITHOUT=all: list of the features that stay; a board's images have
#                   them, too, although they usually do without
#
#   midge_has_feature(OUT NAME)       TRUE if it is not left out
#   midge_features(OUT)              the names of all features, in lower case
#   midge_features_left_out(OUT)     compiler definitions, MIDGE_WITH_NAME=0 each, of what is left out
include_guard()

set(MIDGE_WITHOUT "" CACHE STRING "Features that are left out (midge/features.h), or all")
set(MIDGE_WITH "" CACHE STRING "Features that stay with MIDGE_WITHOUT=all")
set(MIDGE_FEATURES_HEADER ${CMAKE_CURRENT_LIST_DIR}/../include/midge/features.h)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${MIDGE_FEATURES_HEADER})

function(midge_features out)
    file(STRINGS ${MIDGE_FEATURES_HEADER} lines REGEX "^#define MIDGE_WITH_[A-Z0-9_]+ 1$")
    list(TRANSFORM lines REPLACE "^#define MIDGE_WITH_([A-Z0-9_]+) 1$" "\\1")
    list(TRANSFORM lines TOLOWER)
    set(${out} ${lines} PARENT_SCOPE)
endfunction()

function(midge_features_left_out out)
    midge_features(features)
    set(without ${MIDGE_WITHOUT})
    if(without STREQUAL "all")
        set(without ${features})
        list(REMOVE_ITEM without ${MIDGE_WITH})
    endif()
    set(definitions "")
    foreach(name IN LISTS without MIDGE_WITH)
        if(NOT name IN_LIST features)
            list(JOIN features ", " features)
            message(FATAL_ERROR "midge: there is no feature '${name}'; the features are: ${features}")
        endif()
    endforeach()
    foreach(name IN LISTS without)
        string(TOUPPER ${name} name)
        list(APPEND definitions MIDGE_WITH_${name}=0)
    endforeach()
    set(${out} ${definitions} PARENT_SCOPE)
endfunction()

function(midge_has_feature out name)
    midge_features_left_out(left_out)
    string(TOUPPER ${name} name)
    if("MIDGE_WITH_${name}=0" IN_LIST left_out)
        set(${out} FALSE PARENT_SCOPE)
    else()
        set(${out} TRUE PARENT_SCOPE)
    endif()
endfunction()
