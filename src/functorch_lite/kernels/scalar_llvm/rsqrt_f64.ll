; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.sqrt.f64(double) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_rsqrt_f64(double %p0) local_unnamed_addr #1 {
good:
  %.5.i = tail call double @llvm.sqrt.f64(double %p0)
  %.9.i = fdiv double 1.000000e+00, %.5.i
  ret double %.9.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
