# SPDX-License-Identifier: MIT
# The shared library, with MIDGE_SHARED:
#
#   midge_shared(TARGET LIBRARY)    TARGET is the archive LIBRARY, with all that is in it, as libmidge.so
#
# Only functions of the public headers are seen from outside, and cJSON's, whose trees midge/json.h
# gives: two copies of cJSON in one program would free each other's memory. The mbedTLS inside is
# hidden, so it may stand beside another one. The soname has two numbers: below 1.0 a new minor
# version may change the interface.
include_guard()

# midge_exports(FILE): writes the linker's version script from the declarations in include/midge.
function(midge_exports file)
    file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/midge/*.h)
    add_custom_command(OUTPUT ${file} VERBATIM DEPENDS ${headers} ${PROJECT_SOURCE_DIR}/port/exports.cmake
        COMMAND ${CMAKE_COMMAND} -DHEADERS=${PROJECT_SOURCE_DIR}/include/midge -DOUTPUT=${file}
            -DNODE=MIDGE_${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
            -P ${PROJECT_SOURCE_DIR}/port/exports.cmake)
endfunction()

function(midge_shared target library)
    set(exports ${PROJECT_BINARY_DIR}/package/midge.map)
    midge_exports(${exports})
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/package/empty.c CONTENT "typedef int midge_empty;\n")
    add_library(${target} SHARED ${PROJECT_BINARY_DIR}/package/empty.c ${exports})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME midge EXPORT_NAME shared
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
    set(archives ${library})
    if(MIDGE_CJSON STREQUAL midge-cjson)
        list(APPEND archives midge-cjson)
    endif()
    set(files "")
    foreach(archive IN LISTS archives)
        list(APPEND files $<TARGET_FILE:${archive}>)
        add_dependencies(${target} ${archive})
        # Its users see the same headers and definitions as users of the archive.
        target_include_directories(${target}
            INTERFACE $<TARGET_PROPERTY:${archive},INTERFACE_INCLUDE_DIRECTORIES>)
        target_compile_definitions(${target}
            INTERFACE $<TARGET_PROPERTY:${archive},INTERFACE_COMPILE_DEFINITIONS>)
    endforeach()
    target_link_libraries(${target} PRIVATE -Wl,--whole-archive ${files} -Wl,--no-whole-archive m)
    if(MIDGE_PORT STREQUAL posix)
        target_link_libraries(${target} PRIVATE PkgConfig::CARES)
    endif()
    if(MIDGE_TLS STREQUAL external)
        target_link_libraries(${target} PRIVATE ${MIDGE_TLS_LIBRARY})
    endif()
    target_link_options(${target} PRIVATE -Wl,--version-script=${exports} -Wl,--gc-sections
        -Wl,--no-undefined -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${exports} ${files})
endfunction()
