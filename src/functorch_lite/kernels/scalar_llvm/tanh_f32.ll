; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fabs.f32(float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fmuladd.f32(float, float, float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.copysign.f32(float, float) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_tanh_f32(float %p0) local_unnamed_addr #1 {
good:
  %.5.i = tail call float @llvm.fabs.f32(float %p0)
  %.6.i1 = fcmp ogt float %.5.i, 1.000000e+01
  %.7.i = select i1 %.6.i1, float 1.000000e+01, float %.5.i
  %.8.i = fcmp olt float %.5.i, 0x3F20000000000000
  %.9.i = select i1 %.8.i, float 0.000000e+00, float %.7.i
  %.11.i = fadd float %.9.i, %.9.i
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
  %.52.i.i = fsub float %.48.i.i, %.50.i.i
  %.53.i.i = fadd float %.49.i.i, %.52.i.i
  %.54.i.i = fmul float %.53.i.i, 2.000000e+00
  %.40.i = fadd float %.51.i.i, 2.000000e+00
  %.44.i = fdiv float 1.000000e+00, %.40.i
  %.45.i = fmul float %.51.i.i, %.44.i
  %.46.i = fneg float %.45.i
  %.47.i = tail call float @llvm.fmuladd.f32(float %.46.i, float %.40.i, float %.51.i.i)
  %.48.i = fadd float %.54.i.i, %.47.i
  %.49.i = fadd float %.40.i, -2.000000e+00
  %.50.i = fsub float %.51.i.i, %.49.i
  %.51.i = fadd float %.54.i.i, %.50.i
  %.52.i = fmul float %.45.i, %.51.i
  %.53.i = fsub float %.48.i, %.52.i
  %.55.i = tail call float @llvm.fmuladd.f32(float %.53.i, float %.44.i, float %.45.i)
  %.56.i = tail call float @llvm.copysign.f32(float %.55.i, float %p0)
  %.57.i = select i1 %.8.i, float %p0, float %.56.i
  ret float %.57.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
