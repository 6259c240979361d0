# SPDX-License-Identifier: MIT
#
# How each part is compiled, as interface libraries:
#   pagoda_sanitizer   the sanitizer of this build, if any
#   pagoda_warnings    what the compiler says about our own code
#   pagoda_flags_core  mm/ kernel/ lib/: freestanding, the compiler's own headers only
#   pagoda_flags_port  arch/hosted/: C with libc and pthreads
#   pagoda_flags_user  tools, tests, examples, bench: programs that use the public headers

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)		# -std=gnu11

#
# Warnings
#
add_library(pagoda_warnings INTERFACE)
target_compile_options(pagoda_warnings INTERFACE $<$<COMPILE_LANGUAGE:C>:
	-Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wvla
	-Wno-unused-parameter>)		# callbacks have the arguments their type says

# Only compilers we test with can be held to "no warning at all"; a newer one knows new warnings.
if(PAGODA_WERROR)
	string(REGEX MATCH "^[0-9]+" major "${CMAKE_C_COMPILER_VERSION}")
	if("${CMAKE_C_COMPILER_ID}-${major}" MATCHES "^(GNU-12|Clang-14)$")
		target_compile_options(pagoda_warnings INTERFACE -Werror)
	else()
		message(STATUS "Warnings stay warnings: ${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION} is not one we test with")
	endif()
endif()
if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
	target_compile_options(pagoda_warnings INTERFACE $<$<COMPILE_LANGUAGE:C>:-Wthread-safety>)
endif()

#
# Sanitizers
#
add_library(pagoda_sanitizer INTERFACE)
if(PAGODA_SANITIZE STREQUAL "undefined")
	set(sanitize -fsanitize=undefined -fno-sanitize-recover=all)
elseif(PAGODA_SANITIZE)
	set(sanitize -fsanitize=${PAGODA_SANITIZE} -fno-omit-frame-pointer)
elseif(PAGODA_FUZZ)
	set(sanitize -fsanitize=fuzzer-no-link,address -fno-omit-frame-pointer)
endif()
if(sanitize)
	target_compile_options(pagoda_sanitizer INTERFACE ${sanitize})
	target_link_options(pagoda_sanitizer INTERFACE ${sanitize})
endif()
if(PAGODA_SANITIZE STREQUAL "thread")
	target_compile_definitions(pagoda_sanitizer INTERFACE PAGODA_TSAN)
	# gcc cannot follow fences, and says so at each; the code around them has to be right anyway.
	target_compile_options(pagoda_sanitizer INTERFACE $<$<C_COMPILER_ID:GNU>:-Wno-tsan>)
endif()

#
# The library: position independent, since it is both libpagoda.a and libpagoda.so
#
add_library(pagoda_flags_library INTERFACE)
target_link_libraries(pagoda_flags_library INTERFACE pagoda_warnings pagoda_sanitizer)
target_include_directories(pagoda_flags_library INTERFACE
	${PROJECT_BINARY_DIR}/include
	${PROJECT_SOURCE_DIR}/include
	${PROJECT_SOURCE_DIR}/arch/hosted/include)
target_compile_definitions(pagoda_flags_library INTERFACE PAGODA_DEBUG=${PAGODA_DEBUG_VALUE})
target_compile_options(pagoda_flags_library INTERFACE
	-fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-plt -fno-semantic-interposition)

#
# The core. -nostdinc takes libc's headers away; the compiler's own (stddef.h, stdarg.h, ...) are
# part of a freestanding implementation and come back.
#
if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
	execute_process(COMMAND ${CMAKE_C_COMPILER} -print-resource-dir
		OUTPUT_VARIABLE dir OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
	set(PAGODA_COMPILER_INCLUDE ${dir}/include)
else()
	execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=include
		OUTPUT_VARIABLE PAGODA_COMPILER_INCLUDE OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()

# -iquote: a private header of a lower floor is "kernel/x.h", from anywhere.
set(PAGODA_CORE_FLAGS -D__KERNEL__ -fasynchronous-unwind-tables -ffreestanding -nostdinc -isystem ${PAGODA_COMPILER_INCLUDE}
	-iquote ${PROJECT_SOURCE_DIR})
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
	list(APPEND PAGODA_CORE_FLAGS -mno-outline-atomics)	# they would be calls into libgcc
endif()
add_library(pagoda_flags_core INTERFACE)
target_link_libraries(pagoda_flags_core INTERFACE pagoda_flags_library)
target_compile_options(pagoda_flags_core INTERFACE ${PAGODA_CORE_FLAGS})
# A kernel stack is one or two pages. Instrumented frames are larger and prove nothing.
set(PAGODA_STACK_FLAGS -Walloca -Wvla -Wframe-larger-than=512)
if(NOT sanitize)
	target_compile_options(pagoda_flags_core INTERFACE ${PAGODA_STACK_FLAGS})
endif()

#
# The port
#
add_library(pagoda_flags_port INTERFACE)
target_link_libraries(pagoda_flags_port INTERFACE pagoda_flags_library)
target_compile_definitions(pagoda_flags_port INTERFACE _GNU_SOURCE=)	# as "#define _GNU_SOURCE" has it
target_compile_options(pagoda_flags_port INTERFACE -pthread)

#
# Programs
#
add_library(pagoda_flags_user INTERFACE)
target_link_libraries(pagoda_flags_user INTERFACE pagoda_warnings pagoda_sanitizer)
target_compile_definitions(pagoda_flags_user INTERFACE _GNU_SOURCE= PAGODA_DEBUG=${PAGODA_DEBUG_VALUE})
# Reports name functions of the program through its dynamic symbols and frame pointers.
target_compile_options(pagoda_flags_user INTERFACE -pthread -fno-omit-frame-pointer)
target_link_options(pagoda_flags_user INTERFACE -pthread -rdynamic -Wl,-z,now)
