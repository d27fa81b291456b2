; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fabs.f64(double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fmuladd.f64(double, double, double) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_logistic_f64(double %p0) local_unnamed_addr #1 {
good:
  %.6.i1 = tail call double @llvm.fabs.f64(double %p0)
  %.7.i = fneg double %.6.i1
  %.5.i.i = fcmp ogt double %.7.i, 7.120000e+02
  %.6.i.i = select i1 %.5.i.i, double 7.120000e+02, double %.7.i
  %.7.i.i = fcmp ogt double %.6.i1, 7.452000e+02
  %.8.i.i = select i1 %.7.i.i, double 0.000000e+00, double %.6.i.i
  %.5.i.i.i = tail call double @llvm.fmuladd.f64(double %.8.i.i, double 0x3FF71547652B82FE, double 0x4338000000000000)
  %.6.i.i.i = fadd double %.5.i.i.i, 0xC338000000000000
  %.7.i.i.i = fneg double %.6.i.i.i
  %.8.i.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i.i, double 0x3FE62E42FEFA3000, double %.8.i.i)
  %.10.i.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i.i, double 0x3D53DE6AF278ECE6, double %.8.i.i.i)
  %.12.i.i.i = fsub double %.8.i.i.i, %.10.i.i.i
  %.13.i.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i.i, double 0x3D53DE6AF278ECE6, double %.12.i.i.i)
  %.14.i.i.i = bitcast double %.5.i.i.i to i64
  %.15.i.i.i = add nsw i64 %.14.i.i.i, -4843621399236968448
  %.16.i.i.i = fmul double %.10.i.i.i, %.10.i.i.i
  %.17.i.i.i = tail call double @llvm.fmuladd.f64(double %.10.i.i.i, double 0x3E5AD7EFCDEA06AF, double 0x3E928ADCE2BB3E4A)
  %.18.i.i.i = tail call double @llvm.fmuladd.f64(double %.17.i.i.i, double %.10.i.i.i, double 0x3EC71DF262FBB004)
  %.19.i.i.i = tail call double @llvm.fmuladd.f64(double %.18.i.i.i, double %.10.i.i.i, double 0x3EFA01999AE210AE)
  %.20.i.i.i = tail call double @llvm.fmuladd.f64(double %.19.i.i.i, double %.10.i.i.i, double 0x3F2A01A0129B3242)
  %.21.i.i.i = tail call double @llvm.fmuladd.f64(double %.20.i.i.i, double %.10.i.i.i, double 0x3F56C16C1844ADF2)
  %.22.i.i.i = tail call double @llvm.fmuladd.f64(double %.21.i.i.i, double %.10.i.i.i, double 0x3F81111111127E85)
  %.23.i.i.i = tail call double @llvm.fmuladd.f64(double %.22.i.i.i, double %.10.i.i.i, double 0x3FA55555555507F1)
  %.24.i.i.i = tail call double @llvm.fmuladd.f64(double %.23.i.i.i, double %.10.i.i.i, double 0x3FC55555555554F9)
  %.25.i.i.i = tail call double @llvm.fmuladd.f64(double %.24.i.i.i, double %.10.i.i.i, double 0x3FE000000000000A)
  %.26.i.i.i = tail call double @llvm.fmuladd.f64(double %.16.i.i.i, double %.25.i.i.i, double %.13.i.i.i)
  %.44.i.i = fadd double %.10.i.i.i, %.26.i.i.i
  %.45.i.i = fadd double %.44.i.i, 1.000000e+00
  %.6.i1.i.i = ashr i64 %.15.i.i.i, 1
  %.7.i2.i.i = shl i64 %.6.i1.i.i, 52
  %.8.i3.i.i = add i64 %.7.i2.i.i, 4607182418800017408
  %.9.i.i.i = bitcast i64 %.8.i3.i.i to double
  %.10.i4.i.i = fmul double %.45.i.i, %.9.i.i.i
  %.11.i.i.i = sub i64 %.14.i.i.i, %.6.i1.i.i
  %.12.i5.i.i = shl i64 %.11.i.i.i, 52
  %.13.i6.i.i = add i64 %.12.i5.i.i, 4607182418800017408
  %.14.i7.i.i = bitcast i64 %.13.i6.i.i to double
  %.15.i8.i.i = fmul double %.10.i4.i.i, %.14.i7.i.i
  %.70.i.i = select i1 %.7.i.i, double 0.000000e+00, double %.15.i8.i.i
  %.34.i = fcmp olt double %p0, 0.000000e+00
  %.35.i = select i1 %.34.i, double %.70.i.i, double 1.000000e+00
  %.36.i = fadd double %.70.i.i, 1.000000e+00
  %.40.i = fdiv double 1.000000e+00, %.36.i
  %.41.i = fmul double %.35.i, %.40.i
  %.42.i = fneg double %.41.i
  %.43.i = tail call double @llvm.fmuladd.f64(double %.42.i, double %.36.i, double %.35.i)
  %.44.i = fadd double %.36.i, -1.000000e+00
  %.45.i = fsub double %.70.i.i, %.44.i
  %.46.i = fmul double %.41.i, %.45.i
  %.47.i = fsub double %.43.i, %.46.i
  %.48.i = tail call double @llvm.fmuladd.f64(double %.47.i, double %.40.i, double %.41.i)
  ret double %.48.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
