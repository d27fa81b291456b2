; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.floor.f64(double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.copysign.f64(double, double) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_floor_divide_f64(double %p0, double %p1) local_unnamed_addr #1 {
good:
  %.6.i = frem double %p0, %p1
  %.7.i1 = fsub double %p0, %.6.i
  %.8.i = fcmp oeq double %p1, 0.000000e+00
  %.11.i2 = fdiv double %.7.i1, %p1
  %.12.i = fcmp une double %.6.i, 0.000000e+00
  %.13.i = fcmp olt double %.6.i, 0.000000e+00
  %.14.i = fcmp olt double %p1, 0.000000e+00
  %.15.i = xor i1 %.14.i, %.13.i
  %.16.i = and i1 %.12.i, %.15.i
  %.17.i = fadd double %.11.i2, -1.000000e+00
  %.18.i = select i1 %.16.i, double %.17.i, double %.11.i2
  %.19.i = tail call double @llvm.floor.f64(double %.18.i)
  %.20.i = fsub double %.18.i, %.19.i
  %.21.i3 = fcmp ogt double %.20.i, 5.000000e-01
  %.22.i = fadd double %.19.i, 1.000000e+00
  %.23.i = select i1 %.21.i3, double %.22.i, double %.19.i
  %.24.i = fcmp oeq double %.18.i, 0.000000e+00
  %.28.i = fdiv double %p0, %p1
  %.29.i = tail call double @llvm.copysign.f64(double 0.000000e+00, double %.28.i)
  %.30.i = select i1 %.24.i, double %.29.i, double %.23.i
  %.36.i = fcmp ord double %.6.i, 0.000000e+00
  %.37.i = select i1 %.36.i, double %.30.i, double 0x7FF8000000000000
  %.38.i = select i1 %.8.i, double %.28.i, double %.37.i
  ret double %.38.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
