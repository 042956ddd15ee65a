# NEUROFS_CUDA=AUTO|ON|OFF: whether the CUDA plugin is built; NEUROFS_HAVE_CUDA says what came of it.
#
# AUTO builds it where nvcc works, but not in sanitizer builds: they see nothing of a kernel. The program
# that comes out needs no CUDA library: the runtime is linked statically and looks for the driver when a
# GPU is asked for.

set(NEUROFS_CUDA AUTO CACHE STRING "Build for NVIDIA GPUs: AUTO, ON or OFF")
set_property(CACHE NEUROFS_CUDA PROPERTY STRINGS AUTO ON OFF)
set(NEUROFS_HAVE_CUDA OFF)

if(NEUROFS_CUDA STREQUAL "AUTO" AND NEUROFS_SANITIZE)
  set(neurofs_cuda_why "not in sanitizer builds")
elseif(NEUROFS_CUDA STREQUAL "OFF")
  set(neurofs_cuda_why "NEUROFS_CUDA=OFF")
else()
  # Code for each architecture is named below, not by CMake.
  set(CMAKE_CUDA_ARCHITECTURES OFF)
  set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    find_package(CUDAToolkit REQUIRED)
    if(CMAKE_CUDA_COMPILER_VERSION VERSION_LESS 12.0)
      set(neurofs_cuda_why "nvcc ${CMAKE_CUDA_COMPILER_VERSION} knows no C++20, 12.0 does")
    else()
      set(NEUROFS_HAVE_CUDA ON)
    endif()
    # CMake 3.25 knows the flag for C++17 at most.
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
  else()
    set(neurofs_cuda_why "no nvcc was found that works: put it on PATH, or name it by CUDACXX")
  endif()
  if(NEUROFS_CUDA STREQUAL "ON" AND NOT NEUROFS_HAVE_CUDA)
    message(FATAL_ERROR "NEUROFS_CUDA=ON: ${neurofs_cuda_why}")
  endif()
endif()

if(NOT NEUROFS_HAVE_CUDA)
  message(STATUS "CUDA: off (${neurofs_cuda_why})")
  return()
endif()

# Machine code for the architectures that this nvcc knows, and PTX that newer ones compile when they
# load it. One source of PTX serves all: the kernels use nothing that 8.0 does not have.
set(NEUROFS_CUDA_ARCHITECTURES "80;86;89;90;100" CACHE STRING "GPU architectures with machine code")
execute_process(COMMAND ${CMAKE_CUDA_COMPILER} --list-gpu-code OUTPUT_VARIABLE neurofs_cuda_known)
set(neurofs_cuda_code)
foreach(architecture IN LISTS NEUROFS_CUDA_ARCHITECTURES)
  if(neurofs_cuda_known MATCHES "sm_${architecture}\n")
    list(APPEND neurofs_cuda_code sm_${architecture})
  endif()
endforeach()
list(JOIN neurofs_cuda_code "," neurofs_cuda_list)
# No fused multiply-add that is not written as one: the same bits as the CPU, and the stated error.
# 186: comparing an unsigned type with 0 is how one template serves all integers.
set(NEUROFS_CUDA_OPTIONS
  "--generate-code=arch=compute_80,code=[${neurofs_cuda_list},compute_80]" -fmad=false
  "--diag-suppress=186" --Werror=all-warnings
  "-Xcompiler=-Wall,-Wextra,-Wno-unused-function,-Wno-unused-parameter,-Werror")
if(CCACHE)
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE})
endif()
message(STATUS "CUDA: ${CMAKE_CUDA_COMPILER_VERSION}, code for ${neurofs_cuda_list} and PTX")
