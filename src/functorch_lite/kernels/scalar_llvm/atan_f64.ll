; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fabs.f64(double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fmuladd.f64(double, double, double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.copysign.f64(double, double) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_atan_f64(double %p0) local_unnamed_addr #1 {
good:
  %.5.i = tail call double @llvm.fabs.f64(double %p0)
  %.7.i.i = fcmp ole double %.5.i, 0x3FDA827999FCEF34
  %.9.i.i = fcmp ogt double %.5.i, 0x4003504F333F9DE6
  %.11.i.i = fadd double %.5.i, -1.000000e+00
  %.12.i.i = select i1 %.9.i.i, double -1.000000e+00, double %.11.i.i
  %.13.i.i = select i1 %.7.i.i, double %.5.i, double %.12.i.i
  %.14.i.i = fadd double %.5.i, 1.000000e+00
  %.15.i.i = select i1 %.9.i.i, double %.5.i, double %.14.i.i
  %.16.i.i = select i1 %.7.i.i, double 1.000000e+00, double %.15.i.i
  %.20.i.i = fdiv double %.13.i.i, %.16.i.i
  %.21.i.i = fmul double %.20.i.i, %.20.i.i
  %.22.i.i = select i1 %.9.i.i, double 0x3FF921FB54442D18, double 0x3FE921FB54442D18
  %.23.i.i = select i1 %.7.i.i, double 0.000000e+00, double %.22.i.i
  %.24.i.i = select i1 %.9.i.i, double 0x3C91A62633145C07, double 0x3C81A62633145C07
  %.25.i.i = select i1 %.7.i.i, double 0.000000e+00, double %.24.i.i
  %.26.i.i = fmul double %.20.i.i, %.21.i.i
  %.27.i.i = tail call double @llvm.fmuladd.f64(double %.21.i.i, double 0xBF925751B1340DD3, double 0x3FA37DB46E5B20AA)
  %.28.i.i = tail call double @llvm.fmuladd.f64(double %.27.i.i, double %.21.i.i, double 0xBFA9CD53B8BB1545)
  %.29.i.i = tail call double @llvm.fmuladd.f64(double %.28.i.i, double %.21.i.i, double 0x3FADF0FE7CDF6CD2)
  %.30.i.i = tail call double @llvm.fmuladd.f64(double %.29.i.i, double %.21.i.i, double 0xBFB10EBC3F2E24C7)
  %.31.i.i = tail call double @llvm.fmuladd.f64(double %.30.i.i, double %.21.i.i, double 0x3FB3B111A336B7BC)
  %.32.i.i = tail call double @llvm.fmuladd.f64(double %.31.i.i, double %.21.i.i, double 0xBFB745CF8EC9AF9B)
  %.33.i.i = tail call double @llvm.fmuladd.f64(double %.32.i.i, double %.21.i.i, double 0x3FBC71C70E69D164)
  %.34.i.i = tail call double @llvm.fmuladd.f64(double %.33.i.i, double %.21.i.i, double 0xBFC24924922AEA19)
  %.35.i.i = tail call double @llvm.fmuladd.f64(double %.34.i.i, double %.21.i.i, double 0x3FC999999999588B)
  %.36.i.i = tail call double @llvm.fmuladd.f64(double %.35.i.i, double %.21.i.i, double 0xBFD555555555553D)
  %.37.i.i = tail call double @llvm.fmuladd.f64(double %.26.i.i, double %.36.i.i, double %.25.i.i)
  %.36.i = fcmp olt double %.5.i, 0x3E30000000000000
  %.37.i = fadd double %.20.i.i, %.37.i.i
  %.38.i = fadd double %.23.i.i, %.37.i
  %.39.i = select i1 %.36.i, double %.5.i, double %.38.i
  %0 = fcmp oeq double %.5.i, 0x7FF0000000000000
  %.41.i = select i1 %0, double 0x3FF921FB54442D18, double %.39.i
  %.42.i = fcmp uno double %p0, 0.000000e+00
  %.43.i = tail call double @llvm.copysign.f64(double %.41.i, double %p0)
  %.44.i = select i1 %.42.i, double %p0, double %.43.i
  ret double %.44.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
