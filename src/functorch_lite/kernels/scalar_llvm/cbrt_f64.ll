; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fabs.f64(double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fmuladd.f64(double, double, double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.copysign.f64(double, double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare i1 @llvm.is.fpclass.f64(double, i32 immarg) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_cbrt_f64(double %p0) local_unnamed_addr #1 {
good:
  %.5.i = tail call double @llvm.fabs.f64(double %p0)
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
  %.21.fca.1.load.cast.i = bitcast i64 %.14.i.i to double
  %.35.i = tail call double @llvm.fmuladd.f64(double %.18.i.i, double 0x3FD5555555555555, double 0x4338000000000000)
  %.36.i = fadd double %.35.i, 0xC338000000000000
  %.38.i = fadd double %.36.i, %.36.i
  %.39.i = fadd double %.36.i, %.38.i
  %.40.i = fsub double %.18.i.i, %.39.i
  %.5.i1.i = fadd double %.40.i, 0x4338000000000000
  %.6.i2.i = bitcast double %.5.i1.i to i64
  %.8.i3.i = shl i64 %.6.i2.i, 52
  %.9.i4.i = add i64 %.8.i3.i, 4607182418800017408
  %0 = bitcast i64 %.9.i4.i to double
  %.5.i5.i = fadd double %.36.i, 0x4338000000000000
  %.6.i6.i = bitcast double %.5.i5.i to i64
  %.8.i7.i = shl i64 %.6.i6.i, 52
  %.9.i8.i = add i64 %.8.i7.i, 4607182418800017408
  %1 = bitcast i64 %.9.i8.i to double
  %.65.i = fmul double %.21.fca.1.load.cast.i, %0
  %.66.i = tail call double @llvm.fmuladd.f64(double %.65.i, double 0xBF9408224DB16591, double 0x3FC3A36C475F4B60)
  %.67.i = tail call double @llvm.fmuladd.f64(double %.66.i, double %.65.i, double 0xBFDE58AAB8EF71B5)
  %.68.i = tail call double @llvm.fmuladd.f64(double %.67.i, double %.65.i, double 0x3FECC1EB00214503)
  %.69.i = tail call double @llvm.fmuladd.f64(double %.68.i, double %.65.i, double 0x3FDC61D3397D05F9)
  %.70.i = fmul double %.69.i, %.69.i
  %.71.i = fmul double %.69.i, %.70.i
  %.72.i = fmul double %.65.i, 2.000000e+00
  %.73.i = fadd double %.72.i, %.71.i
  %.74.i = fmul double %.71.i, 2.000000e+00
  %.75.i = fadd double %.65.i, %.74.i
  %.79.i = fdiv double %.73.i, %.75.i
  %.80.i = fmul double %.69.i, %.79.i
  %.81.i = bitcast double %.80.i to i64
  %.82.i = and i64 %.81.i, -268435456
  %.83.i = bitcast i64 %.82.i to double
  %.84.i = fmul double %.83.i, %.83.i
  %.88.i = fdiv double %.65.i, %.84.i
  %.89.i = fsub double %.88.i, %.83.i
  %.90.i = fmul double %.83.i, 2.000000e+00
  %.91.i = fadd double %.90.i, %.88.i
  %.95.i = fdiv double %.89.i, %.91.i
  %.96.i = tail call double @llvm.fmuladd.f64(double %.83.i, double %.95.i, double %.83.i)
  %.122.i = fmul double %.96.i, %1
  %.123.i = tail call double @llvm.copysign.f64(double %.122.i, double %p0)
  %.126.i = tail call i1 @llvm.is.fpclass.f64(double %p0, i32 408)
  %.127.i = select i1 %.126.i, double %.123.i, double %p0
  ret double %.127.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
