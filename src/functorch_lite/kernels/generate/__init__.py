"""Generators of machine code: every module here imports numba, none is needed once cached.

Each ``build_*`` function takes static parameters (dtype, lanes, register tile) and returns the
Python function that numba compiles. All have one signature, ``KERNEL_SIGNATURE``: the address
of a block of int64 arguments, a range of work items and the address of the thread's scratch
memory. No kernel allocates, starts threads or touches Python objects.
"""
