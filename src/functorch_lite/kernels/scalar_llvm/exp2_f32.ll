; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fmuladd.f32(float, float, float) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_exp2_f32(float %p0) local_unnamed_addr #1 {
good:
  %.5.i = fcmp ogt float %p0, 1.290000e+02
  %.6.i1 = select i1 %.5.i, float 1.290000e+02, float %p0
  %.7.i = fcmp olt float %p0, -1.510000e+02
  %.8.i = select i1 %.7.i, float 0.000000e+00, float %.6.i1
  %.9.i = fadd float %.8.i, 0x4168000000000000
  %.10.i2 = fadd float %.9.i, 0xC168000000000000
  %.11.i = fsub float %.8.i, %.10.i2
  %.12.i = fmul float %.11.i, 0x3FE62E4300000000
  %.14.i = fmul float %.12.i, %.12.i
  %.15.i = tail call float @llvm.fmuladd.f32(float %.12.i, float 0x3F56A23580000000, float 0x3F8123A6C0000000)
  %.16.i = tail call float @llvm.fmuladd.f32(float %.15.i, float %.12.i, float 0x3FA5558F40000000)
  %.17.i = tail call float @llvm.fmuladd.f32(float %.16.i, float %.12.i, float 0x3FC5554900000000)
  %.18.i = tail call float @llvm.fmuladd.f32(float %.17.i, float %.12.i, float 0x3FDFFFFFC0000000)
  %.19.i = tail call float @llvm.fmuladd.f32(float %.14.i, float %.18.i, float %.12.i)
  %.20.i3 = fadd float %.19.i, 1.000000e+00
  %.21.i = bitcast float %.9.i to i32
  %.24.i = add i32 %.21.i, -1262485504
  %.8.i.i = ashr i32 %.24.i, 1
  %.12.i.i = shl i32 %.8.i.i, 23
  %.16.i.i = add i32 %.12.i.i, 1065353216
  %.18.i.i = bitcast i32 %.16.i.i to float
  %.19.i.i = fmul float %.20.i3, %.18.i.i
  %.22.i.i = sub i32 %.21.i, %.8.i.i
  %.26.i.i = shl i32 %.22.i.i, 23
  %.30.i.i = add i32 %.26.i.i, 1065353216
  %.32.i.i = bitcast i32 %.30.i.i to float
  %.33.i.i = fmul float %.19.i.i, %.32.i.i
  %.53.i = select i1 %.7.i, float 0.000000e+00, float %.33.i.i
  ret float %.53.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
