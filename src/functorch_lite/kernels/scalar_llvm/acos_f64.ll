; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fabs.f64(double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.sqrt.f64(double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fmuladd.f64(double, double, double) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_acos_f64(double %p0) local_unnamed_addr #1 {
good:
  %arg.x.fr.i = freeze double %p0
  %.5.i = tail call double @llvm.fabs.f64(double %arg.x.fr.i)
  %.5.i.i = fsub double 1.000000e+00, %.5.i
  %.6.i.i = fmul double %.5.i.i, 5.000000e-01
  %.7.i.i = tail call double @llvm.sqrt.f64(double %.6.i.i)
  %.15.i.i = fcmp oeq double %.6.i.i, 0.000000e+00
  %.10.i.i = fadd double %.7.i.i, %.7.i.i
  %.8.i.i = fneg double %.7.i.i
  %.9.i.i = tail call double @llvm.fmuladd.f64(double %.8.i.i, double %.7.i.i, double %.6.i.i)
  %.14.i.i = fdiv double %.9.i.i, %.10.i.i
  %.16.i.i = select i1 %.15.i.i, double 0.000000e+00, double %.14.i.i
  %.17.i.i = fmul double %.6.i.i, %.7.i.i
  %.18.i.i = tail call double @llvm.fmuladd.f64(double %.6.i.i, double 0x3FA05CE4CD8B32ED, double 0xBF90AF4C2501BC31)
  %.19.i.i = tail call double @llvm.fmuladd.f64(double %.18.i.i, double %.6.i.i, double 0x3F940B1E62C55041)
  %.20.i.i = tail call double @llvm.fmuladd.f64(double %.19.i.i, double %.6.i.i, double 0x3F7AAB3842A70F3C)
  %.21.i.i = tail call double @llvm.fmuladd.f64(double %.20.i.i, double %.6.i.i, double 0x3F88EE4B04FB34F6)
  %.22.i.i = tail call double @llvm.fmuladd.f64(double %.21.i.i, double %.6.i.i, double 0x3F8C6F87B339A219)
  %.23.i.i = tail call double @llvm.fmuladd.f64(double %.22.i.i, double %.6.i.i, double 0x3F91C6C27F18D3F9)
  %.24.i.i = tail call double @llvm.fmuladd.f64(double %.23.i.i, double %.6.i.i, double 0x3F96E89EF74CB097)
  %.25.i.i = tail call double @llvm.fmuladd.f64(double %.24.i.i, double %.6.i.i, double 0x3F9F1C72C6D9DF7F)
  %.26.i.i = tail call double @llvm.fmuladd.f64(double %.25.i.i, double %.6.i.i, double 0x3FA6DB6DB41D2703)
  %.27.i.i = tail call double @llvm.fmuladd.f64(double %.26.i.i, double %.6.i.i, double 0x3FB333333336F8BE)
  %.28.i.i = tail call double @llvm.fmuladd.f64(double %.27.i.i, double %.6.i.i, double 0x3FC5555555555387)
  %.29.i.i = tail call double @llvm.fmuladd.f64(double %.17.i.i, double %.28.i.i, double %.16.i.i)
  %.6.i1 = fmul double %arg.x.fr.i, %arg.x.fr.i
  %.7.i = fmul double %arg.x.fr.i, %.6.i1
  %.8.i = tail call double @llvm.fmuladd.f64(double %.6.i1, double 0x3FA05CE4CD8B32ED, double 0xBF90AF4C2501BC31)
  %.9.i = tail call double @llvm.fmuladd.f64(double %.8.i, double %.6.i1, double 0x3F940B1E62C55041)
  %.10.i2 = tail call double @llvm.fmuladd.f64(double %.9.i, double %.6.i1, double 0x3F7AAB3842A70F3C)
  %.11.i = tail call double @llvm.fmuladd.f64(double %.10.i2, double %.6.i1, double 0x3F88EE4B04FB34F6)
  %.12.i = tail call double @llvm.fmuladd.f64(double %.11.i, double %.6.i1, double 0x3F8C6F87B339A219)
  %.13.i = tail call double @llvm.fmuladd.f64(double %.12.i, double %.6.i1, double 0x3F91C6C27F18D3F9)
  %.14.i = tail call double @llvm.fmuladd.f64(double %.13.i, double %.6.i1, double 0x3F96E89EF74CB097)
  %.15.i = tail call double @llvm.fmuladd.f64(double %.14.i, double %.6.i1, double 0x3F9F1C72C6D9DF7F)
  %.16.i = tail call double @llvm.fmuladd.f64(double %.15.i, double %.6.i1, double 0x3FA6DB6DB41D2703)
  %.17.i = tail call double @llvm.fmuladd.f64(double %.16.i, double %.6.i1, double 0x3FB333333336F8BE)
  %.18.i = tail call double @llvm.fmuladd.f64(double %.17.i, double %.6.i1, double 0x3FC5555555555387)
  %.19.i = fmul double %.7.i, %.18.i
  %.20.i3 = fsub double 0x3C91A62633145C07, %.19.i
  %0 = fsub double %.20.i3, %arg.x.fr.i
  %.22.i = fadd double %0, 0x3FF921FB54442D18
  %.52.i = fadd double %.7.i.i, %.29.i.i
  %.53.i = fmul double %.52.i, 2.000000e+00
  %.54.i = fmul double %.7.i.i, 2.000000e+00
  %.55.i = fmul double %.29.i.i, 2.000000e+00
  %.56.i = fadd double %.55.i, 0xBCA1A62633145C07
  %.57.i = fadd double %.54.i, %.56.i
  %.58.i = fsub double 0x400921FB54442D18, %.57.i
  %.59.i = fcmp olt double %.5.i, 5.000000e-01
  %.60.i = fcmp olt double %arg.x.fr.i, 0.000000e+00
  %.61.i = select i1 %.60.i, double %.58.i, double %.53.i
  %.62.i = select i1 %.59.i, double %.22.i, double %.61.i
  ret double %.62.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
