; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare i32 @llvm.smax.i32(i32, i32) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr i32 @fl_scalar_max_i32(i32 %p0, i32 %p1) local_unnamed_addr #1 {
good:
  %.7.i1 = tail call i32 @llvm.smax.i32(i32 %p0, i32 %p1)
  ret i32 %.7.i1
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
