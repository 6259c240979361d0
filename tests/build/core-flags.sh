#!/usr/bin/env bash
# With the core's flags (CORE_FLAGS, from CMake, with | between) a file cannot include libc, and can include what the
# compiler brings; and G5: a large frame, alloca() and a variable array are warned about.
. "$(dirname "$0")/lib.sh"

cc=${CC:-gcc}
IFS='|' read -ra flags <<<"$CORE_FLAGS"

put own.c '#include <stddef.h>' '#include <stdarg.h>' '#include <stdint.h>' '#include <stdbool.h>'
must_pass "$cc" "${flags[@]}" -fsyntax-only "$dir/own.c"
for header in stdio.h stdlib.h errno.h pthread.h unistd.h linux/futex.h; do
	put libc.c "#include <$header>"
	must_fail "$header" "$cc" "${flags[@]}" -fsyntax-only "$dir/libc.c"
done

for frame in 'char a[2000];' 'char *a = __builtin_alloca(n);' 'char a[n];'; do
	put frame.c 'void use(char *); void frame(int n); ' "void frame(int n) { $frame use(a); }"
	must_fail 'error:' "$cc" "${flags[@]}" -O2 -Werror -c -o "$dir/frame.o" "$dir/frame.c"
done
