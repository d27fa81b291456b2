"""Memory is given back to the system."""

import platform

import numpy as np
import pytest

from functorch_lite.compile.trim import trim_memory


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="malloc_trim is glibc's")
def test_free_chunks_between_arrays_are_given_back():
    trim_memory()
    arrays = [np.ones(1 << 13) for _ in range(64)]  # (from the heap: below the mmap threshold)
    del arrays[::2]
    assert trim_memory()
