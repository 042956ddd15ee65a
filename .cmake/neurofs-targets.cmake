# neurofs_layer(NAME SOURCES ...): one OBJECT library per folder, so that self-registering plugins
# are linked whether or not anything refers to them.
# neurofs_test(NAME LABEL label [SERIAL] SOURCES ... LIBS ...): one GoogleTest program; every TEST in it is
# found by ctest under that label. SERIAL: no other test runs meanwhile (it stops servers that all share).

set(NEUROFS_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                     -Wnon-virtual-dtor -Woverloaded-virtual -Werror)

add_library(neurofs_options INTERFACE)
target_include_directories(neurofs_options INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
target_compile_features(neurofs_options INTERFACE cxx_std_20)
if(NEUROFS_NATIVE)
  target_compile_options(neurofs_options INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:-march=native>")
endif()
if(NEUROFS_SANITIZE)
  target_compile_options(neurofs_options INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${NEUROFS_SANITIZE};-fno-omit-frame-pointer;-fno-sanitize-recover=all>")
  target_link_options(neurofs_options INTERFACE -fsanitize=${NEUROFS_SANITIZE})
endif()

function(neurofs_layer NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES" ${ARGN})
  add_library(nf_${NAME} OBJECT ${ARG_SOURCES})
  target_link_libraries(nf_${NAME} PUBLIC neurofs_options)
  target_compile_options(nf_${NAME} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:${NEUROFS_WARNINGS}>")
  set_property(GLOBAL APPEND PROPERTY NEUROFS_LAYERS nf_${NAME})
endfunction()

# Links every core layer's objects into TARGET (OBJECT libraries do not propagate their objects).
function(neurofs_link_layers TARGET)
  foreach(layer IN LISTS ARGN)
    target_link_libraries(${TARGET} PRIVATE nf_${layer})
  endforeach()
endfunction()

function(neurofs_test NAME)
  cmake_parse_arguments(ARG "SERIAL" "LABEL" "SOURCES;LAYERS;LIBS" ${ARGN})
  if(NOT NEUROFS_BUILD_TESTS)
    return()
  endif()
  add_executable(${NAME} ${ARG_SOURCES})
  neurofs_link_layers(${NAME} ${ARG_LAYERS})
  target_compile_options(${NAME} PRIVATE ${NEUROFS_WARNINGS})
  target_link_libraries(${NAME} PRIVATE ${ARG_LIBS} GTest::gtest GTest::gmock GTest::gtest_main)
  # `ninja tests_unit` builds the unit tests alone: sanitizer trees need no more than they run.
  if(NOT TARGET tests_${ARG_LABEL})
    add_custom_target(tests_${ARG_LABEL})
  endif()
  add_dependencies(tests_${ARG_LABEL} ${NAME})
  gtest_discover_tests(${NAME} PROPERTIES LABELS ${ARG_LABEL} RUN_SERIAL ${ARG_SERIAL} DISCOVERY_MODE PRE_TEST
                       DISCOVERY_TIMEOUT 60)
endfunction()
