; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare range(i32 -1, 2) i32 @llvm.scmp.i32.i32(i32, i32) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr range(i32 -1, 2) i32 @fl_scalar_sign_i32(i32 %p0) local_unnamed_addr #1 {
good:
  %.8.i = tail call i32 @llvm.scmp.i32.i32(i32 %p0, i32 0)
  ret i32 %.8.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
