; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fmuladd.f64(double, double, double) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_log2_f64(double %p0) local_unnamed_addr #1 {
good:
  %.5.i.i = fcmp olt double %p0, 0x10000000000000
  %.6.i.i = fmul double %p0, 0x4350000000000000
  %.7.i.i = select i1 %.5.i.i, double %.6.i.i, double %p0
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
  %.34.i = fadd double %0, -1.000000e+00
  %.6.i1.i = fadd double %.34.i, 2.000000e+00
  %.10.i2.i = fdiv double %.34.i, %.6.i1.i
  %.11.i.i = fmul double %.10.i2.i, %.10.i2.i
  %.12.i3.i = fmul double %.34.i, 5.000000e-01
  %.13.i4.i = fmul double %.34.i, %.12.i3.i
  %.14.i5.i = tail call double @llvm.fmuladd.f64(double %.11.i.i, double 0x3FC2F08EBA0AA09D, double 0x3FC39A165565634D)
  %.15.i.i = tail call double @llvm.fmuladd.f64(double %.14.i5.i, double %.11.i.i, double 0x3FC7466420A74F42)
  %.16.i6.i = tail call double @llvm.fmuladd.f64(double %.15.i.i, double %.11.i.i, double 0x3FCC71C51FAFEA93)
  %.17.i7.i = tail call double @llvm.fmuladd.f64(double %.16.i6.i, double %.11.i.i, double 0x3FD2492494201A69)
  %.18.i8.i = tail call double @llvm.fmuladd.f64(double %.17.i7.i, double %.11.i.i, double 0x3FD999999997FCA4)
  %.19.i.i = tail call double @llvm.fmuladd.f64(double %.18.i8.i, double %.11.i.i, double 0x3FE5555555555593)
  %.20.i.i = tail call double @llvm.fmuladd.f64(double %.11.i.i, double %.19.i.i, double %.13.i4.i)
  %.21.i.i = tail call double @llvm.fmuladd.f64(double %.10.i2.i, double %.20.i.i, double 0.000000e+00)
  %.62.i = fsub double %.13.i4.i, %.21.i.i
  %.63.i = fsub double %.34.i, %.62.i
  %.64.i = fsub double %.34.i, %.63.i
  %.66.i = fsub double %.64.i, %.62.i
  %.67.i = fmul double %.66.i, 0x3FF7154760000000
  %.68.i = tail call double @llvm.fmuladd.f64(double %.63.i, double 0x3E54AE0BF85DDF44, double %.67.i)
  %.70.i = tail call double @llvm.fmuladd.f64(double %.63.i, double 0x3FF7154760000000, double %.68.i)
  %.71.i = fadd double %.18.i.i, %.70.i
  %.6.i10.i = fcmp olt double %p0, 0.000000e+00
  %.7.i11.i = select i1 %.6.i10.i, double 0x7FF8000000000000, double %.71.i
  %.8.i12.i = fcmp oeq double %p0, 0.000000e+00
  %.10.i13.i = select i1 %.8.i12.i, double 0xFFF0000000000000, double %.7.i11.i
  %.13.i14.i = fcmp ueq double %p0, 0x7FF0000000000000
  %.14.i15.i = select i1 %.13.i14.i, double %p0, double %.10.i13.i
  ret double %.14.i15.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
