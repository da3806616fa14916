/* SPDX-License-Identifier: MIT */
#include <midge/midge.h>
#include <midge/port_lwip.h>
#include <midge/port_posix.h>

int main()
{
    return midge_err_name(MIDGE_OK) == nullptr;
}
