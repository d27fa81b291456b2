; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fabs.f32(float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fmuladd.f32(float, float, float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.copysign.f32(float, float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare i1 @llvm.is.fpclass.f32(float, i32 immarg) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_cbrt_f32(float %p0) local_unnamed_addr #1 {
good:
  %.5.i = tail call float @llvm.fabs.f32(float %p0)
  %.5.i.i = fcmp olt float %.5.i, 0x3810000000000000
  %.6.i.i = fmul float %.5.i, 0x4180000000000000
  %.7.i.i = select i1 %.5.i.i, float %.6.i.i, float %.5.i
  %.8.i.i = bitcast float %.7.i.i to i32
  %.11.i.i = add i32 %.8.i.i, -1060439283
  %.15.i.i = ashr i32 %.11.i.i, 23
  %0 = and i32 %.11.i.i, 8388607
  %narrow.i.i = add nuw nsw i32 %0, 1060439283
  %.20.i.i = select i1 %.5.i.i, i32 1262485479, i32 1262485504
  %.33.i.i = add nsw i32 %.15.i.i, %.20.i.i
  %.35.i.i = bitcast i32 %.33.i.i to float
  %.36.i.i = fadd float %.35.i.i, 0xC168000000000000
  %.21.fca.1.load.cast.i = bitcast i32 %narrow.i.i to float
  %.35.i = tail call float @llvm.fmuladd.f32(float %.36.i.i, float 0x3FD5555560000000, float 0x4168000000000000)
  %.36.i = fadd float %.35.i, 0xC168000000000000
  %.38.i = fadd float %.36.i, %.36.i
  %.39.i = fadd float %.36.i, %.38.i
  %.40.i = fsub float %.36.i.i, %.39.i
  %.5.i1.i = fadd float %.40.i, 0x4168000000000000
  %.6.i2.i = bitcast float %.5.i1.i to i32
  %.13.i.i = shl i32 %.6.i2.i, 23
  %.17.i.i = add i32 %.13.i.i, 1065353216
  %1 = bitcast i32 %.17.i.i to float
  %.5.i3.i = fadd float %.36.i, 0x4168000000000000
  %.6.i4.i = bitcast float %.5.i3.i to i32
  %.13.i5.i = shl i32 %.6.i4.i, 23
  %.17.i6.i = add i32 %.13.i5.i, 1065353216
  %2 = bitcast i32 %.17.i6.i to float
  %.65.i = fmul float %.21.fca.1.load.cast.i, %1
  %.66.i = tail call float @llvm.fmuladd.f32(float %.65.i, float 0xBF94082240000000, float 0x3FC3A36C40000000)
  %.67.i = tail call float @llvm.fmuladd.f32(float %.66.i, float %.65.i, float 0xBFDE58AAC0000000)
  %.68.i = tail call float @llvm.fmuladd.f32(float %.67.i, float %.65.i, float 0x3FECC1EB00000000)
  %.69.i = tail call float @llvm.fmuladd.f32(float %.68.i, float %.65.i, float 0x3FDC61D340000000)
  %.70.i = fmul float %.69.i, %.69.i
  %.71.i = fmul float %.69.i, %.70.i
  %.72.i = fmul float %.65.i, 2.000000e+00
  %.73.i = fadd float %.72.i, %.71.i
  %.74.i = fmul float %.71.i, 2.000000e+00
  %.75.i = fadd float %.65.i, %.74.i
  %.79.i = fdiv float %.73.i, %.75.i
  %.80.i = fmul float %.69.i, %.79.i
  %.81.i = bitcast float %.80.i to i32
  %3 = and i32 %.81.i, -8192
  %.86.i = bitcast i32 %3 to float
  %.87.i = fmul float %.86.i, %.86.i
  %.91.i = fdiv float %.65.i, %.87.i
  %.92.i = fsub float %.91.i, %.86.i
  %.93.i = fmul float %.86.i, 2.000000e+00
  %.94.i = fadd float %.93.i, %.91.i
  %.98.i = fdiv float %.92.i, %.94.i
  %.99.i = tail call float @llvm.fmuladd.f32(float %.86.i, float %.98.i, float %.86.i)
  %.125.i = fmul float %.99.i, %2
  %.126.i = tail call float @llvm.copysign.f32(float %.125.i, float %p0)
  %.129.i = tail call i1 @llvm.is.fpclass.f32(float %p0, i32 408)
  %.130.i = select i1 %.129.i, float %.126.i, float %p0
  ret float %.130.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
