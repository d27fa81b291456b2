; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_sign_f64(double %p0) local_unnamed_addr #0 {
good:
  %.5.i = fcmp ogt double %p0, 0.000000e+00
  %.6.i1 = fcmp olt double %p0, 0.000000e+00
  %.8.i = select i1 %.6.i1, double -1.000000e+00, double 0.000000e+00
  %.9.i = select i1 %.5.i, double 1.000000e+00, double %.8.i
  %.10.i2 = fcmp ord double %p0, 0.000000e+00
  %.11.i = select i1 %.10.i2, double %.9.i, double %p0
  ret double %.11.i
}

attributes #0 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
