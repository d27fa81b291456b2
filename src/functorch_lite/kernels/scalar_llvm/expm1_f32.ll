; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fabs.f32(float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fmuladd.f32(float, float, float) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_expm1_f32(float %p0) local_unnamed_addr #1 {
good:
  %.5.i = fcmp ogt float %p0, 8.900000e+01
  %.6.i1 = select i1 %.5.i, float 8.900000e+01, float %p0
  %.7.i = fcmp olt float %.6.i1, -2.000000e+01
  %.8.i = select i1 %.7.i, float -2.000000e+01, float %.6.i1
  %.9.i = tail call float @llvm.fabs.f32(float %p0)
  %.10.i2 = fcmp olt float %.9.i, 0x3E60000000000000
  %.11.i = select i1 %.10.i2, float 0.000000e+00, float %.8.i
  %.5.i.i.i = tail call float @llvm.fmuladd.f32(float %.11.i, float 0x3FF7154760000000, float 0x4168000000000000)
  %.6.i.i.i = fadd float %.5.i.i.i, 0xC168000000000000
  %.7.i.i.i = fneg float %.6.i.i.i
  %.8.i.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i.i, float 0x3FE62E0000000000, float %.11.i)
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
  %.40.i.i = shl i32 %.14.i.i.i, 23
  %.44.i.i = add i32 %.40.i.i, 1056964608
  %.46.i.i = bitcast i32 %.44.i.i to float
  %.47.i.i = fadd float %.46.i.i, -5.000000e-01
  %.48.i.i = tail call float @llvm.fmuladd.f32(float %.46.i.i, float %.10.i.i.i, float %.47.i.i)
  %.49.i.i = fmul float %.24.i.i.i, %.46.i.i
  %.50.i.i = fadd float %.48.i.i, %.49.i.i
  %.51.i.i = fmul float %.50.i.i, 2.000000e+00
  %.41.i = select i1 %.10.i2, float %p0, float %.51.i.i
  ret float %.41.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
