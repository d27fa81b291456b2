; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fabs.f32(float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fmuladd.f32(float, float, float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.copysign.f32(float, float) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_atan_f32(float %p0) local_unnamed_addr #1 {
good:
  %.5.i = tail call float @llvm.fabs.f32(float %p0)
  %.7.i.i = fcmp ole float %.5.i, 0x3FDA8279A0000000
  %.9.i.i = fcmp ogt float %.5.i, 0x4003504F40000000
  %.11.i.i = fadd float %.5.i, -1.000000e+00
  %.12.i.i = select i1 %.9.i.i, float -1.000000e+00, float %.11.i.i
  %.13.i.i = select i1 %.7.i.i, float %.5.i, float %.12.i.i
  %.14.i.i = fadd float %.5.i, 1.000000e+00
  %.15.i.i = select i1 %.9.i.i, float %.5.i, float %.14.i.i
  %.16.i.i = select i1 %.7.i.i, float 1.000000e+00, float %.15.i.i
  %.20.i.i = fdiv float %.13.i.i, %.16.i.i
  %.21.i.i = fmul float %.20.i.i, %.20.i.i
  %.22.i.i = select i1 %.9.i.i, float 0x3FF921FB40000000, float 0x3FE921FB40000000
  %.23.i.i = select i1 %.7.i.i, float 0.000000e+00, float %.22.i.i
  %.24.i.i = select i1 %.9.i.i, float 0x3E74442D20000000, float 0x3E64442D20000000
  %.25.i.i = select i1 %.7.i.i, float 0.000000e+00, float %.24.i.i
  %.26.i.i = fmul float %.20.i.i, %.21.i.i
  %.27.i.i = tail call float @llvm.fmuladd.f32(float %.21.i.i, float 0xBFAF238AC0000000, float 0x3FBB1FCF20000000)
  %.28.i.i = tail call float @llvm.fmuladd.f32(float %.27.i.i, float %.21.i.i, float 0xBFC23B66C0000000)
  %.29.i.i = tail call float @llvm.fmuladd.f32(float %.28.i.i, float %.21.i.i, float 0x3FC9991AA0000000)
  %.30.i.i = tail call float @llvm.fmuladd.f32(float %.29.i.i, float %.21.i.i, float 0xBFD55554A0000000)
  %.31.i.i = tail call float @llvm.fmuladd.f32(float %.26.i.i, float %.30.i.i, float %.25.i.i)
  %.36.i = fcmp olt float %.5.i, 0x3F20000000000000
  %.37.i = fadd float %.20.i.i, %.31.i.i
  %.38.i = fadd float %.23.i.i, %.37.i
  %.39.i = select i1 %.36.i, float %.5.i, float %.38.i
  %0 = fcmp oeq float %.5.i, 0x7FF0000000000000
  %.41.i = select i1 %0, float 0x3FF921FB60000000, float %.39.i
  %.42.i = fcmp uno float %p0, 0.000000e+00
  %.43.i = tail call float @llvm.copysign.f32(float %.41.i, float %p0)
  %.44.i = select i1 %.42.i, float %p0, float %.43.i
  ret float %.44.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
