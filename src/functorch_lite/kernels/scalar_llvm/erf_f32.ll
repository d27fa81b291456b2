; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fabs.f32(float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fmuladd.f32(float, float, float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.copysign.f32(float, float) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_erf_f32(float %p0) local_unnamed_addr #1 {
good:
  %.5.i = tail call float @llvm.fabs.f32(float %p0)
  %.8.i = fcmp olt float %.5.i, 1.000000e+00
  %.9.i = select i1 %.8.i, float %p0, float 0.000000e+00
  %.5.i.i = fmul float %.9.i, %.9.i
  %.6.i.i = tail call float @llvm.fmuladd.f32(float %.5.i.i, float 0x3F14AE4C60000000, float 0xBF4A485F80000000)
  %.7.i.i = tail call float @llvm.fmuladd.f32(float %.6.i.i, float %.5.i.i, float 0x3F75419FA0000000)
  %.8.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i, float %.5.i.i, float 0xBF9B7FBB60000000)
  %.9.i.i = tail call float @llvm.fmuladd.f32(float %.8.i.i, float %.5.i.i, float 0x3FBCE2D200000000)
  %.10.i.i = tail call float @llvm.fmuladd.f32(float %.9.i.i, float %.5.i.i, float 0xBFD81273E0000000)
  %.11.i.i = tail call float @llvm.fmuladd.f32(float %.10.i.i, float %.5.i.i, float 0x3FC06EBA80000000)
  %.12.i.i = tail call float @llvm.fmuladd.f32(float %.9.i, float %.11.i.i, float %.9.i)
  %.5.i1.i = fcmp ogt float %.5.i, 1.100000e+01
  %.6.i2.i = select i1 %.5.i1.i, float 1.100000e+01, float %.5.i
  %.7.i3.i = bitcast float %.6.i2.i to i32
  %0 = and i32 %.7.i3.i, 2147479552
  %.12.i4.i = bitcast i32 %0 to float
  %.13.i.i = fsub float %.6.i2.i, %.12.i4.i
  %.14.i.i = fadd float %.6.i2.i, %.12.i4.i
  %.15.i.i = fmul float %.13.i.i, %.14.i.i
  %.16.i.i = fmul float %.12.i4.i, %.12.i4.i
  %.17.i.i = fadd float %.16.i.i, %.15.i.i
  %.19.i.i = fneg float %.17.i.i
  %.21.i.i = fsub float %.17.i.i, %.16.i.i
  %.22.i.i = fsub float %.21.i.i, %.15.i.i
  %.6.i.i.i = fcmp ogt float %.19.i.i, 9.100000e+01
  %.7.i.i.i = select i1 %.6.i.i.i, float 9.100000e+01, float %.19.i.i
  %.8.i.i.i = fcmp ogt float %.17.i.i, 1.040000e+02
  %.9.i.i.i = select i1 %.8.i.i.i, float 0.000000e+00, float %.7.i.i.i
  %.5.i.i.i.i = tail call float @llvm.fmuladd.f32(float %.9.i.i.i, float 0x3FF7154760000000, float 0x4168000000000000)
  %.6.i.i.i.i = fadd float %.5.i.i.i.i, 0xC168000000000000
  %.7.i.i.i.i = fneg float %.6.i.i.i.i
  %.8.i.i.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i.i.i, float 0x3FE62E0000000000, float %.9.i.i.i)
  %.10.i.i.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i.i.i, float 0x3F00BFBE80000000, float %.8.i.i.i.i)
  %.12.i.i.i.i = fsub float %.8.i.i.i.i, %.10.i.i.i.i
  %.13.i.i.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i.i.i, float 0x3F00BFBE80000000, float %.12.i.i.i.i)
  %.14.i.i.i.i = bitcast float %.5.i.i.i.i to i32
  %.17.i.i.i.i = add i32 %.14.i.i.i.i, -1262485504
  %.19.i.i.i.i = fmul float %.10.i.i.i.i, %.10.i.i.i.i
  %.20.i.i.i.i = tail call float @llvm.fmuladd.f32(float %.10.i.i.i.i, float 0x3F56A23580000000, float 0x3F8123A6C0000000)
  %.21.i.i.i.i = tail call float @llvm.fmuladd.f32(float %.20.i.i.i.i, float %.10.i.i.i.i, float 0x3FA5558F40000000)
  %.22.i.i.i.i = tail call float @llvm.fmuladd.f32(float %.21.i.i.i.i, float %.10.i.i.i.i, float 0x3FC5554900000000)
  %.23.i.i.i.i = tail call float @llvm.fmuladd.f32(float %.22.i.i.i.i, float %.10.i.i.i.i, float 0x3FDFFFFFC0000000)
  %.24.i.i.i.i = tail call float @llvm.fmuladd.f32(float %.19.i.i.i.i, float %.23.i.i.i.i, float %.13.i.i.i.i)
  %.43.i.i.i = fadd float %.10.i.i.i.i, %.24.i.i.i.i
  %.44.i.i.i = fadd float %.43.i.i.i, 1.000000e+00
  %.45.i.i.i = tail call float @llvm.fmuladd.f32(float %.22.i.i, float %.44.i.i.i, float %.24.i.i.i.i)
  %.48.i.i.i = fadd float %.10.i.i.i.i, %.45.i.i.i
  %.49.i.i.i = fadd float %.48.i.i.i, 1.000000e+00
  %.8.i1.i.i.i = ashr i32 %.17.i.i.i.i, 1
  %.12.i2.i.i.i = shl i32 %.8.i1.i.i.i, 23
  %.16.i.i.i.i = add i32 %.12.i2.i.i.i, 1065353216
  %.18.i.i.i.i = bitcast i32 %.16.i.i.i.i to float
  %.19.i3.i.i.i = fmul float %.49.i.i.i, %.18.i.i.i.i
  %.22.i4.i.i.i = sub i32 %.14.i.i.i.i, %.8.i1.i.i.i
  %.26.i.i.i.i = shl i32 %.22.i4.i.i.i, 23
  %.30.i.i.i.i = add i32 %.26.i.i.i.i, 1065353216
  %.32.i.i.i.i = bitcast i32 %.30.i.i.i.i to float
  %.33.i.i.i.i = fmul float %.19.i3.i.i.i, %.32.i.i.i.i
  %.74.i.i.i = select i1 %.8.i.i.i, float 0.000000e+00, float %.33.i.i.i.i
  %.49.i.i = fadd float %.6.i2.i, -4.000000e+00
  %.50.i.i = fadd float %.6.i2.i, 4.000000e+00
  %.54.i.i = fdiv float %.49.i.i, %.50.i.i
  %.55.i.i = tail call float @llvm.fmuladd.f32(float %.54.i.i, float 0xBEE0763A00000000, float 0x3F1DE9CC80000000)
  %.56.i.i = tail call float @llvm.fmuladd.f32(float %.55.i.i, float %.54.i.i, float 0xBF2D364560000000)
  %.57.i.i = tail call float @llvm.fmuladd.f32(float %.56.i.i, float %.54.i.i, float 0xBF473A4420000000)
  %.58.i.i = tail call float @llvm.fmuladd.f32(float %.57.i.i, float %.54.i.i, float 0x3F74AF8CA0000000)
  %.59.i.i = tail call float @llvm.fmuladd.f32(float %.58.i.i, float %.54.i.i, float 0xBF909EC780000000)
  %.60.i.i = tail call float @llvm.fmuladd.f32(float %.59.i.i, float %.54.i.i, float 0x3FA3069A00000000)
  %.61.i.i = tail call float @llvm.fmuladd.f32(float %.60.i.i, float %.54.i.i, float 0xBFB0FA4680000000)
  %.62.i.i = tail call float @llvm.fmuladd.f32(float %.61.i.i, float %.54.i.i, float 0x3FB7FEFD00000000)
  %.63.i.i = tail call float @llvm.fmuladd.f32(float %.62.i.i, float %.54.i.i, float 0xBFB9DDD240000000)
  %.64.i.i = tail call float @llvm.fmuladd.f32(float %.63.i.i, float %.54.i.i, float 0x3FB16ECC20000000)
  %.65.i.i = tail call float @llvm.fmuladd.f32(float %.64.i.i, float %.54.i.i, float 0x3F8F7F6DE0000000)
  %.66.i.i = tail call float @llvm.fmuladd.f32(float %.65.i.i, float %.54.i.i, float 0xBFC1DF1AC0000000)
  %.67.i.i = tail call float @llvm.fmuladd.f32(float %.66.i.i, float %.54.i.i, float 0x3FF3BA5920000000)
  %.68.i.i = tail call float @llvm.fmuladd.f32(float %.6.i2.i, float 2.000000e+00, float 1.000000e+00)
  %.72.i.i = fdiv float %.67.i.i, %.68.i.i
  %.73.i.i = fmul float %.72.i.i, %.74.i.i.i
  %.38.i = fcmp olt float %.5.i, 0x3830000000000000
  %.40.i = fmul float %p0, 0x3FC06EBA80000000
  %.41.i = fadd float %p0, %.40.i
  %.42.i = select i1 %.38.i, float %.41.i, float %.12.i.i
  %.69.i = fsub float 1.000000e+00, %.73.i.i
  %.70.i = tail call float @llvm.copysign.f32(float %.69.i, float %p0)
  %.71.i = select i1 %.8.i, float %.42.i, float %.70.i
  ret float %.71.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
