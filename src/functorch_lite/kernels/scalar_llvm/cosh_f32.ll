; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fabs.f32(float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fmuladd.f32(float, float, float) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_cosh_f32(float %p0) local_unnamed_addr #1 {
good:
  %.5.i = tail call float @llvm.fabs.f32(float %p0)
  %.6.i.i = fcmp ogt float %.5.i, 9.100000e+01
  %.7.i.i = select i1 %.6.i.i, float 9.100000e+01, float %.5.i
  %.5.i.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i, float 0x3FF7154760000000, float 0x4168000000000000)
  %.6.i.i.i = fadd float %.5.i.i.i, 0xC168000000000000
  %.7.i.i.i = fneg float %.6.i.i.i
  %.8.i.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i.i, float 0x3FE62E0000000000, float %.7.i.i)
  %.10.i.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i.i, float 0x3F00BFBE80000000, float %.8.i.i.i)
  %.12.i.i.i = fsub float %.8.i.i.i, %.10.i.i.i
  %.13.i.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i.i, float 0x3F00BFBE80000000, float %.12.i.i.i)
  %.14.i.i.i = bitcast float %.5.i.i.i to i32
  %.19.i.i.i = fmul float %.10.i.i.i, %.10.i.i.i
  %.20.i.i.i = tail call float @llvm.fmuladd.f32(float %.10.i.i.i, float 0x3F56A23580000000, float 0x3F8123A6C0000000)
  %.21.i.i.i = tail call float @llvm.fmuladd.f32(float %.20.i.i.i, float %.10.i.i.i, float 0x3FA5558F40000000)
  %.22.i.i.i = tail call float @llvm.fmuladd.f32(float %.21.i.i.i, float %.10.i.i.i, float 0x3FC5554900000000)
  %.23.i.i.i = tail call float @llvm.fmuladd.f32(float %.22.i.i.i, float %.10.i.i.i, float 0x3FDFFFFFC0000000)
  %.24.i.i.i = tail call float @llvm.fmuladd.f32(float %.19.i.i.i, float %.23.i.i.i, float %.13.i.i.i)
  %.41.i.i = fadd float %.10.i.i.i, %.24.i.i.i
  %.42.i.i = fadd float %.41.i.i, 1.000000e+00
  %.45.i.i = add i32 %.14.i.i.i, -1262485505
  %.8.i1.i.i = ashr i32 %.45.i.i, 1
  %.12.i2.i.i = shl i32 %.8.i1.i.i, 23
  %.16.i.i.i = add i32 %.12.i2.i.i, 1065353216
  %.18.i.i.i = bitcast i32 %.16.i.i.i to float
  %.19.i3.i.i = fmul float %.42.i.i, %.18.i.i.i
  %.22.i4.i.i = sub i32 %.45.i.i, %.8.i1.i.i
  %.26.i.i.i = shl i32 %.22.i4.i.i, 23
  %.30.i.i.i = add i32 %.26.i.i.i, 1065353216
  %.32.i.i.i = bitcast i32 %.30.i.i.i to float
  %.33.i.i.i = fmul float %.19.i3.i.i, %.32.i.i.i
  %.36.i = fdiv float 2.500000e-01, %.33.i.i.i
  %.37.i = fadd float %.33.i.i.i, %.36.i
  ret float %.37.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
