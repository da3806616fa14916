# SPDX-License-Identifier: MIT
# A toolchain file for Linux: CMake cross compiles whenever CMAKE_SYSTEM_NAME is set. The compiler
# is this machine's own, so that its packages do and the result runs.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${CMAKE_HOST_SYSTEM_PROCESSOR})
