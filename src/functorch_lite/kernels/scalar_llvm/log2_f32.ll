; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fmuladd.f32(float, float, float) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_log2_f32(float %p0) local_unnamed_addr #1 {
good:
  %.5.i.i = fcmp olt float %p0, 0x3810000000000000
  %.6.i.i = fmul float %p0, 0x4180000000000000
  %.7.i.i = select i1 %.5.i.i, float %.6.i.i, float %p0
  %.8.i.i = bitcast float %.7.i.i to i32
  %.11.i.i = add i32 %.8.i.i, -1060439283
  %.15.i.i = ashr i32 %.11.i.i, 23
  %0 = and i32 %.11.i.i, 8388607
  %narrow.i.i = add nuw nsw i32 %0, 1060439283
  %.20.i.i = select i1 %.5.i.i, i32 1262485479, i32 1262485504
  %.33.i.i = add nsw i32 %.15.i.i, %.20.i.i
  %.35.i.i = bitcast i32 %.33.i.i to float
  %.36.i.i = fadd float %.35.i.i, 0xC168000000000000
  %1 = bitcast i32 %narrow.i.i to float
  %.34.i = fadd float %1, -1.000000e+00
  %.6.i1.i = fadd float %.34.i, 2.000000e+00
  %.10.i.i = fdiv float %.34.i, %.6.i1.i
  %.11.i2.i = fmul float %.10.i.i, %.10.i.i
  %.12.i.i = fmul float %.34.i, 5.000000e-01
  %.13.i.i = fmul float %.34.i, %.12.i.i
  %.14.i.i = tail call float @llvm.fmuladd.f32(float %.11.i2.i, float 0x3FCE2F9A40000000, float 0x3FD2438C40000000)
  %.15.i3.i = tail call float @llvm.fmuladd.f32(float %.14.i.i, float %.11.i2.i, float 0x3FD999A7A0000000)
  %.16.i.i = tail call float @llvm.fmuladd.f32(float %.15.i3.i, float %.11.i2.i, float 0x3FE5555540000000)
  %.17.i.i = tail call float @llvm.fmuladd.f32(float %.11.i2.i, float %.16.i.i, float %.13.i.i)
  %.18.i.i = tail call float @llvm.fmuladd.f32(float %.10.i.i, float %.17.i.i, float 0.000000e+00)
  %.62.i = fsub float %.13.i.i, %.18.i.i
  %.63.i = fsub float %.34.i, %.62.i
  %.64.i = fsub float %.34.i, %.63.i
  %.66.i = fsub float %.64.i, %.62.i
  %.67.i = fmul float %.66.i, 0x3FF7140000000000
  %.68.i = tail call float @llvm.fmuladd.f32(float %.63.i, float 0x3F347652C0000000, float %.67.i)
  %.70.i = tail call float @llvm.fmuladd.f32(float %.63.i, float 0x3FF7140000000000, float %.68.i)
  %.71.i = fadd float %.36.i.i, %.70.i
  %.6.i5.i = fcmp olt float %p0, 0.000000e+00
  %.7.i6.i = select i1 %.6.i5.i, float 0x7FF8000000000000, float %.71.i
  %.8.i7.i = fcmp oeq float %p0, 0.000000e+00
  %.10.i8.i = select i1 %.8.i7.i, float 0xFFF0000000000000, float %.7.i6.i
  %.13.i9.i = fcmp ueq float %p0, 0x7FF0000000000000
  %.14.i10.i = select i1 %.13.i9.i, float %p0, float %.10.i8.i
  ret float %.14.i10.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
