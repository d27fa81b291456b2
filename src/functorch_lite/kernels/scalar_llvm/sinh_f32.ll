; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fabs.f32(float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fmuladd.f32(float, float, float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.copysign.f32(float, float) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_sinh_f32(float %p0) local_unnamed_addr #1 {
good:
  %.5.i = tail call float @llvm.fabs.f32(float %p0)
  %.7.i = fcmp ogt float %.5.i, 1.000000e+00
  %.8.i = select i1 %.7.i, float 1.000000e+00, float %.5.i
  %.5.i.i = fcmp ogt float %.8.i, 8.900000e+01
  %.6.i.i = select i1 %.5.i.i, float 8.900000e+01, float %.8.i
  %.10.i.i = fcmp olt float %.8.i, 0x3E60000000000000
  %.11.i.i = select i1 %.10.i.i, float 0.000000e+00, float %.6.i.i
  %.5.i.i.i.i = tail call float @llvm.fmuladd.f32(float %.11.i.i, float 0x3FF7154760000000, float 0x4168000000000000)
  %.6.i.i.i.i = fadd float %.5.i.i.i.i, 0xC168000000000000
  %.7.i.i.i.i = fneg float %.6.i.i.i.i
  %.8.i.i.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i.i.i, float 0x3FE62E0000000000, float %.11.i.i)
  %.10.i.i.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i.i.i, float 0x3F00BFBE80000000, float %.8.i.i.i.i)
  %.12.i.i.i.i = fsub float %.8.i.i.i.i, %.10.i.i.i.i
  %.13.i.i.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i.i.i, float 0x3F00BFBE80000000, float %.12.i.i.i.i)
  %.14.i.i.i.i = bitcast float %.5.i.i.i.i to i32
  %.19.i.i.i.i = fmul float %.10.i.i.i.i, %.10.i.i.i.i
  %.20.i.i.i.i = tail call float @llvm.fmuladd.f32(float %.10.i.i.i.i, float 0x3F56A23580000000, float 0x3F8123A6C0000000)
  %.21.i.i.i.i = tail call float @llvm.fmuladd.f32(float %.20.i.i.i.i, float %.10.i.i.i.i, float 0x3FA5558F40000000)
  %.22.i.i.i.i = tail call float @llvm.fmuladd.f32(float %.21.i.i.i.i, float %.10.i.i.i.i, float 0x3FC5554900000000)
  %.23.i.i.i.i = tail call float @llvm.fmuladd.f32(float %.22.i.i.i.i, float %.10.i.i.i.i, float 0x3FDFFFFFC0000000)
  %.24.i.i.i.i = tail call float @llvm.fmuladd.f32(float %.19.i.i.i.i, float %.23.i.i.i.i, float %.13.i.i.i.i)
  %.40.i.i.i = shl i32 %.14.i.i.i.i, 23
  %.44.i.i.i = add i32 %.40.i.i.i, 1056964608
  %.46.i.i.i = bitcast i32 %.44.i.i.i to float
  %.47.i.i.i = fadd float %.46.i.i.i, -5.000000e-01
  %.48.i.i.i = tail call float @llvm.fmuladd.f32(float %.46.i.i.i, float %.10.i.i.i.i, float %.47.i.i.i)
  %.49.i.i.i = fmul float %.24.i.i.i.i, %.46.i.i.i
  %.50.i.i.i = fadd float %.48.i.i.i, %.49.i.i.i
  %.51.i.i.i = fmul float %.50.i.i.i, 2.000000e+00
  %.41.i.i = select i1 %.10.i.i, float %.8.i, float %.51.i.i.i
  %.6.i1.i = fcmp ogt float %.5.i, 9.100000e+01
  %.7.i.i = select i1 %.6.i1.i, float 9.100000e+01, float %.5.i
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
  %.41.i2.i = fadd float %.10.i.i.i, %.24.i.i.i
  %.42.i.i = fadd float %.41.i2.i, 1.000000e+00
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
  %.64.i = fdiv float 2.500000e-01, %.33.i.i.i
  %.65.i = fsub float %.33.i.i.i, %.64.i
  %.66.i = fadd float %.41.i.i, 1.000000e+00
  %.70.i = fdiv float %.41.i.i, %.66.i
  %.71.i = fadd float %.41.i.i, %.70.i
  %.72.i = fmul float %.71.i, 5.000000e-01
  %.73.i = select i1 %.7.i, float %.65.i, float %.72.i
  %.74.i = fcmp uno float %p0, 0.000000e+00
  %0 = tail call float @llvm.copysign.f32(float %.73.i, float %p0)
  %.76.i = select i1 %.74.i, float %p0, float %0
  ret float %.76.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
