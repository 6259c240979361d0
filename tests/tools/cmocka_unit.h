/* SPDX-License-Identifier: MIT */
/*
 * cmocka_unit.h - what cmocka wants included before it, in its order
 */
#ifndef PAGODA_TESTS_CMOCKA_UNIT_H
#define PAGODA_TESTS_CMOCKA_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
