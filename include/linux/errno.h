/* SPDX-License-Identifier: MIT */
/* <linux/errno.h> - error numbers; in a hosted program the system's own header is the source */
#ifndef _PAGODA_LINUX_ERRNO_H
#define _PAGODA_LINUX_ERRNO_H

#if __STDC_HOSTED__ && defined(__has_include_next)
# if __has_include_next(<linux/errno.h>)
#  include_next <linux/errno.h>
# endif
#endif

#ifndef EPERM
#define EPERM 1
#define ENOENT 2
#define EINTR 4
#define EIO 5
#define E2BIG 7
#define EAGAIN 11
#define ENOMEM 12
#define EFAULT 14
#define EBUSY 16
#define EEXIST 17
#define ENODEV 19
#define EINVAL 22
#define ENOSPC 28
#define ERANGE 34
#define ENOSYS 38
#define EOVERFLOW 75
#define EOPNOTSUPP 95
#define ETIMEDOUT 110
#endif

#endif
