// SPDX-License-Identifier: MIT
/*
 * symbol.c - names for code addresses, and the callers of a function
 *
 * With elfutils' libdw names come from the debug information, with file and line; without it from the
 * dynamic symbols (link with -rdynamic). Opening the files of the process takes a tenth of a second, so
 * they stay open; they are opened anew for an address that lies in none of them, for dlopen() may have
 * come between, and in a child of fork().
 *
 * Lock: dwfl_mutex; libdw is used by one thread at a time.
 */
#include <pagoda/arch.h>

#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_LIBDW
#include <elfutils/libdwfl.h>
#endif

unsigned int arch_backtrace(unsigned long *entries, unsigned int max, unsigned int skip)
{
	void *pcs[64];
	int nr = backtrace(pcs, sizeof(pcs) / sizeof(pcs[0]));
	unsigned int out = 0;
	int first = 0;

	/* A sanitizer puts a frame of its own in front of ours. */
	while (first < nr && pcs[first] != __builtin_return_address(0))
		first++;
	if (first == nr)
		first = 1;
	for (int i = first + (int)skip; i < nr && out < max; i++)
		entries[out++] = (unsigned long)pcs[i];
	return out;
}

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

static bool symbol_dynamic(unsigned long address, char *buf, size_t size)
{
	Dl_info info;

	if (!dladdr((void *)address, &info) || !info.dli_sname)
		return false;
	snprintf(buf, size, "%s+0x%lx [%s]", info.dli_sname,
		 address - (unsigned long)info.dli_saddr, base_name(info.dli_fname));
	return true;
}

#ifdef HAVE_LIBDW

static pthread_mutex_t dwfl_mutex = PTHREAD_MUTEX_INITIALIZER;
static Dwfl *process_dwfl;		/* dwfl_mutex */
static pid_t process_pid;		/* dwfl_mutex: whose files they are */

static Dwfl *open_dwfl(void)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_linux_proc_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
	};
	Dwfl *dwfl = dwfl_begin(&callbacks);

	if (dwfl && (dwfl_linux_proc_report(dwfl, getpid()) ||
		     dwfl_report_end(dwfl, NULL, NULL))) {
		dwfl_end(dwfl);
		dwfl = NULL;
	}
	return dwfl;
}

/* The file that @address is in, NULL if there is none. */
static Dwfl_Module *find_module(unsigned long address)
{
	Dwfl_Module *module = NULL;

	if (process_dwfl && process_pid == getpid())
		module = dwfl_addrmodule(process_dwfl, address);
	if (module)
		return module;
	dwfl_end(process_dwfl);
	process_dwfl = open_dwfl();
	process_pid = getpid();
	return process_dwfl ? dwfl_addrmodule(process_dwfl, address) : NULL;
}

static bool symbol_dwfl(unsigned long address, char *buf, size_t size)
{
	Dwfl_Module *module = find_module(address);
	Dwfl_Line *line = module ? dwfl_module_getsrc(module, address) : NULL;
	GElf_Off offset = 0;
	GElf_Sym sym;
	const char *name = module ? dwfl_module_addrinfo(module, address, &offset, &sym, NULL, NULL,
							 NULL) : NULL;
	const char *file = NULL;
	int nr = 0;

	if (name)
		nr = snprintf(buf, size, "%s+0x%lx/0x%lx", name, (unsigned long)offset,
			      (unsigned long)sym.st_size);
	if (name && line)
		file = dwfl_lineinfo(line, NULL, &nr, NULL, NULL, NULL);
	if (name && file) {
		size_t len = strlen(buf);

		snprintf(buf + len, size - len, " (%s:%d)", base_name(file), nr);
	}
	return name;
}

static bool symbol_debuginfo(unsigned long address, char *buf, size_t size)
{
	bool found;

	pthread_mutex_lock(&dwfl_mutex);
	found = symbol_dwfl(address, buf, size);
	pthread_mutex_unlock(&dwfl_mutex);
	return found;
}

#else

static bool symbol_debuginfo(unsigned long address __maybe_unused, char *buf __maybe_unused,
			     size_t size __maybe_unused)
{
	return false;
}

#endif

void arch_symbol(unsigned long address, char *buf, size_t size)
{
	if (!symbol_debuginfo(address, buf, size) && !symbol_dynamic(address, buf, size))
		snprintf(buf, size, "0x%lx", address);
}
