; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fabs.f32(float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fmuladd.f32(float, float, float) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_logistic_f32(float %p0) local_unnamed_addr #1 {
good:
  %.6.i1 = tail call float @llvm.fabs.f32(float %p0)
  %.7.i = fneg float %.6.i1
  %.5.i.i = fcmp ogt float %.7.i, 9.100000e+01
  %.6.i.i = select i1 %.5.i.i, float 9.100000e+01, float %.7.i
  %.7.i.i = fcmp ogt float %.6.i1, 1.040000e+02
  %.8.i.i = select i1 %.7.i.i, float 0.000000e+00, float %.6.i.i
  %.5.i.i.i = tail call float @llvm.fmuladd.f32(float %.8.i.i, float 0x3FF7154760000000, float 0x4168000000000000)
  %.6.i.i.i = fadd float %.5.i.i.i, 0xC168000000000000
  %.7.i.i.i = fneg float %.6.i.i.i
  %.8.i.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i.i, float 0x3FE62E0000000000, float %.8.i.i)
  %.10.i.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i.i, float 0x3F00BFBE80000000, float %.8.i.i.i)
  %.12.i.i.i = fsub float %.8.i.i.i, %.10.i.i.i
  %.13.i.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i.i, float 0x3F00BFBE80000000, float %.12.i.i.i)
  %.14.i.i.i = bitcast float %.5.i.i.i to i32
  %.17.i.i.i = add i32 %.14.i.i.i, -1262485504
  %.19.i.i.i = fmul float %.10.i.i.i, %.10.i.i.i
  %.20.i.i.i = tail call float @llvm.fmuladd.f32(float %.10.i.i.i, float 0x3F56A23580000000, float 0x3F8123A6C0000000)
  %.21.i.i.i = tail call float @llvm.fmuladd.f32(float %.20.i.i.i, float %.10.i.i.i, float 0x3FA5558F40000000)
  %.22.i.i.i = tail call float @llvm.fmuladd.f32(float %.21.i.i.i, float %.10.i.i.i, float 0x3FC5554900000000)
  %.23.i.i.i = tail call float @llvm.fmuladd.f32(float %.22.i.i.i, float %.10.i.i.i, float 0x3FDFFFFFC0000000)
  %.24.i.i.i = tail call float @llvm.fmuladd.f32(float %.19.i.i.i, float %.23.i.i.i, float %.13.i.i.i)
  %.44.i.i = fadd float %.10.i.i.i, %.24.i.i.i
  %.45.i.i = fadd float %.44.i.i, 1.000000e+00
  %.8.i1.i.i = ashr i32 %.17.i.i.i, 1
  %.12.i2.i.i = shl i32 %.8.i1.i.i, 23
  %.16.i.i.i = add i32 %.12.i2.i.i, 1065353216
  %.18.i.i.i = bitcast i32 %.16.i.i.i to float
  %.19.i3.i.i = fmul float %.45.i.i, %.18.i.i.i
  %.22.i4.i.i = sub i32 %.14.i.i.i, %.8.i1.i.i
  %.26.i.i.i = shl i32 %.22.i4.i.i, 23
  %.30.i.i.i = add i32 %.26.i.i.i, 1065353216
  %.32.i.i.i = bitcast i32 %.30.i.i.i to float
  %.33.i.i.i = fmul float %.19.i3.i.i, %.32.i.i.i
  %.70.i.i = select i1 %.7.i.i, float 0.000000e+00, float %.33.i.i.i
  %.34.i = fcmp olt float %p0, 0.000000e+00
  %.35.i = select i1 %.34.i, float %.70.i.i, float 1.000000e+00
  %.36.i = fadd float %.70.i.i, 1.000000e+00
  %.40.i = fdiv float 1.000000e+00, %.36.i
  %.41.i = fmul float %.35.i, %.40.i
  %.42.i = fneg float %.41.i
  %.43.i = tail call float @llvm.fmuladd.f32(float %.42.i, float %.36.i, float %.35.i)
  %.44.i = fadd float %.36.i, -1.000000e+00
  %.45.i = fsub float %.70.i.i, %.44.i
  %.46.i = fmul float %.41.i, %.45.i
  %.47.i = fsub float %.43.i, %.46.i
  %.48.i = tail call float @llvm.fmuladd.f32(float %.47.i, float %.40.i, float %.41.i)
  ret float %.48.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
