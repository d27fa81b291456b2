; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare i64 @llvm.smax.i64(i64, i64) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr i64 @fl_scalar_max_i64(i64 %p0, i64 %p1) local_unnamed_addr #1 {
good:
  %.7.i1 = tail call i64 @llvm.smax.i64(i64 %p0, i64 %p1)
  ret i64 %.7.i1
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
