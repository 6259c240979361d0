/* SPDX-License-Identifier: MIT */
/* <linux/export.h> - symbols for modules: every public function is visible, these mark where */
#ifndef _PAGODA_LINUX_EXPORT_H
#define _PAGODA_LINUX_EXPORT_H

#define EXPORT_SYMBOL(sym) extern __typeof__(sym) sym
#define EXPORT_SYMBOL_GPL(sym) EXPORT_SYMBOL(sym)

#endif
