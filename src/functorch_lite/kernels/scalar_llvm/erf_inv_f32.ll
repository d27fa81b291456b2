; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fabs.f32(float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fmuladd.f32(float, float, float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.sqrt.f32(float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.copysign.f32(float, float) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_erf_inv_f32(float %p0) local_unnamed_addr #1 {
good:
  %.8.i = tail call float @llvm.fabs.f32(float %p0)
  %.14.i = fsub float 1.000000e+00, %.8.i
  %.16.i = fadd float %.8.i, 1.000000e+00
  %.17.i = fmul float %.14.i, %.16.i
  %.5.i.i.i = fcmp olt float %.17.i, 0x3810000000000000
  %.6.i.i.i = fmul float %.17.i, 0x4180000000000000
  %.7.i.i.i = select i1 %.5.i.i.i, float %.6.i.i.i, float %.17.i
  %.8.i.i.i = bitcast float %.7.i.i.i to i32
  %.11.i.i.i = add i32 %.8.i.i.i, -1060439283
  %.15.i.i.i = ashr i32 %.11.i.i.i, 23
  %0 = and i32 %.11.i.i.i, 8388607
  %narrow.i.i.i = add nuw nsw i32 %0, 1060439283
  %.20.i.i.i = select i1 %.5.i.i.i, i32 1262485479, i32 1262485504
  %.33.i.i.i = add nsw i32 %.15.i.i.i, %.20.i.i.i
  %.35.i.i.i = bitcast i32 %.33.i.i.i to float
  %.36.i.i.i = fadd float %.35.i.i.i, 0xC168000000000000
  %1 = bitcast i32 %narrow.i.i.i to float
  %.34.i.i = fadd float %1, -1.000000e+00
  %.36.i.i = fmul float %.36.i.i.i, 0x3F00BFBE80000000
  %.6.i1.i.i = fadd float %.34.i.i, 2.000000e+00
  %.10.i.i.i = fdiv float %.34.i.i, %.6.i1.i.i
  %.11.i2.i.i = fmul float %.10.i.i.i, %.10.i.i.i
  %.12.i.i.i = fmul float %.34.i.i, 5.000000e-01
  %.13.i.i.i = fmul float %.34.i.i, %.12.i.i.i
  %.14.i.i.i = tail call float @llvm.fmuladd.f32(float %.11.i2.i.i, float 0x3FCE2F9A40000000, float 0x3FD2438C40000000)
  %.15.i3.i.i = tail call float @llvm.fmuladd.f32(float %.14.i.i.i, float %.11.i2.i.i, float 0x3FD999A7A0000000)
  %.16.i.i.i = tail call float @llvm.fmuladd.f32(float %.15.i3.i.i, float %.11.i2.i.i, float 0x3FE5555540000000)
  %.17.i.i.i = tail call float @llvm.fmuladd.f32(float %.11.i2.i.i, float %.16.i.i.i, float %.13.i.i.i)
  %.18.i.i.i = tail call float @llvm.fmuladd.f32(float %.10.i.i.i, float %.17.i.i.i, float %.36.i.i)
  %2 = fsub float %.18.i.i.i, %.13.i.i.i
  %.65.i.i = fadd float %.34.i.i, %2
  %.66.i.i = tail call float @llvm.fmuladd.f32(float %.36.i.i.i, float 0x3FE62E0000000000, float %.65.i.i)
  %.6.i5.i.i = fcmp olt float %.17.i, 0.000000e+00
  %.7.i6.i.i = select i1 %.6.i5.i.i, float 0x7FF8000000000000, float %.66.i.i
  %.8.i7.i.i = fcmp oeq float %.17.i, 0.000000e+00
  %.10.i8.i.i = select i1 %.8.i7.i.i, float 0xFFF0000000000000, float %.7.i6.i.i
  %.13.i9.i.i = fcmp ueq float %.17.i, 0x7FF0000000000000
  %.14.i10.i.i = select i1 %.13.i9.i.i, float %.17.i, float %.10.i8.i.i
  %.44.i = fneg float %.14.i10.i.i
  %.45.i = fcmp ogt float %.14.i10.i.i, -5.000000e+00
  %3 = fsub float -2.500000e+00, %.14.i10.i.i
  %.47.i = select i1 %.45.i, float %3, float 0.000000e+00
  %.48.i = tail call float @llvm.fmuladd.f32(float %.47.i, float 0x3DFBCD9B40000000, float 0xBE42C9AC00000000)
  %.49.i = tail call float @llvm.fmuladd.f32(float %.48.i, float %.47.i, float 0x3E5236D600000000)
  %.50.i = tail call float @llvm.fmuladd.f32(float %.49.i, float %.47.i, float 0x3E9F3E2880000000)
  %.51.i = tail call float @llvm.fmuladd.f32(float %.50.i, float %.47.i, float 0xBECCC33C40000000)
  %.52.i = tail call float @llvm.fmuladd.f32(float %.51.i, float %.47.i, float 0xBED4CE1D80000000)
  %.53.i = tail call float @llvm.fmuladd.f32(float %.52.i, float %.47.i, float 0x3F2C9BEA80000000)
  %.54.i = tail call float @llvm.fmuladd.f32(float %.53.i, float %.47.i, float 0xBF54866740000000)
  %.55.i = tail call float @llvm.fmuladd.f32(float %.54.i, float %.47.i, float 0xBF711C3F60000000)
  %.56.i = tail call float @llvm.fmuladd.f32(float %.55.i, float %.47.i, float 0x3FCF91E8C0000000)
  %.57.i = tail call float @llvm.fmuladd.f32(float %.56.i, float %.47.i, float 0x3FF805C5E0000000)
  %4 = tail call float @llvm.sqrt.f32(float %.44.i)
  %5 = fadd float %4, -3.000000e+00
  %.61.i = select i1 %.45.i, float 0xBFE8722180000000, float %5
  %.62.i = tail call float @llvm.fmuladd.f32(float %.61.i, float 0x3F1FA77380000000, float 0xBF34A393C0000000)
  %.63.i = tail call float @llvm.fmuladd.f32(float %.62.i, float %.61.i, float 0xBF1037E2A0000000)
  %.64.i = tail call float @llvm.fmuladd.f32(float %.63.i, float %.61.i, float 0x3F586AA640000000)
  %.65.i = tail call float @llvm.fmuladd.f32(float %.64.i, float %.61.i, float 0xBF6D7499E0000000)
  %.66.i = tail call float @llvm.fmuladd.f32(float %.65.i, float %.61.i, float 0x3F7749C240000000)
  %.67.i = tail call float @llvm.fmuladd.f32(float %.66.i, float %.61.i, float 0xBF7F488D60000000)
  %.68.i = tail call float @llvm.fmuladd.f32(float %.67.i, float %.61.i, float 0x3F835818C0000000)
  %.69.i = tail call float @llvm.fmuladd.f32(float %.68.i, float %.61.i, float 0x3FF006DC60000000)
  %.70.i = tail call float @llvm.fmuladd.f32(float %.69.i, float %.61.i, float 0x4006A9EFC0000000)
  %.72.i = select i1 %.45.i, float %.57.i, float %.70.i
  %.74.i = fmul float %.8.i, %.72.i
  %.80.i = fcmp oeq float %.8.i, 1.000000e+00
  %.84.i = select i1 %.80.i, float 0x7FF0000000000000, float %.74.i
  %.88.i = tail call float @llvm.copysign.f32(float %.84.i, float %p0)
  ret float %.88.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
