; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.copysign.f64(double, double) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_remainder_f64(double %p0, double %p1) local_unnamed_addr #1 {
good:
  %.6.i = frem double %p0, %p1
  %.7.i1 = fcmp olt double %.6.i, 0.000000e+00
  %.8.i = fcmp olt double %p1, 0.000000e+00
  %.9.i = xor i1 %.8.i, %.7.i1
  %.10.i = fadd double %p1, %.6.i
  %.11.i2 = select i1 %.9.i, double %.10.i, double %.6.i
  %.12.i = fcmp oeq double %.6.i, 0.000000e+00
  %.13.i = tail call double @llvm.copysign.f64(double 0.000000e+00, double %p1)
  %.14.i = select i1 %.12.i, double %.13.i, double %.11.i2
  ret double %.14.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
