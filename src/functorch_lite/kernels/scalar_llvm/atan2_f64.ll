; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fabs.f64(double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fmuladd.f64(double, double, double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.copysign.f64(double, double) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_atan2_f64(double %p0, double %p1) local_unnamed_addr #1 {
good:
  %.6.i = tail call double @llvm.fabs.f64(double %p0)
  %.7.i1 = tail call double @llvm.fabs.f64(double %p1)
  %.8.i = fcmp ogt double %.6.i, 0x7FBFFFFFFFFFFFFF
  %.9.i = fcmp ogt double %.7.i1, 0x7FBFFFFFFFFFFFFF
  %.10.i = or i1 %.8.i, %.9.i
  %.11.i2 = select i1 %.10.i, double 2.500000e-01, double 1.000000e+00
  %.12.i = fcmp olt double %.6.i, 0x370000000000000
  %.13.i = fcmp olt double %.7.i1, 0x370000000000000
  %.14.i = and i1 %.12.i, %.13.i
  %.15.i = select i1 %.14.i, double 0x4350000000000000, double %.11.i2
  %.16.i = fmul double %.6.i, %.15.i
  %.17.i = fmul double %.7.i1, %.15.i
  %.18.i = fcmp oeq double %.16.i, 0x7FF0000000000000
  %.19.i = fcmp oeq double %.17.i, 0x7FF0000000000000
  %.20.i = and i1 %.18.i, %.19.i
  %.21.i3 = select i1 %.20.i, double 1.000000e+00, double %.16.i
  %.22.i = fcmp oeq double %.16.i, 0.000000e+00
  %.23.i = fcmp oeq double %.17.i, 0.000000e+00
  %.24.i = and i1 %.22.i, %.23.i
  %0 = or i1 %.20.i, %.24.i
  %.26.i = select i1 %0, double 1.000000e+00, double %.17.i
  %.27.i = fcmp oeq double %.21.i3, 0x7FF0000000000000
  %.28.i = fcmp one double %.17.i, 0x7FF0000000000000
  %.29.i = and i1 %.28.i, %.27.i
  %.30.i = select i1 %.29.i, double 1.000000e+00, double %.21.i3
  %.33.i = and i1 %.18.i, %.28.i
  %.34.i = select i1 %.33.i, double 0.000000e+00, double %.26.i
  %.6.i.i = fmul double %.34.i, 0x3FDA827999FCEF34
  %.7.i.i = fcmp ole double %.30.i, %.6.i.i
  %.8.i.i = fmul double %.34.i, 0x4003504F333F9DE6
  %.9.i.i = fcmp ogt double %.30.i, %.8.i.i
  %.10.i.i = fneg double %.34.i
  %.11.i.i = fsub double %.30.i, %.34.i
  %.12.i.i = select i1 %.9.i.i, double %.10.i.i, double %.11.i.i
  %.13.i.i = select i1 %.7.i.i, double %.30.i, double %.12.i.i
  %.14.i.i = fadd double %.34.i, %.30.i
  %.15.i.i = select i1 %.9.i.i, double %.30.i, double %.14.i.i
  %.16.i.i = select i1 %.7.i.i, double %.34.i, double %.15.i.i
  %.20.i.i = fdiv double %.13.i.i, %.16.i.i
  %.21.i.i = fmul double %.20.i.i, %.20.i.i
  %.22.i.i = select i1 %.9.i.i, double 0x3FF921FB54442D18, double 0x3FE921FB54442D18
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
  %.66.i = fcmp one double %.16.i, 0x7FF0000000000000
  %.67.i = and i1 %.19.i, %.66.i
  %.68.i = select i1 %.67.i, double 0.000000e+00, double %.20.i.i
  %.69.i = select i1 %.67.i, double 0.000000e+00, double %.37.i.i
  %1 = select i1 %.67.i, i1 true, i1 %.7.i.i
  %.70.i = select i1 %1, double 0.000000e+00, double %.22.i.i
  %2 = bitcast double %p1 to i64
  %.72.i = icmp slt i64 %2, 0
  %.73.i = fadd double %.68.i, %.69.i
  %.74.i = fadd double %.70.i, %.73.i
  %.75.i = fsub double 0x400921FB54442D18, %.70.i
  %.76.i = fadd double %.69.i, 0xBCA1A62633145C07
  %.77.i = fadd double %.68.i, %.76.i
  %.78.i = fsub double %.75.i, %.77.i
  %.79.i = select i1 %.72.i, double %.78.i, double %.74.i
  %.80.i = tail call double @llvm.copysign.f64(double %.79.i, double %p0)
  %.83.i = fcmp uno double %p1, %p0
  %.84.i = fadd double %p0, %p1
  %.85.i = select i1 %.83.i, double %.84.i, double %.80.i
  ret double %.85.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
