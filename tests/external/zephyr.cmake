# SPDX-License-Identifier: MIT
# A part of run.cmake: port/zephyr, as far as it goes without Zephyr. Its manifests and settings are
# read; the packed module is built for a Cortex-M3 against fakes of Zephyr's headers, and the port runs
# the conformance program with Linux behind the same fakes.
set(python /usr/bin/python3 -B)
set(here ${SOURCE}/tests/external/zephyr)
set(sample ${SOURCE}/port/zephyr/samples/posts)

message(STATUS "manifests and settings")
run(${python} ${SOURCE}/port/kconfig.py --check ${SOURCE}/port/zephyr)
run(${python} ${here}/settings.py ${SOURCE}/port/zephyr check)
run(${python} ${here}/manifests.py ${SOURCE}/port/zephyr)

message(STATUS "packing")
file(REMOVE_RECURSE ${BUILD}/packed ${BUILD}/again)
set(options --zlib ${ZLIB} --cjson ${CJSON})
run(${python} ${SOURCE}/port/pack.py ${options} zephyr ${BUILD}/packed OUTPUT archive)
string(STRIP "${archive}" archive)
run(${python} ${SOURCE}/port/pack.py ${options} zephyr ${BUILD}/again OUTPUT again)
string(STRIP "${again}" again)
run(${CMAKE_COMMAND} -E compare_files ${archive} ${again})
run(${CMAKE_COMMAND} -E chdir ${BUILD}/packed ${CMAKE_COMMAND} -E tar xzf ${archive})
set(module ${BUILD}/packed/midge)
run(${python} ${here}/manifests.py ${module})
if(EXISTS ${module}/tests)
    message(FATAL_ERROR "the packed module has tests")
endif()

# configured(NAME SERIES CONF…): a configuration of Zephyr 3.7 or 4, as settings.py writes it.
function(configured name series)
    run(${CMAKE_COMMAND} -E env SERIES=${series} ${python} ${here}/settings.py ${module}/port/zephyr write
        ${BUILD}/${name} ${ARGN})
endfunction()
set(common_zephyr -DMIDGE=${SOURCE} -DMBEDTLS=${MBEDTLS})
# Not optimized, which is faster; README.md's sizes are of CMAKE_BUILD_TYPE=MinSizeRel.
set(arm ${common_zephyr} -DMODULE=${module}/port/zephyr -DCMAKE_SYSTEM_NAME=Generic
    -DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG=-O0
    -DCMAKE_C_COMPILER=arm-none-eabi-gcc "-DCMAKE_C_FLAGS=-mcpu=cortex-m3 -mthumb --specs=nosys.specs")

# Zephyr 4: all of it, with the features that need third-party sources.
configured(settings-4 4 ${sample}/prj.conf ${sample}/zephyr-4.conf ${sample}/tls-mbedtls3.conf
    ${sample}/dhcp.conf ${here}/all.conf)
build(arm-4 ${here} ${arm} -DSERIES=4 -DSETTINGS=${BUILD}/settings-4)

# Zephyr 3.7: the files that differ. The sample's other configurations are read only.
configured(settings-3.7 3.7 ${sample}/prj.conf ${sample}/zephyr-3.7.conf ${sample}/tls-mbedtls3.conf)
configured(settings-lean 4 ${sample}/prj.conf ${sample}/zephyr-4.conf ${sample}/tls-mbedtls3.conf
    ${sample}/lean.conf)
configured(settings-native 4 ${here}/native_sim.conf ${sample}/prj.conf ${sample}/zephyr-4.conf
    ${sample}/tls-mbedtls3.conf ${sample}/native_sim.conf)
message(STATUS "building arm-3.7")
run(${CMAKE_COMMAND} -S ${here} -B ${BUILD}/arm-3.7 ${common} ${arm} -DSERIES=3.7
    -DSETTINGS=${BUILD}/settings-3.7)
run(${CMAKE_COMMAND} --build ${BUILD}/arm-3.7 --target zephyr-port)

# entropy(WANTED CONF…): does midge__zephyr_entropy call sys_csrand_get in this configuration?
function(entropy wanted)
    configured(settings-entropy 4 ${here}/desktop.conf ${ARGN})
    execute_process(COMMAND arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -S -o - -I${here}/fake
        -I${SOURCE}/include -imacros ${BUILD}/settings-entropy/autoconf.h ${SOURCE}/port/zephyr/entropy.c
        OUTPUT_VARIABLE code RESULT_VARIABLE failed)
    string(FIND "${code}" sys_csrand_get at)
    if(failed OR (wanted AND at LESS 0) OR (NOT wanted AND NOT at LESS 0))
        message(FATAL_ERROR "entropy with ${ARGN}: sys_csrand_get at ${at}")
    endif()
endfunction()
entropy(TRUE)
entropy(FALSE ${here}/no_driver.conf)
entropy(FALSE ${here}/test_random.conf)
entropy(FALSE ${here}/native_sim.conf)
entropy(TRUE ${here}/native_sim.conf ${here}/accepted.conf)

# The desktop: the tree's port.
configured(settings-desktop 4 ${here}/desktop.conf)
build(desktop ${here} ${common_zephyr} -DMODULE=${SOURCE}/port/zephyr -DSERIES=4
    -DSETTINGS=${BUILD}/settings-desktop)
run(${python} ${SOURCE}/tests/conformance/peer.py --answer 127.0.0.1 -- ${BUILD}/desktop/conformance-zephyr
    OUTPUT said)
if(NOT said MATCHES "promises kept, 0 broken, 0 skipped")
    message(FATAL_ERROR "${said}")
endif()
