#!/usr/bin/env bash
# What `make install` leaves behind is usable: through pkg-config and CMake, shared and static, with
# gcc and clang, every header alone, and with libc's headers before and after it.
. "$(dirname "$0")/lib.sh"

prefix=$dir/prefix
compilers=(gcc)
! command -v clang-14 >/dev/null || compilers+=(clang-14)
strict=(-std=gnu11 -Wall -Wextra -Werror)

# The build this test belongs to, wherever it is.
if [[ ${PAGODA_BINARY_DIR:-} == */release ]]; then
	export PAGODA_BUILD=${PAGODA_BINARY_DIR%/release}
fi
make -C "$src" install PREFIX="$prefix" >"$dir/install.log" 2>&1 || { cat "$dir/install.log"; die "make install"; }

pc=$(find "$prefix" -name pagoda.pc)
[ -n "$pc" ] || die "no pagoda.pc"
export PKG_CONFIG_PATH=${pc%/*}
read -ra cflags < <(pkg-config --cflags pagoda)
read -ra libs < <(pkg-config --libs pagoda)
libdir=$(pkg-config --variable=libdir pagoda)
[ -e "$libdir/libpagoda.a" ] || die "no static library"
[ -e "$libdir/libpagoda.so.0" ] || die "no shared library of version 0"
pkg-config --exact-version=0.1.0 pagoda || die "wrong version: $(pkg-config --modversion pagoda)"

headers=$prefix/include/pagoda
for own in linux asm pagoda; do
	[ -d "$headers/$own" ] || die "no $own headers"
done
for header in pagoda/pagoda.h pagoda/config.h; do
	[ -e "$headers/$header" ] || die "no <$header>"
done
[ -z "$(find "$prefix/include" -name '*.in')" ] || die "a template was installed"
[ ! -d "$src/man" ] || [ -n "$(find "$prefix/share/man" -name '*.[137]')" ] || die "no man pages"

# The shared library is bound at once and stays loaded.
readelf -d "$libdir/libpagoda.so.0" >"$dir/dynamic"
for flag in NOW NODELETE; do
	grep -q "$flag" "$dir/dynamic" || die "libpagoda.so is not $flag"
done
grep -q 'SONAME.*libpagoda\.so\.0\]' "$dir/dynamic" || die "wrong SONAME"

#
# Headers
#
libc=(errno.h limits.h signal.h stdbool.h stdint.h stdio.h stdlib.h string.h sys/stat.h sys/types.h
	sys/mman.h sys/wait.h sys/sysinfo.h sys/socket.h pthread.h sched.h time.h unistd.h fcntl.h math.h
	poll.h sys/epoll.h sys/ioctl.h sys/param.h sys/user.h sys/prctl.h semaphore.h)
mapfile -t kernel < <(cd "$headers" && find linux pagoda/pagoda.h -name '*.h' | sort)
[ "${#kernel[@]}" -gt 1 ] || die "no kernel headers"

# include FILE HEADER...: a source that includes these
include() {
	printf '#include <%s>\n' "${@:2}" >"$dir/$1"
}

mkdir "$dir/h"
for header in "${kernel[@]}"; do
	name=${header//\//_}
	include "h/$name-alone.c" "$header"
	include "h/$name-twice.c" "$header" "$header"
	include "h/$name-first.c" "$header" "${libc[@]}"
	include "h/$name-last.c" "${libc[@]}" "$header"
done
for header in "${libc[@]}"; do
	include "h/libc_${header//\//_}-alone.c" "$header"
	include "h/libc_${header//\//_}-first.c" "$header" "${kernel[@]}"
	include "h/libc_${header//\//_}-last.c" "${kernel[@]}" "$header"
done

# What libc's headers promise is still there, whoever comes first.
body='
static int uses(struct stat *st, struct sysinfo *si, struct sigaction *sa, struct pollfd *fds, sem_t *sem)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%d %d %d", ENOENT, EAGAIN, ERANGE);
	if (sysinfo(si) || stat(path, st) || sigaction(SIGUSR1, sa, NULL) || sem_wait(sem) || poll(fds, 1, 0))
		return errno;
	return SO_REUSEADDR + TIOCGWINSZ + HZ + (INT_MAX > 1) + PROT_READ + SIGSEGV + O_CLOEXEC + EPOLLIN +
	       PR_SET_NAME + CLOCK_MONOTONIC + (int)fabs((double)time(NULL)) + (int)getpagesize() +
	       WEXITSTATUS(0) + SCHED_OTHER + SIGRTMIN + (true ? 1 : 0) + (UINT64_MAX > 1);
}
int main(void)
{
	static struct stat st;
	static struct sysinfo si;
	int failed = pagoda_boot("mem=64M panic_on_warn=0");

	(void)uses;
	(void)st;
	(void)si;
	if (failed) {
		printf("boot: %d\n", failed);
		return 1;
	}
	void *p = (void *)__get_free_page(GFP_KERNEL);
	if (!p)
		return 2;
	memset(p, 0, 100);
	free_page((unsigned long)p);
	return pagoda_shutdown();
}'
include both-first.c pagoda/pagoda.h "${kernel[@]}" "${libc[@]}"
include both-last.c "${libc[@]}" "${kernel[@]}" pagoda/pagoda.h
for order in first last; do
	echo "$body" >>"$dir/both-$order.c"
done

bad=0
for cc in "${compilers[@]}"; do
	find "$dir/h" -name '*.c' -print0 | sort -z >"$dir/sources"
	export cc
	export flags="${strict[*]} ${cflags[*]}"
	# shellcheck disable=SC2016
	xargs -0 -P "$(nproc)" -I{} bash -c '
		$cc $flags -fsyntax-only "$1" >"$1.log" 2>&1 || mv "$1.log" "$1.failed"' _ {} <"$dir/sources"
	for log in "$dir"/h/*.failed; do
		[ -e "$log" ] || continue
		bad=$((bad + 1))
		echo "$cc: $(basename "$log" .c.failed):"
		head -n 4 "$log"
		rm "$log"
	done
done
[ "$bad" -eq 0 ] || die "$bad combinations of headers do not compile"

#
# Programs
#
run() {
	LD_LIBRARY_PATH=$libdir must_pass "$@"
}

read -ra static < <(pkg-config --static --libs-only-l pagoda | sed 's/-lpagoda//')
for cc in "${compilers[@]}"; do
	for order in first last; do
		source=$dir/both-$order.c
		out=$dir/$cc-$order
		must_pass "$cc" "${strict[@]}" "${cflags[@]}" "$source" -o "$out-shared" "${libs[@]}" -lm
		must_pass "$cc" "${strict[@]}" "${cflags[@]}" -fno-omit-frame-pointer "$source" -o "$out-rdynamic" \
			-rdynamic -Wl,-z,now "${libs[@]}" -lm
		must_pass "$cc" "${strict[@]}" "${cflags[@]}" "$source" -o "$out-static" \
			"$libdir/libpagoda.a" "${static[@]}" -lm
		run "$out-shared"
		run "$out-rdynamic"
		must_pass "$out-static"
		ldd "$out-static" | grep -q libpagoda && die "the static program uses the shared library"
	done
done

# The program of the README, by the README's own way.
awk '/^```c$/ { on = 1; next } /^```/ { on = 0 } on' "$src/README.md" >"$dir/first.c"
must_pass gcc -std=gnu11 "$dir/first.c" -o "$dir/first" "${cflags[@]}" "${libs[@]}"
run "$dir/first"

# shellcheck disable=SC2016
put consumer/CMakeLists.txt 'cmake_minimum_required(VERSION 3.16)' 'project(consumer C)' \
	'find_package(Pagoda 0.1 REQUIRED)' 'set(CMAKE_C_EXTENSIONS ON)' \
	'foreach(kind pagoda pagoda_static)' 'add_executable(with-${kind} main.c)' \
	'set_property(TARGET with-${kind} PROPERTY C_STANDARD 11)' \
	'target_link_libraries(with-${kind} PRIVATE Pagoda::${kind} m)' 'endforeach()'
cp "$dir/both-last.c" "$dir/consumer/main.c"
must_pass env -u MAKEFLAGS cmake -S "$dir/consumer" -B "$dir/consumer/build" -DCMAKE_PREFIX_PATH="$prefix"
must_pass env -u MAKEFLAGS cmake --build "$dir/consumer/build"
must_pass "$dir/consumer/build/with-pagoda"
must_pass "$dir/consumer/build/with-pagoda_static"

# Installed elsewhere by moving it: both package files follow.
mv "$prefix" "$dir/moved"
export PKG_CONFIG_PATH=${PKG_CONFIG_PATH/$prefix/$dir/moved}
read -ra cflags < <(pkg-config --cflags --libs pagoda)
must_pass gcc "${strict[@]}" "$dir/both-last.c" -o "$dir/again" "${cflags[@]}" -lm

if [ -x "$dir/moved/bin/pagoda" ]; then
	must_pass "$dir/moved/bin/pagoda" --help
fi
