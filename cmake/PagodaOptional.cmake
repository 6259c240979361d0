# SPDX-License-Identifier: MIT
#
# Optional libraries. Each found one defines HAVE_<NAME> for the part that uses it; each missing
# one is said, with what is lost. Result: PAGODA_PORT_FEATURES (interface library for the port),
# PAGODA_PORT_LIBRARIES (what the finished library links with), and interface libraries
# pagoda_with_<name> for the programs.

include(CheckIncludeFile)

set(PAGODA_PORT_FEATURES pagoda_port_features)
set(PAGODA_PORT_LIBRARIES pthread)
add_library(pagoda_port_features INTERFACE)

if(PAGODA_OPTIONAL)
	find_package(PkgConfig)
endif()

# pagoda_optional(NAME what pkg-config-module...): an interface library pagoda_with_<name>, which
# is empty when the modules are not there. PAGODA_HAVE_<NAME> tells.
function(pagoda_optional name what)
	string(TOLOWER ${name} lower)
	add_library(pagoda_with_${lower} INTERFACE)
	if(PAGODA_OPTIONAL AND PkgConfig_FOUND)
		pkg_check_modules(PAGODA_PC_${name} QUIET ${ARGN})
	endif()
	if(PAGODA_PC_${name}_FOUND)
		target_include_directories(pagoda_with_${lower} SYSTEM INTERFACE ${PAGODA_PC_${name}_INCLUDE_DIRS})
		target_link_directories(pagoda_with_${lower} INTERFACE ${PAGODA_PC_${name}_LIBRARY_DIRS})
		target_link_libraries(pagoda_with_${lower} INTERFACE ${PAGODA_PC_${name}_LIBRARIES})
		target_compile_definitions(pagoda_with_${lower} INTERFACE HAVE_${name}=1)
		message(STATUS "${what}: with ${ARGN} ${PAGODA_PC_${name}_VERSION}")
	else()
		message(STATUS "${what}: off (${ARGN} not found or not wanted)")
	endif()
	set(PAGODA_HAVE_${name} "${PAGODA_PC_${name}_FOUND}" PARENT_SCOPE)
	set(PAGODA_LIBS_${name} "${PAGODA_PC_${name}_LIBRARIES}" PARENT_SCOPE)
endfunction()

pagoda_optional(LIBDW	  "File and line in reports"	libdw)
pagoda_optional(LIBURCU	  "RCU by liburcu"		liburcu-memb)
pagoda_optional(TRACECMD  "Reading trace.dat"		libtracecmd libtraceevent)
pagoda_optional(LZMA	  "Reading .xz traces"		liblzma)
pagoda_optional(ZSTD	  "Reading .zst traces"		libzstd)
pagoda_optional(CJSON	  "Command pagoda"		libcjson)
pagoda_optional(NCURSES	  "Live view"			ncursesw)
pagoda_optional(CMOCKA	  "Tests with cmocka"		cmocka)

# The port links by plain names, so that the installed package needs no other package's files.
foreach(name LIBDW LIBURCU)
	if(PAGODA_HAVE_${name})
		string(TOLOWER ${name} lower)
		target_link_libraries(pagoda_port_features INTERFACE pagoda_with_${lower})
		list(APPEND PAGODA_PORT_LIBRARIES ${PAGODA_LIBS_${name}})
	endif()
endforeach()

if(PAGODA_OPTIONAL)
	check_include_file(sys/sdt.h PAGODA_HAVE_SYS_SDT_H)
endif()
if(PAGODA_HAVE_SYS_SDT_H)
	target_compile_definitions(pagoda_port_features INTERFACE HAVE_SYS_SDT_H=1)
endif()
