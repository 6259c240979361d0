#!/usr/bin/env bash
# check-layers accepts a small tree that keeps the rules, and refuses each way of breaking them.
. "$(dirname "$0")/lib.sh"

check=("$src/scripts/check-layers" "$dir")

fresh() {
	rm -rf "${dir:?}"/*
	put include/linux/gfp.h '#include <linux/types.h>' '#include <stddef.h>'
	put include/linux/types.h ''
	put include/pagoda/arch.h '#include <linux/types.h>'
	put arch/hosted/include/asm/page.h '#include <linux/types.h>'
	put arch/hosted/memory.c '#include <stdio.h>' '#include <pagoda/arch.h>' '#include "port.h"'
	put arch/hosted/port.h ''
	put lib/rbtree.c '#include <linux/types.h>'
	put kernel/irq.h ''
	put kernel/irq.c '#include "irq.h"'
	put mm/internal.h ''
	put mm/buddy.h ''
	put mm/buddy.c '#include "internal.h"' '#include <linux/gfp.h>' '#include <asm/page.h>'
	put mm/slab.h ''
	put mm/slab.c '#include "buddy.h"' '  #  include  "../kernel/irq.h"' '#include <pagoda/config.h>'
	put tools/trace/trace.h ''
	put tools/pagoda/main.c '#include <stdio.h>' '#include "trace/trace.h"' '#include <pagoda/arch.h>'
}

fresh; must_pass "${check[@]}"

fresh; put mm/buddy.c '#include "internal.h"' '#include "slab.h"'
must_fail 'mm/buddy.c:2: includes mm/slab.h of a floor above its own' "${check[@]}"

fresh; put kernel/irq.c '#include "mm/buddy.h"'
must_fail 'kernel/irq.c:1: includes mm/buddy.h of a floor above' "${check[@]}"

fresh; put lib/rbtree.c '#include "../kernel/irq.h"'
must_fail 'lib/rbtree.c:1: includes kernel/irq.h of a floor above' "${check[@]}"

fresh; put mm/slab.c '#include <stdio.h>'
must_fail 'mm/slab.c:1: includes stdio.h, which is neither' "${check[@]}"

fresh; put include/linux/gfp.h '#include <string.h>'
must_fail 'include/linux/gfp.h:1: includes string.h' "${check[@]}"

fresh; put include/linux/gfp.h '#include "../../mm/internal.h"'
must_fail 'a public header sees public headers' "${check[@]}"

fresh; put tools/pagoda/main.c '#include "../../mm/internal.h"'
must_fail 'tools/pagoda/main.c:1: includes mm/internal.h: a tool sees' "${check[@]}"

fresh; put tools/pagoda/main.c '#include "mm/internal.h"'
must_fail 'a tool sees include/ and its own headers' "${check[@]}"

fresh; put arch/hosted/memory.c '#include "kernel/irq.h"'
must_fail 'a port sees include/ and its own headers' "${check[@]}"

fresh; put mm/novelty.c ''
must_fail 'mm/novelty.c:1: is on no floor' "${check[@]}"
