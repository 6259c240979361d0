/* SPDX-License-Identifier: MIT */
/* <linux/sysinfo.h> - struct sysinfo, in the form that system calls return it */
#ifndef _PAGODA_LINUX_SYSINFO_H
#define _PAGODA_LINUX_SYSINFO_H

#if __STDC_HOSTED__ && defined(__has_include_next)
# if __has_include_next(<linux/sysinfo.h>)
#  include_next <linux/sysinfo.h>
#  define _PAGODA_SYSTEM_SYSINFO
# endif
#endif

#ifndef _PAGODA_SYSTEM_SYSINFO
/* Sizes are counted in units of mem_unit bytes. */
struct sysinfo {
	long uptime;
	unsigned long loads[3];
	unsigned long totalram;
	unsigned long freeram;
	unsigned long sharedram;
	unsigned long bufferram;
	unsigned long totalswap;
	unsigned long freeswap;
	unsigned short procs;
	unsigned short pad;
	unsigned long totalhigh;
	unsigned long freehigh;
	unsigned int mem_unit;
	char _f[20 - 2 * sizeof(unsigned long) - sizeof(unsigned int)];
};
#endif

#endif
