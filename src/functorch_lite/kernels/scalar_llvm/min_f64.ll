; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr double @fl_scalar_min_f64(double %p0, double %p1) local_unnamed_addr #0 {
good:
  %.6.i = fcmp ole double %p0, %p1
  %.7.i1 = fcmp uno double %p0, 0.000000e+00
  %.8.i = or i1 %.7.i1, %.6.i
  %.9.i = select i1 %.8.i, double %p0, double %p1
  ret double %.9.i
}

attributes #0 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
