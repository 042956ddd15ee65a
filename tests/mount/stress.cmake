# Tests that run the real program: many readers, faults, signals. Standard-library Python drives them.
if(TARGET neurofs_program AND NEUROFS_BUILD_TESTS)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  set(sanitized 0)
  if(NEUROFS_SANITIZE)
    set(sanitized 1)
  endif()
  foreach(module readers process faults push predict)
    add_test(NAME stress_${module}
             COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/stress_${module}.py)
    set_tests_properties(stress_${module} PROPERTIES
      LABELS mount SKIP_RETURN_CODE 77 TIMEOUT 600
      ENVIRONMENT "NEUROFS_PROGRAM=$<TARGET_FILE:neurofs_program>;NEUROFS_SANITIZED=${sanitized}")
  endforeach()
  # Beside tests/servers/with-servers; skipped without.
  foreach(module faults changes stores cache trust versions commands cut outage)
    set(python ${Python3_EXECUTABLE} -B)
    if(module STREQUAL "stores")
      set(python ${PROJECT_SOURCE_DIR}/tests/interop/launch)  # the Python with zarr and tensorstore
    endif()
    add_test(NAME remote_${module} COMMAND ${python} ${CMAKE_CURRENT_LIST_DIR}/remote_${module}.py)
    set_tests_properties(remote_${module} PROPERTIES
      LABELS mount SKIP_RETURN_CODE 77 TIMEOUT 600 COST 60  # the longest begin first
      ENVIRONMENT "NEUROFS_PROGRAM=$<TARGET_FILE:neurofs_program>;NEUROFS_SANITIZED=${sanitized}")
  endforeach()
  # They stop servers that the others use, and count threads.
  set_tests_properties(remote_outage PROPERTIES RUN_SERIAL TRUE)
endif()
