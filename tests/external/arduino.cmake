# SPDX-License-Identifier: MIT
# A part of run.cmake: the Arduino library as port/pack.py packs it. Its manifests are read, its files
# are compiled for riscv32 as Arduino does it, its sketches and Midge.h by the desktop's compiler; and
# Midge.h runs on the simulated network.
set(python /usr/bin/python3 -B)
set(here ${SOURCE}/tests/external/arduino)
set(esp ${SOURCE}/tests/external/esp)

# packed(HOME OPTIONS…): BUILD/HOME/midge; twice the same archive.
function(packed home)
    file(REMOVE_RECURSE ${BUILD}/${home} ${BUILD}/again)
    foreach(folder ${home} again)
        run(${python} ${SOURCE}/port/pack.py --url https://example.org/midge ${ARGN} ${home} ${BUILD}/${folder}
            OUTPUT archive)
        string(STRIP "${archive}" ${folder})
    endforeach()
    run(${CMAKE_COMMAND} -E compare_files ${${home}} ${again})
    run(${CMAKE_COMMAND} -E chdir ${BUILD}/${home} ${CMAKE_COMMAND} -E tar xf ${${home}})
endfunction()

message(STATUS "packing")
packed(platformio)
run(${python} ${here}/check.py ${BUILD}/platformio/midge)
packed(arduino --zlib ${ZLIB})
run(${python} ${here}/check.py ${BUILD}/arduino/midge)
set(library ${BUILD}/arduino/midge)

# ESP-IDF's component: where port/esp-idf/midge/CMakeLists.txt looks for midge's sources.
packed(esp-idf --zlib ${ZLIB})
foreach(file CMakeLists.txt idf_component.yml Kconfig README.md LICENSE include/midge_esp.h midge/include/midge/midge.h
        midge/src/core/client.c midge/port/bsd/bsd.c midge/port/zlib.cmake third_party/zlib/LICENSE)
    if(NOT EXISTS ${BUILD}/esp-idf/midge/${file})
        message(FATAL_ERROR "the packed component has no ${file}")
    endif()
endforeach()

list(FILTER common EXCLUDE REGEX "CMAKE_C_COMPILER=|CMAKE_BUILD_TYPE=")
build(riscv32 ${here} -DCMAKE_TOOLCHAIN_FILE=${esp}/toolchain.cmake -DCMAKE_BUILD_TYPE=Debug
    -DCMAKE_C_FLAGS_DEBUG=-O0 -DLIBRARY=${library} -DESP=${esp} -DMBEDTLS=${MBEDTLS} -DLWIP=${LWIP}
    -DCJSON=${CJSON})

# Arduino's builder puts the line on top of a sketch, and compiles it as C++.
set(cxx g++ -std=gnu++2b -Wall -Wextra -Werror)
file(GLOB sketches ${library}/examples/*/*.ino)
foreach(sketch ${sketches})
    get_filename_component(folder ${sketch} DIRECTORY)
    get_filename_component(name ${sketch} NAME_WE)
    message(STATUS "sketch ${name}")
    file(READ ${sketch} text)
    file(WRITE ${BUILD}/${name}.ino.cpp "#include <Arduino.h>\n#line 1 \"${sketch}\"\n${text}")
    run(${cxx} -fsyntax-only -DARDUINO=10819 -DARDUINO_ARCH_ESP32 -I${folder} -I${library}/src
        -isystem ${here}/fake ${BUILD}/${name}.ino.cpp)
endforeach()

if(MAIN) # the build around this test
    message(STATUS "Midge.h on the simulated network")
    run(${cxx} -g -fsanitize=address,undefined -DMIDGE_PROFILE_FULL=1 -I${SOURCE}/include -I${SOURCE}/port/arduino
        ${here}/desktop.cpp -o ${BUILD}/desktop ${MAIN}/libmidge-sim.a ${MAIN}/libmidge.a
        ${MAIN}/libmidge-cjson.a -lcares -lm)
    run(${BUILD}/desktop)
endif()
