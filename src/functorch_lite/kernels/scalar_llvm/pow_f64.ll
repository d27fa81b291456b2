; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fabs.f64(double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fma.f64(double, double, double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fmuladd.f64(double, double, double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare i1 @llvm.is.fpclass.f64(double, i32 immarg) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.trunc.f64(double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.copysign.f64(double, double) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_pow_f64(double %p0, double %p1) local_unnamed_addr #1 {
good:
  %.6.i = tail call double @llvm.fabs.f64(double %p0)
  %.5.i.i.i.i = fcmp olt double %.6.i, 0x10000000000000
  %.6.i.i.i.i = fmul double %.6.i, 0x4350000000000000
  %.7.i.i.i.i = select i1 %.5.i.i.i.i, double %.6.i.i.i.i, double %.6.i
  %.8.i.i.i.i = bitcast double %.7.i.i.i.i to i64
  %.9.i.i.i.i = add nsw i64 %.8.i.i.i.i, -4604544271217802189
  %.10.i.i.i.i = ashr i64 %.9.i.i.i.i, 52
  %.13.i.i.i.i = and i64 %.9.i.i.i.i, 4503599627370495
  %.14.i.i.i.i = add nuw nsw i64 %.13.i.i.i.i, 4604544271217802189
  %.12.i.i.i.i = select i1 %.5.i.i.i.i, i64 4843621399236968394, i64 4843621399236968448
  %.16.i.i.i.i = add nsw i64 %.10.i.i.i.i, %.12.i.i.i.i
  %.17.i.i.i.i = bitcast i64 %.16.i.i.i.i to double
  %.18.i.i.i.i = fadd double %.17.i.i.i.i, 0xC338000000000000
  %0 = bitcast i64 %.14.i.i.i.i to double
  %.34.i.i.i = fadd double %0, -1.000000e+00
  %.35.i.i.i = fadd double %0, 1.000000e+00
  %.39.i.i.i = fdiv double 1.000000e+00, %.35.i.i.i
  %.40.i.i.i = fmul double %.34.i.i.i, %.39.i.i.i
  %.41.i.i.i = fneg double %.40.i.i.i
  %.42.i.i.i = tail call double @llvm.fma.f64(double %.41.i.i.i, double %.35.i.i.i, double %.34.i.i.i)
  %.43.i.i.i = fadd double %.35.i.i.i, -1.000000e+00
  %.44.i.i.i = fsub double %0, %.43.i.i.i
  %.45.i.i.i = fmul double %.40.i.i.i, %.44.i.i.i
  %.46.i.i.i = fsub double %.42.i.i.i, %.45.i.i.i
  %.47.i.i.i = fmul double %.39.i.i.i, %.46.i.i.i
  %.48.i.i.i = fmul double %.40.i.i.i, %.40.i.i.i
  %.49.i.i.i = fneg double %.48.i.i.i
  %.50.i.i.i = tail call double @llvm.fma.f64(double %.40.i.i.i, double %.40.i.i.i, double %.49.i.i.i)
  %.51.i.i.i = fmul double %.40.i.i.i, 2.000000e+00
  %.52.i.i.i = fmul double %.51.i.i.i, %.47.i.i.i
  %.53.i.i.i = fadd double %.50.i.i.i, %.52.i.i.i
  %.54.i.i.i = tail call double @llvm.fmuladd.f64(double %.48.i.i.i, double 0x3FBC32205ED4EB88, double 0x3FBAAEB1CC004C81)
  %.55.i.i.i = tail call double @llvm.fmuladd.f64(double %.54.i.i.i, double %.48.i.i.i, double 0x3FBE20B8B23E6A9C)
  %.56.i.i.i = tail call double @llvm.fmuladd.f64(double %.55.i.i.i, double %.48.i.i.i, double 0x3FC1110942A382B8)
  %.57.i.i.i = tail call double @llvm.fmuladd.f64(double %.56.i.i.i, double %.48.i.i.i, double 0x3FC3B13B31257EF9)
  %.58.i.i.i = tail call double @llvm.fmuladd.f64(double %.57.i.i.i, double %.48.i.i.i, double 0x3FC745D17417D547)
  %.59.i.i.i = tail call double @llvm.fmuladd.f64(double %.58.i.i.i, double %.48.i.i.i, double 0x3FCC71C71C72279B)
  %.60.i.i.i = tail call double @llvm.fmuladd.f64(double %.59.i.i.i, double %.48.i.i.i, double 0x3FD249249249246F)
  %.61.i.i.i = tail call double @llvm.fmuladd.f64(double %.60.i.i.i, double %.48.i.i.i, double 4.000000e-01)
  %.62.i.i.i = fmul double %.48.i.i.i, %.61.i.i.i
  %.63.i.i.i = fadd double %.62.i.i.i, 0x3FE5555555555555
  %.64.i.i.i = fsub double 0x3FE5555555555555, %.63.i.i.i
  %.65.i.i.i = fadd double %.62.i.i.i, %.64.i.i.i
  %.66.i.i.i = fadd double %.65.i.i.i, 0x3C85555555555555
  %.67.i.i.i = fmul double %.48.i.i.i, %.63.i.i.i
  %.68.i.i.i = fneg double %.67.i.i.i
  %.69.i.i.i = tail call double @llvm.fma.f64(double %.48.i.i.i, double %.63.i.i.i, double %.68.i.i.i)
  %.70.i.i.i = fmul double %.48.i.i.i, %.66.i.i.i
  %.71.i.i.i = fmul double %.53.i.i.i, %.63.i.i.i
  %.72.i.i.i = fadd double %.71.i.i.i, %.70.i.i.i
  %.73.i.i.i = fadd double %.69.i.i.i, %.72.i.i.i
  %.74.i.i.i = fmul double %.40.i.i.i, %.67.i.i.i
  %.75.i.i.i = fneg double %.74.i.i.i
  %.76.i.i.i = tail call double @llvm.fma.f64(double %.40.i.i.i, double %.67.i.i.i, double %.75.i.i.i)
  %.77.i.i.i = fmul double %.40.i.i.i, %.73.i.i.i
  %.78.i.i.i = fmul double %.47.i.i.i, %.67.i.i.i
  %.79.i.i.i = fadd double %.78.i.i.i, %.77.i.i.i
  %.80.i.i.i = fadd double %.76.i.i.i, %.79.i.i.i
  %.82.i.i.i = fadd double %.51.i.i.i, %.74.i.i.i
  %.84.i.i.i = fsub double %.51.i.i.i, %.82.i.i.i
  %.85.i.i.i = fadd double %.74.i.i.i, %.84.i.i.i
  %.86.i.i.i = fmul double %.47.i.i.i, 2.000000e+00
  %.87.i.i.i = fadd double %.86.i.i.i, %.80.i.i.i
  %.88.i.i.i = fadd double %.85.i.i.i, %.87.i.i.i
  %.89.i.i.i = fmul double %.18.i.i.i.i, 0x3FE62E42FEFA3800
  %.90.i.i.i = fadd double %.89.i.i.i, %.82.i.i.i
  %.91.i.i.i = fsub double %.90.i.i.i, %.89.i.i.i
  %.92.i.i.i = fsub double %.90.i.i.i, %.91.i.i.i
  %.93.i.i.i = fsub double %.89.i.i.i, %.92.i.i.i
  %.94.i.i.i = fsub double %.82.i.i.i, %.91.i.i.i
  %.95.i.i.i = fadd double %.94.i.i.i, %.93.i.i.i
  %.96.i.i.i = fmul double %.18.i.i.i.i, 0x3D2EF35793C76730
  %.97.i.i.i = fadd double %.96.i.i.i, %.95.i.i.i
  %.98.i.i.i = fadd double %.97.i.i.i, %.88.i.i.i
  %.99.i.i.i = fadd double %.90.i.i.i, %.98.i.i.i
  %.100.i.i.i = fsub double %.90.i.i.i, %.99.i.i.i
  %.101.i.i.i = fadd double %.98.i.i.i, %.100.i.i.i
  %.42.i.i = fcmp oeq double %p0, 0.000000e+00
  %1 = fcmp one double %.6.i, 0x7FF0000000000000
  %.47.i.i = select i1 %1, double %.99.i.i.i, double %.6.i
  %.50.i.i = select i1 %.42.i.i, double 0xFFF0000000000000, double %.47.i.i
  %.52.i.i = fmul double %p1, %.50.i.i
  %.53.i.i = fneg double %.52.i.i
  %.55.i.i = tail call double @llvm.fma.f64(double %p1, double %.50.i.i, double %.53.i.i)
  %.57.i.i = fmul double %p1, %.101.i.i.i
  %.60.i.i = fadd double %.57.i.i, %.55.i.i
  %.62.i.i = tail call double @llvm.fabs.f64(double %.52.i.i)
  %.63.i.i = fcmp olt double %.62.i.i, 1.000000e+03
  %.64.i.i = select i1 %.63.i.i, double %.60.i.i, double 0.000000e+00
  %.6.i.i.i = fcmp ogt double %.52.i.i, 7.120000e+02
  %.7.i.i.i = select i1 %.6.i.i.i, double 7.120000e+02, double %.52.i.i
  %.8.i.i.i = fcmp olt double %.52.i.i, -7.452000e+02
  %.9.i.i.i = select i1 %.8.i.i.i, double 0.000000e+00, double %.7.i.i.i
  %.5.i.i1.i.i = tail call double @llvm.fmuladd.f64(double %.9.i.i.i, double 0x3FF71547652B82FE, double 0x4338000000000000)
  %.6.i.i2.i.i = fadd double %.5.i.i1.i.i, 0xC338000000000000
  %.7.i.i3.i.i = fneg double %.6.i.i2.i.i
  %.8.i.i4.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i3.i.i, double 0x3FE62E42FEFA3000, double %.9.i.i.i)
  %.10.i.i5.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i3.i.i, double 0x3D53DE6AF278ECE6, double %.8.i.i4.i.i)
  %.12.i.i6.i.i = fsub double %.8.i.i4.i.i, %.10.i.i5.i.i
  %.13.i.i7.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i3.i.i, double 0x3D53DE6AF278ECE6, double %.12.i.i6.i.i)
  %.14.i.i8.i.i = bitcast double %.5.i.i1.i.i to i64
  %.15.i.i.i.i = add nsw i64 %.14.i.i8.i.i, -4843621399236968448
  %.16.i.i9.i.i = fmul double %.10.i.i5.i.i, %.10.i.i5.i.i
  %.17.i.i10.i.i = tail call double @llvm.fmuladd.f64(double %.10.i.i5.i.i, double 0x3E5AD7EFCDEA06AF, double 0x3E928ADCE2BB3E4A)
  %.18.i.i11.i.i = tail call double @llvm.fmuladd.f64(double %.17.i.i10.i.i, double %.10.i.i5.i.i, double 0x3EC71DF262FBB004)
  %.19.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.18.i.i11.i.i, double %.10.i.i5.i.i, double 0x3EFA01999AE210AE)
  %.20.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.19.i.i.i.i, double %.10.i.i5.i.i, double 0x3F2A01A0129B3242)
  %.21.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.20.i.i.i.i, double %.10.i.i5.i.i, double 0x3F56C16C1844ADF2)
  %.22.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.21.i.i.i.i, double %.10.i.i5.i.i, double 0x3F81111111127E85)
  %.23.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.22.i.i.i.i, double %.10.i.i5.i.i, double 0x3FA55555555507F1)
  %.24.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.23.i.i.i.i, double %.10.i.i5.i.i, double 0x3FC55555555554F9)
  %.25.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.24.i.i.i.i, double %.10.i.i5.i.i, double 0x3FE000000000000A)
  %.26.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.16.i.i9.i.i, double %.25.i.i.i.i, double %.13.i.i7.i.i)
  %.43.i12.i.i = fadd double %.10.i.i5.i.i, %.26.i.i.i.i
  %.44.i13.i.i = fadd double %.43.i12.i.i, 1.000000e+00
  %.45.i14.i.i = tail call double @llvm.fmuladd.f64(double %.64.i.i, double %.44.i13.i.i, double %.26.i.i.i.i)
  %.48.i15.i.i = fadd double %.10.i.i5.i.i, %.45.i14.i.i
  %.49.i16.i.i = fadd double %.48.i15.i.i, 1.000000e+00
  %.6.i1.i.i.i = ashr i64 %.15.i.i.i.i, 1
  %.7.i2.i.i.i = shl i64 %.6.i1.i.i.i, 52
  %.8.i3.i.i.i = add i64 %.7.i2.i.i.i, 4607182418800017408
  %.9.i.i17.i.i = bitcast i64 %.8.i3.i.i.i to double
  %.10.i4.i.i.i = fmul double %.49.i16.i.i, %.9.i.i17.i.i
  %.11.i.i.i.i = sub i64 %.14.i.i8.i.i, %.6.i1.i.i.i
  %.12.i5.i.i.i = shl i64 %.11.i.i.i.i, 52
  %.13.i6.i.i.i = add i64 %.12.i5.i.i.i, 4607182418800017408
  %.14.i7.i.i.i = bitcast i64 %.13.i6.i.i.i to double
  %.15.i8.i.i.i = fmul double %.10.i4.i.i.i, %.14.i7.i.i.i
  %.74.i18.i.i = select i1 %.8.i.i.i, double 0.000000e+00, double %.15.i8.i.i.i
  %.8.i = fcmp ord double %p1, 0.000000e+00
  %.9.i = select i1 %.8.i, double 1.000000e+00, double %p1
  %.7.i1 = fcmp oeq double %.6.i, 1.000000e+00
  %.37.i = select i1 %.7.i1, double %.9.i, double %.74.i18.i.i
  %.38.i = tail call double @llvm.trunc.f64(double %p1)
  %.39.i = fcmp oeq double %.38.i, %p1
  %.40.i = fmul double %p1, 5.000000e-01
  %.41.i = tail call double @llvm.trunc.f64(double %.40.i)
  %.43.i = fcmp une double %.41.i, %.40.i
  %.44.i = and i1 %.39.i, %.43.i
  %.45.i = tail call double @llvm.copysign.f64(double %.37.i, double %p0)
  %.46.i = select i1 %.44.i, double %.45.i, double %.37.i
  %.49.i = tail call i1 @llvm.is.fpclass.f64(double %p0, i32 24)
  %.50.i = xor i1 %.39.i, true
  %.51.i = and i1 %.49.i, %.50.i
  %.52.i = select i1 %.51.i, double 0x7FF8000000000000, double %.46.i
  %.53.i = fcmp oeq double %p1, 0.000000e+00
  %.54.i = fcmp oeq double %p0, 1.000000e+00
  %.55.i = or i1 %.54.i, %.53.i
  %.56.i = select i1 %.55.i, double 1.000000e+00, double %.52.i
  ret double %.56.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
