; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fabs.f64(double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fmuladd.f64(double, double, double) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_log1p_f64(double %p0) local_unnamed_addr #1 {
good:
  %.5.i = fadd double %p0, 1.000000e+00
  %.5.i.i = fcmp olt double %.5.i, 0x10000000000000
  %.6.i.i = fmul double %.5.i, 0x4350000000000000
  %.7.i.i = select i1 %.5.i.i, double %.6.i.i, double %.5.i
  %.8.i.i = bitcast double %.7.i.i to i64
  %.9.i.i = add nsw i64 %.8.i.i, -4604544271217802189
  %.10.i.i = ashr i64 %.9.i.i, 52
  %.13.i.i = and i64 %.9.i.i, 4503599627370495
  %.14.i.i = add nuw nsw i64 %.13.i.i, 4604544271217802189
  %.12.i.i = select i1 %.5.i.i, i64 4843621399236968394, i64 4843621399236968448
  %.16.i.i = add nsw i64 %.10.i.i, %.12.i.i
  %.17.i.i = bitcast i64 %.16.i.i to double
  %.18.i.i = fadd double %.17.i.i, 0xC338000000000000
  %0 = bitcast i64 %.14.i.i to double
  %.35.i = fcmp ogt double %p0, 1.000000e+00
  %1 = fsub double %p0, %.5.i
  %.37.i = fadd double %1, 1.000000e+00
  %.38.i = fadd double %.5.i, -1.000000e+00
  %.39.i = fsub double %p0, %.38.i
  %.40.i = select i1 %.35.i, double %.37.i, double %.39.i
  %.44.i = fdiv double %.40.i, %.5.i
  %.45.i = fcmp ogt double %p0, -2.928000e-01
  %.46.i = fcmp olt double %p0, 4.142000e-01
  %.47.i = and i1 %.45.i, %.46.i
  %.48.i = tail call double @llvm.fabs.f64(double %p0)
  %.49.i = fcmp olt double %.48.i, 0x3C90000000000000
  %.50.i = fadd double %0, -1.000000e+00
  %.51.i = select i1 %.47.i, double %p0, double %.50.i
  %.52.i = select i1 %.49.i, double 0.000000e+00, double %.51.i
  %.53.i = select i1 %.47.i, double 0.000000e+00, double %.18.i.i
  %.55.i = select i1 %.47.i, double 0.000000e+00, double %.44.i
  %.56.i = tail call double @llvm.fmuladd.f64(double %.53.i, double 0x3D53DE6AF278ECE6, double %.55.i)
  %.6.i1.i = fadd double %.52.i, 2.000000e+00
  %.10.i2.i = fdiv double %.52.i, %.6.i1.i
  %.11.i.i = fmul double %.10.i2.i, %.10.i2.i
  %.12.i3.i = fmul double %.52.i, 5.000000e-01
  %.13.i4.i = fmul double %.52.i, %.12.i3.i
  %.14.i5.i = tail call double @llvm.fmuladd.f64(double %.11.i.i, double 0x3FC2F08EBA0AA09D, double 0x3FC39A165565634D)
  %.15.i.i = tail call double @llvm.fmuladd.f64(double %.14.i5.i, double %.11.i.i, double 0x3FC7466420A74F42)
  %.16.i6.i = tail call double @llvm.fmuladd.f64(double %.15.i.i, double %.11.i.i, double 0x3FCC71C51FAFEA93)
  %.17.i7.i = tail call double @llvm.fmuladd.f64(double %.16.i6.i, double %.11.i.i, double 0x3FD2492494201A69)
  %.18.i8.i = tail call double @llvm.fmuladd.f64(double %.17.i7.i, double %.11.i.i, double 0x3FD999999997FCA4)
  %.19.i.i = tail call double @llvm.fmuladd.f64(double %.18.i8.i, double %.11.i.i, double 0x3FE5555555555593)
  %.20.i.i = tail call double @llvm.fmuladd.f64(double %.11.i.i, double %.19.i.i, double %.13.i4.i)
  %.21.i.i = tail call double @llvm.fmuladd.f64(double %.10.i2.i, double %.20.i.i, double %.56.i)
  %.83.i = fsub double %.13.i4.i, %.21.i.i
  %.84.i = fsub double %.52.i, %.83.i
  %.85.i = tail call double @llvm.fmuladd.f64(double %.53.i, double 0x3FE62E42FEFA3000, double %.84.i)
  %.6.i10.i = fcmp olt double %.5.i, 0.000000e+00
  %.7.i11.i = select i1 %.6.i10.i, double 0x7FF8000000000000, double %.85.i
  %.8.i12.i = fcmp oeq double %.5.i, 0.000000e+00
  %.10.i13.i = select i1 %.8.i12.i, double 0xFFF0000000000000, double %.7.i11.i
  %.13.i14.i = fcmp ueq double %.5.i, 0x7FF0000000000000
  %.14.i15.i = select i1 %.13.i14.i, double %.5.i, double %.10.i13.i
  %.111.i = fcmp oeq double %p0, 0x7FF0000000000000
  %.112.i = or i1 %.111.i, %.49.i
  %.113.i = select i1 %.112.i, double %p0, double %.14.i15.i
  ret double %.113.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
