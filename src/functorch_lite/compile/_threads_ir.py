"""The native half of `threads`: LLVM text of the launch and of the helpers' loop.

Memory shared by a launch and the helpers, in 64-bit words; lines of 8 words keep what different
threads write apart:

====  =========================================================================
word  meaning
====  =========================================================================
0-3   the job: function (null: end), its arguments, end of the range, chunk
8     where the next piece begins (atomic)
16    threads that have not finished, the launching one included (atomic)
17    lock on which the launch sleeps for them
====  =========================================================================

and for helper i, 1 and up, from word 32 i:

====  =========================================================================
0     0: looking out, 1: is given a job, 2: asleep, 3: works (atomic)
8     lock on which it sleeps
====  =========================================================================

A helper goes to sleep by changing 0 to 2, which fails if a job has come; a launch gives a job by
exchanging 1 for what is there, and releases the lock if that was 2.  So each acquisition meets
exactly one release.  A helper begins by changing 1 to 3; when all pieces are taken, the launch
changes 1 back to 0, so that it never waits for a helper that has not begun.  Whoever finishes last
of all is the launch, which goes on, or a helper, which releases the launch's lock.  The locks are
CPython's, used without the GIL.
"""

import llvmlite.binding as ll

__all__ = ["DONE_LOCK", "HELPER_WORDS", "LOCK", "text"]

HELPER_WORDS = 32
DONE_LOCK = 17
LOCK = 8

_TEXT = """
declare i32 @PyThread_acquire_lock(ptr, i32)
declare void @PyThread_release_lock(ptr)
{declare_pause}

define internal void @take_pieces(ptr %team) {{
entry:
  %fn = load ptr, ptr %team
  %args_at = getelementptr i64, ptr %team, i64 1
  %args = load ptr, ptr %args_at
  %hi_at = getelementptr i64, ptr %team, i64 2
  %hi = load i64, ptr %hi_at
  %chunk_at = getelementptr i64, ptr %team, i64 3
  %chunk = load i64, ptr %chunk_at
  %next_at = getelementptr i64, ptr %team, i64 8
  br label %claim
claim:
  %a = atomicrmw add ptr %next_at, i64 %chunk monotonic
  %any = icmp slt i64 %a, %hi
  br i1 %any, label %work, label %end
work:
  %rest = sub i64 %hi, %a
  %short = icmp slt i64 %rest, %chunk
  %size = select i1 %short, i64 %rest, i64 %chunk
  %b = add i64 %a, %size
  call void %fn(ptr %args, i64 %a, i64 %b, i64 0)
  br label %claim
end:
  ret void
}}

; Spin until the word holds a value; false if it did not within so many rounds.
define internal i1 @look_out(ptr %word, i64 %value, i64 %rounds) {{
entry:
  br label %look
look:
  %i = phi i64 [ 0, %entry ], [ %j, %again ]
  %now = load atomic i64, ptr %word acquire, align 8
  %there = icmp eq i64 %now, %value
  br i1 %there, label %yes, label %check
check:
  %j = add i64 %i, 1
  %on = icmp slt i64 %i, %rounds
  br i1 %on, label %again, label %no
again:
  {pause}
  br label %look
yes:
  ret i1 true
no:
  ret i1 false
}}

define void @fl_help(ptr %team, ptr %me, i64 %spins) {{
entry:
  %lock_at = getelementptr i64, ptr %me, i64 8
  %lock = load ptr, ptr %lock_at
  %pending_at = getelementptr i64, ptr %team, i64 16
  %done_at = getelementptr i64, ptr %team, i64 17
  br label %idle
idle:
  %come = call i1 @look_out(ptr %me, i64 1, i64 %spins)
  br i1 %come, label %job, label %tired
tired:
  %pair = cmpxchg ptr %me, i64 0, i64 2 acq_rel acquire
  %slept = extractvalue {{ i64, i1 }} %pair, 1
  br i1 %slept, label %sleep, label %job
sleep:
  %ignored = call i32 @PyThread_acquire_lock(ptr %lock, i32 1)
  br label %job
job:
  %begin = cmpxchg ptr %me, i64 1, i64 3 acq_rel acquire
  %begun = extractvalue {{ i64, i1 }} %begin, 1
  br i1 %begun, label %mine, label %idle
mine:
  %fn = load ptr, ptr %team
  %stop = icmp eq ptr %fn, null
  br i1 %stop, label %finish, label %work
work:
  call void @take_pieces(ptr %team)
  br label %finish
finish:
  %done = load ptr, ptr %done_at
  store atomic i64 0, ptr %me release, align 8
  %left = atomicrmw sub ptr %pending_at, i64 1 acq_rel
  %last = icmp eq i64 %left, 1
  br i1 %last, label %tell, label %next
tell:
  call void @PyThread_release_lock(ptr %done)
  br label %next
next:
  br i1 %stop, label %end, label %idle
end:
  ret void
}}

define void @fl_launch(ptr %team, ptr %fn, ptr %args, i64 %lo, i64 %hi, i64 %chunk, i64 %helpers,
                       i64 %spins) {{
entry:
  store ptr %fn, ptr %team
  %args_at = getelementptr i64, ptr %team, i64 1
  store ptr %args, ptr %args_at
  %hi_at = getelementptr i64, ptr %team, i64 2
  store i64 %hi, ptr %hi_at
  %chunk_at = getelementptr i64, ptr %team, i64 3
  store i64 %chunk, ptr %chunk_at
  %next_at = getelementptr i64, ptr %team, i64 8
  store i64 %lo, ptr %next_at
  %pending_at = getelementptr i64, ptr %team, i64 16
  %all = add i64 %helpers, 1
  store atomic i64 %all, ptr %pending_at release, align 8
  %none = icmp slt i64 %helpers, 1
  br i1 %none, label %alone, label %give
give:
  %i = phi i64 [ 1, %entry ], [ %i2, %given ]
  %offset = mul i64 %i, 32
  %helper = getelementptr i64, ptr %team, i64 %offset
  %old = atomicrmw xchg ptr %helper, i64 1 acq_rel
  %asleep = icmp eq i64 %old, 2
  br i1 %asleep, label %wake, label %given
wake:
  %lock_at = getelementptr i64, ptr %helper, i64 8
  %lock = load ptr, ptr %lock_at
  call void @PyThread_release_lock(ptr %lock)
  br label %given
given:
  %i2 = add i64 %i, 1
  %more = icmp sle i64 %i2, %helpers
  br i1 %more, label %give, label %share
share:
  %stop = icmp eq ptr %fn, null
  br i1 %stop, label %wait, label %work
work:
  call void @take_pieces(ptr %team)
  br label %revoke
revoke:
  %k = phi i64 [ 1, %work ], [ %k2, %revoke ]
  %spared = phi i64 [ 0, %work ], [ %spared2, %revoke ]
  %koffset = mul i64 %k, 32
  %other = getelementptr i64, ptr %team, i64 %koffset
  %back = cmpxchg ptr %other, i64 1, i64 0 acq_rel acquire
  %idle_ = extractvalue {{ i64, i1 }} %back, 1
  %one = zext i1 %idle_ to i64
  %spared2 = add i64 %spared, %one
  %k2 = add i64 %k, 1
  %others = icmp sle i64 %k2, %helpers
  br i1 %others, label %revoke, label %wait
wait:
  %unused = phi i64 [ 0, %share ], [ %spared2, %revoke ]
  %rest = add i64 %unused, 1
  %ready = call i1 @look_out(ptr %pending_at, i64 %rest, i64 %spins)
  %before = atomicrmw sub ptr %pending_at, i64 %rest acq_rel
  %last = icmp eq i64 %before, %rest
  br i1 %last, label %end, label %block
block:
  %done_at = getelementptr i64, ptr %team, i64 17
  %done = load ptr, ptr %done_at
  %ignored = call i32 @PyThread_acquire_lock(ptr %done, i32 1)
  ret void
alone:
  %idle = icmp eq ptr %fn, null
  br i1 %idle, label %end, label %mine
mine:
  call void @take_pieces(ptr %team)
  br label %end
end:
  ret void
}}
"""


def text() -> str:
    """Return the module for this machine."""
    triple = ll.get_process_triple()
    declare = pause = ""
    if triple.startswith("x86_64"):
        declare = "declare void @llvm.x86.sse2.pause()"
        pause = "call void @llvm.x86.sse2.pause()"
    elif triple.startswith(("aarch64", "arm64")):
        declare = "declare void @llvm.aarch64.hint(i32)"
        pause = "call void @llvm.aarch64.hint(i32 1)"
    return _TEXT.format(declare_pause=declare, pause=pause)
