/* SPDX-License-Identifier: MIT */
#ifndef SYS_IOCTL_H
#define SYS_IOCTL_H
int ioctl(int fd, int request, ...);
#endif
