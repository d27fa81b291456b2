; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fabs.f32(float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fmuladd.f64(double, double, double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare i1 @llvm.is.fpclass.f32(float, i32 immarg) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.trunc.f32(float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.copysign.f32(float, float) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_pow_f32(float %p0, float %p1) local_unnamed_addr #1 {
good:
  %.6.i = tail call float @llvm.fabs.f32(float %p0)
  %.18.i.i = fpext float %.6.i to double
  %.5.i.i.i.i = fcmp olt double %.18.i.i, 0x10000000000000
  %.6.i.i.i.i = fmul double %.18.i.i, 0x4350000000000000
  %.7.i.i.i.i = select i1 %.5.i.i.i.i, double %.6.i.i.i.i, double %.18.i.i
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
  %.36.i.i.i = fmul double %.18.i.i.i.i, 0x3D53DE6AF278ECE6
  %.6.i1.i.i.i = fadd double %.34.i.i.i, 2.000000e+00
  %.10.i2.i.i.i = fdiv double %.34.i.i.i, %.6.i1.i.i.i
  %.11.i.i.i.i = fmul double %.10.i2.i.i.i, %.10.i2.i.i.i
  %.12.i3.i.i.i = fmul double %.34.i.i.i, 5.000000e-01
  %.13.i4.i.i.i = fmul double %.34.i.i.i, %.12.i3.i.i.i
  %.14.i5.i.i.i = tail call double @llvm.fmuladd.f64(double %.11.i.i.i.i, double 0x3FC2F08EBA0AA09D, double 0x3FC39A165565634D)
  %.15.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.14.i5.i.i.i, double %.11.i.i.i.i, double 0x3FC7466420A74F42)
  %.16.i6.i.i.i = tail call double @llvm.fmuladd.f64(double %.15.i.i.i.i, double %.11.i.i.i.i, double 0x3FCC71C51FAFEA93)
  %.17.i7.i.i.i = tail call double @llvm.fmuladd.f64(double %.16.i6.i.i.i, double %.11.i.i.i.i, double 0x3FD2492494201A69)
  %.18.i8.i.i.i = tail call double @llvm.fmuladd.f64(double %.17.i7.i.i.i, double %.11.i.i.i.i, double 0x3FD999999997FCA4)
  %.19.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.18.i8.i.i.i, double %.11.i.i.i.i, double 0x3FE5555555555593)
  %.20.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.11.i.i.i.i, double %.19.i.i.i.i, double %.13.i4.i.i.i)
  %.21.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.10.i2.i.i.i, double %.20.i.i.i.i, double %.36.i.i.i)
  %1 = fsub double %.21.i.i.i.i, %.13.i4.i.i.i
  %.65.i.i.i = fadd double %.34.i.i.i, %1
  %.66.i.i.i = tail call double @llvm.fmuladd.f64(double %.18.i.i.i.i, double 0x3FE62E42FEFA3000, double %.65.i.i.i)
  %.8.i12.i.i.i = fcmp oeq float %p0, 0.000000e+00
  %.10.i13.i.i.i = select i1 %.8.i12.i.i.i, double 0xFFF0000000000000, double %.66.i.i.i
  %2 = fcmp ueq float %.6.i, 0x7FF0000000000000
  %.14.i15.i.i.i = select i1 %2, double %.18.i.i, double %.10.i13.i.i.i
  %.13.i.i = fpext float %p1 to double
  %.47.i.i = fmul double %.14.i15.i.i.i, %.13.i.i
  %.5.i.i.i = fcmp ogt double %.47.i.i, 7.120000e+02
  %.6.i.i.i = select i1 %.5.i.i.i, double 7.120000e+02, double %.47.i.i
  %.7.i.i.i = fcmp olt double %.47.i.i, -7.452000e+02
  %.8.i.i.i = select i1 %.7.i.i.i, double 0.000000e+00, double %.6.i.i.i
  %.5.i.i1.i.i = tail call double @llvm.fmuladd.f64(double %.8.i.i.i, double 0x3FF71547652B82FE, double 0x4338000000000000)
  %.6.i.i2.i.i = fadd double %.5.i.i1.i.i, 0xC338000000000000
  %.7.i.i3.i.i = fneg double %.6.i.i2.i.i
  %.8.i.i4.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i3.i.i, double 0x3FE62E42FEFA3000, double %.8.i.i.i)
  %.10.i.i5.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i3.i.i, double 0x3D53DE6AF278ECE6, double %.8.i.i4.i.i)
  %.12.i.i6.i.i = fsub double %.8.i.i4.i.i, %.10.i.i5.i.i
  %.13.i.i7.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i3.i.i, double 0x3D53DE6AF278ECE6, double %.12.i.i6.i.i)
  %.14.i.i8.i.i = bitcast double %.5.i.i1.i.i to i64
  %.15.i.i9.i.i = add nsw i64 %.14.i.i8.i.i, -4843621399236968448
  %.16.i.i10.i.i = fmul double %.10.i.i5.i.i, %.10.i.i5.i.i
  %.17.i.i11.i.i = tail call double @llvm.fmuladd.f64(double %.10.i.i5.i.i, double 0x3E5AD7EFCDEA06AF, double 0x3E928ADCE2BB3E4A)
  %.18.i.i12.i.i = tail call double @llvm.fmuladd.f64(double %.17.i.i11.i.i, double %.10.i.i5.i.i, double 0x3EC71DF262FBB004)
  %.19.i.i13.i.i = tail call double @llvm.fmuladd.f64(double %.18.i.i12.i.i, double %.10.i.i5.i.i, double 0x3EFA01999AE210AE)
  %.20.i.i14.i.i = tail call double @llvm.fmuladd.f64(double %.19.i.i13.i.i, double %.10.i.i5.i.i, double 0x3F2A01A0129B3242)
  %.21.i.i15.i.i = tail call double @llvm.fmuladd.f64(double %.20.i.i14.i.i, double %.10.i.i5.i.i, double 0x3F56C16C1844ADF2)
  %.22.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.21.i.i15.i.i, double %.10.i.i5.i.i, double 0x3F81111111127E85)
  %.23.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.22.i.i.i.i, double %.10.i.i5.i.i, double 0x3FA55555555507F1)
  %.24.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.23.i.i.i.i, double %.10.i.i5.i.i, double 0x3FC55555555554F9)
  %.25.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.24.i.i.i.i, double %.10.i.i5.i.i, double 0x3FE000000000000A)
  %.26.i.i.i.i = tail call double @llvm.fmuladd.f64(double %.16.i.i10.i.i, double %.25.i.i.i.i, double %.13.i.i7.i.i)
  %.44.i.i.i = fadd double %.10.i.i5.i.i, %.26.i.i.i.i
  %.45.i.i.i = fadd double %.44.i.i.i, 1.000000e+00
  %.6.i1.i16.i.i = ashr i64 %.15.i.i9.i.i, 1
  %.7.i2.i.i.i = shl i64 %.6.i1.i16.i.i, 52
  %.8.i3.i.i.i = add i64 %.7.i2.i.i.i, 4607182418800017408
  %.9.i.i17.i.i = bitcast i64 %.8.i3.i.i.i to double
  %.10.i4.i.i.i = fmul double %.45.i.i.i, %.9.i.i17.i.i
  %.11.i.i18.i.i = sub i64 %.14.i.i8.i.i, %.6.i1.i16.i.i
  %.12.i5.i.i.i = shl i64 %.11.i.i18.i.i, 52
  %.13.i6.i.i.i = add i64 %.12.i5.i.i.i, 4607182418800017408
  %.14.i7.i.i.i = bitcast i64 %.13.i6.i.i.i to double
  %.15.i8.i.i.i = fmul double %.10.i4.i.i.i, %.14.i7.i.i.i
  %.70.i.i.i = select i1 %.7.i.i.i, double 0.000000e+00, double %.15.i8.i.i.i
  %.72.i.i = fptrunc double %.70.i.i.i to float
  %.8.i = fcmp ord float %p1, 0.000000e+00
  %.9.i = select i1 %.8.i, float 1.000000e+00, float %p1
  %.7.i1 = fcmp oeq float %.6.i, 1.000000e+00
  %.37.i = select i1 %.7.i1, float %.9.i, float %.72.i.i
  %.38.i = tail call float @llvm.trunc.f32(float %p1)
  %.39.i = fcmp oeq float %.38.i, %p1
  %.40.i = fmul float %p1, 5.000000e-01
  %.41.i = tail call float @llvm.trunc.f32(float %.40.i)
  %.43.i = fcmp une float %.41.i, %.40.i
  %.44.i = and i1 %.39.i, %.43.i
  %.45.i = tail call float @llvm.copysign.f32(float %.37.i, float %p0)
  %.46.i = select i1 %.44.i, float %.45.i, float %.37.i
  %.49.i = tail call i1 @llvm.is.fpclass.f32(float %p0, i32 24)
  %.50.i = xor i1 %.39.i, true
  %.51.i = and i1 %.49.i, %.50.i
  %.52.i = select i1 %.51.i, float 0x7FF8000000000000, float %.46.i
  %.53.i = fcmp oeq float %p1, 0.000000e+00
  %.54.i = fcmp oeq float %p0, 1.000000e+00
  %.55.i = or i1 %.54.i, %.53.i
  %.56.i = select i1 %.55.i, float 1.000000e+00, float %.52.i
  ret float %.56.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
