# SPDX-License-Identifier: MIT
#
# What `make install` leaves under PREFIX. Headers go to include/pagoda/{linux,asm,pagoda}: the
# kernel's names must not land in include/ itself, where every program would find them.
# Both package files find their prefix from their own place, so the tree may be moved.

include(CMakePackageConfigHelpers)

install(TARGETS pagoda pagoda_static EXPORT PagodaTargets
	LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
	ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})

foreach(dir include/linux include/pagoda include/asm include/asm-generic include/uapi arch/hosted/include/asm)
	if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/${dir})
		install(DIRECTORY ${dir} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/pagoda
			FILES_MATCHING PATTERN "*.h")
	endif()
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/include/pagoda/config.h
	DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/pagoda/pagoda)

if(TARGET pagoda-command)
	install(TARGETS pagoda-command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

foreach(section 1 3 7)
	file(GLOB pages CONFIGURE_DEPENDS man/*.${section})
	if(pages)
		install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
	endif()
endforeach()

# pkg-config
set(private "")
foreach(lib ${PAGODA_PORT_LIBRARIES})
	string(APPEND private " -l${lib}")
endforeach()
string(STRIP "${private}" PAGODA_LIBS_PRIVATE)
file(RELATIVE_PATH PAGODA_PC_TO_PREFIX
	/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" PAGODA_PC_TO_PREFIX "${PAGODA_PC_TO_PREFIX}")
configure_file(pagoda.pc.in pagoda.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/pagoda.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# find_package(Pagoda)
set(PAGODA_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Pagoda)
install(EXPORT PagodaTargets NAMESPACE Pagoda:: DESTINATION ${PAGODA_CMAKE_DIR})
configure_package_config_file(PagodaConfig.cmake.in PagodaConfig.cmake
	INSTALL_DESTINATION ${PAGODA_CMAKE_DIR})
write_basic_package_version_file(PagodaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/PagodaConfig.cmake ${PROJECT_BINARY_DIR}/PagodaConfigVersion.cmake
	DESTINATION ${PAGODA_CMAKE_DIR})
