; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fabs.f32(float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.sqrt.f32(float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fmuladd.f32(float, float, float) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_acos_f32(float %p0) local_unnamed_addr #1 {
good:
  %arg.x.fr.i = freeze float %p0
  %.5.i = tail call float @llvm.fabs.f32(float %arg.x.fr.i)
  %.5.i.i = fsub float 1.000000e+00, %.5.i
  %.6.i.i = fmul float %.5.i.i, 5.000000e-01
  %.7.i.i = tail call float @llvm.sqrt.f32(float %.6.i.i)
  %.15.i.i = fcmp oeq float %.6.i.i, 0.000000e+00
  %.10.i.i = fadd float %.7.i.i, %.7.i.i
  %.8.i.i = fneg float %.7.i.i
  %.9.i.i = tail call float @llvm.fmuladd.f32(float %.8.i.i, float %.7.i.i, float %.6.i.i)
  %.14.i.i = fdiv float %.9.i.i, %.10.i.i
  %.16.i.i = select i1 %.15.i.i, float 0.000000e+00, float %.14.i.i
  %.17.i.i = fmul float %.6.i.i, %.7.i.i
  %.18.i.i = tail call float @llvm.fmuladd.f32(float %.6.i.i, float 0x3FA33B60E0000000, float 0x3F8D805CA0000000)
  %.19.i.i = tail call float @llvm.fmuladd.f32(float %.18.i.i, float %.6.i.i, float 0x3FA04A4D20000000)
  %.20.i.i = tail call float @llvm.fmuladd.f32(float %.19.i.i, float %.6.i.i, float 0x3FA6CAC720000000)
  %.21.i.i = tail call float @llvm.fmuladd.f32(float %.20.i.i, float %.6.i.i, float 0x3FB33388E0000000)
  %.22.i.i = tail call float @llvm.fmuladd.f32(float %.21.i.i, float %.6.i.i, float 0x3FC55554C0000000)
  %.23.i.i = tail call float @llvm.fmuladd.f32(float %.17.i.i, float %.22.i.i, float %.16.i.i)
  %.6.i1 = fmul float %arg.x.fr.i, %arg.x.fr.i
  %.7.i = fmul float %arg.x.fr.i, %.6.i1
  %.8.i = tail call float @llvm.fmuladd.f32(float %.6.i1, float 0x3FA33B60E0000000, float 0x3F8D805CA0000000)
  %.9.i = tail call float @llvm.fmuladd.f32(float %.8.i, float %.6.i1, float 0x3FA04A4D20000000)
  %.10.i2 = tail call float @llvm.fmuladd.f32(float %.9.i, float %.6.i1, float 0x3FA6CAC720000000)
  %.11.i = tail call float @llvm.fmuladd.f32(float %.10.i2, float %.6.i1, float 0x3FB33388E0000000)
  %.12.i = tail call float @llvm.fmuladd.f32(float %.11.i, float %.6.i1, float 0x3FC55554C0000000)
  %.13.i = fmul float %.7.i, %.12.i
  %.14.i = fsub float 0x3E74442D20000000, %.13.i
  %0 = fsub float %.14.i, %arg.x.fr.i
  %.16.i = fadd float %0, 0x3FF921FB40000000
  %.46.i = fadd float %.7.i.i, %.23.i.i
  %.47.i = fmul float %.46.i, 2.000000e+00
  %.48.i = fmul float %.7.i.i, 2.000000e+00
  %.49.i = fmul float %.23.i.i, 2.000000e+00
  %.50.i = fadd float %.49.i, 0xBE84442D20000000
  %.51.i = fadd float %.48.i, %.50.i
  %.52.i = fsub float 0x400921FB40000000, %.51.i
  %.53.i = fcmp olt float %.5.i, 5.000000e-01
  %.54.i = fcmp olt float %arg.x.fr.i, 0.000000e+00
  %.55.i = select i1 %.54.i, float %.52.i, float %.47.i
  %.56.i = select i1 %.53.i, float %.16.i, float %.55.i
  ret float %.56.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
