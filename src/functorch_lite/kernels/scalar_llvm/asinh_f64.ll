; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fabs.f64(double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.sqrt.f64(double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fmuladd.f64(double, double, double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.copysign.f64(double, double) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_asinh_f64(double %p0) local_unnamed_addr #1 {
good:
  %.5.i = tail call double @llvm.fabs.f64(double %p0)
  %.6.i1 = fcmp ogt double %.5.i, 0x5F138D352E5096AF
  %.7.i = select i1 %.6.i1, double 1.000000e+00, double %.5.i
  %.8.i = fmul double %.7.i, %.7.i
  %.10.i2 = fadd double %.8.i, 1.000000e+00
  %.11.i = tail call double @llvm.sqrt.f64(double %.10.i2)
  %.12.i = fadd double %.11.i, 1.000000e+00
  %.16.i = fdiv double %.8.i, %.12.i
  %.17.i = fadd double %.7.i, %.16.i
  %.5.i.i = fadd double %.17.i, 1.000000e+00
  %.5.i.i.i = fcmp olt double %.5.i.i, 0x10000000000000
  %.6.i.i.i = fmul double %.5.i.i, 0x4350000000000000
  %.7.i.i.i = select i1 %.5.i.i.i, double %.6.i.i.i, double %.5.i.i
  %.8.i.i.i = bitcast double %.7.i.i.i to i64
  %.9.i.i.i = add nsw i64 %.8.i.i.i, -4604544271217802189
  %.10.i.i.i = ashr i64 %.9.i.i.i, 52
  %.13.i.i.i = and i64 %.9.i.i.i, 4503599627370495
  %.14.i.i.i = add nuw nsw i64 %.13.i.i.i, 4604544271217802189
  %.12.i.i.i = select i1 %.5.i.i.i, i64 4843621399236968394, i64 4843621399236968448
  %.16.i.i.i = add nsw i64 %.10.i.i.i, %.12.i.i.i
  %.17.i.i.i = bitcast i64 %.16.i.i.i to double
  %.18.i.i.i = fadd double %.17.i.i.i, 0xC338000000000000
  %0 = bitcast i64 %.14.i.i.i to double
  %.35.i.i = fcmp ogt double %.17.i, 1.000000e+00
  %1 = fsub double %.17.i, %.5.i.i
  %.37.i.i = fadd double %1, 1.000000e+00
  %.38.i.i = fadd double %.5.i.i, -1.000000e+00
  %.39.i.i = fsub double %.17.i, %.38.i.i
  %.40.i.i = select i1 %.35.i.i, double %.37.i.i, double %.39.i.i
  %.44.i.i = fdiv double %.40.i.i, %.5.i.i
  %.45.i.i = fcmp ogt double %.17.i, -2.928000e-01
  %.46.i.i = fcmp olt double %.17.i, 4.142000e-01
  %.47.i.i = and i1 %.45.i.i, %.46.i.i
  %.48.i.i = tail call double @llvm.fabs.f64(double %.17.i)
  %.49.i.i = fcmp olt double %.48.i.i, 0x3C90000000000000
  %.50.i.i = fadd double %0, -1.000000e+00
  %.51.i.i = select i1 %.47.i.i, double %.17.i, double %.50.i.i
  %.52.i.i = select i1 %.49.i.i, double 0.000000e+00, double %.51.i.i
  %.53.i.i = select i1 %.47.i.i, double 0.000000e+00, double %.18.i.i.i
  %.55.i.i = select i1 %.47.i.i, double 0.000000e+00, double %.44.i.i
  %.56.i.i = tail call double @llvm.fmuladd.f64(double %.53.i.i, double 0x3D53DE6AF278ECE6, double %.55.i.i)
  %.6.i1.i.i = fadd double %.52.i.i, 2.000000e+00
  %.10.i2.i.i = fdiv double %.52.i.i, %.6.i1.i.i
  %.11.i.i.i = fmul double %.10.i2.i.i, %.10.i2.i.i
  %.12.i3.i.i = fmul double %.52.i.i, 5.000000e-01
  %.13.i4.i.i = fmul double %.52.i.i, %.12.i3.i.i
  %.14.i5.i.i = tail call double @llvm.fmuladd.f64(double %.11.i.i.i, double 0x3FC2F08EBA0AA09D, double 0x3FC39A165565634D)
  %.15.i.i.i = tail call double @llvm.fmuladd.f64(double %.14.i5.i.i, double %.11.i.i.i, double 0x3FC7466420A74F42)
  %.16.i6.i.i = tail call double @llvm.fmuladd.f64(double %.15.i.i.i, double %.11.i.i.i, double 0x3FCC71C51FAFEA93)
  %.17.i7.i.i = tail call double @llvm.fmuladd.f64(double %.16.i6.i.i, double %.11.i.i.i, double 0x3FD2492494201A69)
  %.18.i8.i.i = tail call double @llvm.fmuladd.f64(double %.17.i7.i.i, double %.11.i.i.i, double 0x3FD999999997FCA4)
  %.19.i.i.i = tail call double @llvm.fmuladd.f64(double %.18.i8.i.i, double %.11.i.i.i, double 0x3FE5555555555593)
  %.20.i.i.i = tail call double @llvm.fmuladd.f64(double %.11.i.i.i, double %.19.i.i.i, double %.13.i4.i.i)
  %.21.i.i.i = tail call double @llvm.fmuladd.f64(double %.10.i2.i.i, double %.20.i.i.i, double %.56.i.i)
  %2 = fsub double %.21.i.i.i, %.13.i4.i.i
  %.84.i.i = fadd double %.52.i.i, %2
  %.85.i.i = tail call double @llvm.fmuladd.f64(double %.53.i.i, double 0x3FE62E42FEFA3000, double %.84.i.i)
  %.8.i12.i.i = fcmp oeq double %.5.i.i, 0.000000e+00
  %.10.i13.i.i = select i1 %.8.i12.i.i, double 0xFFF0000000000000, double %.85.i.i
  %.13.i14.i.i = fcmp ueq double %.5.i.i, 0x7FF0000000000000
  %.14.i15.i.i = select i1 %.13.i14.i.i, double %.5.i.i, double %.10.i13.i.i
  %.111.i.i = fcmp oeq double %.17.i, 0x7FF0000000000000
  %.112.i.i = or i1 %.111.i.i, %.49.i.i
  %.113.i.i = select i1 %.112.i.i, double %.17.i, double %.14.i15.i.i
  %.5.i.i1.i = fcmp olt double %.5.i, 0x10000000000000
  %.6.i.i2.i = fmul double %.5.i, 0x4350000000000000
  %.7.i.i3.i = select i1 %.5.i.i1.i, double %.6.i.i2.i, double %.5.i
  %.8.i.i4.i = bitcast double %.7.i.i3.i to i64
  %.9.i.i5.i = add nsw i64 %.8.i.i4.i, -4604544271217802189
  %.10.i.i6.i = ashr i64 %.9.i.i5.i, 52
  %.13.i.i7.i = and i64 %.9.i.i5.i, 4503599627370495
  %.14.i.i8.i = add nuw nsw i64 %.13.i.i7.i, 4604544271217802189
  %.12.i.i9.i = select i1 %.5.i.i1.i, i64 4843621399236968394, i64 4843621399236968448
  %.16.i.i10.i = add nsw i64 %.10.i.i6.i, %.12.i.i9.i
  %.17.i.i11.i = bitcast i64 %.16.i.i10.i to double
  %.18.i.i12.i = fadd double %.17.i.i11.i, 0xC338000000000000
  %3 = bitcast i64 %.14.i.i8.i to double
  %.34.i.i = fadd double %3, -1.000000e+00
  %.36.i.i = fmul double %.18.i.i12.i, 0x3D53DE6AF278ECE6
  %.6.i1.i13.i = fadd double %.34.i.i, 2.000000e+00
  %.10.i2.i14.i = fdiv double %.34.i.i, %.6.i1.i13.i
  %.11.i.i15.i = fmul double %.10.i2.i14.i, %.10.i2.i14.i
  %.12.i3.i16.i = fmul double %.34.i.i, 5.000000e-01
  %.13.i4.i17.i = fmul double %.34.i.i, %.12.i3.i16.i
  %.14.i5.i18.i = tail call double @llvm.fmuladd.f64(double %.11.i.i15.i, double 0x3FC2F08EBA0AA09D, double 0x3FC39A165565634D)
  %.15.i.i19.i = tail call double @llvm.fmuladd.f64(double %.14.i5.i18.i, double %.11.i.i15.i, double 0x3FC7466420A74F42)
  %.16.i6.i20.i = tail call double @llvm.fmuladd.f64(double %.15.i.i19.i, double %.11.i.i15.i, double 0x3FCC71C51FAFEA93)
  %.17.i7.i21.i = tail call double @llvm.fmuladd.f64(double %.16.i6.i20.i, double %.11.i.i15.i, double 0x3FD2492494201A69)
  %.18.i8.i22.i = tail call double @llvm.fmuladd.f64(double %.17.i7.i21.i, double %.11.i.i15.i, double 0x3FD999999997FCA4)
  %.19.i.i23.i = tail call double @llvm.fmuladd.f64(double %.18.i8.i22.i, double %.11.i.i15.i, double 0x3FE5555555555593)
  %.20.i.i24.i = tail call double @llvm.fmuladd.f64(double %.11.i.i15.i, double %.19.i.i23.i, double %.13.i4.i17.i)
  %.21.i.i25.i = tail call double @llvm.fmuladd.f64(double %.10.i2.i14.i, double %.20.i.i24.i, double %.36.i.i)
  %4 = fsub double %.21.i.i25.i, %.13.i4.i17.i
  %.65.i.i = fadd double %.34.i.i, %4
  %.66.i.i = tail call double @llvm.fmuladd.f64(double %.18.i.i12.i, double 0x3FE62E42FEFA3000, double %.65.i.i)
  %.8.i12.i26.i = fcmp oeq double %p0, 0.000000e+00
  %.10.i13.i27.i = select i1 %.8.i12.i26.i, double 0xFFF0000000000000, double %.66.i.i
  %5 = fcmp ueq double %.5.i, 0x7FF0000000000000
  %.14.i15.i29.i = select i1 %5, double %.5.i, double %.10.i13.i27.i
  %.44.i = fcmp ogt double %.5.i, 0x41B0000000000000
  %.70.i = fadd double %.14.i15.i29.i, 0x3FE62E42FEFA39EF
  %.71.i = select i1 %.44.i, double %.70.i, double %.113.i.i
  %.72.i = tail call double @llvm.copysign.f64(double %.71.i, double %p0)
  ret double %.72.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
