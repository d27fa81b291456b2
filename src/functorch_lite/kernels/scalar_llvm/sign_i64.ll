; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare range(i64 -1, 2) i64 @llvm.scmp.i64.i64(i64, i64) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr range(i64 -1, 2) i64 @fl_scalar_sign_i64(i64 %p0) local_unnamed_addr #1 {
good:
  %.8.i = tail call i64 @llvm.scmp.i64.i64(i64 %p0, i64 0)
  ret i64 %.8.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
