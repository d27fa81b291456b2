; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fabs.f64(double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fmuladd.f64(double, double, double) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.copysign.f64(double, double) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_tanh_f64(double %p0) local_unnamed_addr #1 {
good:
  %.5.i = tail call double @llvm.fabs.f64(double %p0)
  %.6.i1 = fcmp ogt double %.5.i, 2.000000e+01
  %.7.i = select i1 %.6.i1, double 2.000000e+01, double %.5.i
  %.8.i = fcmp olt double %.5.i, 0x3E30000000000000
  %.9.i = select i1 %.8.i, double 0.000000e+00, double %.7.i
  %.11.i = fadd double %.9.i, %.9.i
  %.5.i.i.i = tail call double @llvm.fmuladd.f64(double %.11.i, double 0x3FF71547652B82FE, double 0x4338000000000000)
  %.6.i.i.i = fadd double %.5.i.i.i, 0xC338000000000000
  %.7.i.i.i = fneg double %.6.i.i.i
  %.8.i.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i.i, double 0x3FE62E42FEFA3000, double %.11.i)
  %.10.i.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i.i, double 0x3D53DE6AF278ECE6, double %.8.i.i.i)
  %.12.i.i.i = fsub double %.8.i.i.i, %.10.i.i.i
  %.13.i.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i.i, double 0x3D53DE6AF278ECE6, double %.12.i.i.i)
  %.14.i.i.i = bitcast double %.5.i.i.i to i64
  %.16.i.i.i = fmul double %.10.i.i.i, %.10.i.i.i
  %.17.i.i.i = tail call double @llvm.fmuladd.f64(double %.10.i.i.i, double 0x3E5AD7EFCDEA06AF, double 0x3E928ADCE2BB3E4A)
  %.18.i.i.i = tail call double @llvm.fmuladd.f64(double %.17.i.i.i, double %.10.i.i.i, double 0x3EC71DF262FBB004)
  %.19.i.i.i = tail call double @llvm.fmuladd.f64(double %.18.i.i.i, double %.10.i.i.i, double 0x3EFA01999AE210AE)
  %.20.i.i.i = tail call double @llvm.fmuladd.f64(double %.19.i.i.i, double %.10.i.i.i, double 0x3F2A01A0129B3242)
  %.21.i.i.i = tail call double @llvm.fmuladd.f64(double %.20.i.i.i, double %.10.i.i.i, double 0x3F56C16C1844ADF2)
  %.22.i.i.i = tail call double @llvm.fmuladd.f64(double %.21.i.i.i, double %.10.i.i.i, double 0x3F81111111127E85)
  %.23.i.i.i = tail call double @llvm.fmuladd.f64(double %.22.i.i.i, double %.10.i.i.i, double 0x3FA55555555507F1)
  %.24.i.i.i = tail call double @llvm.fmuladd.f64(double %.23.i.i.i, double %.10.i.i.i, double 0x3FC55555555554F9)
  %.25.i.i.i = tail call double @llvm.fmuladd.f64(double %.24.i.i.i, double %.10.i.i.i, double 0x3FE000000000000A)
  %.26.i.i.i = tail call double @llvm.fmuladd.f64(double %.16.i.i.i, double %.25.i.i.i, double %.13.i.i.i)
  %.38.i.i = shl i64 %.14.i.i.i, 52
  %.39.i.i = add i64 %.38.i.i, 4602678819172646912
  %.40.i.i = bitcast i64 %.39.i.i to double
  %.41.i.i = fadd double %.40.i.i, -5.000000e-01
  %.42.i.i = tail call double @llvm.fmuladd.f64(double %.40.i.i, double %.10.i.i.i, double %.41.i.i)
  %.43.i.i = fmul double %.26.i.i.i, %.40.i.i
  %.44.i.i = fadd double %.42.i.i, %.43.i.i
  %.45.i.i = fmul double %.44.i.i, 2.000000e+00
  %.46.i.i = fsub double %.42.i.i, %.44.i.i
  %.47.i.i = fadd double %.43.i.i, %.46.i.i
  %.48.i.i = fmul double %.47.i.i, 2.000000e+00
  %.40.i = fadd double %.45.i.i, 2.000000e+00
  %.44.i = fdiv double 1.000000e+00, %.40.i
  %.45.i = fmul double %.45.i.i, %.44.i
  %.46.i = fneg double %.45.i
  %.47.i = tail call double @llvm.fmuladd.f64(double %.46.i, double %.40.i, double %.45.i.i)
  %.48.i = fadd double %.48.i.i, %.47.i
  %.49.i = fadd double %.40.i, -2.000000e+00
  %.50.i = fsub double %.45.i.i, %.49.i
  %.51.i = fadd double %.48.i.i, %.50.i
  %.52.i = fmul double %.45.i, %.51.i
  %.53.i = fsub double %.48.i, %.52.i
  %.55.i = tail call double @llvm.fmuladd.f64(double %.53.i, double %.44.i, double %.45.i)
  %.56.i = tail call double @llvm.copysign.f64(double %.55.i, double %p0)
  %.57.i = select i1 %.8.i, double %p0, double %.56.i
  ret double %.57.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
