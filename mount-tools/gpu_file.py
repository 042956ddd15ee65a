#!/usr/bin/env python3
"""Reads a file of a NeuroFS mount in GPU memory, without a copy through the CPU.

As a program: gpu_file.py PATH prints what the mount gives, as JSON, and releases it again.
As a module, with CuPy or PyTorch:

    from gpu_file import GpuFile

    with GpuFile("/mnt/brain/regions/0:100000,:.npy") as rows:
        a = cupy.asarray(rows)                          # no copy
        t = torch.as_tensor(rows, device="cuda")        # no copy

`rows` must live as long as what was made of it is used: the memory goes with it. The mount needs a GPU
tier (neurofs mount --gpu-mem). The interface is that of neurofs_gpu.h; this file needs the standard
library alone, and libcudart only to map the memory.
"""
import argparse
import ctypes
import fcntl
import json
import os

MAX_RANK = 32
KIND_CUDA = 1
# NumPy's type strings; other types (bfloat16, float8) have none: map them with a lens, such as @f32.
TYPESTR = {
    "bool": "|b1", "int8": "|i1", "int16": "<i2", "int32": "<i4", "int64": "<i8",
    "uint8": "|u1", "uint16": "<u2", "uint32": "<u4", "uint64": "<u8",
    "float16": "<f2", "float32": "<f4", "float64": "<f8", "complex64": "<c8", "complex128": "<c16",
}


class Export(ctypes.Structure):
    """struct neurofs_gpu_export"""
    _fields_ = [
        ("version", ctypes.c_uint32), ("gpu", ctypes.c_int32),
        ("first_row", ctypes.c_uint64), ("row_count", ctypes.c_uint64),
        ("lease", ctypes.c_uint64), ("offset", ctypes.c_uint64), ("size", ctypes.c_uint64),
        ("shape", ctypes.c_int64 * MAX_RANK), ("rank", ctypes.c_uint32), ("kind", ctypes.c_uint32),
        ("handle_size", ctypes.c_uint32), ("handle", ctypes.c_ubyte * 64),
        ("dtype", ctypes.c_char * 32), ("error", ctypes.c_char * 508),
    ]


class IpcHandle(ctypes.Structure):
    """cudaIpcMemHandle_t"""
    _fields_ = [("reserved", ctypes.c_ubyte * 64)]


def _request(direction: int, number: int, size: int) -> int:
    return direction << 30 | size << 16 | ord("n") << 8 | number


IOC_EXPORT = _request(3, 1, ctypes.sizeof(Export))
IOC_RELEASE = _request(1, 2, 8)


class GpuFile:
    """A file's elements, or rows [first, first + count) of them; count 0 is all from `first` on."""

    def __init__(self, path, first=0, count=0, gpu=-1):
        self._pointer = None
        self._fd = os.open(path, os.O_RDONLY)
        try:
            self._answer = Export(version=1, gpu=gpu, first_row=first, row_count=count)
            try:
                fcntl.ioctl(self._fd, IOC_EXPORT, self._answer)
            except OSError as error:
                reason = self._answer.error.decode() or error.strerror
                raise OSError(error.errno, reason, os.fspath(path)) from None
        except BaseException:
            os.close(self._fd)
            raise
        self.shape = tuple(self._answer.shape[:self._answer.rank])
        self.dtype = self._answer.dtype.decode()
        self.size = self._answer.size
        self.gpu = self._answer.gpu

    def map(self) -> int:
        """The address of the first element, in this process."""
        if self._pointer is None:
            if self._answer.kind != KIND_CUDA:
                raise OSError("the mount's GPU is a simulation: there is nothing to map")
            self._cuda = ctypes.CDLL("libcudart.so")
            self._check("cudaSetDevice", self._cuda.cudaSetDevice(self.gpu))
            pointer = ctypes.c_void_p()
            handle = IpcHandle.from_buffer_copy(bytes(self._answer.handle))
            self._check("cudaIpcOpenMemHandle",
                        self._cuda.cudaIpcOpenMemHandle(ctypes.byref(pointer), handle, 1))
            self._pointer = pointer.value
        return self._pointer + self._answer.offset

    @property
    def __cuda_array_interface__(self):
        if self.dtype not in TYPESTR:
            raise TypeError(f"{self.dtype} has no type string; map it with a lens such as @f32")
        return {"shape": self.shape, "typestr": TYPESTR[self.dtype], "data": (self.map(), False),
                "strides": None, "version": 3}

    def close(self):
        """Unmaps and releases; arrays made of it must not be used any more."""
        if self._fd < 0:
            return
        if self._pointer is not None:
            self._check("cudaIpcCloseMemHandle",
                        self._cuda.cudaIpcCloseMemHandle(ctypes.c_void_p(self._pointer)))
            self._pointer = None
        fcntl.ioctl(self._fd, IOC_RELEASE, ctypes.c_uint64(self._answer.lease))
        os.close(self._fd)
        self._fd = -1

    def describe(self) -> dict:
        return {"shape": self.shape, "dtype": self.dtype, "size": self.size, "gpu": self.gpu,
                "offset": self._answer.offset, "lease": self._answer.lease,
                "simulated": self._answer.kind != KIND_CUDA}

    def _check(self, call: str, error: int):
        if error != 0:
            self._cuda.cudaGetErrorString.restype = ctypes.c_char_p
            raise OSError(f"{call}: {self._cuda.cudaGetErrorString(error).decode()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path")
    parser.add_argument("--first", type=int, default=0, help="first row")
    parser.add_argument("--count", type=int, default=0, help="rows; 0: all that follow")
    parser.add_argument("--gpu", type=int, default=-1, help="on which GPU; -1: any")
    options = parser.parse_args()
    try:
        with GpuFile(options.path, options.first, options.count, options.gpu) as file:
            print(json.dumps(file.describe()))
    except OSError as error:
        raise SystemExit(f"gpu_file.py: {error}") from None


if __name__ == "__main__":
    main()
