; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fmuladd.f64(double, double, double) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_exp2_f64(double %p0) local_unnamed_addr #1 {
good:
  %.5.i = fcmp ogt double %p0, 1.025000e+03
  %.6.i1 = select i1 %.5.i, double 1.025000e+03, double %p0
  %.7.i = fcmp olt double %p0, -1.076000e+03
  %.8.i = select i1 %.7.i, double 0.000000e+00, double %.6.i1
  %.9.i = fadd double %.8.i, 0x4338000000000000
  %.10.i2 = fadd double %.9.i, 0xC338000000000000
  %.11.i = fsub double %.8.i, %.10.i2
  %.12.i = fmul double %.11.i, 0x3FE62E42FEFA39EF
  %.14.i = fmul double %.12.i, %.12.i
  %.15.i = tail call double @llvm.fmuladd.f64(double %.12.i, double 0x3E5AD7EFCDEA06AF, double 0x3E928ADCE2BB3E4A)
  %.16.i = tail call double @llvm.fmuladd.f64(double %.15.i, double %.12.i, double 0x3EC71DF262FBB004)
  %.17.i = tail call double @llvm.fmuladd.f64(double %.16.i, double %.12.i, double 0x3EFA01999AE210AE)
  %.18.i = tail call double @llvm.fmuladd.f64(double %.17.i, double %.12.i, double 0x3F2A01A0129B3242)
  %.19.i = tail call double @llvm.fmuladd.f64(double %.18.i, double %.12.i, double 0x3F56C16C1844ADF2)
  %.20.i3 = tail call double @llvm.fmuladd.f64(double %.19.i, double %.12.i, double 0x3F81111111127E85)
  %.21.i = tail call double @llvm.fmuladd.f64(double %.20.i3, double %.12.i, double 0x3FA55555555507F1)
  %.22.i = tail call double @llvm.fmuladd.f64(double %.21.i, double %.12.i, double 0x3FC55555555554F9)
  %.23.i = tail call double @llvm.fmuladd.f64(double %.22.i, double %.12.i, double 0x3FE000000000000A)
  %.24.i = tail call double @llvm.fmuladd.f64(double %.14.i, double %.23.i, double %.12.i)
  %.25.i = fadd double %.24.i, 1.000000e+00
  %.26.i = bitcast double %.9.i to i64
  %.27.i = add nsw i64 %.26.i, -4843621399236968448
  %.6.i.i = ashr i64 %.27.i, 1
  %.7.i.i = shl i64 %.6.i.i, 52
  %.8.i.i = add i64 %.7.i.i, 4607182418800017408
  %.9.i.i = bitcast i64 %.8.i.i to double
  %.10.i.i = fmul double %.25.i, %.9.i.i
  %.11.i.i = sub i64 %.26.i, %.6.i.i
  %.12.i.i = shl i64 %.11.i.i, 52
  %.13.i.i = add i64 %.12.i.i, 4607182418800017408
  %.14.i.i = bitcast i64 %.13.i.i to double
  %.15.i.i = fmul double %.10.i.i, %.14.i.i
  %.55.i = select i1 %.7.i, double 0.000000e+00, double %.15.i.i
  ret double %.55.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
