/* SPDX-License-Identifier: MIT */
/* <linux/init.h> - marks of code and data for boot only; Pagoda keeps them, since a process boots again */
#ifndef _PAGODA_LINUX_INIT_H
#define _PAGODA_LINUX_INIT_H

#include <linux/compiler.h>

#define __init
#define __initdata
#define __initconst
#define __exit
#define __meminit

#endif
