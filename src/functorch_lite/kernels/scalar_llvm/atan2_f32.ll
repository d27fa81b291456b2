; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fabs.f32(float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fmuladd.f32(float, float, float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.copysign.f32(float, float) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_atan2_f32(float %p0, float %p1) local_unnamed_addr #1 {
good:
  %.6.i = tail call float @llvm.fabs.f32(float %p0)
  %.7.i1 = tail call float @llvm.fabs.f32(float %p1)
  %.8.i = fcmp ogt float %.6.i, 0x47BFFFFFE0000000
  %.9.i = fcmp ogt float %.7.i1, 0x47BFFFFFE0000000
  %.10.i = or i1 %.8.i, %.9.i
  %.11.i2 = select i1 %.10.i, float 2.500000e-01, float 1.000000e+00
  %.12.i = fcmp olt float %.6.i, 0x39A0000000000000
  %.13.i = fcmp olt float %.7.i1, 0x39A0000000000000
  %.14.i = and i1 %.12.i, %.13.i
  %.15.i = select i1 %.14.i, float 0x4180000000000000, float %.11.i2
  %.16.i = fmul float %.6.i, %.15.i
  %.17.i = fmul float %.7.i1, %.15.i
  %.18.i = fcmp oeq float %.16.i, 0x7FF0000000000000
  %.19.i = fcmp oeq float %.17.i, 0x7FF0000000000000
  %.20.i = and i1 %.18.i, %.19.i
  %.21.i3 = select i1 %.20.i, float 1.000000e+00, float %.16.i
  %.22.i = fcmp oeq float %.16.i, 0.000000e+00
  %.23.i = fcmp oeq float %.17.i, 0.000000e+00
  %.24.i = and i1 %.22.i, %.23.i
  %0 = or i1 %.20.i, %.24.i
  %.26.i = select i1 %0, float 1.000000e+00, float %.17.i
  %.27.i = fcmp oeq float %.21.i3, 0x7FF0000000000000
  %.28.i = fcmp one float %.17.i, 0x7FF0000000000000
  %.29.i = and i1 %.28.i, %.27.i
  %.30.i = select i1 %.29.i, float 1.000000e+00, float %.21.i3
  %.33.i = and i1 %.18.i, %.28.i
  %.34.i = select i1 %.33.i, float 0.000000e+00, float %.26.i
  %.6.i.i = fmul float %.34.i, 0x3FDA8279A0000000
  %.7.i.i = fcmp ole float %.30.i, %.6.i.i
  %.8.i.i = fmul float %.34.i, 0x4003504F40000000
  %.9.i.i = fcmp ogt float %.30.i, %.8.i.i
  %.10.i.i = fneg float %.34.i
  %.11.i.i = fsub float %.30.i, %.34.i
  %.12.i.i = select i1 %.9.i.i, float %.10.i.i, float %.11.i.i
  %.13.i.i = select i1 %.7.i.i, float %.30.i, float %.12.i.i
  %.14.i.i = fadd float %.34.i, %.30.i
  %.15.i.i = select i1 %.9.i.i, float %.30.i, float %.14.i.i
  %.16.i.i = select i1 %.7.i.i, float %.34.i, float %.15.i.i
  %.20.i.i = fdiv float %.13.i.i, %.16.i.i
  %.21.i.i = fmul float %.20.i.i, %.20.i.i
  %.22.i.i = select i1 %.9.i.i, float 0x3FF921FB40000000, float 0x3FE921FB40000000
  %.24.i.i = select i1 %.9.i.i, float 0x3E74442D20000000, float 0x3E64442D20000000
  %.25.i.i = select i1 %.7.i.i, float 0.000000e+00, float %.24.i.i
  %.26.i.i = fmul float %.20.i.i, %.21.i.i
  %.27.i.i = tail call float @llvm.fmuladd.f32(float %.21.i.i, float 0xBFAF238AC0000000, float 0x3FBB1FCF20000000)
  %.28.i.i = tail call float @llvm.fmuladd.f32(float %.27.i.i, float %.21.i.i, float 0xBFC23B66C0000000)
  %.29.i.i = tail call float @llvm.fmuladd.f32(float %.28.i.i, float %.21.i.i, float 0x3FC9991AA0000000)
  %.30.i.i = tail call float @llvm.fmuladd.f32(float %.29.i.i, float %.21.i.i, float 0xBFD55554A0000000)
  %.31.i.i = tail call float @llvm.fmuladd.f32(float %.26.i.i, float %.30.i.i, float %.25.i.i)
  %.66.i = fcmp one float %.16.i, 0x7FF0000000000000
  %.67.i = and i1 %.19.i, %.66.i
  %.68.i = select i1 %.67.i, float 0.000000e+00, float %.20.i.i
  %.69.i = select i1 %.67.i, float 0.000000e+00, float %.31.i.i
  %1 = select i1 %.67.i, i1 true, i1 %.7.i.i
  %.70.i = select i1 %1, float 0.000000e+00, float %.22.i.i
  %2 = bitcast float %p1 to i32
  %.72.i = icmp slt i32 %2, 0
  %.73.i = fadd float %.68.i, %.69.i
  %.74.i = fadd float %.70.i, %.73.i
  %.75.i = fsub float 0x400921FB40000000, %.70.i
  %.76.i = fadd float %.69.i, 0xBE84442D20000000
  %.77.i = fadd float %.68.i, %.76.i
  %.78.i = fsub float %.75.i, %.77.i
  %.79.i = select i1 %.72.i, float %.78.i, float %.74.i
  %.80.i = tail call float @llvm.copysign.f32(float %.79.i, float %p0)
  %.83.i = fcmp uno float %p1, %p0
  %.84.i = fadd float %p0, %p1
  %.85.i = select i1 %.83.i, float %.84.i, float %.80.i
  ret float %.85.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
