; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.copysign.f32(float, float) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_remainder_f32(float %p0, float %p1) local_unnamed_addr #1 {
good:
  %.6.i = frem float %p0, %p1
  %.7.i1 = fcmp olt float %.6.i, 0.000000e+00
  %.8.i = fcmp olt float %p1, 0.000000e+00
  %.9.i = xor i1 %.8.i, %.7.i1
  %.10.i = fadd float %p1, %.6.i
  %.11.i2 = select i1 %.9.i, float %.10.i, float %.6.i
  %.12.i = fcmp oeq float %.6.i, 0.000000e+00
  %.13.i = tail call float @llvm.copysign.f32(float 0.000000e+00, float %p1)
  %.14.i = select i1 %.12.i, float %.13.i, float %.11.i2
  ret float %.14.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
