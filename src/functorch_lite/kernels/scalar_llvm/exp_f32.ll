; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fmuladd.f32(float, float, float) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_exp_f32(float %p0) local_unnamed_addr #1 {
good:
  %.5.i = fcmp ogt float %p0, 9.100000e+01
  %.6.i1 = select i1 %.5.i, float 9.100000e+01, float %p0
  %.7.i = fcmp olt float %p0, -1.040000e+02
  %.8.i = select i1 %.7.i, float 0.000000e+00, float %.6.i1
  %.5.i.i = tail call float @llvm.fmuladd.f32(float %.8.i, float 0x3FF7154760000000, float 0x4168000000000000)
  %.6.i.i = fadd float %.5.i.i, 0xC168000000000000
  %.7.i.i = fneg float %.6.i.i
  %.8.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i, float 0x3FE62E0000000000, float %.8.i)
  %.10.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i, float 0x3F00BFBE80000000, float %.8.i.i)
  %.12.i.i = fsub float %.8.i.i, %.10.i.i
  %.13.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i, float 0x3F00BFBE80000000, float %.12.i.i)
  %.14.i.i = bitcast float %.5.i.i to i32
  %.17.i.i = add i32 %.14.i.i, -1262485504
  %.19.i.i = fmul float %.10.i.i, %.10.i.i
  %.20.i.i = tail call float @llvm.fmuladd.f32(float %.10.i.i, float 0x3F56A23580000000, float 0x3F8123A6C0000000)
  %.21.i.i = tail call float @llvm.fmuladd.f32(float %.20.i.i, float %.10.i.i, float 0x3FA5558F40000000)
  %.22.i.i = tail call float @llvm.fmuladd.f32(float %.21.i.i, float %.10.i.i, float 0x3FC5554900000000)
  %.23.i.i = tail call float @llvm.fmuladd.f32(float %.22.i.i, float %.10.i.i, float 0x3FDFFFFFC0000000)
  %.24.i.i = tail call float @llvm.fmuladd.f32(float %.19.i.i, float %.23.i.i, float %.13.i.i)
  %.44.i = fadd float %.10.i.i, %.24.i.i
  %.45.i = fadd float %.44.i, 1.000000e+00
  %.8.i1.i = ashr i32 %.17.i.i, 1
  %.12.i2.i = shl i32 %.8.i1.i, 23
  %.16.i.i = add i32 %.12.i2.i, 1065353216
  %.18.i.i = bitcast i32 %.16.i.i to float
  %.19.i3.i = fmul float %.45.i, %.18.i.i
  %.22.i4.i = sub i32 %.14.i.i, %.8.i1.i
  %.26.i.i = shl i32 %.22.i4.i, 23
  %.30.i.i = add i32 %.26.i.i, 1065353216
  %.32.i.i = bitcast i32 %.30.i.i to float
  %.33.i.i = fmul float %.19.i3.i, %.32.i.i
  %.70.i = select i1 %.7.i, float 0.000000e+00, float %.33.i.i
  ret float %.70.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
