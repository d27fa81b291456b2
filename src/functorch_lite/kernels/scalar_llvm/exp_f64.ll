; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fmuladd.f64(double, double, double) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_exp_f64(double %p0) local_unnamed_addr #1 {
good:
  %.5.i = fcmp ogt double %p0, 7.120000e+02
  %.6.i1 = select i1 %.5.i, double 7.120000e+02, double %p0
  %.7.i = fcmp olt double %p0, -7.452000e+02
  %.8.i = select i1 %.7.i, double 0.000000e+00, double %.6.i1
  %.5.i.i = tail call double @llvm.fmuladd.f64(double %.8.i, double 0x3FF71547652B82FE, double 0x4338000000000000)
  %.6.i.i = fadd double %.5.i.i, 0xC338000000000000
  %.7.i.i = fneg double %.6.i.i
  %.8.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i, double 0x3FE62E42FEFA3000, double %.8.i)
  %.10.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i, double 0x3D53DE6AF278ECE6, double %.8.i.i)
  %.12.i.i = fsub double %.8.i.i, %.10.i.i
  %.13.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i, double 0x3D53DE6AF278ECE6, double %.12.i.i)
  %.14.i.i = bitcast double %.5.i.i to i64
  %.15.i.i = add nsw i64 %.14.i.i, -4843621399236968448
  %.16.i.i = fmul double %.10.i.i, %.10.i.i
  %.17.i.i = tail call double @llvm.fmuladd.f64(double %.10.i.i, double 0x3E5AD7EFCDEA06AF, double 0x3E928ADCE2BB3E4A)
  %.18.i.i = tail call double @llvm.fmuladd.f64(double %.17.i.i, double %.10.i.i, double 0x3EC71DF262FBB004)
  %.19.i.i = tail call double @llvm.fmuladd.f64(double %.18.i.i, double %.10.i.i, double 0x3EFA01999AE210AE)
  %.20.i.i = tail call double @llvm.fmuladd.f64(double %.19.i.i, double %.10.i.i, double 0x3F2A01A0129B3242)
  %.21.i.i = tail call double @llvm.fmuladd.f64(double %.20.i.i, double %.10.i.i, double 0x3F56C16C1844ADF2)
  %.22.i.i = tail call double @llvm.fmuladd.f64(double %.21.i.i, double %.10.i.i, double 0x3F81111111127E85)
  %.23.i.i = tail call double @llvm.fmuladd.f64(double %.22.i.i, double %.10.i.i, double 0x3FA55555555507F1)
  %.24.i.i = tail call double @llvm.fmuladd.f64(double %.23.i.i, double %.10.i.i, double 0x3FC55555555554F9)
  %.25.i.i = tail call double @llvm.fmuladd.f64(double %.24.i.i, double %.10.i.i, double 0x3FE000000000000A)
  %.26.i.i = tail call double @llvm.fmuladd.f64(double %.16.i.i, double %.25.i.i, double %.13.i.i)
  %.44.i = fadd double %.10.i.i, %.26.i.i
  %.45.i = fadd double %.44.i, 1.000000e+00
  %.6.i1.i = ashr i64 %.15.i.i, 1
  %.7.i2.i = shl i64 %.6.i1.i, 52
  %.8.i3.i = add i64 %.7.i2.i, 4607182418800017408
  %.9.i.i = bitcast i64 %.8.i3.i to double
  %.10.i4.i = fmul double %.45.i, %.9.i.i
  %.11.i.i = sub i64 %.14.i.i, %.6.i1.i
  %.12.i5.i = shl i64 %.11.i.i, 52
  %.13.i6.i = add i64 %.12.i5.i, 4607182418800017408
  %.14.i7.i = bitcast i64 %.13.i6.i to double
  %.15.i8.i = fmul double %.10.i4.i, %.14.i7.i
  %.70.i = select i1 %.7.i, double 0.000000e+00, double %.15.i8.i
  ret double %.70.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
