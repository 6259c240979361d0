#!/usr/bin/env bash
# check-freestanding accepts a small core that keeps the rules, and refuses each way of breaking them.
. "$(dirname "$0")/lib.sh"

cc=${CC:-gcc}
put include/linux/types.h 'typedef unsigned long size_t_;' 'void arch_elsewhere(void);'
put arch/hosted/include/asm/arch.h 'extern int arch_inline_half;'
put arch/hosted/include/asm/other.h 'extern int arch_beside;'
put include/pagoda/arch.h '#include <linux/types.h>' '#include <asm/arch.h>' '#include <asm/other.h>' \
	'#define ARCH_NAME(x) arch_##x' '/* arch_in_a_comment() is no declaration */' \
	'void arch_wait(void);' 'extern int arch_nr_cpus;' 'void ARCH_NAME(wake)(void);'

# check FUNCTION-BODY: compiles it as the core of a tree that has this arch.h, and checks it
check() {
	put mm/core.c '#include <pagoda/arch.h>' 'void *memset(void *, int, unsigned long);' \
		'int puts(const char *);' 'void arch_in_a_comment(void);' \
		"void core(void *p);" "void core(void *p) { $1 }"
	"$cc" -c -fPIC -I "$dir/include" -I "$dir/arch/hosted/include" -o "$dir/core.o" "$dir/mm/core.c"
	put compile_commands.json '[' '{' \
		"  \"command\": \"$cc ${flags--ffreestanding -nostdinc} -c\"," "  \"file\": \"$dir/mm/core.c\"" '}' ']'
	"$src/scripts/check-freestanding" --cc "$cc" --top "$dir" --commands "$dir/compile_commands.json" "$dir/core.o"
}

must_pass check 'arch_wait(); arch_wake(); arch_nr_cpus = arch_inline_half; memset(p, 0, 100000);'
must_fail puts check 'puts(p);'
must_fail arch_in_a_comment check 'arch_in_a_comment();'
must_fail arch_beside check 'arch_beside = 1;'
must_fail arch_elsewhere check 'arch_elsewhere();'
flags='-ffreestanding '
must_fail 'compiled with libc in sight' check 'arch_wait();'
