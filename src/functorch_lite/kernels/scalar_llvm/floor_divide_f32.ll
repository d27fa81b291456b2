; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.floor.f32(float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.copysign.f32(float, float) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_floor_divide_f32(float %p0, float %p1) local_unnamed_addr #1 {
good:
  %.6.i = frem float %p0, %p1
  %.7.i1 = fsub float %p0, %.6.i
  %.8.i = fcmp oeq float %p1, 0.000000e+00
  %.11.i2 = fdiv float %.7.i1, %p1
  %.12.i = fcmp une float %.6.i, 0.000000e+00
  %.13.i = fcmp olt float %.6.i, 0.000000e+00
  %.14.i = fcmp olt float %p1, 0.000000e+00
  %.15.i = xor i1 %.14.i, %.13.i
  %.16.i = and i1 %.12.i, %.15.i
  %.17.i = fadd float %.11.i2, -1.000000e+00
  %.18.i = select i1 %.16.i, float %.17.i, float %.11.i2
  %.19.i = tail call float @llvm.floor.f32(float %.18.i)
  %.20.i = fsub float %.18.i, %.19.i
  %.21.i3 = fcmp ogt float %.20.i, 5.000000e-01
  %.22.i = fadd float %.19.i, 1.000000e+00
  %.23.i = select i1 %.21.i3, float %.22.i, float %.19.i
  %.24.i = fcmp oeq float %.18.i, 0.000000e+00
  %.28.i = fdiv float %p0, %p1
  %.29.i = tail call float @llvm.copysign.f32(float 0.000000e+00, float %.28.i)
  %.30.i = select i1 %.24.i, float %.29.i, float %.23.i
  %.36.i = fcmp ord float %.6.i, 0.000000e+00
  %.37.i = select i1 %.36.i, float %.30.i, float 0x7FF8000000000000
  %.38.i = select i1 %.8.i, float %.28.i, float %.37.i
  ret float %.38.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
